"""Log ends beside each commit, from the topics that were read already: no broker is asked twice."""

from migrate.documents.inventory import Section
from migrate.model.cluster import Group, Topic


def beside_commits(
    groups: Section[tuple[Group, ...]], topics: Section[tuple[Topic, ...]]
) -> Section[tuple[Group, ...]]:
    """Return the groups with first and end offset beside each commit; None where the topic was not read."""
    ends = {(t.name, p.index): (p.start, p.end) for t in topics.found for p in t.partitions}
    return groups.model_copy(update={"found": tuple(group.beside(ends) for group in groups.found)})
