"""The journal as an audit trail for people: one line per entry, oldest first."""

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
    """Return time, person, wave with stage, and action of each entry."""
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
    """Return every entry as JSON holds it."""
    return [entry.model_dump(mode="json") for entry in journal.entries]


def span(journal: Journal, wave: int, stage: Part) -> tuple[datetime, datetime, str] | None:
    """Return when a stage was first and last acted on, and by whom; None before that."""
    entries = [e for e in journal.entries if (e.wave, e.stage) == (wave, stage)]
    if not entries:
        return None
    return entries[0].at, entries[-1].at, ", ".join(sorted({e.by for e in entries}))


def has(journal: Journal, head: str) -> bool:
    """Return whether an entry has that hash."""
    return any(entry.hash == head for entry in journal.entries)
