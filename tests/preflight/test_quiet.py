"""How long commits must not change: twice the longest time between two that were seen, and never too short."""

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.errors import KmigError
from migrate.ports import Sites
from migrate.preflight.quiet import windows
from migrate.steps import AwaitQuiet, ReadPositions
from tests.execute.moving import World, world
from tests.fakes.memory import MemoryClock

SEEN = ("seen", 0)


class Ticking(MemoryClock):
    """While time passes, a consumer that assigns partitions itself commits every so often."""

    def __init__(self, here: World, every: float, until: float = 1e9) -> None:
        super().__init__()
        self.here, self.every, self.until = here, every, until
        self.next, self.offset = every, 0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        while self.monotonic() >= self.next:
            if self.next < self.until:
                self.offset += 1
                self.here.source.commits["old"] = {SEEN: (self.offset, "")}
            self.next += self.every


def sites(here: World, clock: MemoryClock) -> Sites:
    return replace(here.sites(), clock=clock)


@pytest.mark.parametrize(
    ("every", "window", "watched"),
    [
        pytest.param(1.0, 12.0, 3, id="often: never below twelve seconds"),
        pytest.param(5.0, 12.0, 15, id="Java's default"),
        pytest.param(10.0, 21.0, 30, id="seldom"),
        pytest.param(25.0, 51.0, 60, id="once more within the minute"),
        pytest.param(40.0, 81.0, 60, id="once within the minute"),
        pytest.param(90.0, 12.0, 60, id="not within the minute"),
    ],
)
def test_the_window_is_longer_than_twice_the_longest_time_between_commits(
    every: float, window: float, watched: float, tmp_path: Path
) -> None:
    here = world(tmp_path, [])
    clock = Ticking(here, every)
    both = sites(here, clock)
    assert windows(both, both.source, ["old"]) == {"old": window}
    assert clock.monotonic() == watched


def test_nobody_is_waited_for_where_every_group_has_members(tmp_path: Path) -> None:
    clock = MemoryClock()
    both = sites(world(tmp_path, []), clock)
    assert windows(both, both.source, []) == {}
    assert clock.monotonic() == 0


def quiet(windows: dict[str, float]) -> AwaitQuiet:
    return AwaitQuiet(
        because="test",
        until="",
        part="x",
        groups=("ledger", "old"),
        window=3.0,
        windows=windows,
        seconds=10.0,
    )


def test_a_group_whose_members_left_waits_for_no_window(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.source.member_set.clear()
    clock = MemoryClock()
    passed = quiet({"ledger": 0.0, "old": 0.0}).apply(sites(here, clock))
    assert clock.monotonic() == 0
    assert passed.outcome() == "group ledger: Empty, no member; group old: Empty, no member"


def test_one_that_goes_on_committing_is_not_called_quiet(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.source.member_set.clear()
    clock = Ticking(here, 5.0, until=8.0)
    passed = quiet({"ledger": 0.0, "old": 12.0}).apply(sites(here, clock))
    assert clock.monotonic() >= 5.0 + 12.0
    assert "group old: Empty, no member, 1 commit unchanged for 12 s" in passed.outcome()
    assert {p.offset for p in passed.commits["old"]} == {1}


def test_a_commit_that_moves_once_the_members_have_left_is_seen_before_the_fence(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, [])
    here.source.member_set.clear()
    noted = quiet({"ledger": 0.0, "old": 0.0}).apply(here.sites()).commits
    step = ReadPositions(
        because="test", groups=("ledger", "old"), topics=("seen",), fence=(), commits=noted
    )
    assert step.aim(here.sites()).commits == noted
    here.source.commits["old"] = {SEEN: (20, "")}
    with pytest.raises(KmigError, match="still commits: group old on seen-0, from 12 to 20"):
        step.aim(here.sites())
