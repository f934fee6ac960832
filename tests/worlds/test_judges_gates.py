"""Oracles of gates: each denies a gate that was not earned, and no other one."""

from typing import Any

import pytest

from migrate import steps
from migrate.model.acl import Acl
from migrate.rehearse.worlds import oracles
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.mirrors import Task, WorldConnector
from migrate.rehearse.worlds.timeline import DAY
from migrate.steps.change import Gate
from tests.worlds.tale import PLACE, Tale


def test_every_gate_has_an_oracle() -> None:
    kinds = [kind for kind in vars(steps).values() if isinstance(kind, type)]
    gates = {k.model_fields["op"].default for k in kinds if issubclass(k, Gate) and k is not Gate}
    known = {name.removeprefix("gate ") for name, _ in oracles.ORACLES if name.startswith("gate ")}
    assert known - {"revoke_credential"} == gates


_FENCE = Acl(
    principal="User:w",
    permission="DENY",
    operation="WRITE",
    resource_type="TOPIC",
    resource_name="t",
)


def _denied(tale: Tale, gate: str, **step: Any) -> str:
    return oracles.fault(tale.world, f"gate {gate}", {"step": step})


def _end(offset: int) -> list[dict[str, Any]]:
    return [{"topic": "t", "partition": 0, "offset": offset}]


# await_pace


@pytest.mark.parametrize(
    ("states", "copied", "denied"),
    [
        pytest.param(["RUNNING"], (1, 2), False, id="it keeps up"),
        pytest.param([], (1, 2), True, id="no task"),
        pytest.param(["RUNNING", "FAILED"], (1, 2), True, id="a task has failed"),
        pytest.param(["RUNNING"], (1,), True, id="a record lies uncopied for days"),
    ],
)
def test_a_copy_that_does_not_work_keeps_no_pace(
    states: list[str], copied: tuple[int, ...], denied: bool
) -> None:
    tale = Tale().writes(1, 2).copies(*copied).until(DAY)
    tasks = [Task(number, (PLACE,), state) for number, state in enumerate(states)]
    connector = WorldConnector("c", {}, "RUNNING", tasks, known=(PLACE,))
    tale.world.connect.connectors["c"] = connector
    assert bool(_denied(tale, "await_pace", carried={"c": ["t"]})) is denied


def test_a_connector_that_is_gone_keeps_no_pace() -> None:
    assert _denied(Tale(), "await_pace", carried={"c": ["t"]})


def test_what_somebody_does_while_a_pace_is_measured_is_not_asked_for() -> None:
    tale = Tale().until(DAY).happens("somebody deletes the copy's connectors", "", at=DAY - 1.0)
    assert not _denied(tale, "await_pace", carried={"c": ["t"]})


# await_passed


@pytest.mark.parametrize(
    ("commit", "denied"),
    [
        pytest.param(2, False, id="at what is copied"),
        pytest.param(3, True, id="one record further"),
        pytest.param(None, False, id="no commit"),
    ],
)
def test_a_commit_beyond_the_copy_is_not_passed(commit: int | None, denied: bool) -> None:
    tale = Tale().writes(1, 2, 3).copies(1, 2)
    if commit is not None:
        tale.world.source.groups.committed_before("g", {PLACE: (commit, "")})
    assert bool(_denied(tale, "await_passed", groups=["g"], topics=["t"])) is denied


# await_drained


_NOBODY: dict[str, list[Any]] = {"here": [], "waivers": []}


def _aborted() -> Tale:
    return Tale().writes(1).aborts(2).copies(1)


def _copier_writes_on() -> Tale:
    tale = Tale().writes(1).copies(1)
    target = tale.world.target
    opened = target.begin_unasked("c-0", 60.0)
    target.produce("User:admin", PLACE, [Content(2, 2, 1000)], opened)
    return tale


def _deleted_on_the_target() -> Tale:
    tale = Tale().writes(1)
    tale.world.target.delete_topic("t", by="User:admin")
    return tale


@pytest.mark.parametrize(
    ("told", "end", "denied"),
    [
        pytest.param(lambda: Tale().writes(1, 2).copies(1, 2), 2, False, id="all of it"),
        pytest.param(lambda: Tale().writes(1, 2).copies(1), 2, True, id="one is missing"),
        pytest.param(lambda: Tale().writes(1, 2).copies(1), 1, False, id="up to the fence"),
        pytest.param(_aborted, 3, False, id="an aborted record is owed to nobody"),
        pytest.param(_copier_writes_on, 1, True, id="the copier's transaction is open"),
        pytest.param(_deleted_on_the_target, 1, True, id="no such topic"),
    ],
)
def test_a_copy_that_lacks_a_record_is_not_drained(told: Any, end: int, denied: bool) -> None:
    assert bool(_denied(told(), "await_drained", ends=_end(end), readers=_NOBODY)) is denied


# freeze_topics and watch_source


def _fenced() -> Tale:
    tale = Tale().writes(1)
    tale.world.source.change_acls([_FENCE], by="User:kmig")
    return tale.until(60.0)


def _frozen(tale: Tale, end: int) -> str:
    fence = [_FENCE.model_dump()]
    return _denied(tale, "freeze_topics", topics=["t"], fence=fence, ends=_end(end))


def test_a_fence_that_a_broker_does_not_know_freezes_nothing() -> None:
    assert not _frozen(_fenced(), 1)
    late = Tale().writes(1)
    late.world.source.change_acls(
        [_FENCE.model_copy(update={"permission": "ALLOW"})], by="User:admin"
    )
    late.until(60.0)
    late.world.source.lag[1] = 90.0
    late.world.source.change_acls([_FENCE], by="User:kmig")
    assert "lets User:w write" in _frozen(late.until(100.0), 1)


def test_an_open_transaction_is_not_frozen() -> None:
    tale = _fenced()
    opened = tale.world.source.begin_unasked("x", 600.0)
    tale.world.source.produce("User:admin", PLACE, [Content(2, 2, 1000)], opened)
    assert "a transaction is open" in _frozen(tale, 2)


@pytest.mark.parametrize("gate", ["freeze_topics", "watch_source"])
def test_an_end_that_has_moved_stands_not_still(gate: str) -> None:
    step = {"topics": ["t"], "fence": [], "ends": _end(1)}
    tale = _fenced()
    assert not _denied(tale, gate, **step)
    tale.writes(2)
    assert "ends at 2" in _denied(tale, gate, **step)
    tale.world.source.delete_topic("t", by="User:admin")
    assert not _denied(tale, gate, **step)


# prove_offsets


@pytest.mark.parametrize(
    ("target", "noted", "denied"),
    [
        pytest.param(1, 1, False, id="the same next record"),
        pytest.param(2, 2, True, id="a record is skipped"),
        pytest.param(0, 0, True, id="a record comes twice"),
        pytest.param(2, 1, True, id="another commit than kmig's"),
        pytest.param(None, 1, True, id="no commit"),
    ],
)
def test_a_group_that_gets_another_record_is_not_proven(
    target: int | None, noted: int, denied: bool
) -> None:
    tale = Tale().writes(1, 2, 3).copies(1, 2, 3)
    if target is not None:
        tale.world.target.groups.committed_before("g", {PLACE: (target, "")})
    translation = {"topic": "t", "partition": 0, "source": 1, "target": noted}
    step = {"group": "g", "uptos": _end(3), "translations": [translation]}
    assert bool(_denied(tale, "prove_offsets", **step)) is denied


# await_members and revoke_credential


def test_a_client_that_does_not_run_was_not_seen_at_work() -> None:
    tale = Tale()
    assert _denied(tale, "await_members", workloads={"r": ["g"]})
    tale.runs()
    assert not _denied(tale, "await_members", workloads={"r": ["g"]})


def test_a_credential_that_exists_is_not_revoked() -> None:
    tale = Tale()
    step = {"user": "kmig", "mechanism": "SCRAM-SHA-512", "verdict": "proven"}
    assert _denied(tale, "revoke_credential", **step)
    tale.world.target.set_user("kmig", "SCRAM-SHA-512", None, by="User:admin")
    assert not _denied(tale, "revoke_credential", **step)
