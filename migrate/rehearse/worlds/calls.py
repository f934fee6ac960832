"""Every call that kmig makes of a world: it takes its time, is counted, and may be the one at which kmig dies.

After a death each call raises `Killed` until the next command begins, so nothing that Python runs on the way out
(`finally`, `with`) can still change the world: a kill -9 runs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from migrate.errors import Indeterminate, Unreachable
from migrate.rehearse.worlds.timeline import Timeline

_Answer = TypeVar("_Answer")
LATENCY = 0.004
"""Seconds that a request takes."""

_GIVE_UP = 30.0
"""Seconds after which kmig gives up a cluster that does not answer."""

Kind = Literal["killed before", "killed after", "lost", "unanswered", "late", "twice"]


class Killed(BaseException):
    """kmig's process does not exist any more."""


@dataclass(frozen=True)
class CallFault:
    """What happens to the call of this number within a command."""

    call: int
    kind: Kind


@dataclass
class Calls:
    """The calls of one command."""

    timeline: Timeline
    faults: dict[int, Kind] = field(default_factory=dict)
    events: dict[int, Callable[[], None]] = field(default_factory=dict)
    count: int = 0
    dead: bool = False
    met: list[tuple[str, Kind]] = field(default_factory=list)
    away: dict[str, float] = field(default_factory=dict)
    """Until when kmig cannot reach a side, while clients and Connect can."""

    def command(self, faults: dict[int, Kind], events: dict[int, Callable[[], None]]) -> None:
        """Begin a command: the next process of kmig, with what happens at which of its calls."""
        self.count, self.dead, self.faults, self.events = 0, False, faults, events

    def state(self) -> "Calls":
        """Return how far a command is, to go on with it after another one."""
        return replace(self)

    def restore(self, state: "Calls") -> None:
        """Go on with a command."""
        self.faults, self.events = state.faults, state.events
        self.count, self.dead = state.count, state.dead

    def read(self, name: str, ask: Callable[[], _Answer]) -> _Answer:
        """Carry out a call that changes nothing."""
        kind = self._next(name)
        self._require_reached(name)
        if kind is None or kind == "twice":
            return ask()
        if kind in ("lost", "unanswered"):
            self.timeline.advance(30.0)
            raise Unreachable(f"{name}: no answer within 30 s")
        answer = ask()
        self._maybe_die(kind)
        return answer

    def write(self, name: str, act: Callable[[], None]) -> None:
        """Carry out a call that changes something."""
        kind = self._next(name)
        self._require_reached(name)
        if kind is None:
            act()
            return
        if kind == "unanswered":
            self.timeline.advance(30.0)
            raise Indeterminate(f"{name} was sent and not answered")
        act()
        self._maybe_die(kind)
        if kind == "lost":
            self.timeline.advance(30.0)
            raise Indeterminate(f"{name} was sent and not answered")
        if kind == "twice":
            act()

    def file(self, name: str) -> None:
        """Count a call of the disk, before it happens."""
        if self._next(name, seconds=0.0) == "killed after":
            self._die()

    def _next(self, name: str, seconds: float = LATENCY) -> Kind | None:
        if self.dead:
            raise Killed
        self.count += 1
        if seconds:
            self.timeline.advance(seconds)
        event = self.events.get(self.count)
        if event is not None:
            event()
        kind = self.faults.get(self.count)
        if kind is None:
            return None
        self.met.append((name, kind))
        if kind == "killed before":
            self._die()
        if kind == "late":
            self.timeline.advance(20.0)
        return kind

    def _require_reached(self, name: str) -> None:
        side = name.partition(".")[0]
        if self.away.get(side, 0.0) > self.timeline.now:
            self.timeline.advance(_GIVE_UP)
            raise Unreachable(
                f"cannot reach the {side}: no bootstrap server of {side}-1:9092 answers"
            )

    def _maybe_die(self, kind: Kind) -> None:
        if kind == "killed after":
            self._die()

    def _die(self) -> None:
        self.dead = True
        raise Killed
