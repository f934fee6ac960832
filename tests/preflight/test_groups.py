"""What preflight says of groups: each fault that a cutover would meet behind the first stop is named before it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.logs.looking import pair
from migrate.logs.mapping import Pace, Pass, mapped
from migrate.model.check import Check, Verdict
from migrate.model.record import Position
from migrate.preflight import groups
from migrate.preflight.facts import Ahead, ClientAhead, GroupAhead
from tests.execute.moving import TOPICS, World, world

LEDGER = GroupAhead(
    "ledger", ("paid",), "refuse", known=(Position(topic="paid", partition=0, offset=79),)
)
AHEAD = Ahead(
    wave=1,
    owned=TOPICS,
    copied=TOPICS,
    groups=(LEDGER, GroupAhead("old", ("seen",), "refuse")),
    clients=(
        ClientAhead("ledger", "User:ledger", groups=("ledger",), reads=("paid",)),
        ClientAhead("old", "User:old", groups=("old",), reads=("seen",)),
        ClientAhead("till", "User:till", writes=TOPICS),
    ),
    accounted=frozenset({"ledger", "old"}),
)
NAMES = [
    "every reader moves",
    "groups have offsets",
    "commits are there",
    "commits are on copied topics",
    "commits are in their logs",
    "offsets can be translated",
    "partitions have a commit",
    "the target has no other commits",
    "clients can be seen",
]


def asked(here: World, ahead: Ahead = AHEAD) -> dict[str, Check]:
    return {one.name: one.check for one in groups.ask(here.sites(), ahead)}


def faults(here: World, ahead: Ahead = AHEAD) -> dict[str, str]:
    found = asked(here, ahead)
    return {n: " ".join(c.evidence) for n, c in found.items() if c.verdict is Verdict.FAIL}


def test_a_wave_that_is_ready_passes_all(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    found = asked(here)
    assert list(found) == NAMES
    assert {check.verdict for check in found.values()} == {Verdict.PASS}


def _newcomer(here: World) -> None:
    here.source.commits["newcomer"] = {("paid", 0): (3, "")}


def _vanished(here: World) -> None:
    del here.source.commits["ledger"]


def _elsewhere(here: World) -> None:
    here.source.logs["other", 0] = []
    here.source.commits["old"]["other", 0] = (0, "")


def _beyond(here: World) -> None:
    here.source.commits["old"]["seen", 0] = (10_000, "")


def _none(here: World) -> None:
    del here.source.commits["old"]


def _tried(here: World) -> None:
    here.target.commits["old"] = {("seen", 0): (7, "")}


def _running_there(here: World) -> None:
    here.target.member_set["old"] = "old"


def _known(here: World, **facts: Any) -> None:
    """The group as its coordinator tells it: with another type, or an error."""
    (found,) = here.source.groups(["old"])
    here.source.commits.pop("old")
    here.source.member_set.pop("old")
    here.source.group_set["old"] = found.model_copy(update=facts)


def _share(here: World) -> None:
    _known(here, type="share")


def _unread(here: World) -> None:
    _known(here, error="COORDINATOR_LOAD_IN_PROGRESS (14)")


def _lost(here: World) -> None:
    """The copy lacks a record that the group has before it, and its map says so."""
    here.target.logs["seen", 0] = [r for r in here.source.logs["seen", 0] if r.offset != 20]
    sites = here.sites()
    assert sites.maps
    reading = Pass({("seen", 0): 50}, Pace(sites.clock))
    list(mapped(pair(sites, ["seen"]), sites.maps, [("seen", 0)], reading))
    here.maps = sites.maps


def _self_assigned(here: World) -> None:
    del here.source.member_set["old"]


@pytest.mark.parametrize(
    ("done", "names", "said"),
    [
        (_newcomer, {"every reader moves"}, "group newcomer reads paid, and moves with no wave"),
        (
            _vanished,
            {"commits are there", "partitions have a commit"},
            "group ledger had committed 79 on paid-0, and the commit does not exist now",
        ),
        (
            _elsewhere,
            {"commits are on copied topics"},
            "group old has a commit on other, which is not copied with its wave",
        ),
        (
            _beyond,
            {"commits are in their logs"},
            "committed 10000 on seen-0 of the source, and the log ends",
        ),
        (
            _none,
            {"partitions have a commit"},
            "group old has no commit on seen-0, and its `uncommitted`",
        ),
        (
            _tried,
            {"the target has no other commits"},
            "group old has committed 7 on seen-0 of the target",
        ),
        (
            _running_there,
            {"the target has no other commits"},
            "group old has 1 member on the target",
        ),
        (_share, {"groups have offsets"}, "group old is a share group"),
        (_unread, {"commits are there"}, "the commits of group old cannot be read: COORDINATOR"),
        (
            _lost,
            {"offsets can be translated"},
            "group old has no proven place on seen-0 of the target",
        ),
        (_self_assigned, {"clients can be seen"}, "group old of workload old has no member now"),
    ],
)
def test_each_fault_is_named_by_its_check_alone(
    done: Callable[[World], None], names: set[str], said: str, tmp_path: Path
) -> None:
    here = world(tmp_path, [])
    done(here)
    found = faults(here)
    assert found.keys() == names
    assert said in " ".join(found.values())


def test_what_people_decided_is_no_fault(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    _none(here)
    _self_assigned(here)
    _newcomer(here)
    decided = Ahead(
        wave=1,
        owned=TOPICS,
        copied=TOPICS,
        groups=(LEDGER, GroupAhead("old", ("seen",), "earliest")),
        clients=(ClientAhead("old", "User:old", groups=("old",), reads=("seen",), seen=False),),
        accounted=frozenset({"ledger", "old", "newcomer"}),
    )
    assert faults(here, decided) == {}


def test_what_kmig_has_committed_itself_is_no_fault(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    _tried(here)
    _vanished(here)
    moved = Ahead(
        wave=1,
        owned=TOPICS,
        copied=TOPICS,
        groups=tuple(
            GroupAhead(g.name, g.reads, g.uncommitted, g.known, moved=True) for g in AHEAD.groups
        ),
        clients=(),
        accounted=AHEAD.accounted,
    )
    assert faults(here, moved) == {}


def test_a_wave_of_producers_is_asked_for_strangers_alone(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    alone = Ahead(
        wave=1, owned=TOPICS, copied=TOPICS, groups=(), clients=(), accounted=AHEAD.accounted
    )
    assert list(asked(here, alone)) == NAMES[:1]
