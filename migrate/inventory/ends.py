"""The ends of the logs beside each commit, from topics that were read before; read again where a commit is beyond."""

from collections.abc import Collection

from migrate.documents.inventory import Section
from migrate.model.cluster import Group, Topic


def beside_commits(
    groups: Section[tuple[Group, ...]],
    topics: Section[tuple[Topic, ...]],
    names: Collection[str] = (),
) -> Section[tuple[Group, ...]]:
    """The groups with first and end offset beside each commit; None for a topic that is not there.

    With `names`, commits on other topics keep what they have.
    """
    ends = {(t.name, p.index): (p.start, p.end) for t in topics.found for p in t.partitions}
    if names:
        kept = (c for g in groups.found for c in g.commits if c.topic not in names)
        ends |= {(c.topic, c.partition): (c.start, c.end) for c in kept}
    return groups.model_copy(update={"found": tuple(group.beside(ends) for group in groups.found)})


def ahead(groups: Section[tuple[Group, ...]]) -> frozenset[str]:
    """Topics on which a commit lies beyond the end that was read before it."""
    return frozenset(
        commit.topic
        for group in groups.found
        for commit in group.commits
        if commit.end is not None and commit.offset > commit.end
    )
