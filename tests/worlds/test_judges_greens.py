"""Each oracle denies a green that was not earned, and no other one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from migrate.rehearse.worlds import oracles
from migrate.rehearse.worlds.mirrors import WorldConnector
from migrate.rehearse.worlds.timeline import BEGIN, DAY
from tests.worlds.tale import PLACE, Tale

Told = Callable[[], Tale]


def _told_at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat()


def _quiet(read_at: float, born: float) -> Told:
    def told() -> Tale:
        tale = Tale().writes(1)
        tale.runs("source", born=born)
        return tale.reads("source", 1, at=read_at)

    return told


@pytest.mark.parametrize(
    ("told", "denied"),
    [
        pytest.param(_quiet(40.0, 0.0), False, id="it read before"),
        pytest.param(_quiet(60.0, 0.0), True, id="it reads on"),
        pytest.param(_quiet(60.0, 55.0), False, id="it was started again"),
    ],
)
def test_a_group_that_reads_on_is_not_quiet(told: Told, denied: bool) -> None:
    about = {"at": _told_at(50.0), "step": {"groups": ["g"], "side": "source"}}
    assert bool(oracles.fault(told().world, "gate await_quiet", about)) is denied


def _stands_at(offset: int, retention: str, start: int = 0) -> Told:
    def told() -> Tale:
        tale = Tale(configs={"retention.ms": retention}).writes(1, 2, 3).copies(1, 2, 3)
        target = tale.world.target
        target.groups.committed_before("g", {PLACE: (offset, "")})
        target.log(*PLACE).delete_before(start, 30.0)
        return tale.until(DAY)

    return told


@pytest.mark.parametrize(
    ("told", "denied"),
    [
        pytest.param(_stands_at(1, "-1"), False, id="within the log"),
        pytest.param(_stands_at(3, "-1"), False, id="at its end"),
        pytest.param(_stands_at(4, "-1"), True, id="beyond its end"),
        pytest.param(
            _stands_at(1, "-1", start=2), True, id="below a start that the source has not"
        ),
        pytest.param(_stands_at(1, "3600000", start=2), False, id="expired on the source as well"),
        pytest.param(lambda: Tale(), True, id="no such group"),
    ],
)
def test_offsets_outside_of_the_log_are_no_pass(told: Told, denied: bool) -> None:
    assert bool(oracles.fault(told().world, "offsets of g", {})) is denied


def _copy(*copied: int, **more: Any) -> Tale:
    tale = Tale(**more)
    connector = WorldConnector("c", {}, "STOPPED", known=(PLACE, ("heartbeats", 0)))
    tale.world.connect.connectors["c"] = connector
    tale.world.source.topics.create("heartbeats", 1, 1, {}, 0.0)
    return tale.writes(1, 2, 3).copies(*copied)


def _purged_by_its_reader() -> Tale:
    tale = _copy(1, 2, 3)
    tale.world.target.log(*PLACE).delete_before(3, 30.0)
    return tale


def _gap() -> Tale:
    tale = _copy(1)
    tale.world.source.log(*PLACE).delete_before(2, 30.0)
    return tale.copies(3)


def _made_anew() -> Tale:
    tale = _copy(1, 2, 3)
    tale.world.source.delete_topic("t", by="User:admin")
    tale.world.source.create_topic("t", 1, 1, {}, by="User:admin")
    return tale


def _grown() -> Tale:
    tale = _copy(1, 2, 3)
    tale.world.source.grow_topic("t", 2, by="User:admin")
    tale.world.connect.connectors["c"].known = (PLACE, ("t", 1))
    return tale


@pytest.mark.parametrize(
    ("told", "denied"),
    [
        pytest.param(lambda: _copy(1, 2, 3), False, id="all of it"),
        pytest.param(lambda: _copy(1, 2), True, id="one is missing"),
        pytest.param(lambda: _copy(1, 2, 3).writes(4, at=DAY - 1.0), False, id="one just written"),
        pytest.param(_purged_by_its_reader, False, id="its reader deletes what it has read"),
        pytest.param(_gap, True, id="one expired before it was copied"),
        pytest.param(_made_anew, True, id="the source's topic was made anew"),
        pytest.param(_grown, True, id="a partition was added"),
        pytest.param(
            lambda: _copy(1, 2, 3).writes(9, side="target"), False, id="a client writes there"
        ),
    ],
)
def test_a_copy_with_a_hole_is_not_ready(told: Told, denied: bool) -> None:
    tale = told().until(DAY)
    about = {"out": "topic  offsets behind\nt      0  ready\n"}
    assert bool(oracles.fault(tale.world, "replicate --status", about)) is denied


def test_a_check_that_no_oracle_knows_is_a_fault() -> None:
    assert oracles.fault(Tale().world, "nobody knows this", {})
