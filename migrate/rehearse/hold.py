"""Servers that stay up for a person to use."""

from collections.abc import Callable, Iterable

from migrate.adapters.clock import SystemClock
from migrate.errors import Interrupted
from migrate.rehearse.lab.disposable.server import Server

_EVERY_SECONDS = 0.5


def until_interrupted(servers: Iterable[Server], say: Callable[[str], None]) -> None:
    """Wait for Control-C; raise `StepFailed` when a server ends before."""
    kept = tuple(servers)
    try:
        while True:
            for server in kept:
                server.require_alive()
            SystemClock().sleep(_EVERY_SECONDS)
    except Interrupted:
        say("ending the clusters")
