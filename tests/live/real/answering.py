"""An operation's answer on real clusters: modules beside this one register what they can do."""

import time
from functools import singledispatch

from tests.histories import ops
from tests.histories.history import History
from tests.histories.ops import OK, Answer
from tests.live.real.play import Play, Real, reached


@singledispatch
def answer(op: object, play: Play) -> Answer:
    raise NotImplementedError(type(op).__name__)


@answer.register
def _(op: ops.OnTarget, play: Play) -> Answer:
    with play.acting(side="target"):
        return answer(op.op, play)


@answer.register
def _(op: ops.As, play: Play) -> Answer:
    with play.acting(user=op.user):
        return reached(lambda: answer(op.op, play))


@answer.register
def _(op: ops.Wait, play: Play) -> Answer:
    time.sleep(op.seconds)
    return OK


@answer.register
def _(op: ops.Until, play: Play) -> Answer:
    deadline = time.monotonic() + op.seconds
    while (found := answer(op.op, play)) != op.answer and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def played(history: History, real: Real, number: int) -> tuple[Answer, ...]:
    """All answers of one history."""
    run = Play(real, f"h{number}.")
    try:
        for user in history.users:
            answer(ops.SetPassword(user, user), run)
        return tuple(answer(op, run) for op, _ in history.turns)
    finally:
        run.close()
