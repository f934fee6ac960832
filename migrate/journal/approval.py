"""Approvals of a wave in the journal: each holds for the wave as it was when the approval was given."""

from collections.abc import Iterable

from migrate.documents.plan import Wave
from migrate.errors import Refused
from migrate.journal.entry import Entry
from migrate.journal.standing import Journal

EVENT = "approved"


def given(journal: Journal, wave: Wave) -> dict[str, Entry]:
    """Return the last approval of the wave as it is now, by role."""
    entries = _entries(journal, wave)
    return {entry.key: entry for entry in entries if wave.digest in entry.detail}


def of_loss(journal: Journal, wave: int, digest: str) -> bool:
    """Return whether an owner has consented to the loss of the stray writes with this digest."""
    return any(
        e.event == EVENT and e.wave == wave and e.key == "owner" and f"; loss {digest}" in e.detail
        for e in journal.entries
    )


def missing(journal: Journal, wave: Wave, demanded: Iterable[str]) -> tuple[str, ...]:
    """Return the roles whose approval is demanded and missing."""
    has = given(journal, wave)
    return tuple(role for role in demanded if role not in has)


def require(journal: Journal, wave: Wave, demanded: Iterable[str]) -> None:
    """Refuse a wave that lacks a demanded approval."""
    roles = missing(journal, wave, demanded)
    if not roles:
        return
    outdated = [entry for entry in _entries(journal, wave) if entry.key == roles[0]]
    since = ""
    if outdated:
        last = outdated[-1]
        since = (
            f": the wave has changed since {last.by} approved it on {last.at:%Y-%m-%d %H:%M} UTC"
        )
    raise Refused(
        f"wave {wave.number} is not approved by its {roles[0].replace('_', ' ')}{since}",
        f"run `kmig approve {wave.number} --as {roles[0]}`",
    )


def _entries(journal: Journal, wave: Wave) -> list[Entry]:
    given = (e for e in journal.entries if e.event == EVENT and e.wave == wave.number)
    return [entry for entry in given if "; loss " not in entry.detail]
