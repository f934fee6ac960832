"""A failing seed or history made small: which of its broken promises is kept, and what counts as the same."""

import re
from collections.abc import Callable

from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.shrink import shrink
from tests.worlds.seeds import watched

_FREE = (
    "a green was not earned",
    "a dead end",
    "a cutover is refused after its clients were stopped",
)
"""Kinds that hold many faults: which one it is, its sentence says."""

_CAUSED = ("a record is lost or skipped", "a duplicate is not counted")
"""Kinds that hold many faults, too: which one it is, the cause behind the last colon says."""

_FOLLOW = {"a dead end", "a cutover is refused after its clients were stopped"}
"""Kinds that often follow from another fault once nothing from outside excuses them any more."""


def smaller(
    history: History, wanted: Broken, said: Callable[[str], None]
) -> tuple[History, Broken]:
    """Return a small history that breaks the same promise, and none that the large one kept; and how."""
    kinds = {b.kind for b in watched(history)} | _FOLLOW
    plays = 0

    def breaks(candidate: History) -> bool:
        nonlocal plays
        plays += 1
        found = watched(candidate)
        again = any(same(wanted, b) for b in found) and {b.kind for b in found} <= kinds
        if again:
            said(f"{plays} plays: {len(candidate.model_dump_json(exclude_defaults=True))} bytes")
        return again

    small = shrink(history, breaks)
    return small, next(b for b in watched(small) if same(wanted, b))


def same(one: Broken, other: Broken) -> bool:
    """Whether two are the same fault: one kind, and where that holds many, one cause or sentence but for numbers."""
    if one.kind != other.kind:
        return False
    if one.kind in _CAUSED:
        return one.told.rpartition(": ")[2] == other.told.rpartition(": ")[2]
    return one.kind not in _FREE or _without_numbers(one.told) == _without_numbers(other.told)


def _without_numbers(text: str) -> str:
    return re.sub(r"[\w.-]*\d[\w.-]*", "N", text)[:120]
