"""What people took upon themselves while a migration ran: questions without an answer, and stray writes. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from migrate.journal.standing import Journal
from migrate.steps import LookAhead, SettleStrays

_UNKNOWN = re.compile(
    r"(?:^|; )([^;:]+) is accepted unknown: (.*?)(?=; [^;:]+ is accepted unknown: |$)"
)


class Accepted(NamedTuple):
    """One of them, with the reason, by whom and when."""

    wave: int
    what: str
    because: str
    at: datetime
    by: str


def accepted(journal: Journal) -> Iterator[Accepted]:
    """Yield what was accepted, in the order in which it was, each wording once a wave."""
    seen: set[tuple[int, str, str]] = set()
    for entry in journal.entries:
        if entry.event != "done" or entry.step is None:
            continue
        for what, because in _said(entry.step, entry.detail):
            if (entry.wave, what, because) not in seen:
                seen.add((entry.wave, what, because))
                yield Accepted(entry.wave, what, because, entry.at, entry.by)


def _said(step: object, detail: str) -> Iterator[tuple[str, str]]:
    if isinstance(step, SettleStrays):
        yield f"{step.describe()}: {detail}", step.because
    elif isinstance(step, LookAhead):
        for what, because in _UNKNOWN.findall(detail):
            yield f"without an answer: {what}", because
