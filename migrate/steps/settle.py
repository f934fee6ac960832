"""Bounded waits: a change to be seen on every broker, or a condition of the sites, named when it does not come."""

from collections.abc import Callable

from migrate.errors import StepFailed
from migrate.ports import Clock, Sites

SECONDS = 30.0
_EVERY = 0.05
_PRINTED_EVERY = 1.0


def settle(clock: Clock, what: str, shown: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return once `shown`; raise `StepFailed` naming `what` when the time is over."""
    deadline = clock.monotonic() + seconds
    while not shown():
        if clock.monotonic() > deadline:
            raise StepFailed(
                f"not seen on every broker within {seconds:.0f} s: {what}",
                "check that every broker is up and follows the controller, then rerun the command",
            )
        clock.sleep(_EVERY)


def wait(
    sites: Sites, what: str, missing: Callable[[], str], seconds: float, hint: str = ""
) -> None:
    """Return once `missing` returns nothing; print what it returns every second, and raise `StepFailed` at the end.

    `what` continues the words "waiting for".
    """
    clock = sites.clock
    began = printed = clock.monotonic()
    while left := missing():
        now = clock.monotonic()
        if now - began > seconds:
            raise StepFailed(f"timed out after {seconds:.0f} s waiting for {what}: {left}", hint)
        if now - printed >= _PRINTED_EVERY:
            sites.tell(f"waiting for {what}: {left}")
            printed = now
        clock.sleep(_EVERY)
