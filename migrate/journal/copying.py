"""The copies of this migration, and the topics of each: a MirrorMaker connector, or one that somebody else runs."""

from dataclasses import dataclass

from migrate.journal.standing import Journal
from migrate.model.mirrormaker import topic_patterns
from migrate.steps import AdoptCopy, EndCopy, StartCopy


@dataclass(frozen=True)
class CopyConnector:
    """A copy of this migration: its topics, and the connector's config."""

    topics: tuple[str, ...]
    config: dict[str, str]


def copy_connectors(
    journal: Journal, *, but_for: int = 0, finished: bool = False
) -> dict[str, CopyConnector]:
    """Return the copies by name, as they are now; or as they were before wave `but_for` was cut over.

    With `finished`, a topic leaves its copy only when that was done.
    """
    connectors = {
        step.name: CopyConnector(step.topics, step.config)
        for _, step in journal.standing(StartCopy)
    }
    for _, adopted in journal.standing(AdoptCopy):
        config = {"topics": topic_patterns(adopted.topics)}
        connectors[adopted.name] = CopyConnector(adopted.topics, config)
    for state, step in journal.standing(EndCopy):
        ended = state.finished or not finished
        if state.wave != but_for and ended and step.connector in connectors:
            before = connectors[step.connector].topics
            rest = tuple(t for t in before if t not in step.topics)
            connectors[step.connector] = CopyConnector(rest, step.rest or {})
    return {name: connector for name, connector in connectors.items() if connector.topics}
