"""The coordinator of a group: which broker it is, and waiting while it moves.

The first FindCoordinator makes a cluster create its offsets topic. Therefore only code that writes, or that knows of
a group already, asks for one.
"""

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
"""COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: they pass by themselves."""


def while_coordinator_moves(
    ask: Callable[[], _Answer], moving: Callable[[_Answer], bool]
) -> _Answer:
    """Repeat a request while its coordinator moves, for 20 s at most; return the last answer."""
    deadline = time.monotonic() + _SECONDS
    while True:
        answer = ask()
        if not moving(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def find_each(wire: Wire, groups: list[str]) -> dict[int, list[str]]:
    """Return the groups by the id of their coordinator; groups that this login may not describe are left out."""
    by_broker: dict[int, list[str]] = {}
    for name, row in _rows(wire, groups).items():
        if row.error_code != _GROUP_AUTHORIZATION_FAILED:
            require(f"find the coordinator of group {name}", row.error_code, row.error_message)
            by_broker.setdefault(int(row.node_id), []).append(name)
    return by_broker


def find(wire: Wire, group: str) -> int:
    """Return the id of the group's coordinator; waits, bounded, while the offsets topic is being created."""
    row = _rows(wire, [group])[group]
    require(f"find the coordinator of group {group}", row.error_code, row.error_message)
    return int(row.node_id)


def _rows(wire: Wire, groups: list[str]) -> dict[str, Any]:
    request = {"key_type": 0, "coordinator_keys": groups, "min_version": 4}
    return while_coordinator_moves(
        lambda: one_each(
            wire.call(FindCoordinatorRequest(**request)).coordinators, attrgetter("key")
        ),
        lambda rows: any(row.error_code in MOVING for row in rows.values()),
    )
