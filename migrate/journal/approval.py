"""Consent of those who answer for a wave, as the journal has it: it is for the wave as it was when it was given."""

from collections.abc import Iterable

from migrate.documents.plan import Wave
from migrate.errors import Refused
from migrate.journal.entry import Entry
from migrate.journal.standing import Journal

EVENT = "approved"


def given(journal: Journal, wave: Wave) -> dict[str, Entry]:
    """By role, the last approval of this very wave."""
    found = _entries(journal, wave)
    return {entry.key: entry for entry in found if wave.digest in entry.detail}


def missing(journal: Journal, wave: Wave, demanded: Iterable[str]) -> tuple[str, ...]:
    """Roles whose approval is demanded and not there."""
    has = given(journal, wave)
    return tuple(role for role in demanded if role not in has)


def require(journal: Journal, wave: Wave, demanded: Iterable[str]) -> None:
    """Refuse what the policy wants approved first, and is not."""
    roles = missing(journal, wave, demanded)
    if not roles:
        return
    before = [entry for entry in _entries(journal, wave) if entry.key == roles[0]]
    said = f"wave {wave.number} is not approved by its {roles[0].replace('_', ' ')}"
    if before:
        last = before[-1]
        said += f": {last.by} approved it on {last.at:%Y-%m-%d %H:%M} UTC, and it has changed since"
    raise Refused(said, f"kmig approve {wave.number} --as {roles[0]}")


def _entries(journal: Journal, wave: Wave) -> list[Entry]:
    return [e for e in journal.entries if e.event == EVENT and e.wave == wave.number]
