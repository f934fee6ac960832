"""Why a record is missing is told by what happened to it first: by the words a defect is told from another."""

from collections.abc import Callable, Mapping

import pytest

from migrate.rehearse.worlds.judges import records
from migrate.rehearse.worlds.mirrors import WorldConnector
from migrate.rehearse.worlds.timeline import DAY, HOUR
from tests.worlds.tale import KMIG, PLACE, Tale

Told = Callable[[], Tale]
_BYTES = {"retention.bytes": "100000"}


def _deleted(at: float, configs: dict[str, str], on_target: Mapping[str, str]) -> Told:
    """Record 2 is deleted on the target; the source would have kept it."""

    def told() -> Tale:
        tale = Tale(configs={"retention.ms": "-1", **configs})
        tale.world.target.topics.alter("t", on_target)
        tale.writes(1, 2, 3).copies(1, 2, 3).reads("source", 1).commits("source", 1)
        tale.commits("target", 1, by=KMIG).reads("target", 3)
        tale.world.target.log(*PLACE).delete_before(2, at)
        tale.runs()
        return tale

    return told


def _expires(connector: str, since: float) -> Told:
    """Record 4 expires on the source after a day, and was not copied by then."""

    def told() -> Tale:
        tale = Tale(configs={"retention.ms": str(int(DAY * 1000)), "segment.ms": "1000"})
        tale.writes(1, 2, 3).copies(1, 2, 3).commits("source", 1).commits("target", 1, by=KMIG)
        tale.reads("source", 1).reads("target", 2, 3)
        copy = WorldConnector("copy", {}, connector, known=(PLACE,), since=since)
        tale.world.connect.connectors["copy"] = copy
        tale.writes(4, at=HOUR).until(3 * DAY).runs()
        return tale

    return told


def _started_after(commit: int | None) -> Tale:
    """The group's client is on the target behind record 2, after kmig's last commit for it there."""
    tale = Tale(configs={"retention.ms": "-1"}).writes(1, 2, 3).copies(1, 2, 3).reads("source", 1)
    tale.commits("source", 1).commits("target", 1, by=KMIG)
    tale.commits("target", commit, by=KMIG, at=35.0).commits("target", 3, at=45.0)
    tale.runs()
    return tale.reads("target", 3)


def _superseded() -> Tale:
    """Record 4 is superseded on the source after a day, and was not copied by then."""
    tale = Tale(configs={"cleanup.policy": "compact", "retention.ms": "-1", "segment.ms": "1000"})
    tale.writes(1, 2, 3).copies(1, 2, 3).commits("source", 1).commits("target", 1, by=KMIG)
    tale.reads("source", 1).reads("target", 2, 3)
    tale.writes(4, at=HOUR, key=4).writes(5, at=DAY, key=4).writes(6, at=DAY + HOUR).until(3 * DAY)
    tale.copies(5, 6, at=3 * DAY).reads("target", 5, 6, at=3 * DAY).runs()
    return tale


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(
            _deleted(2 * DAY, _BYTES, {"retention.ms": "86400000"}),
            "the target deleted it: its limit of time is another one",
            id="old enough to go",
        ),
        pytest.param(
            _deleted(HOUR, _BYTES, {"retention.ms": "86400000"}),
            "the target deleted it: its copy takes more bytes",
            id="too young to go by time",
        ),
        pytest.param(
            _deleted(HOUR, {}, _BYTES),
            "the target deleted it: its limit of size is another one",
            id="a limit of size that only the target has",
        ),
        pytest.param(
            _deleted(HOUR, {"cleanup.policy": "compact"}, {"cleanup.policy": "delete"}),
            "the target deleted it: its cleanup policy is another one",
            id="a policy that only the target has",
        ),
        pytest.param(
            _expires("RUNNING", 0.0), "it left the source before it was copied", id="copied late"
        ),
        pytest.param(
            _expires("STOPPED", HOUR),
            "it left the source while kmig kept the copy stopped",
            id="stopped before it left",
        ),
        pytest.param(
            _expires("STOPPED", 4 * DAY),
            "it left the source before it was copied",
            id="stopped when it had left",
        ),
        pytest.param(
            lambda: _started_after(2), "the group was placed behind it on the target", id="placed"
        ),
        pytest.param(
            lambda: _started_after(None),
            "kmig had deleted its commit on the target, and its client started there again",
            id="rolled back, and not on the source",
        ),
    ],
)
def test_why_a_record_is_missing_is_told(told: Told, why: str) -> None:
    assert [b.told.split(": ", 1)[1] for b in records.lost(told().told())] == [why]


def test_what_a_younger_record_supersedes_is_not_missing() -> None:
    assert not list(records.lost(_superseded().told()))
