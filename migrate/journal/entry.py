"""journal.jsonl: what was done, when, by whom, with what outcome. Append-only, one hash chain.

The chain reveals accidental edits. Who rewrites the whole file can rebuild the chain, so compare its head with one
kept elsewhere: each run prints it at its end, and the target records it.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
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
    """Return the entry with its hash, and its line. The hash covers every byte of the line but itself."""
    body = entry.model_dump_json(exclude={"hash"}).encode()
    digest = hashlib.sha256(body).hexdigest()
    return entry.model_copy(update={"hash": digest}), body[:-1] + b',"hash":"%s"}' % digest.encode()


@lru_cache(maxsize=4096)
def unseal(line: bytes) -> Entry:
    """Return the entry of a line; raise `ValueError` saying what is wrong with it."""
    match = _SEALED.fullmatch(line)
    if match is None:
        raise ValueError("it is not a journal entry")
    if hashlib.sha256(match[1] + b"}").hexdigest().encode() != match[2]:
        raise ValueError("its content does not match its hash")
    return Entry.model_validate_json(line)


def fault(entries: Iterable[Entry]) -> tuple[int, str] | None:
    """Return the first line (from 1) at which the chain is broken, and why; None if it is whole."""
    prev = ROOT
    for number, entry in enumerate(entries, 1):
        if entry.seq != number:
            return number, f"its number is {entry.seq}"
        if entry.prev != prev:
            return number, "its `prev` is not the hash of the line before it"
        prev = entry.hash
    return None
