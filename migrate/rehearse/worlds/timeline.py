"""Virtual time: what is to happen happens in its order, and weeks pass as fast as there is little to do."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
"""The time of second 0 of every world: a Monday."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def second_of(time: int) -> float:
    """Return the second of a world at which a timestamp in ms lies."""
    return time / 1000 - BEGIN.timestamp()


def timestamp(second: float) -> int:
    """Return the timestamp in ms of a second of a world."""
    return int((second + BEGIN.timestamp()) * 1000)


class Timeline:
    """A clock that only moves when somebody waits, and what is due while it moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Let something happen at a time; of two things at one time the first given comes first."""
        self._count += 1
        heapq.heappush(self._due, (when, self._count, what))

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Let something happen in so many seconds."""
        self.at(self.now + seconds, what)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass, with everything that is due in them."""
        until, due = self.now + seconds, self._due
        while due and due[0][0] <= until:
            when, _, what = heapq.heappop(due)
            if when > self.now:
                self.now = when
            what()
        # what happened may have waited itself
        if until > self.now:
            self.now = until


class WorldClock:
    """`migrate.ports.Clock` of a timeline.

    Somebody who looks again and again sleeps longer each time, up to a second, as a busy machine would make him: a
    wait of minutes takes some hundred looks, and no look is at a time at which a real one could not be.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._looks = 0

    def now(self) -> datetime:
        """See `Clock`; to the millisecond."""
        return BEGIN + timedelta(milliseconds=int(self._timeline.now * 1000))

    def monotonic(self) -> float:
        """See `Clock`."""
        return self._timeline.now

    def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        if seconds >= 1.0:
            self._looks = 0
        else:
            self._looks += 1
            seconds = min(1.0, seconds * 1.3 ** max(0, self._looks - 10))
        self._timeline.advance(seconds)

    def hurry(self) -> None:
        """Begin another wait."""
        self._looks = 0
