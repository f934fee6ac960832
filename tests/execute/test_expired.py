"""Records expire before a group has read them, and while they are waited for: nothing is read where no log is."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from migrate.errors import KmigError
from migrate.model.record import TopicPartition
from migrate.steps import AwaitMembers, AwaitPassed, CommitOffsets
from tests.execute.moving import World, cut_over, opened, world
from tests.fakes.memory import MemoryCluster
from tests.fakes.memory_moving import MemoryCopy

SEEN = ("seen", 0)
EXPIRED = 20
"""The first offset that is left of `seen`; group `old` stands at 12."""


def expire(cluster: MemoryCluster, start: int) -> None:
    cluster.logs[SEEN] = [r for r in cluster.logs[SEEN] if r.offset >= start]
    cluster.begins[SEEN] = start


def begun(folder: Path) -> World:
    here = world(folder, [])
    here.copy.copy("copy")
    expire(here.source, EXPIRED)
    here.durable()
    return here


def test_a_group_goes_on_with_the_first_record_that_is_left(tmp_path: Path) -> None:
    first = begun(tmp_path).source.logs[SEEN][0]
    cut_over(tmp_path, [])
    entries = opened(tmp_path, []).journal.entries
    done = [e.step for e in entries if e.event == "done" and isinstance(e.step, CommitOffsets)]
    (moved,) = [t for step in done if step.group == "old" for t in step.translations]
    assert (moved.source, moved.proof) == (12, "expired")
    target = world(tmp_path, []).target.logs[SEEN]
    ahead = [r.mark for r in target if r.offset >= (moved.target or 0)]
    assert moved.lag == 15, "25 records were written, and 10 of them expired"
    # every other offset is a hole: of the eight offsets that expired unread, four were records
    assert len(ahead) >= 15 + 4, "what the target still has is not skipped"
    assert len(ahead) - 15 <= moved.reread == 8, "and no more is read again than it says"
    assert ahead[-15] == first.mark
    assert "8 offsets had expired unread" in moved.evidence


def test_records_that_expire_while_the_copy_is_waited_for_are_no_gap(tmp_path: Path) -> None:
    here = begun(tmp_path)
    # it copies nothing by itself here, and nobody has stopped it
    waiting = here.copy.connectors["copy"].model_copy(update={"state": "UNASSIGNED"})
    here.copy.connectors["copy"] = waiting
    here.copy.copied["copy"][SEEN] = 24

    class Slow(MemoryCopy):
        def positions(self, names: Iterable[str]) -> dict[TopicPartition, int]:
            expire(here.source, 30)
            return super().positions(names)

    here.copy.__class__ = Slow
    here.source.commits["old"] = {SEEN: (40, "")}
    gate = AwaitPassed(
        because="test",
        until="",
        groups=("old",),
        topics=("seen",),
        connectors=("copy",),
        seconds=0.2,
    )
    with pytest.raises(
        KmigError,
        match="timed out after 0 s waiting for the copy to pass every commit: 5 records of seen-0 to copy",
    ):
        gate.apply(here.sites())
    here.copy.copied["copy"][SEEN] = 38
    gate.apply(here.sites())


def test_members_behind_the_start_of_a_log_have_unread_what_is_left(tmp_path: Path) -> None:
    here = begun(tmp_path)
    expire(here.target, 16)
    here.target.commits["old"] = {SEEN: (10, "")}
    here.target.member_set["old"] = "old"
    gate = AwaitMembers(because="test", until="", part="x", groups=("old",), health={}, seconds=0.2)
    with pytest.raises(
        KmigError, match="group old commits nothing, and has unread records in 1 partition"
    ):
        gate.apply(here.sites())
