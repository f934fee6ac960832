"""journal.jsonl: what was done, when, by whom, with what outcome. Append-only, one hash chain.

A chain stops accidents, and shows an edit against a head that was recorded elsewhere. It does not stop somebody who
rewrites the whole file: the head printed at the end of each run, kept apart, does.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from migrate.documents.digest import digest
from migrate.model.base import Model
from migrate.steps import Step

Event = Literal["run", "started", "done", "failed", "undoing", "undone", "end", "torn"]
ROOT = "0" * 64


class Entry(Model):
    """One line. `step` is concrete: undo needs nothing else."""

    seq: int
    at: datetime
    by: str
    event: Event
    command: str = ""
    wave: int = 0
    stage: str = ""
    key: str = ""
    step: Step | None = None
    detail: str = ""
    prev: str
    hash: str = ""

    def sealed(self) -> "Entry":
        """The same entry with its hash."""
        return self.model_copy(update={"hash": self.expected_hash()})

    def expected_hash(self) -> str:
        """What the hash must be."""
        return digest(self.model_dump(mode="json", exclude={"hash"}))


def fault(entries: Iterable[Entry]) -> tuple[int, str] | None:
    """The first line (from 1) at which the chain does not hold, and why; None when it holds."""
    prev = ROOT
    for number, entry in enumerate(entries, 1):
        if entry.seq != number:
            return number, f"it says it is entry {entry.seq}"
        if entry.prev != prev:
            return number, "it does not follow the line before it"
        if entry.hash != entry.expected_hash():
            return number, "its content does not match its hash"
        prev = entry.hash
    return None


class Journal(Model):
    """All entries, and questions to them."""

    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> str:
        """The last hash."""
        return self.entries[-1].hash if self.entries else ROOT
