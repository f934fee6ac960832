"""Partitions that the source has got since an executed wave created its topics on the target."""

from collections.abc import Iterable, Mapping

from migrate.documents.plan import Wave
from migrate.steps import CreateTopic, GrowTopic


def grown(executed: Iterable[Wave], now: Mapping[str, int]) -> tuple[GrowTopic, ...]:
    """Return the steps that give topics of these waves the number of partitions that they have now.

    `now` are the topics that are still copied: of others the source is no measure any more.
    """
    steps = [step for wave in executed for step in wave.prepare]
    made = sorted((s.partitions, s.name) for s in steps if isinstance(s, CreateTopic | GrowTopic))
    return tuple(
        GrowTopic(because="the source has more partitions now", name=name, partitions=now[name])
        for name, partitions in sorted({name: size for size, name in made}.items())
        if now.get(name, 0) > partitions
    )
