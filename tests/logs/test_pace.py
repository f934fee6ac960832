"""Whether a copy is ready for a cutover, in words."""

import pytest

from migrate.logs.pace import CopyPace


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
    pace = CopyPace(
        topic="payments", behind=unread, unread=unread, produced=produced, copied=copied
    )
    assert said in pace.fault
    assert bool(said) == bool(pace.fault)
