"""Which connector copies which topics."""

from dataclasses import dataclass

from migrate.journal.standing import Journal
from migrate.steps import EndCopy, StartCopy


@dataclass(frozen=True)
class Carried:
    """A connector that this migration started: its topics, and its config."""

    topics: tuple[str, ...]
    config: dict[str, str]


def carried(journal: Journal, *, but_for: int = 0) -> dict[str, Carried]:
    """Connectors by name, as they are now; or as they were before wave `but_for` was cut over."""
    found = {
        step.name: Carried(step.topics, step.config) for _, step in journal.standing(StartCopy)
    }
    for life, step in journal.standing(EndCopy):
        if life.wave != but_for and step.connector in found:
            rest = tuple(t for t in found[step.connector].topics if t not in step.topics)
            found[step.connector] = Carried(rest, step.rest or {})
    return {name: one for name, one in found.items() if one.topics}
