"""The journal as a trail people can read: one line per fact, oldest first."""

from migrate.journal.entries import Entry, Journal

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
