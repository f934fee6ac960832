"""The ends of the logs beside each commit, from the topics already read: no broker is asked twice."""

from migrate.documents.inventory import Section
from migrate.model.cluster import Group, Topic


def beside_commits(
    groups: Section[tuple[Group, ...]], topics: Section[tuple[Topic, ...]]
) -> Section[tuple[Group, ...]]:
    """The groups with first and end offset beside each commit; None for a topic that is not there."""
    ends = {(t.name, p.index): (p.start, p.end) for t in topics.found for p in t.partitions}
    return groups.model_copy(
        update={"found": tuple(_placed(group, ends) for group in groups.found)}
    )


def _placed(group: Group, ends: dict[tuple[str, int], tuple[int | None, int | None]]) -> Group:
    placed = []
    for commit in group.commits:
        start, end = ends.get((commit.topic, commit.partition), (None, None))
        placed.append(commit.model_copy(update={"start": start, "end": end}))
    return group.model_copy(update={"commits": tuple(placed)})
