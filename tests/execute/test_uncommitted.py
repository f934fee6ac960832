"""Groups without a commit: where policy places them and what that is called; a commit that is gone is not none."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import KmigError, Refused
from migrate.logs.translate import Translation
from migrate.model.cluster import Commit
from migrate.model.record import ActiveProducer, Position, VisibleRecord
from migrate.ports import Sites
from migrate.steps import CommitOffsets, CreateAcls, ReadPositions
from tests.estate import group, inventory
from tests.execute import moving
from tests.execute.moving import World, cut_over, opened, roll_back, world
from tests.execute.test_crash import killed, points
from tests.execute.test_moving_crash import to_the_gate
from tests.fakes.memory import MemoryCluster

SEEN = ("seen", 0)
END = 49
"""Where `seen` ends on the source before anything is stopped."""


@pytest.fixture(autouse=True)
def no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(params=[("paid", "seen"), ("paid",), ()], ids=["moves", "stays", "consumers only"])
def owned(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`seen` is fenced and frozen later, or its producers stay."""
    wave, workloads = moving.owning(*request.param)
    monkeypatch.setattr(moving, "WAVE", wave)
    monkeypatch.setattr(moving, "PEOPLE", workloads)


def policy(monkeypatch: pytest.MonkeyPatch, uncommitted: str) -> None:
    monkeypatch.setattr(moving, "POLICY", {**moving.POLICY, "uncommitted": uncommitted})


def without(folder: Path, group: str = "old") -> World:
    """A world in which a group has no commit."""
    here = world(folder, [])
    here.source.commits.pop(group)
    here.durable()
    return here


def write(source: MemoryCluster, mark: str) -> None:
    """One more record in `seen`, once; a marker stands before it, as a transaction's would."""
    log = source.logs[SEEN]
    if mark.encode() not in [r.mark for r in log]:
        log.append(VisibleRecord(log[-1].offset + 2, mark.encode()))
        source.changed(f"a producer wrote {mark}")


def behind_the_fence(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[MemoryCluster], None]
) -> None:
    """As soon as every broker shows the group's fence, and before anything else is done."""
    made = CreateAcls.apply

    def then(self: CreateAcls, sites: Sites) -> CreateAcls:
        done = made(self, sites)
        if self.part == "consumer group fence":
            assert isinstance(sites.source.reader, MemoryCluster)
            happens(sites.source.reader)
        return done

    monkeypatch.setattr(CreateAcls, "apply", then)


def three(source: MemoryCluster) -> None:
    for mark in ("first", "second", "third"):
        write(source, mark)


def placed(folder: Path, group: str = "old") -> Translation:
    """What was committed for a group that reads `seen`."""
    steps = [
        e.step
        for e in opened(folder, []).journal.entries
        if e.event == "done" and isinstance(e.step, CommitOffsets) and e.step.group == group
    ]
    (found,) = steps[-1].translations
    return found


def first_read(folder: Path, found: Translation) -> bytes | None:
    """The first record that the group gets on the target."""
    log = world(folder, []).target.logs[SEEN]
    return next((r.mark for r in log if r.offset >= (found.target or 0)), None)


@pytest.mark.usefixtures("owned")
def test_latest_is_the_sources_end_at_the_fence_not_the_targets_at_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "latest")
    without(tmp_path)
    behind_the_fence(monkeypatch, three)
    cut_over(tmp_path, [])
    found = placed(tmp_path)
    assert first_read(tmp_path, found) == b"first"
    assert (found.source, found.lag) == (END, 3)
    assert (found.method, found.proof) == ("policy", "policy")
    assert (
        "uncommitted is latest: the source ended at 49 after its consumers stopped"
        in found.evidence
    )
    assert ", 25 records passed over" in found.evidence
    assert "map: 3 of 3 records equal" in found.evidence


@pytest.mark.usefixtures("owned")
def test_nothing_written_since_is_nothing_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "latest")
    without(tmp_path)
    cut_over(tmp_path, [])
    found = placed(tmp_path)
    assert first_read(tmp_path, found) is None
    assert "map: nothing unread" in found.evidence


def test_killed_anywhere_it_begins_where_the_first_run_saw_the_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    a_third: Callable[[int], Iterable[int]],
) -> None:
    """Between the kill and the same command again a record is written, wherever the end was noted by then."""
    wave, workloads = moving.owning("paid")
    monkeypatch.setattr(moving, "WAVE", wave)
    monkeypatch.setattr(moving, "PEOPLE", workloads)
    policy(monkeypatch, "latest")
    behind_the_fence(monkeypatch, three)
    whole = tmp_path / "whole"
    whole.mkdir()
    without(whole)
    total = points(cut_over, whole)
    late = 0
    for point in a_third(total):
        folder = tmp_path / str(point)
        folder.mkdir()
        without(folder)
        assert killed(cut_over, folder, point)
        keys = {e.key for e in opened(folder, []).journal.entries if e.event == "started"}
        if "read_positions consumers" in keys:
            late += 1
            write(world(folder, []).source, "late")
        cut_over(folder, [])
        found, log = placed(folder), world(folder, []).target.logs[SEEN]
        assert found.source == END, f"killed at point {point}"
        got = [r.mark for r in log if r.offset >= (found.target or 0)]
        assert set(got) >= {b"first", b"second", b"third"}, f"killed at point {point}"
        assert len(got) == len(log) - 25, f"killed at point {point}"
    assert late > 10


def test_cut_over_again_after_a_rollback_it_begins_at_the_new_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "latest")
    without(tmp_path)
    to_the_gate(tmp_path, [])
    roll_back(tmp_path, [])
    here = world(tmp_path, [])
    assert not here.source.commits.get("old")
    write(here.source, "read on source")
    cut_over(tmp_path, [])
    assert placed(tmp_path).source == END + 1 + 1


def test_an_open_transaction_at_the_fence_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it wrote before the fence becomes readable behind it."""
    policy(monkeypatch, "latest")
    here = without(tmp_path)
    write(here.source, "half")
    here.source.active = [ActiveProducer(topic="seen", partition=0, producer_id=1, start=50)]
    here.durable()

    def ends(source: MemoryCluster) -> None:
        source.active = []
        write(source, "whole")

    behind_the_fence(monkeypatch, ends)
    cut_over(tmp_path, [])
    assert first_read(tmp_path, placed(tmp_path)) == b"half"


# earliest


def test_earliest_is_the_copys_first_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "earliest")
    without(tmp_path)
    cut_over(tmp_path, [])
    found = placed(tmp_path)
    assert first_read(tmp_path, found) == b"0"
    assert (found.source, found.proof) == (0, "policy")
    assert "the source begins at 0; map: 25 of 25 records equal" in found.evidence


def test_earliest_is_the_sources_start_though_the_copy_has_older_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "earliest")
    here = without(tmp_path)
    here.copy.copy("copy")
    here.source.logs[SEEN] = here.source.logs[SEEN][10:]
    here.source.begins[SEEN] = here.source.logs[SEEN][0].offset
    here.durable()
    cut_over(tmp_path, [])
    found = placed(tmp_path)
    assert first_read(tmp_path, found) == b"10"
    assert f"the source begins at {here.source.begins[SEEN]}" in found.evidence


# what was seen and is gone


def forget(source: MemoryCluster) -> None:
    source.commits.pop("old", None)
    source.changed("the commits of old expired")


def test_a_commit_that_was_seen_quiet_and_is_gone_at_the_commit_is_not_placed_by_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "latest")
    behind_the_fence(monkeypatch, forget)
    with pytest.raises(
        KmigError, match="group old had committed 12 on seen-0, and the commit does not exist now"
    ):
        cut_over(tmp_path, [])
    here = world(tmp_path, [])
    assert not here.target.commits.get("old")
    here.source.commits["old"] = {SEEN: (12, "")}
    here.durable()
    cut_over(tmp_path, [])
    assert (placed(tmp_path).source, placed(tmp_path).proof) == (12, "exact")


def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inventory has seen a commit of `old`."""
    commit = Commit(topic="seen", partition=0, offset=8)
    seen = group("old").model_copy(update={"commits": (commit,)})
    monkeypatch.setattr(moving, "INVENTORY", inventory(groups=(seen,)))


def test_a_commit_of_the_inventory_that_is_gone_is_not_placed_by_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "latest")
    known(monkeypatch)
    without(tmp_path)
    with pytest.raises(
        KmigError, match="group old had committed 8 on seen-0, and the commit does not exist now"
    ):
        cut_over(tmp_path, [])
    assert "create_acls consumer group fence" not in {
        e.key for e in opened(tmp_path, []).journal.entries
    }


def test_a_coordinator_that_moves_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a while it lists none of its groups, and says nothing of an error."""
    policy(monkeypatch, "latest")
    known(monkeypatch)
    honest, left = MemoryCluster.groups, [20]

    def moving_away(self: MemoryCluster, names: Any = None) -> Any:
        found = honest(self, names)
        if self.name != "source" or not left[0]:
            return found
        left[0] -= 1
        return tuple(g for g in found if g.name != "old")

    monkeypatch.setattr(MemoryCluster, "groups", moving_away)
    cut_over(tmp_path, [])
    assert left == [0]
    assert (placed(tmp_path).source, placed(tmp_path).proof) == (12, "exact")


# a cutover that an earlier version began


def test_a_cutover_of_an_earlier_version_is_not_gone_on_with(tmp_path: Path) -> None:
    """Its steps came in another order: some that are made by now would be made again."""
    to_the_gate(tmp_path, [])
    journal = opened(tmp_path, [])
    step = ReadPositions(because="test", groups=("old",), topics=("seen",), fence=(), commits={})
    about = {"wave": 1, "stage": "cutover", "key": step.key, "step": step, "detail": ""}
    journal.append_all([{"event": "started", **about}, {"event": "done", **about}])
    with pytest.raises(Refused, match="was begun by an earlier version of kmig"):
        cut_over(tmp_path, [])
    roll_back(tmp_path, [])
    cut_over(tmp_path, [])


def test_a_policy_that_is_set_when_the_cutover_stopped_for_it_still_means_the_end_at_the_fence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/cutover.md: set it, plan, the same command."""
    wave, workloads = moving.owning("paid")
    monkeypatch.setattr(moving, "WAVE", wave)
    monkeypatch.setattr(moving, "PEOPLE", workloads)
    without(tmp_path)
    behind_the_fence(monkeypatch, three)
    moving.blindly(monkeypatch)
    with pytest.raises(KmigError, match="uncommitted is refuse"):
        cut_over(tmp_path, [])
    policy(monkeypatch, "latest")
    cut_over(tmp_path, [])
    assert first_read(tmp_path, placed(tmp_path)) == b"first"


PAUSED_BEFORE = CommitOffsets(
    because="test",
    group="old",
    uptos=(Position(topic="seen", partition=0, offset=41),),
    connectors=(),
    reads=("seen",),
    uncommitted="latest",
    ends=(Position(topic="seen", partition=0, offset=END),),
)
"""Where the copy was quieted eight offsets before the end that was noted."""


def test_a_copy_that_was_paused_before_the_end_is_refused(tmp_path: Path) -> None:
    """What it copies later would be read, though it is older than the end."""
    here = without(tmp_path)
    here.source.member_set.pop("old")
    here.copy.copy("copy")
    with pytest.raises(KmigError, match="the copy had not passed the end 49"):
        PAUSED_BEFORE.aim(here.sites())


def test_an_end_whose_records_have_expired_since_the_copy_was_paused_is_read_no_more(
    tmp_path: Path,
) -> None:
    """A cutover that goes on days later: the log begins behind the position that was noted then."""
    here = without(tmp_path)
    here.source.member_set.pop("old")
    here.copy.copy("copy")
    here.source.logs["seen", 0] = []
    here.source.begins = {SEEN: END}
    (found,) = PAUSED_BEFORE.aim(here.sites()).translations
    assert "the copy had not passed" not in found.evidence


def test_a_group_that_never_commits_is_at_work_once_it_has_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(monkeypatch, "latest")
    without(tmp_path)
    behind_the_fence(monkeypatch, three)
    read = World.client

    def never_commits(self: World, command: Any, facts: Any) -> None:
        before = dict(self.target.commits.get("old", {}))
        read(self, command, facts)
        if before:
            self.target.commits["old"] = before

    monkeypatch.setattr(World, "client", never_commits)
    cut_over(tmp_path, [])
    lines = [e for e in opened(tmp_path, []).journal.entries if e.key == "await_members consumers"]
    assert "no commit on the source" in lines[-1].model_dump_json()
