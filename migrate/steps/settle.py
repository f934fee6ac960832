"""Waiting: bounded, told while it lasts, and saying what was waited for when it ends."""

from collections.abc import Callable

from migrate.errors import StepFailed
from migrate.ports import Clock, Sites

SECONDS = 30.0
_EVERY = 0.05
_TOLD_EVERY = 1.0


def settle(clock: Clock, what: str, shown: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return once `shown`; raise `StepFailed` naming `what` when the time is over."""
    deadline = clock.monotonic() + seconds
    while not shown():
        if clock.monotonic() > deadline:
            raise StepFailed(f"{what}: not seen on every broker within {seconds:.0f} s")
        clock.sleep(_EVERY)


def wait(
    sites: Sites, what: str, missing: Callable[[], str], seconds: float, hint: str = ""
) -> None:
    """Return once nothing is `missing`; tells what is, every second, and raises `StepFailed` with it at the end."""
    clock = sites.clock
    began = told = clock.monotonic()
    while left := missing():
        now = clock.monotonic()
        if now - began > seconds:
            raise StepFailed(f"{what}: after {seconds:.0f} s still {left}", hint)
        if now - told >= _TOLD_EVERY:
            sites.tell(f"{what}: {left}")
            told = now
        clock.sleep(_EVERY)
