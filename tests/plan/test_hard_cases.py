"""Hard cases of waves, written down before the code: the workloads, and the wave that each must be in."""

from typing import Any

import pytest

from migrate.documents.config import Policy
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from tests.estate import config, group, inventory, people, reads, topic, workload

Case = tuple[list[dict[str, Any]], dict[str, Any], dict[str, int]]

PUBLIC, INTERNAL, SECRET = "public", "internal", "secret"

CASES: dict[str, Case] = {
    # name: workloads, policy, waves
    "a cycle moves as one, in the class of its most sensitive": (
        [
            workload("a", PUBLIC, reads=reads("t1"), writes=reads("t2")),
            workload("b", INTERNAL, reads=reads("t2"), writes=reads("t3")),
            workload("c", SECRET, reads=reads("t3"), writes=reads("t1")),
            workload("free", PUBLIC, writes=reads("t4")),
        ],
        {},
        {"free": 1, "a": 2, "b": 2, "c": 2},
    ),
    "workloads of one principal move together": (
        [
            workload("a", PUBLIC, reads=reads("t1"), principal="User:both"),
            workload("b", SECRET, reads=reads("t2"), principal="User:both"),
            workload("p", PUBLIC, writes=reads("t2")),
            workload("q", SECRET, writes=reads("t1")),
        ],
        {},
        {"a": 1, "b": 1, "p": 1, "q": 1},
    ),
    "a sink may move before what feeds it, and a source after what it feeds": (
        [
            workload("feeder", INTERNAL, writes=reads("t1")),
            workload("sink", PUBLIC, reads=reads("t1")),
            workload("source", PUBLIC, writes=reads("t2")),
            workload("fed", INTERNAL, reads=reads("t2")),
        ],
        {},
        {"sink": 1, "feeder": 2, "source": 2, "fed": 2},
    ),
    "a Streams application and its inner topics move with it, after its readers": (
        [
            workload(
                "app", PUBLIC, kind="streams", reads=reads("t1"), writes=reads("t2"), groups=["app"]
            ),
            workload("reader", SECRET, reads=reads("t2", "app-count-changelog")),
            workload("writer", PUBLIC, writes=reads("t1")),
        ],
        {},
        {"app": 1, "reader": 1, "writer": 1},
    ),
    "a transactional producer over topics of two classes waits for the readers of both": (
        [
            workload("till", PUBLIC, writes=reads("t1", "t2"), transactional_ids=["till-1"]),
            workload("open", PUBLIC, reads=reads("t1")),
            workload("closed", SECRET, reads=reads("t2")),
        ],
        {},
        {"open": 1, "closed": 2, "till": 2},
    ),
    "two producers of one topic in two classes move together, in the later one": (
        [
            workload("p1", PUBLIC, writes=reads("t1")),
            workload("p2", SECRET, writes=reads("t1")),
            workload("other", PUBLIC, writes=reads("t2")),
        ],
        {},
        {"other": 1, "p1": 2, "p2": 2},
    ),
    "pilots go first within their class, with whatever must go before them": (
        [
            workload("pilot", PUBLIC, writes=reads("t1")),
            workload("reader", PUBLIC, reads=reads("t1")),
            workload("rest", PUBLIC, reads=reads("t2")),
            workload("late", SECRET, writes=reads("t3")),
        ],
        {"pilots": ("pilot",)},
        {"pilot": 1, "reader": 1, "rest": 2, "late": 3},
    ),
    "zones move apart, but for what a dependency holds together": (
        [
            workload("a", PUBLIC, zone="x", reads=reads("t1")),
            workload("b", PUBLIC, zone="y", reads=reads("t2")),
            workload("c", PUBLIC, zone="x", writes=reads("t2")),
            workload("d", PUBLIC, zone="z", writes=reads("t3")),
            workload("e", PUBLIC, zone="x", writes=reads("t3")),
        ],
        {"separate_zones": True},
        # c is of x, and waits for its reader b of y; d and e write one topic
        {"a": 1, "d": 2, "e": 2, "b": 3, "c": 4},
    ),
    "a wave is no larger than it may be, unless it cannot be smaller": (
        [
            workload("a", PUBLIC, reads=reads("t1")),
            workload("b1", PUBLIC, writes=reads("t2")),
            workload("b2", PUBLIC, writes=reads("t2")),
            workload("b3", PUBLIC, writes=reads("t2")),
            workload("c", PUBLIC, reads=reads("t3")),
            workload("d", PUBLIC, reads=reads("t4")),
        ],
        {"max_workloads_per_wave": 2},
        {"a": 1, "c": 1, "b1": 2, "b2": 2, "b3": 2, "d": 3},
    ),
    "wishes are kept": (
        [
            workload("a", PUBLIC, reads=reads("t1"), after=["b"]),
            workload("b", PUBLIC, reads=reads("t2")),
            workload("c", PUBLIC, reads=reads("t3"), together=["d"]),
            workload("d", SECRET, reads=reads("t4")),
            workload("e", PUBLIC, reads=reads("t1"), before=["b"]),
        ],
        {},
        {"e": 1, "b": 2, "a": 3, "c": 4, "d": 4},
    ),
}


def planned(rows: list[dict[str, Any]], policy: dict[str, Any]) -> dict[str, int]:
    names = ("t1", "t2", "t3", "t4", "app-count-changelog")
    groups = tuple(group(g) for row in rows for g in row.get("groups", ()))
    found = inventory(topics=tuple(topic(name) for name in names), groups=groups)
    spare = [name for name in names if not any(name in str(row) for row in rows)]
    zones: dict[str, Any] = {z: {} for z in ("x", "y", "z")}
    left = [{"topic": {"topic": name}, "because": "nobody uses it"} for name in spare]
    alone = [n for n in names if n not in spare and not _written(n, rows)]
    shared = [{"topic": {"topic": n}, "decision": "replay", "because": "read only"} for n in alone]
    who = people(*rows, zones=zones, leave_behind=left, shared=shared)
    made = build(config(policy=Policy(**policy)), who, found)
    return {p.workload: wave.number for wave in made.waves for p in wave.workloads}


def _written(name: str, rows: list[dict[str, Any]]) -> bool:
    inner = name.endswith("-changelog") and any(row["kind"] == "streams" for row in rows)
    return inner or any({"topic": name} in row.get("writes", ()) for row in rows)


@pytest.mark.parametrize("case", CASES)
def test_a_hard_case(case: str) -> None:
    rows, policy, expected = CASES[case]
    assert planned(rows, policy) == expected


def test_a_consumer_that_is_left_behind_blocks() -> None:
    found = inventory(topics=(topic("t1"),), groups=(group("old", "t1"),))
    left = [{"group": "old", "because": "retired"}]
    who = people(workload("p", PUBLIC, writes=reads("t1")), leave_behind=left)
    with pytest.raises(Blocked) as caught:
        build(config(), who, found)
    assert [blocker.rule for blocker in caught.value.blockers] == ["reader-stays"]


def test_a_wish_that_contradicts_a_dependency_says_which() -> None:
    rows = [
        workload("writer", PUBLIC, writes=reads("t1"), before=["reader"]),
        workload("reader", PUBLIC, reads=reads("t1")),
    ]
    with pytest.raises(Blocked) as caught:
        planned(rows, {})
    (blocker,) = caught.value.blockers
    assert (blocker.rule, blocker.subject) == (
        "wish-contradicted",
        "writer is to move before reader, but cannot: "
        "reader reads t1, which writer writes: readers move first",
    )


def test_two_wishes_that_contradict_each_other_are_both_named() -> None:
    rows = [
        workload("a", PUBLIC, reads=reads("t1"), before=["b"]),
        workload("b", PUBLIC, reads=reads("t2"), before=["c"]),
        workload("c", PUBLIC, reads=reads("t3"), before=["a"]),
    ]
    with pytest.raises(Blocked) as caught:
        planned(rows, {})
    assert [b.rule for b in caught.value.blockers] == ["wish-contradicted"] * 3
    assert "b is to move before c; c is to move before a" in caught.value.blockers[0].subject
