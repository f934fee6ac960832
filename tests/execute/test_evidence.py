"""Evidence says what was seen, by which method, for each workload; what was not looked at is said to be so."""

from pathlib import Path
from typing import Any

import pytest

from migrate.execute.run import preview
from migrate.model.cluster import Group
from migrate.model.record import Position, VisibleRecord
from migrate.stages.cutover import cutover
from migrate.stages.rotate import rotate
from migrate.steps import (
    AwaitDrained,
    AwaitMembers,
    AwaitPassed,
    AwaitQuiet,
    FreezeTopics,
    Gate,
    PauseCopy,
    ResumeCopy,
    WatchSource,
)
from tests.execute import moving
from tests.execute.moving import World, cut_over, opened, rotated, world
from tests.execute.test_said_no import SHAPES, begin, moved

PAID = ("paid", 0)


def detail(folder: Path, key: str) -> str:
    """What the journal says came of a step."""
    found = [
        e.detail for e in opened(folder, []).journal.entries if (e.event, e.key) == ("done", key)
    ]
    return found[-1]


@pytest.fixture
def here(tmp_path: Path) -> World:
    return world(tmp_path, [])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_gate_that_was_not_asked_has_no_evidence(shape: str) -> None:
    """What is said of it comes from having looked, not from its plan."""
    for stage in (cutover(moved(SHAPES[shape])), rotate(moved(SHAPES[shape]), {})):
        for step in preview(stage):
            if isinstance(step, Gate):
                assert step.outcome() == "", step.key


@pytest.mark.parametrize("stage", ["cutover", "rotate"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_gate_that_answered_says_what_it_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, stage: str
) -> None:
    folder = tmp_path / "one"
    begin(monkeypatch, folder, shape, stage)
    (cut_over if stage == "cutover" else rotated)(folder, [])
    entries = opened(folder, []).journal.entries
    assert [
        e.key for e in entries if e.event == "done" and isinstance(e.step, Gate) and not e.detail
    ] == []


# clients


def awaiting(**fields: Any) -> AwaitMembers:
    blank = {
        "because": "test",
        "until": "",
        "part": "x",
        "groups": (),
        "health": {},
        "seconds": 1.0,
    }
    return AwaitMembers.model_validate({**blank, **fields})


def test_a_batch_that_its_hook_spoke_for_is_not_called_seen(here: World) -> None:
    here.hooks.effect = lambda *_: None
    gate = awaiting(health={"nightly": ("true",)}, workloads={"nightly": ()})
    said = gate.apply(here.sites()).outcome()
    assert said == "nightly: health hook `true` exited 0, it has no group to check"


def test_a_hook_that_speaks_for_groups_says_that_they_were_not_looked_at(here: World) -> None:
    asked: list[str] = []
    here.hooks.effect = lambda _, facts: asked.append(facts["KMIG_GROUP"])
    gate = awaiting(health={"app": ("ask", "app")}, workloads={"app": ("one", "two")})
    assert gate.apply(here.sites()).outcome() == (
        "app: health hook `ask app` exited 0, group one itself not checked; "
        "app: health hook `ask app` exited 0, group two itself not checked"
    )
    assert asked == ["one", "two"]


def test_a_hook_and_a_group_of_the_same_name_are_two(here: World) -> None:
    asked: list[str] = []
    here.hooks.effect = lambda _, facts: asked.append(facts["KMIG_GROUP"])
    here.target.member_set["ledger"] = "c"
    gate = awaiting(
        groups=("ledger",),
        health={"ledger": ("true",)},
        workloads={"ledger": (), "book": ("ledger",)},
    )
    said = gate.apply(here.sites()).outcome()
    assert asked == ["ledger"]
    assert "ledger: health hook `true` exited 0" in said
    assert "book: 1 member of group ledger on the target" in said


def test_a_group_is_seen_by_its_members_and_by_where_its_commits_went(here: World) -> None:
    here.target.logs[PAID] = [VisibleRecord(n, b"%d" % n) for n in range(40)]
    here.target.commits["ledger"] = {PAID: (12, "")}
    here.target.member_set["ledger"] = "ledger"
    looks = 0
    groups = here.target.groups

    def reading(names: Any = None) -> tuple[Group, ...]:
        nonlocal looks
        looks += 1
        if looks == 3:
            here.target.commits["ledger"][PAID] = (18, "")
        return groups(names)

    here.target.groups = reading  # type: ignore[method-assign]
    gate = awaiting(groups=("ledger",), workloads={"book": ("ledger",)})
    assert gate.apply(here.sites()).outcome() == (
        "book: 1 member of group ledger on the target, commit on paid-0 moved from 12 to 18"
    )


def test_a_member_that_had_nothing_to_read_did_not_read(here: World) -> None:
    here.target.member_set["ledger"] = "ledger"
    gate = awaiting(groups=("ledger",), workloads={"book": ("ledger",)})
    assert gate.apply(here.sites()).outcome() == (
        "book: 1 member of group ledger on the target, no commit yet: whether it consumes is unknown"
    )
    here.target.logs[PAID] = [VisibleRecord(0, b"0")]
    here.target.commits["ledger"] = {PAID: (1, "")}
    assert gate.apply(here.sites()).outcome() == (
        "book: 1 member of group ledger on the target, 1 commit, nothing unread: whether it consumes is unknown"
    )


def test_a_start_of_a_client_that_nothing_shows_says_so(tmp_path: Path) -> None:
    cut_over(tmp_path, [])
    assert detail(tmp_path, "start_clients till") == (
        "hook exited 0; its clients were not checked: no group, no health hook"
    )
    assert detail(tmp_path, "stop_clients till") == (
        "hook exited 0; its clients were not checked: no group"
    )
    assert detail(tmp_path, "start_clients ledger") == "hook exited 0"
    assert detail(tmp_path, "stop_clients ledger") == "hook exited 0"


def test_a_group_that_the_side_does_not_know_is_not_called_empty(here: World) -> None:
    here.source.member_set.clear()
    gate = AwaitQuiet(
        because="test", until="", part="x", groups=("ledger", "lost"), window=0.1, seconds=1.0
    )
    assert gate.apply(here.sites()).outcome() == (
        "group ledger: Empty, no member, 1 commit unchanged for 0.1 s; group lost: does not exist on the source"
    )


def test_no_gate_is_described_as_if_it_had_been_answered() -> None:
    for shape in SHAPES.values():
        for step in (*preview(cutover(moved(shape))), *preview(rotate(moved(shape), {}))):
            if isinstance(step, Gate):
                said = step.describe()
                assert not said.startswith("see "), said
                assert "at work" not in said, said


# logs


def test_what_a_freeze_looked_at(here: World) -> None:
    gate = FreezeTopics(because="test", until="", topics=("paid",), fence=(), seconds=1.0)
    assert gate.apply(here.sites()).outcome() == (
        "fence on every live broker; no open transaction; "
        "each leader's log ends where clients see it end, in two readings: paid-0 79"
    )


def test_a_topic_that_is_gone_is_not_called_free_of_strays(here: World) -> None:
    ends = (
        Position(topic="lost", partition=0, offset=3),
        Position(topic="paid", partition=0, offset=79),
    )
    fields = {"because": "test", "until": "", "part": "x", "topics": ("paid", "lost")}
    gate = WatchSource.model_validate({**fields, "ends": ends, "seconds": 5})
    assert gate.apply(here.sites()).outcome() == (
        "1 partition ends where it was frozen, over 5 s; not checked, gone on the source: lost-0"
    )
    unknown = WatchSource.model_validate({**fields, "ends": (), "seconds": 0})
    assert unknown.apply(here.sites()).outcome() == "nothing checked: no frozen end is known"


def test_what_a_drain_compared(here: World) -> None:
    ends = (Position(topic="paid", partition=0, offset=79),)
    gate = AwaitDrained(
        because="test", until="", topics=("paid",), ends=ends, connectors=("copy",), seconds=1.0
    )
    assert gate.apply(here.sites()).outcome() == (
        "1 partition: the last 40 records equal on both sides; "
        "no record between the copied positions and the fence"
    )


def test_what_the_copy_passed(here: World) -> None:
    fields = {"topics": ("paid",), "connectors": ("copy",), "seconds": 1.0, "until": ""}
    gate = AwaitPassed.model_validate({**fields, "because": "test", "groups": ("ledger", "old")})
    assert gate.apply(here.sites()).outcome() == (
        "1 commit of 1 group passed; no commit to pass on topics whose producers stay: old"
    )


def test_a_paused_copy_tells_what_it_read_from_what_it_supposes(here: World) -> None:
    here.source.logs["empty", 0] = []
    step = PauseCopy(because="test", connectors=("copy",), topics=("paid", "seen", "empty"))
    assert step.apply(here.sites()).outcome() == (
        "stopped, 2 positions read twice; nothing was copied of 1 partition"
    )


def test_a_connector_that_somebody_deleted_is_made_again_where_it_must_run(here: World) -> None:
    configs = {"copy": {"topics": "paid,seen"}}
    both = {"because": "test", "connectors": ("copy",), "configs": configs}
    paused = PauseCopy.model_validate({**both, "topics": ()}).apply(here.sites())
    at = here.copy.positions(["copy"])
    for go_on in (paused.undo, ResumeCopy.model_validate(both).apply):
        here.copy.delete("copy")
        go_on(here.sites())
        found = here.copy.copy("copy")
        assert found is not None
        assert (found.running, found.config) == (True, configs["copy"])
        assert here.copy.positions(["copy"]) == at, "Connect keeps where it was"


def test_a_commit_that_has_no_other_side_was_not_compared(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.source.logs["seen", 1], here.target.logs["seen", 1] = [], []
    here.durable()
    cut_over(tmp_path, [])
    assert detail(tmp_path, "prove_offsets ledger") == (
        "1 commit read back: 0 with the same next record on both sides, 1 at the end of both logs"
    )
    assert detail(tmp_path, "prove_offsets old") == (
        "2 commits read back: 1 with the same next record on both sides, 0 at the end of both logs, "
        "1 without the same record on the source, not compared"
    )


def test_a_policy_is_not_called_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "POLICY", {**moving.POLICY, "uncommitted": "latest"})
    here = world(tmp_path, [])
    here.source.commits["ledger"] = {}
    here.durable()
    cut_over(tmp_path, [])
    assert detail(tmp_path, "commit_offsets ledger") == (
        "1 partition: 1 by policy.uncommitted (latest)"
    )
    assert detail(tmp_path, "commit_offsets old") == "1 partition: 1 exact (map)"


# credentials


def test_a_canary_is_said_to_have_done_what_it_did(tmp_path: Path) -> None:
    cut_over(tmp_path, [])
    rotated(tmp_path, [])
    said = detail(tmp_path, "revoke_credential ledger")
    assert "2 brokers × 2 mechanisms refuse the old secret (58)" in said
    assert "the canary logs in with SCRAM-SHA-256 on each" in said
    assert "2 sessions that kmig had opened with it ended within the announced 10 s" in said
    assert detail(tmp_path, "overlap_credential ledger") == (
        "every live broker accepted the old secret before, and accepts the new one now"
    )
