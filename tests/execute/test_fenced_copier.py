"""The last looks before the write gate: a copier that can write no more, logs that end for good."""

from pathlib import Path

import pytest

from migrate.errors import StepFailed, Unsupported
from migrate.model.acl import no_writes
from migrate.model.copier import Copier
from migrate.model.record import Position, Tip, TopicPartition
from migrate.steps import FenceCopier, FreezeTopics, KeepCopies, WatchSource
from tests.execute.moving import world
from tests.fakes.memory import MemoryClock, MemoryCluster

COPIER = "User:copier"
DENY = no_writes("paid", COPIER)
PAID = ("paid", 0)


def fence(**more: object) -> FenceCopier:
    return FenceCopier.model_validate(
        {"because": "test", "acls": (DENY,), "connectors": ("copy",), **more}
    )


def state(copier: Copier, task: str) -> Copier:
    return copier.model_copy(update={"tasks": (task,)})


def test_the_copier_is_denied_and_gets_back_what_it_had(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    step = fence().aim(here.sites())
    assert not step.present(here.sites())
    step.apply(here.sites())
    assert DENY in here.target.acl_set
    assert step.present(here.sites())
    here.copy.connectors["copy"] = state(here.copy.connectors["copy"], "FAILED")
    step.undo(here.sites())
    assert DENY not in here.target.acl_set
    assert here.copy.connectors["copy"].running, (
        "a task that has failed without WRITE is started again"
    )


def test_a_denial_that_was_there_before_stays(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.target.acl_set.add(DENY)
    step = fence().aim(here.sites())
    step.undo(here.sites())
    assert DENY in here.target.acl_set


def test_a_connector_that_somebody_has_deleted_is_made_again(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    gate = KeepCopies(because="test", until="", configs={"copy": {"topics": "paid,seen"}})
    assert gate.apply(here.sites()).outcome() == "1 connector there"
    del here.copy.connectors["copy"]
    made = gate.apply(here.sites())
    assert made.outcome() == "connector copy made again: somebody had deleted it"
    assert here.copy.connectors["copy"].running


class Leader(MemoryCluster):
    """A source whose leader has records that not every replica has yet."""

    ahead, catches_up = 3, True
    told = True

    def tips(self, topics: object) -> dict[TopicPartition, Tip]:
        if not self.told:
            raise Unsupported("the source does not tell where a leader's log ends")
        found = {
            p: Tip(e.end + self.ahead, e.end, e.end, 0) for p, e in self.ends(["paid"]).items()
        }
        self.ahead = max(0, self.ahead - self.catches_up)
        return found


def frozen(folder: Path, seconds: float) -> FreezeTopics:
    here = world(folder, [])
    here.source.__class__ = Leader
    gate = FreezeTopics(because="test", until="", topics=("paid",), fence=(), seconds=seconds)
    return gate.apply(here.sites())


def test_a_log_is_frozen_when_its_leader_has_nothing_that_clients_do_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert frozen(tmp_path, 10.0).ends == (Position(topic="paid", partition=0, offset=79),)
    monkeypatch.setattr(Leader, "catches_up", False)  # two equal readings are not enough
    with pytest.raises(
        StepFailed, match=r"paid-0: log end \d+, high watermark 79, last stable offset 79"
    ):
        frozen(tmp_path, 2.0)


def test_where_a_leader_does_not_tell_its_end_a_replica_may_lag_for_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(MemoryClock, "sleep", lambda _, seconds: slept.append(seconds))
    monkeypatch.setattr(Leader, "told", False)
    gate = frozen(tmp_path, 10.0)
    assert "ends unchanged for 30 s" in gate.outcome()
    assert slept == [30.0]


def test_what_the_target_got_since_it_was_drained_keeps_the_gate_shut(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    gate = WatchSource(
        because="test",
        until="",
        part=WatchSource.BEFORE,
        topics=("paid",),
        ends=(),
        there=(Position(topic="paid", partition=0, offset=7),),
        seconds=0,
    )
    with pytest.raises(
        StepFailed, match="paid-0 of the target ended at 7 when its last record was"
    ):
        gate.apply(here.sites())
