"""A group that comes back to life between look and commit: nothing is committed, and the same command goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.errors import StepFailed
from migrate.ports import Sites
from migrate.steps.commit_offsets import CommitOffsets
from tests.execute.moving import cut_over, world
from tests.fakes.memory import MemoryCluster

PLACE = ("paid", 0)


def member(source: MemoryCluster) -> None:
    source.member_set["ledger"] = "ledger"


def commit(source: MemoryCluster) -> None:
    """By a consumer that assigns partitions itself: it is no member."""
    source.commits["ledger"][PLACE] = (77, "")


@pytest.mark.parametrize(
    ("awake", "said"), [(member, "not empty on the source"), (commit, "79, then 77")]
)
def test_nothing_is_committed_for_a_group_that_came_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    awake: Callable[[MemoryCluster], None],
    said: str,
) -> None:
    look = CommitOffsets.look_all

    def then_it_wakes(steps: list[CommitOffsets], sites: Sites) -> list[tuple[CommitOffsets, bool]]:
        found = look(steps, sites)
        assert isinstance(sites.source.reader, MemoryCluster)
        awake(sites.source.reader)
        sites.source.reader.changed("a consumer")
        return found

    with monkeypatch.context() as between:
        between.setattr(CommitOffsets, "look_all", then_it_wakes)
        with pytest.raises(StepFailed, match=said):
            cut_over(tmp_path, [])
    left = world(tmp_path, [])
    assert PLACE not in left.target.commits.get("ledger", {})
    left.source.member_set.pop("ledger", None)
    left.durable()
    cut_over(tmp_path, [])
    where, _ = left.source.commits["ledger"][PLACE]
    moved, _ = world(tmp_path, []).target.commits["ledger"][PLACE]
    assert moved >= sum(r.offset < where for r in left.source.logs[PLACE])
