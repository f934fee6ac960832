"""A history is made small without knowing why it fails: what is needed for that stays, and little else."""

from collections.abc import Callable

import pytest

from migrate.rehearse.worlds import linked
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.history import Event, Fault, History, Load
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.shrink import shrink
from migrate.rehearse.worlds.timeline import MINUTE
from tests.worlds.shrunk import same

READER = "reader-1"


def reads(history: History, topic: str) -> bool:
    return any(c.name == READER and topic in c.reads for c in history.estate.clients)


def some_topic(history: History) -> str:
    return next(c.reads[0] for c in history.estate.clients if c.name == READER)


def declared(history: History) -> bool:
    return any(w["name"] == READER and w["reads"] for w in history.workloads)


@pytest.mark.parametrize("seed", [0, 5, 17])
def test_what_nobody_needs_goes(seed: int) -> None:
    large = generate(seed)
    topic = some_topic(large)
    small = shrink(large, lambda h: reads(h, topic))
    assert [c.name for c in small.estate.clients] == [READER]
    assert [t.name for t in small.estate.topics] == []
    assert (small.events, small.faults, small.typed, small.pauses) == ((), (), (), ())
    assert (small.policy, small.overrides) == ({}, {})
    assert [w["name"] for w in small.workloads] == [READER]


def test_a_client_goes_with_its_workload_its_rights_and_what_happens_to_it() -> None:
    large = generate(0)
    gone = large.estate.clients[0].name
    event = Event(after=3, what="a client is killed and starts again", on=gone)
    large = large.model_copy(update={"events": (event,)})
    small = next(linked.without_clients(large))
    left = [c.name for c in large.estate.clients[1:]]
    assert [c.name for c in small.estate.clients] == left
    assert [w["name"] for w in small.workloads] == left
    assert {a.rpartition("User:")[2] for a in small.estate.acls} == set(left)
    assert (large.events, small.events) == ((event,), ())


def test_a_topic_goes_from_all_that_names_it() -> None:
    large = generate(0)
    topic = some_topic(large)
    small = shrink(large, lambda h: reads(h, topic) and declared(h))
    for client in small.estate.clients:
        assert {*client.reads, *client.writes} <= {topic}
    assert [w["reads"] for w in small.workloads] == [[{"topic": topic}]]


def loaded(history: History) -> int:
    return sum(load.count for t in history.estate.topics for load in t.loads)


@pytest.mark.parametrize(
    ("large", "needed", "small"),
    [
        (Load(count=22_000, keys=4, ratio=0.1), lambda h: loaded(h) >= 7, Load(count=7)),
        (Load(count=1), lambda h: loaded(h) >= 1, Load(count=1)),
    ],
)
def test_counts_go_down_as_far_as_they_can(
    large: Load, needed: Callable[[History], bool], small: Load
) -> None:
    history = generate(0)
    topics = (history.estate.topics[0].model_copy(update={"loads": (large,)}),)
    history = history.model_copy(
        update={"estate": history.estate.model_copy(update={"topics": topics})}
    )
    assert shrink(history, needed).estate.topics[0].loads == (small,)


def test_faults_come_early_and_pauses_become_usual_but_for_those_that_matter() -> None:
    history = generate(0).model_copy(
        update={
            "pauses": (120.0,) * 3 + (8 * 86400.0,) + (120.0,) * 20,
            "faults": (Fault(command=9, call=317, kind="lost", disk=77),),
        }
    )
    small = shrink(
        history,
        lambda h: (
            len(h.pauses) > 3
            and h.pauses[3] >= 3600.0
            and any(f.call >= 20 and f.kind == "lost" for f in h.faults)
        ),
    )
    assert small.pauses == (20 * MINUTE,) * 3 + (3600.0,)
    assert small.faults == (Fault(command=1, call=20, kind="lost"),)


def test_no_more_is_played_than_was_allowed_and_the_best_so_far_is_returned() -> None:
    plays = []

    def breaks(history: History) -> bool:
        plays.append(history)
        return len(history.estate.clients) > 1

    small = shrink(generate(0), breaks, most=9)
    assert len(plays) == 9
    assert small == next(h for h in reversed(plays) if len(h.estate.clients) > 1)


def test_nothing_is_tried_twice_and_the_same_comes_of_it_each_time() -> None:
    tried: list[str] = []

    def breaks(history: History) -> bool:
        tried.append(history.model_dump_json())
        return reads(history, topic)

    large = generate(3)
    topic = some_topic(large)
    assert shrink(large, breaks) == shrink(large, lambda h: reads(h, topic))
    assert len(tried) == len(set(tried))


def test_a_history_that_cannot_be_made_smaller_stays_as_it_is() -> None:
    large = generate(2)
    assert shrink(large, lambda _: False) == large


@pytest.mark.parametrize(
    ("kind", "told", "other", "is_same"),
    [
        (
            "a record is lost or skipped",
            "g never gets 3 of t: it left",
            "h never gets 1 of u: it left",
            True,
        ),
        (
            "a record is lost or skipped",
            "g never gets 3 of t: it left",
            "g never gets 3 of t: it stayed",
            False,
        ),
        ("a dead end", "for ever: cutover 1: t-1 has 3", "for ever: cutover 2: t-0 has 1", True),
        ("a dead end", "for ever: cutover 1: t-1 has 3", "for ever: cutover 1: not now", False),
        ("a privilege grows", "x", "y", True),
    ],
)
def test_two_faults_of_one_kind_are_told_apart_by_their_cause(
    kind: str, told: str, other: str, is_same: bool
) -> None:
    assert same(Broken(kind, "", told), Broken(kind, "", other)) is is_same
