"""What a commit leaves unread, wherever it stands."""

import pytest

from migrate.model.cluster import Commit


@pytest.mark.parametrize(
    ("offset", "start", "end", "unread"),
    [
        pytest.param(500, 400, 600, 100, id="within the log"),
        pytest.param(0, 400, 600, 200, id="before the start: what expired cannot be read"),
        pytest.param(0, 600, 600, 0, id="before the start of an emptied log"),
        pytest.param(1_000_000, 0, 51, 0, id="beyond the end"),
        pytest.param(600, 400, 600, 0, id="at the end"),
        pytest.param(500, None, 600, 100, id="start not known"),
        pytest.param(700, None, 600, 0, id="beyond the end, start not known"),
        pytest.param(500, 400, None, None, id="end not known"),
    ],
)
def test_unread_records_are_those_that_can_still_be_read(
    offset: int, start: int | None, end: int | None, unread: int | None
) -> None:
    assert Commit(topic="t", partition=0, offset=offset, start=start, end=end).lag == unread
