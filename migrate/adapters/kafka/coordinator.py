"""The broker that keeps a group. The first look-up makes a cluster create its offsets topic: only writers ask."""

import time
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire

_Answer = TypeVar("_Answer")
_SECONDS = 20.0
_GROUP_AUTHORIZATION_FAILED = 30

MOVING = frozenset({14, 15, 16})
"""COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: true only for a moment."""


def while_coordinator_moves(
    ask: Callable[[], _Answer], moving: Callable[[_Answer], bool]
) -> _Answer:
    """Ask until the answer is not one of a coordinator that moves; bounded, then the last answer as it is."""
    deadline = time.monotonic() + _SECONDS
    while True:
        answer = ask()
        if not moving(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def find_each(wire: Wire, groups: list[str]) -> dict[int, list[str]]:
    """Groups by their broker's id, asked at once; those that this login may not find are left out."""
    found: dict[int, list[str]] = {}
    for name, row in _found(wire, groups).items():
        if row.error_code != _GROUP_AUTHORIZATION_FAILED:
            require(f"coordinator of {name}", row.error_code, row.error_message)
            found.setdefault(int(row.node_id), []).append(name)
    return found


def find(wire: Wire, group: str) -> int:
    """The broker's id; waits, bounded, while the offsets topic is being created."""
    found = _found(wire, [group])[group]
    require(f"coordinator of {group}", found.error_code, found.error_message)
    return int(found.node_id)


def _found(wire: Wire, groups: list[str]) -> dict[str, Any]:
    request = {"key_type": 0, "coordinator_keys": groups, "min_version": 4}
    return while_coordinator_moves(
        lambda: one_each(
            wire.call(FindCoordinatorRequest(**request)).coordinators, attrgetter("key")
        ),
        lambda rows: any(row.error_code in MOVING for row in rows.values()),
    )
