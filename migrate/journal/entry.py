"""journal.jsonl: what was done, when, by whom, with what outcome. Append-only, one hash chain.

A chain stops accidents, and shows an edit against a head that was recorded elsewhere. It does not stop somebody who
rewrites the whole file: the head printed at the end of each run, kept apart, does.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from migrate.model.base import Model
from migrate.steps import Step

Event = Literal[
    "run",
    "started",
    "done",
    "failed",
    "rejected",
    "undoing",
    "undone",
    "end",
    "torn",
    "approved",
]
ROOT = "0" * 64
_SEALED = re.compile(rb'(.*),"hash":"([0-9a-f]{64})"\}', re.DOTALL)


class Entry(Model):
    """One line. `step` is concrete: undo needs nothing else. `target` is the cluster id that a run acts on."""

    schema_version: Literal[1] = 1
    seq: int
    at: datetime
    by: str
    event: Event
    command: str = ""
    target: str = ""
    wave: int = 0
    stage: str = ""
    key: str = ""
    step: Step | None = None
    detail: str = ""
    prev: str
    hash: str = ""


def seal(entry: Entry) -> tuple[Entry, bytes]:
    """The entry with its hash, and its line: the hash covers every byte of the line before it."""
    body = entry.model_dump_json(exclude={"hash"}).encode()
    found = hashlib.sha256(body).hexdigest()
    return entry.model_copy(update={"hash": found}), body[:-1] + b',"hash":"%s"}' % found.encode()


def unseal(line: bytes) -> Entry:
    """The entry of a line; raises `ValueError` saying what is wrong with it."""
    match = _SEALED.fullmatch(line)
    if match is None:
        raise ValueError("it is not a journal entry")
    if hashlib.sha256(match[1] + b"}").hexdigest().encode() != match[2]:
        raise ValueError("its content does not match its hash")
    return Entry.model_validate_json(line)


def fault(entries: Iterable[Entry]) -> tuple[int, str] | None:
    """The first line (from 1) at which the chain does not hold, and why; None when it holds."""
    prev = ROOT
    for number, entry in enumerate(entries, 1):
        if entry.seq != number:
            return number, f"it says it is entry {entry.seq}"
        if entry.prev != prev:
            return number, "it does not follow the line before it"
        prev = entry.hash
    return None
