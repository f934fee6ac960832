"""A cutover that is refused late is charged, unless what it waits for began by itself and is not over."""

import pytest

from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.history import Event
from migrate.rehearse.worlds.judges import ends
from migrate.rehearse.worlds.timeline import MINUTE
from tests.worlds.tale import Tale

_STOPPED = "  2 stop r on source   0.2 s  hook exited 0\n"
_OPEN = (
    "error: timed out after 120 s waiting for transactions on the source to end: t-0: producer 7"
)
_OTHER = "error: timed out after 60 s waiting for clients to consume on the target"


@pytest.mark.parametrize(
    ("error", "minutes", "charged"),
    [
        pytest.param(_OPEN, 5, False, id="its transaction is still open"),
        pytest.param(_OPEN, 16, True, id="its transaction had ended"),
        pytest.param(_OTHER, 5, True, id="a transaction is open, and it waits for something else"),
    ],
)
def test_a_wait_for_a_transaction_that_somebody_left_open(
    error: str, minutes: float, charged: bool
) -> None:
    tale = Tale()
    what = "a transaction stays open on the source"
    tale.world.happened.append((100.0, Event(after=0, what=what, on="t", value="900")))
    began = 100.0 + minutes * MINUTE
    tale.commands.append(Ended("cutover 1", 1, "", _STOPPED + error, began, began + 130.0))
    assert bool(list(ends.refused_late(tale.told()))) is charged
