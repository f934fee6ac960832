"""The lines printed while steps are made: one per step, and how long clients have been paused."""

from collections.abc import Callable
from typing import Protocol

from migrate.errors import PauseOver
from migrate.execute.run import Progress
from migrate.journal.pauses import Pauses, Stopwatch
from migrate.ports import Clock
from migrate.render.columns import WIDTH, columns_of, prose, wrapped
from migrate.steps import OpenWriteGate

_STEP = 58
"""Columns for a step's description: most fit."""


class Lines(Protocol):
    """How progress and waits are printed."""

    def show(self, progress: Progress) -> None:
        """Print a step that has ended; called at its start too."""

    def tell(self, text: str) -> None:
        """Print what is waited for."""

    def paused(self) -> float:
        """Return for how many seconds writes have been paused now, 0 where they are not."""

    def pauses(self) -> Pauses:
        """Return how long clients were paused, over every run of the stage."""


class Listing:
    """One line per ended step, for stages that pause no client."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def show(self, progress: Progress) -> None:
        """See `Lines`."""
        if progress.event not in ("started", "undoing"):
            for line in prose(f"  {progress.event:6} {progress.step.describe()}", hang=9):
                self._say(line)

    def tell(self, text: str) -> None:
        """See `Lines`."""
        for line in prose(f"  … {text}"):
            self._say(line)

    def paused(self) -> float:
        """See `Lines`: no client is paused."""
        return 0.0

    def pauses(self) -> Pauses:
        """See `Lines`: no client is paused."""
        return Pauses()


class Timeline:
    """One line per ended step: how long it took, and how long clients have been paused, over every run.

    Writes paused for longer than `most` seconds raise `PauseOver`, once, until the write gate is begun.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        clock: Clock,
        still: Stopwatch,
        most: float | None = None,
    ) -> None:
        self._say, self._clock, self._still, self._most = say, clock, still, most
        self._number = 0
        self._began = clock.monotonic()

    def show(self, progress: Progress) -> None:
        """See `Lines`. The time counts from the line before, as the checks ahead of a step take time too."""
        now, step = self._clock.monotonic(), progress.step
        self._still.note(progress.event, step, self._clock.now())
        if step.key == OpenWriteGate.KEY:
            self._most = None
        if progress.event in ("started", "undoing"):
            return
        self._number += 1
        took = f"{now - self._began:5.1f} s" if progress.event != "kept" else "      –"
        self._began = now
        mark = "" if progress.event == "done" else f"{progress.event}: "
        words = "" if progress.event == "kept" else progress.detail
        first, *rest = wrapped(mark + step.describe(), _STEP)
        head = f"{self._number:3} {first:{_STEP}} {took}"
        self._tell([head, *(f"    {more}" for more in rest)], words)
        self._require_short()

    def tell(self, text: str) -> None:
        """See `Lines`."""
        self._tell(prose(f"      … {text}"), "")
        self._require_short()

    def _require_short(self) -> None:
        paused = self.paused()
        if self._most is not None and paused > self._most:
            allowed, self._most = self._most, None
            raise PauseOver(
                f"writes have been paused for {paused:.1f} s, `policy.max_pause` allows {allowed:g}",
                "go back with `kmig rollback WAVE`, or on with `kmig cutover WAVE --stay`",
            )

    def _tell(self, lines: list[str], words: str) -> None:
        """Print the lines, then the result and the pauses: behind them, or below if they do not fit the width."""
        for more in filter(None, (words, self._paused())):
            longer = f"{lines[-1]}  {more}"
            if columns_of(longer) <= WIDTH:
                lines[-1] = longer
            else:
                lines += prose(f"      {more}", hang=6)
        for line in lines:
            self._say(line.rstrip())

    def paused(self) -> float:
        """See `Lines`."""
        since = self._still.still().get("producers")
        return (self._clock.now() - since).total_seconds() if since else 0.0

    def pauses(self) -> Pauses:
        """See `Lines`."""
        return self._still.pauses()

    def _paused(self) -> str:
        still, now = self._still.still(), self._clock.now()
        running = [
            f"{name} paused {(now - still[role]).total_seconds():.1f} s"
            for role, name in (("consumers", "consumers"), ("producers", "writes"))
            if role in still
        ]
        return f"[{', '.join(running)}]" if running else ""
