"""Whether a copy is ready for a cutover, in words."""

import pytest

from migrate.logs.pace import CopyPace, Sample, pace
from migrate.model.record import Ends


@pytest.mark.parametrize(
    ("unread", "produced", "copied", "said"),
    [
        (0, 155.0, 0.0, ""),
        (50_000, 155.0, 0.0, "stands still: 0 records/s against 155; check that the worker reaches the source"),
        (50_000, 155.0, 20.0, "slower than its producers: 20 records/s against 155"),
        (50_000, 155.0, 200.0, "50,000 records behind"),
    ],
)  # fmt: skip
def test_a_copy_that_stands_still_is_not_called_slow(
    unread: int, produced: float, copied: float, said: str
) -> None:
    found = CopyPace(
        topic="payments", behind=unread, unread=unread, produced=produced, copied=copied
    )
    assert said in found.fault
    assert bool(said) == bool(found.fault)


def test_a_partition_with_records_of_which_nothing_was_copied_is_not_ready() -> None:
    ends = {("t", 0): Ends(start=0, stable=9, end=9), ("t", 1): Ends(start=0, stable=9, end=9)}
    now = Sample(1.0, ends, {("t", 0): 9})
    assert pace(now, now, "t", {("t", 0): 0, ("t", 1): 0}).fault == ""
    assert pace(now, now, "t", {}).fault == ""
    found = pace(now, now, "t", {("t", 0): 0, ("t", 1): 1})
    assert (found.unread, found.waiting) == (1, "t-1")
    assert found.fault.startswith("nothing of `t-1` was copied yet, and it holds records; check ")
    assert pace(now, now, "t", {("t", 1): 1}, {("t", 1)}).fault == ""
    both = Sample(1.0, ends, {("t", 0): 9, ("t", 1): 8})
    assert pace(both, both, "t", {("t", 0): 0, ("t", 1): 1}).fault == ""


def test_a_position_that_did_not_move_before_records_rests() -> None:
    ends = {("t", p): Ends(start=0, stable=9, end=9) for p in range(3)}
    before = Sample(1.0, ends, {("t", 0): 4, ("t", 1): 4, ("t", 2): 9})
    after = Sample(3.0, ends, {("t", 0): 4, ("t", 1): 6, ("t", 2): 9})
    found = pace(before, after, "t", {("t", 0): 5, ("t", 1): 3, ("t", 2): 0})
    assert found.fault == ""  # a drain of eight records is short, if the copy goes on
    assert [str(position) for position in found.resting] == ["t-0 4"]
