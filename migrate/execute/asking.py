"""Consent to a cutover: asked for when preflight has passed and before anybody is stopped.

At the write gate clients stand still, and every second of thinking is a second of pause. There it is asked only where
`policy.ask` says so, or where writes have been paused for much longer than was expected.
"""

from collections.abc import Callable, Mapping

from migrate.errors import Refused, StepFailed
from migrate.journal.standing import StepState
from migrate.stages.stage import Stage, Together
from migrate.steps import Gate, LookAhead, OpenWriteGate, Step

_LONGER = 2.0
_UNNOTICED = 5.0


def asking(
    stage: Stage,
    agree: Callable[[str], None],
    wave: int,
    begun: Mapping[str, StepState],
    paused: Callable[[], float],
    *,
    at_gate: bool,
) -> Stage:
    """Return the same stage with its questions; `paused` is for how long writes have been paused, in seconds."""
    asked, expected = False, 0.0
    wanted: Step | Together | None = next(stage, None)
    while wanted is not None:
        first = wanted.steps[0] if isinstance(wanted, Together) else wanted
        if isinstance(first, LookAhead) and first.ahead is not None:
            expected = first.ahead.forecast.writes
        if not asked and not isinstance(first, Gate) and not _finished(first, begun):
            _ask_to_stop(agree, wave)
            asked = True
        if isinstance(first, OpenWriteGate) and first.key not in begun:
            _ask_at_gate(agree, wave, paused(), expected, always=at_gate)
        done = yield wanted
        try:
            wanted = stage.send(done)
        except StopIteration:
            return


def _finished(step: Step, begun: Mapping[str, StepState]) -> bool:
    known = begun.get(step.key)
    return known is not None and known.finished


def _ask_to_stop(agree: Callable[[str], None], wave: int) -> None:
    try:
        agree(f"cutover wave {wave}? Its clients are stopped now")
    except Refused as declined:
        raise Refused("no client was stopped: the answer was not yes") from declined


def _ask_at_gate(
    agree: Callable[[str], None], wave: int, paused: float, expected: float, *, always: bool
) -> None:
    """Ask where people want to be asked, or where the pause is another one than they have agreed to."""
    longer = paused > max(_LONGER * expected, _UNNOTICED)
    if not (always or longer):
        return
    known = f"writes have been paused for {paused:.1f} s, {expected:.1f} s were expected: "
    try:
        agree(f"{known if longer else ''}open the write gate? From here on there is no rollback")
    except Refused as declined:
        raise StepFailed(
            "stopped before the point of no return: the consumers are on the target, writes are paused",
            f"continue with `kmig cutover {wave}`, or go back with `kmig rollback {wave}`",
        ) from declined
