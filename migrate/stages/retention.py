"""The retention of topics whose copies have ended: returned behind the switch, or at the latest with the close."""

from collections.abc import Iterable, Iterator

from migrate.documents.plan import Restored
from migrate.model.settings import RETENTION
from migrate.stages.move import Move
from migrate.steps import ReturnRetention


def returned(move: Move) -> Iterator[ReturnRetention]:
    """Yield the steps of a cutover: one for the topics that get the same values back."""
    for own in _alike(move.wave.restores):
        yield ReturnRetention(
            because="nothing that a group has yet to read may be deleted",
            topics=own.topics,
            configs=own.configs,
            inherited=own.inherited,
            groups=move.reading,
        )


def closing(left: Iterable[ReturnRetention]) -> Iterator[ReturnRetention]:
    """Yield the steps of a close: what the cutover left returns now, whoever has yet to read."""
    for step in left:
        yield ReturnRetention(
            because="a wave that is closed keeps nothing for longer than the source did",
            topics=tuple(step.waits),
            configs=step.configs,
            inherited=step.inherited,
            groups=step.groups,
            closing=True,
        )


def _alike(restores: Iterable[Restored]) -> Iterator[Restored]:
    """Yield the retention of restored topics, those with the same values together."""
    found: dict[tuple[object, ...], Restored] = {}
    for one in restores:
        own = {k: v for k, v in one.configs.items() if k in RETENTION}
        inherited = {k: v for k, v in one.inherited.items() if k in RETENTION}
        if own or inherited:
            alike = (*own.items(), None, *inherited.items())
            topics = (*found[alike].topics, *one.topics) if alike in found else one.topics
            found[alike] = Restored(configs=own, inherited=inherited, topics=tuple(sorted(topics)))
    yield from found.values()
