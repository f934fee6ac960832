"""The journal as a trail people can read: one line per fact, oldest first."""

from datetime import datetime

from migrate.journal.entry import Entry
from migrate.journal.standing import Journal, Part

_VERBS = {
    "run": "ran",
    "started": "started",
    "done": "did",
    "failed": "FAILED",
    "rejected": "was REFUSED by the broker",
    "undoing": "began to undo",
    "undone": "undid",
    "end": "ended",
    "approved": "approved by",
    "torn": "set aside a torn last line",
}


def lines(journal: Journal) -> list[tuple[str, str, str, str]]:
    """(time, who, wave and stage, what) of each entry."""
    return [(_time(e), e.by, _where(e), _what(e)) for e in journal.entries]


def _time(entry: Entry) -> str:
    return f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"


def _where(entry: Entry) -> str:
    return f"{entry.wave} {entry.stage}".rstrip() if entry.wave else "–"


def _what(entry: Entry) -> str:
    verb = _VERBS[entry.event]
    subject = entry.command or (entry.step.describe() if entry.step else "")
    detail = f": {entry.detail}" if entry.detail else ""
    return f"{verb} {subject}".rstrip() + detail


def dump(journal: Journal) -> list[dict[str, object]]:
    """Every entry, as JSON holds it."""
    return [entry.model_dump(mode="json") for entry in journal.entries]


def span(journal: Journal, wave: int, stage: Part) -> tuple[datetime, datetime, str] | None:
    """When a stage was first and last acted on, and by whom; None before that."""
    found = [e for e in journal.entries if (e.wave, e.stage) == (wave, stage)]
    if not found:
        return None
    return found[0].at, found[-1].at, ", ".join(sorted({e.by for e in found}))


def has(journal: Journal, head: str) -> bool:
    """Whether an entry has that hash."""
    return any(entry.hash == head for entry in journal.entries)
