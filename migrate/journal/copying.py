"""The MirrorMaker connectors of this migration, and the topics that each copies."""

from dataclasses import dataclass

from migrate.journal.standing import Journal
from migrate.steps import EndCopy, StartCopy


@dataclass(frozen=True)
class CopyConnector:
    """A connector that this migration started: its topics and its config."""

    topics: tuple[str, ...]
    config: dict[str, str]


def copy_connectors(journal: Journal, *, but_for: int = 0) -> dict[str, CopyConnector]:
    """Return the connectors by name, as they are now; or as they were before wave `but_for` was cut over."""
    connectors = {
        step.name: CopyConnector(step.topics, step.config)
        for _, step in journal.standing(StartCopy)
    }
    for state, step in journal.standing(EndCopy):
        if state.wave != but_for and step.connector in connectors:
            before = connectors[step.connector].topics
            rest = tuple(t for t in before if t not in step.topics)
            connectors[step.connector] = CopyConnector(rest, step.rest or {})
    return {name: connector for name, connector in connectors.items() if connector.topics}
