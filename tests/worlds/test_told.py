"""What is told of a history fits on a screen, and has the words by which a stranger recognises it."""

import pytest

from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.history import (
    ClientSpec,
    ClusterSpec,
    Estate,
    Event,
    History,
    Load,
    TopicSpec,
)
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.timeline import DAY
from migrate.rehearse.worlds.told import MOST_COLUMNS, MOST_LINES, told
from migrate.rehearse.worlds.world import World

HISTORY = History(
    estate=Estate(
        source=ClusterSpec(version="3.9.1", brokers=1, defaults={"x.y": "1"}),
        topics=(
            TopicSpec(
                name="a.orders", configs={"retention.ms": "5"}, loads=(Load(count=3, age=90),)
            ),
            TopicSpec(name="a.other"),
        ),
        clients=(
            ClientSpec(name="w", writes=("a.orders",), transactional_id="w-tx"),
            ClientSpec(name="r", reads=("a",), group="g", takes=2, naps=60, stop="ignored"),
        ),
        acls=("ALLOW ALL on topic prefixed a to User:r",),
    ),
    workloads=({"name": "w", "writes": []}, {"name": "r", "reads": [{"topic": "a"}]}),
    policy={"uncommitted": "latest"},
)
EVENT = Event(after=1, what="records are deleted on the source", on="a.orders", value="20")
LOST = Broken(
    "a record is lost", "readers a.orders", "group readers never gets 1 records of a.orders"
)


def ended(command: str, began: float, code: int = 0, err: str = "", calls: int = 9) -> Ended:
    return Ended(command, code, "", err, began, began + 10, calls, killed=code == 137)


def played(*commands: Ended, happened: tuple[tuple[float, Event], ...] = ()) -> Played:
    world = World(HISTORY)
    world.happened.extend(happened)
    return Played(world, list(commands))


def test_a_history_is_told_from_its_estate_to_the_promise() -> None:
    one = played(
        ended("inventory", 0),
        ended("plan", 100),
        ended("cutover 1", 4000, 1, "error: it timed out\nhint: wait\n"),
        ended("cutover 1", 5000, 137),
        ended("cutover 1", 6000),
        happened=((400.0, EVENT), (5001.0, EVENT.model_copy(update={"call": 4}))),
    )
    assert told(one, LOST) == [
        "source 3.9.1, 1 broker, x.y=1; target 4.3.1, 2 brokers; worker 4.3.1; policy uncommitted=latest",
        "topic a.orders: 1 partition, retention.ms=5, 3 records written over the 1.5 min before",
        "client r: reads a in group g, commits every 5 s, 2 records every 1 min, resets to latest, "
        "ignores its stop hook",
        "client w: writes a.orders in transactions, its workload leaves out that it writes a.orders, may "
        "not write a.orders",
        "$ kmig inventory, plan: exit 0",
        "1 h before `cutover 1`: records are deleted on the source a.orders 20",
        "$ kmig cutover 1: exit 1: it timed out",
        "during `cutover 1`, before call 4 of 9: records are deleted on the source a.orders 20",
        "$ kmig cutover 1: killed",
        "$ kmig cutover 1: exit 0",
        "broken: a record is lost: group readers never gets 1 records of a.orders",
    ]


def test_the_same_refusal_again_and_again_is_one_line() -> None:
    again = [ended("apply 1", 100.0 * n, 4, "refused: no\n") for n in range(5)]
    assert "(5 times) $ kmig apply 1: exit 4: no" in told(played(*again), LOST)


def test_days_between_commands_are_told() -> None:
    days = [
        ended("inventory", 0),
        ended("plan", 5 * DAY),
        ended("plan", 13 * DAY, 1, "error: no\n"),
    ]
    lines = told(played(*days), LOST)
    assert "$ kmig inventory, plan (5 d later): exit 0" in lines
    assert "$ kmig plan (8 d later): exit 1: no" in lines


def test_what_people_do_on_a_refusal_follows_it() -> None:
    one = played(ended("plan", 0, 1, "error: a topic is unowned\n"), ended("plan", 100))
    one.answers.append((20.0, "topic x is written down in workloads.yaml"))
    lines = told(one, LOST)
    at = lines.index("$ kmig plan: exit 1: a topic is unowned")
    assert lines[at + 1 : at + 3] == [
        "then topic x is written down in workloads.yaml",
        "$ kmig plan: exit 0",
    ]


def test_a_long_history_fits_and_keeps_the_promise_whole() -> None:
    many = [ended(f"cutover {n}", 100.0 * n, 1, f"error: {n} {'long ' * 99}\n") for n in range(20)]
    broken = Broken("a dead end", "it", "word " * 40)
    lines = told(played(*many), broken)
    assert len(lines) == MOST_LINES
    assert max(map(len, lines)) <= MOST_COLUMNS
    told_of_it = " ".join(" ".join(lines).partition("broken: ")[2].split())
    assert told_of_it == f"a dead end: {'word ' * 40}".strip()
    assert any("(14 lines before)" in line for line in lines)


@pytest.mark.parametrize("seed", [2, 8])
def test_a_drawn_history_fits(seed: int) -> None:
    one = Played(World(generate(seed)), [ended("inventory", 0)])
    lines = told(one, LOST)
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= MOST_COLUMNS
