"""The broker that keeps a group. The first look-up makes a cluster create its offsets topic: only writers ask."""

import time

from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.wire import Wire

_SECONDS = 20.0
_NOT_YET = {14, 15, 16}
"""COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR."""


def find(wire: Wire, group: str) -> int:
    """The broker's id; waits, bounded, while the offsets topic is being created."""
    deadline = time.monotonic() + _SECONDS
    while True:
        request = FindCoordinatorRequest(key_type=0, coordinator_keys=[group], min_version=4)
        found = wire.call(request).coordinators[0]
        if found.error_code not in _NOT_YET or time.monotonic() > deadline:
            require(f"coordinator of {group}", found.error_code, found.error_message)
            return int(found.node_id)
        time.sleep(0.1)
