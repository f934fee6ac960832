"""Bounded waits: a change to be seen on every broker, or a condition of the sites, named when it does not come."""

from collections.abc import Callable

from migrate.errors import CannotTell, Passing, StepFailed, Unreachable
from migrate.ports import Clock, Sites

SECONDS = 30.0
_EVERY = 0.05
_PRINTED_EVERY = 1.0
_PASSING = (Passing, Unreachable)


def settle(clock: Clock, what: str, shown: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return once `shown`; raise `StepFailed` naming `what` when the time is over.

    A broker that restarts meanwhile, or an election, is waited for like the change itself.
    """
    deadline = clock.monotonic() + seconds
    failure: CannotTell | None = None
    while True:
        try:
            if shown():
                return
            failure = None
        except _PASSING as error:
            failure = error
        if clock.monotonic() > deadline:
            raise failure or StepFailed(
                f"not seen on every broker within {seconds:.0f} s: {what}",
                "check that every broker is up and follows the controller, then rerun the command",
            )
        clock.sleep(_EVERY)


def wait(
    sites: Sites, what: str, missing: Callable[[], str], seconds: float, hint: str = ""
) -> None:
    """Return once `missing` returns nothing; print what it returns every second, and raise `StepFailed` at the end.

    `what` continues the words "waiting for". A broker that restarts meanwhile, an election, or a worker that does not
    answer is waited for too: one of them is no reason to leave clients stopped.
    """
    clock = sites.clock
    began = printed = clock.monotonic()
    while True:
        failure: CannotTell | None = None
        try:
            if not (left := missing()):
                return
        except _PASSING as error:
            left, failure = error.message, error
        now = clock.monotonic()
        if now - began > seconds:
            raise failure or StepFailed(
                f"timed out after {seconds:.0f} s waiting for {what}: {left}", hint
            )
        if now - printed >= _PRINTED_EVERY:
            sites.tell(f"waiting for {what}: {left}")
            printed = now
        clock.sleep(_EVERY)
