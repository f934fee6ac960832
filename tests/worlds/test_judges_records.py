"""Each judge of records charges what broke its promise, and nothing in an honest world."""

from collections.abc import Callable

import pytest

from migrate.rehearse.worlds import actors
from migrate.rehearse.worlds.estate import acl_of
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.history import Event
from migrate.rehearse.worlds.judges import records
from migrate.rehearse.worlds.judges.said import said
from migrate.rehearse.worlds.programs import Dropped, Reset
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE
from tests.worlds.tale import KMIG, PLACE, Tale, moved

Told = Callable[[], Tale]


def _all_read() -> Tale:
    return moved().reads("target", 2, 3)


def _one_skipped() -> Tale:
    return moved().reads("target", 3)


def _never_copied() -> Tale:
    return moved().writes(4, at=50.0).writes(5, at=50.0).copies(5).reads("target", 2, 3, 5)


def _before_its_first_position() -> Tale:
    return moved().reads("target", 3).began(2)


def _before_the_first_position_in_another_topic() -> Tale:
    tale = Tale().began(2)
    tale.world.source.delete_topic("t", by="User:admin")
    tale.world.source.create_topic("t", 1, 1, {}, by="User:admin")
    tale.writes(1, 2, 3).copies(1, 2, 3).commits("source", 1).commits("target", 1, by=KMIG)
    tale.runs()
    return tale.reads("target", 2, 3)


def _aborted() -> Tale:
    return moved().aborts(4).reads("target", 2, 3)


def _without_a_commit() -> Tale:
    tale = Tale().writes(1, 2).copies(1, 2).commits("target", 1, by=KMIG).reads("target", 2)
    tale.runs()
    return tale


def _too_slow_for_its_retention() -> Tale:
    return moved(naps=DAY, configs={"retention.ms": "3600000"}).reads("target", 3)


def _slow_and_kept_on_source() -> Tale:
    tale = moved(naps=DAY, configs={"retention.ms": "-1"}).reads("target", 3)
    tale.world.target.log(*PLACE).delete_before(2, 100.0)
    return tale


def _slow_and_still_to_come() -> Tale:
    tale = moved(naps=DAY, configs={"retention.ms": "-1"})
    tale.world.clients["r"].processes[-1].positions[PLACE] = 1
    return tale


def _cut_off(kept_by_source: float) -> Told:
    """A slow group finds its position on the target deleted; what was there leaves the source some days later."""

    def told() -> Tale:
        configs = {"retention.ms": str(int(kept_by_source * 1000))}
        tale = moved(naps=DAY, configs=configs).reads("target", 3, at=3 * DAY)
        tale.world.target.log(*PLACE).delete_before(2, 100.0)
        tale.world.doings.resets.append(Reset(2 * DAY, "g", "target", PLACE, 1, 2))
        return tale

    return told


def _still_to_come(*, last: float) -> Told:
    """The reader takes a record every ten minutes, took its last one then, and stands before the third."""

    def told() -> Tale:
        tale = moved(naps=10 * MINUTE, configs={"retention.ms": "-1"}).reads("target", 2, at=last)
        tale.world.clients["r"].processes[-1].positions[PLACE] = 2
        return tale

    return told


def _cut_back(*, committed: float, by: str = "User:r") -> Told:
    """Record 9 is written where the group has read another one, which an unclean election lost."""

    def told() -> Tale:
        tale = Tale(configs={"retention.ms": "-1"}).writes(1, 2, 3).reads("source", 1, 2, 3)
        tale.commits("source", 1, at=35.0).commits("source", 3, at=committed, by=by)
        tale.world.source.log(*PLACE).truncate(2, 45.0)
        tale.writes(9, at=50.0).copies(1, 2, 3, 9, at=60.0).commits("target", 4, at=70.0, by=KMIG)
        tale.runs()
        return tale

    return told


def _superseded() -> Tale:
    tale = Tale(naps=DAY, configs={"cleanup.policy": "compact"}).writes(1, 2, 3, key=7)
    tale.copies(3).commits("source", 0).commits("target", 0, by=KMIG).reads("target", 3)
    tale.runs()
    return tale


def _reset(before: int, after: int, side: str = "source") -> Told:
    def told() -> Tale:
        tale = moved(configs={"retention.ms": "-1"}).reads("target", 3)
        tale.world.doings.resets.append(Reset(60.0, "g", side, PLACE, before, after))
        return tale

    return told


def _lost_in_an_election() -> Tale:
    tale = moved().reads("target", 3)
    tale.world.lost.add(2)
    return tale


def _gone_before_it_came_there(
    *, fenced: bool = False, started: int = 1, side: str = "source"
) -> Told:
    """The topic is deleted a day after a client took its first record; nobody has stopped the client."""

    def told() -> Tale:
        tale = Tale(configs={"retention.ms": "-1"}).writes(1, 2, 3).copies(1, 2, 3)
        tale.reads("source", 1).commits("source", 1)
        for _ in range(started):
            tale.runs(side)
        if fenced:
            fence = acl_of("DENY READ on group g to User:r")
            tale.world.source.change_acls([fence], by=KMIG)
        what = "a topic is deleted and created again on the source"
        actors.happen(tale.until(DAY).world, Event(after=0, what=what, on="t", value="0"))
        return tale

    return told


def _client_stopped() -> Tale:
    tale = moved()
    tale.world.clients["r"].processes[-1].alive = False
    return tale


def _idle_on_source(*, from_then: float, by_hook: bool) -> Told:
    """The client runs on the source until then; record 2 leaves the source after a day, and the group goes on."""

    def told() -> Tale:
        tale = Tale(configs={"retention.ms": str(int(DAY * 1000))}).writes(1, 2, 3)
        tale.reads("source", 1).commits("source", 1)
        stopped = tale.runs("source")
        stopped.alive, stopped.ended = False, from_then
        stopped.stopping, stopped.told_to_stop = by_hook, from_then
        tale.copies(1, 2, 3).commits("target", 2, by=KMIG, at=2 * DAY)
        tale.runs(born=2 * DAY)
        return tale.reads("target", 3, at=2 * DAY)

    return told


def _said() -> Tale:
    return moved().typed("cutover 1", "error: 1 record of t is missing", 1).reads("target", 3)


def _said_by_a_command_that_passed() -> Tale:
    return moved().typed("cutover 1", "note: t").reads("target", 3)


def _waits_for_its_copy() -> Tale:
    tale = moved(finished=False, configs={"retention.ms": "-1"}).writes(4, at=50.0)
    return tale.reads("target", 2, 3)


@pytest.mark.parametrize(
    ("told", "charged"),
    [
        pytest.param(_all_read, False, id="all read"),
        pytest.param(_one_skipped, True, id="one is skipped"),
        pytest.param(_never_copied, True, id="one was never copied"),
        pytest.param(_before_its_first_position, False, id="before the group's first position"),
        pytest.param(
            _before_the_first_position_in_another_topic, True, id="that of a topic made anew"
        ),
        pytest.param(_aborted, False, id="of an aborted transaction"),
        pytest.param(_without_a_commit, False, id="the group had no commit"),
        pytest.param(_too_slow_for_its_retention, False, id="too slow for the source's retention"),
        pytest.param(_slow_and_kept_on_source, True, id="slow, and the source would have kept it"),
        pytest.param(
            _gone_before_it_came_there(),
            False,
            id="gone before a client came there that kmig let run",
        ),
        pytest.param(
            _gone_before_it_came_there(fenced=True), True, id="gone before a client that was fenced"
        ),
        pytest.param(
            _gone_before_it_came_there(started=2), True, id="gone before one that was started again"
        ),
        pytest.param(
            _gone_before_it_came_there(side="target"), True, id="gone, and its copy is passed over"
        ),
        pytest.param(_cut_off(9 * DAY), True, id="slow, and deleted before the source would"),
        pytest.param(_cut_off(1 * DAY), False, id="slow, and deleted as on the source"),
        pytest.param(_slow_and_still_to_come, False, id="slow, and still before it"),
        pytest.param(_still_to_come(last=30 * DAY), False, id="still before it, and on its way"),
        pytest.param(_still_to_come(last=DAY), True, id="still before it, and stands there"),
        pytest.param(_cut_back(committed=40.0), False, id="written where the group had been"),
        pytest.param(_cut_back(committed=55.0), True, id="written before the group's commit"),
        pytest.param(_cut_back(committed=40.0, by=KMIG), True, id="written where kmig had put it"),
        pytest.param(_superseded, False, id="superseded"),
        pytest.param(_reset(1, 2), False, id="passed over by the client's own reset on the source"),
        pytest.param(_reset(1_000, 2), False, id="the log had ended before the client's position"),
        pytest.param(_reset(2, 3), True, id="a reset that passed over another record"),
        pytest.param(_reset(1, 2, "target"), True, id="a reset on the target only"),
        pytest.param(_lost_in_an_election, False, id="lost in an unclean election"),
        pytest.param(_client_stopped, False, id="the client does not run"),
        pytest.param(
            _idle_on_source(from_then=5.0, by_hook=False), False, id="its owner had stopped it"
        ),
        pytest.param(_idle_on_source(from_then=5.0, by_hook=True), True, id="kmig had stopped it"),
        pytest.param(
            _idle_on_source(from_then=4 * HOUR, by_hook=False), True, id="stopped when it was due"
        ),
        pytest.param(_said, False, id="a failed command says it"),
        pytest.param(_said_by_a_command_that_passed, True, id="a command that passed names it"),
        pytest.param(_waits_for_its_copy, False, id="waits in a migration that stands"),
    ],
)
def test_a_lost_record_is_charged(told: Told, charged: bool) -> None:
    assert bool([*records.lost(told().told())]) is charged


def _writers(*sides: str, err: str = "") -> Tale:
    tale = Tale().typed("cutover 1", err, 1)
    for number, side in enumerate(sides, 1):
        tale.writes(number, side=side, at=number * 10.0)
    return tale


@pytest.mark.parametrize(
    ("tale", "charged"),
    [
        pytest.param(_writers("source", "source", "target"), False, id="one after the other"),
        pytest.param(_writers("source", "target", "source"), True, id="back to the source"),
        pytest.param(
            _writers("target", "source", err="error: t: 1 stray record"), False, id="said"
        ),
    ],
)
def test_two_writers_are_charged(tale: Tale, charged: bool) -> None:
    assert bool([*records.two_writers(tale.told())]) is charged


def _drops(code: str, *, stopping: bool = False) -> Tale:
    tale = Tale()
    tale.world.doings.dropped.append(Dropped(HOUR, "w", "t", "source", code, stopping))
    return tale


def _drops_what_an_administrator_took() -> Tale:
    tale = _drops("TOPIC_AUTHORIZATION_FAILED")
    taken = Change(60.0, "source", "acl", "ALLOW WRITE on topic t to User:w", "User:admin")
    tale.world.facts.changes.append(taken)
    return tale


@pytest.mark.parametrize(
    ("tale", "charged"),
    [
        pytest.param(_drops("TOPIC_AUTHORIZATION_FAILED"), True, id="refused"),
        pytest.param(_drops("UNKNOWN_TOPIC_OR_PARTITION"), False, id="another error"),
        pytest.param(_drops("TOPIC_AUTHORIZATION_FAILED", stopping=True), False, id="told to stop"),
        pytest.param(_drops_what_an_administrator_took(), False, id="an administrator took it"),
        pytest.param(
            _drops("TOPIC_AUTHORIZATION_FAILED").happens("a user is deleted on the source", "w"),
            False,
            id="its user was deleted",
        ),
        pytest.param(
            _drops("TOPIC_AUTHORIZATION_FAILED").typed("cutover 1", "error: w writes to t", 1),
            False,
            id="said",
        ),
    ],
)
def test_a_writer_that_can_write_nowhere_is_charged(tale: Tale, charged: bool) -> None:
    assert bool([*records.refused_writers(tale.told())]) is charged


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("error: group g stands at 5", True),
        ("error: g: 1 record", True),
        ("error: t-0 has no record", False),
        ("error: kmig cannot go on", False),
        ("error: group g-late stands at 5", False),
        ("error: group g.x stands at 5", False),
        ("error: member g-1 of it.", True),
        ("error: it is g.", True),
    ],
)
def test_a_name_is_said_as_a_word(line: str, named: bool) -> None:
    assert said(Tale().typed("cutover 1", line, 1).told(), "g") is named
    assert not said(Tale().typed("cutover 1", line, 0).told(), "g")
