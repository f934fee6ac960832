"""Waiting until every broker shows a change: bounded, and saying what was waited for."""

from collections.abc import Callable

from migrate.errors import StepFailed
from migrate.ports import Clock

SECONDS = 30.0
_EVERY = 0.05


def settle(clock: Clock, what: str, shown: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return once `shown`; raise `StepFailed` naming `what` when the time is over."""
    deadline = clock.monotonic() + seconds
    while not shown():
        if clock.monotonic() > deadline:
            raise StepFailed(f"{what}: not seen on every broker within {seconds:.0f} s")
        clock.sleep(_EVERY)
