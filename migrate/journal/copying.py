"""Which connector copies which topics, from the journal alone."""

from dataclasses import dataclass

from migrate.journal.entries import Journal
from migrate.steps import EndCopy, StartCopy


@dataclass(frozen=True)
class Carried:
    """A connector that this migration started: its topics, and its config."""

    topics: tuple[str, ...]
    config: dict[str, str]


def carried(journal: Journal, *, but_for: int = 0) -> dict[str, Carried]:
    """Connectors by name, as they are now; or as they were before wave `but_for` was cut over."""
    found: dict[str, Carried] = {}
    standing: dict[tuple[int, str], StartCopy | EndCopy] = {}
    for entry in journal.entries:
        key = (entry.wave, entry.key)
        if not isinstance(entry.step, StartCopy | EndCopy):
            continue
        if entry.event in ("started", "done"):
            standing[key] = entry.step
        elif entry.event in ("undone", "rejected"):
            standing.pop(key, None)
    for step in standing.values():
        if isinstance(step, StartCopy):
            found[step.name] = Carried(step.topics, step.config)
    for (wave, _), step in standing.items():
        if isinstance(step, EndCopy) and wave != but_for and step.connector in found:
            rest = tuple(t for t in found[step.connector].topics if t not in step.topics)
            found[step.connector] = Carried(rest, step.rest or {})
    return {name: one for name, one in found.items() if one.topics}
