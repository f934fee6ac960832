"""Going on with a cutover: forward out of a half rollback, never on another plan, never on a look-alike."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import CannotTell, KmigError, Refused, StepFailed
from migrate.execute import later
from migrate.journal.progress import Status, status_of
from migrate.model.cluster import Partition, Topic
from migrate.model.copier import Copier
from migrate.model.record import Position, VisibleRecord
from migrate.ports import Sites
from migrate.steps import AwaitDrained, AwaitPace, AwaitPassed, StartCopy
from migrate.steps.commit_offsets import CommitOffsets
from migrate.steps.connectors import wait_running
from tests.estate import acls
from tests.execute import moving
from tests.execute.moving import (
    CONFIG,
    TOPICS,
    World,
    cut_over,
    opened,
    roll_back,
    table,
    world,
)
from tests.execute.test_moving_crash import to_the_gate


def test_out_of_a_rollback_that_cannot_end_there_is_a_way_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(tmp_path, []).durable()
    to_the_gate(tmp_path, [])

    def expired(self: CommitOffsets, sites: Sites) -> None:
        raise StepFailed("no exact offset back on the source")

    with monkeypatch.context() as stuck:
        stuck.setattr(CommitOffsets, "undo", expired)
        with pytest.raises(KmigError, match="no exact offset back"):
            roll_back(tmp_path, [])
    cut_over(tmp_path, [])
    after = world(tmp_path, [])
    assert after.files.replacements
    assert set(after.target.member_set) == {"ledger", "old"}


def test_no_copy_is_touched_in_the_midst_of_a_cutover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its gates hold for a copy that nobody touches: a command that restarts the connector would take them away."""
    wave, people = moving.owning()
    monkeypatch.setattr(moving, "WAVE", wave)
    monkeypatch.setattr(moving, "PEOPLE", people)
    world(tmp_path, []).durable()

    def stuck(steps: list[CommitOffsets], sites: Sites) -> list[CommitOffsets]:
        raise StepFailed("no exact offset")

    with monkeypatch.context() as context:
        context.setattr(CommitOffsets, "apply_all", stuck)
        with pytest.raises(KmigError, match="no exact offset"):
            cut_over(tmp_path, [])
    with pytest.raises(Refused, match="wave 1 is in the midst of its cutover"):
        later.replicate(table(tmp_path, []), 1)


def test_a_finished_fence_of_another_plan_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_the_gate(tmp_path, [])
    more = acls("ALLOW READ on group ledger to User:forgotten")
    monkeypatch.setattr(moving, "SOURCE_ACLS", (*moving.SOURCE_ACLS, *more))
    with pytest.raises(
        KmigError,
        match="the plan changed after this step was started: create 2 consumer group fence ACLs",
    ):
        cut_over(tmp_path, [])
    assert "open_write_gate" not in [e.key for e in opened(tmp_path, []).journal.entries]


def test_equal_records_at_the_end_are_counted_not_taken_for_each_other(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    copier = here.copy.connectors["copy"]
    here.copy.connectors["copy"] = copier.model_copy(update={"state": "UNASSIGNED"})
    here.source.logs["paid", 0] = [VisibleRecord(n, b"beat") for n in range(3)]
    here.target.logs["paid", 0] = [VisibleRecord(0, b"beat")]
    here.copy.copied["copy"] = {("paid", 0): 2}
    ends = (Position(topic="paid", partition=0, offset=3),)
    gate = AwaitDrained(
        because="test", until="", topics=("paid",), ends=ends, connectors=("copy",), seconds=1.0
    )
    with pytest.raises(StepFailed, match="2 or more records of paid-0 to copy"):
        gate.apply(here.sites())
    here.target.logs["paid", 0] = [VisibleRecord(n, b"beat") for n in range(3)]
    here.copy.copied["copy"] = {("paid", 0): 0}
    with pytest.raises(StepFailed, match="2 records of paid-0 to copy"):
        gate.apply(here.sites())
    here.copy.copied["copy"] = {("paid", 0): 2}
    gate.apply(here.sites())
    del here.target.logs["paid", 0]
    with pytest.raises(Refused, match="topic paid does not exist on the target, so nothing"):
        gate.apply(here.sites())


def test_a_topic_created_anew_is_not_copied_on_from_the_old_positions(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    for topic in TOPICS:
        here.source.topic_set[topic] = here.target.topic_set[topic]
    step = StartCopy(because="test", prefix="p", topics=TOPICS, config=CONFIG)
    known = step.model_copy(update={"name": step._name(here.sites())})
    known.guard(here.sites())
    here.target.topic_set["paid"] = Topic(
        name="paid",
        id="another",
        replication_factor=1,
        configs={},
        partitions=(Partition(index=0),),
    )
    with pytest.raises(Refused, match="was recreated"):
        known.guard(here.sites())


def test_a_connector_without_a_status_has_not_failed(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.copy.connectors["c"] = Copier(name="c", config={"topics": "paid"}, state="")
    words = "unknown: Connect has no status of it yet"
    with pytest.raises(
        CannotTell, match=f"after 60 s waiting for connector c to run: {words}"
    ) as caught:
        wait_running(here.sites(), "c")
    assert "topic.tracking.enable=false" in caught.value.hint
    with pytest.raises(CannotTell, match="connector c: Connect has no status of it yet"):
        AwaitPace(because="test", carried={"c": ("paid",)}, until="x").apply(here.sites())
    here.copy.connectors["c"] = Copier(name="c", config={"topics": "paid"}, state="UNASSIGNED")
    with pytest.raises(StepFailed, match="waiting for connector c to run: UNASSIGNED, 0 tasks"):
        wait_running(here.sites(), "c")
    with pytest.raises(Refused, match="connector c is not running: UNASSIGNED, 0 tasks") as refused:
        AwaitPace(because="test", carried={"c": ("paid",)}, until="x").apply(here.sites())
    assert refused.value.hint == "wait until its tasks run, then rerun the command"


@pytest.mark.parametrize("state", ["STOPPED", "PAUSED"])
def test_a_connector_that_somebody_stopped_is_resumed_by_hand(tmp_path: Path, state: str) -> None:
    """It may carry topics of an earlier wave, whose stage replicate is over: no command of kmig would start it."""
    here = world(tmp_path, [])
    here.copy.connectors["c"] = Copier(name="c", config={"topics": "paid"}, state=state)
    with pytest.raises(Refused, match=f"connector c is not running: {state}") as caught:
        AwaitPace(because="test", carried={"c": ("paid",)}, until="x").apply(here.sites())
    assert "PUT /connectors/c/resume" in caught.value.hint


def test_no_copy_is_waited_for_that_somebody_has_stopped(tmp_path: Path) -> None:
    """The copy ran when the cutover began: else a drain waits for nothing, with all writers stopped."""
    here = world(tmp_path, [])
    here.copy.stop("copy")
    about: dict[str, Any] = {"because": "test", "until": "", "seconds": 1.0}
    about |= {"topics": ("paid",), "connectors": ("copy",)}
    ends = (Position(topic="paid", partition=0, offset=3),)
    drained = AwaitDrained.model_validate({**about, "ends": ends})
    passed = AwaitPassed.model_validate({**about, "groups": ("old",)})
    for gate in (drained, passed):
        with pytest.raises(StepFailed, match="connector copy is not running: STOPPED") as caught:
            gate.apply(here.sites())
        assert "PUT /connectors/copy/resume" in caught.value.hint


def test_an_open_gate_is_not_asked_about_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A no would promise a way back that is closed."""
    does = World.client

    def broken(self: World, command: Any, facts: Any) -> None:
        if command == ("start", "till"):
            raise StepFailed("till does not start")
        does(self, command, facts)

    with monkeypatch.context() as stuck:
        stuck.setattr(World, "client", broken)
        with pytest.raises(StepFailed, match="till does not start"):
            cut_over(tmp_path, [])

    def agree(question: str) -> None:
        if "write gate" in question:
            raise Refused(question)

    later.cutover(replace(table(tmp_path, []), agree=agree), 1)
    assert status_of(opened(tmp_path, []).journal, moving.WAVE, "cutover") is Status.DONE
