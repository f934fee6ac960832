"""watch.json: what the last look at running copies and moved groups found."""

from datetime import datetime
from typing import Literal

from migrate.logs.stretches import Word
from migrate.model.base import Model
from migrate.model.check import Check, Verdict, worst


class WatchedTopic(Model):
    """A copied topic: offsets left to copy, offsets a second, seconds of lag, and records by what the maps say.

    `lag_seconds` is the age of the oldest record that is not copied; `safe_seconds` is half of the time after which
    the source deletes what it must not lose, None where it keeps everything.
    """

    topic: str
    behind: int | None = None
    produced: float | None = None
    copied: float | None = None
    lag_seconds: float | None = None
    safe_seconds: float | None = None
    records: dict[Word, int]


class WatchedGroup(Model):
    """A moved group that has not joined on the target, and when its commits there vanish."""

    group: str
    vanishes_at: datetime


class Watched(Model):
    """One look; `reading` says how far the maps were extended, and how often that is needed."""

    schema_version: Literal[1] = 1
    digest: str = ""
    made_at: datetime
    reading: str
    checks: tuple[Check, ...]
    topics: tuple[WatchedTopic, ...] = ()
    groups: tuple[WatchedGroup, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of its checks."""
        return worst(check.verdict for check in self.checks)

    @property
    def faults(self) -> frozenset[tuple[str, Verdict]]:
        """What does not pass: a hook is run when that changes."""
        return frozenset((c.name, c.verdict) for c in self.checks if c.verdict is not Verdict.PASS)

    @property
    def said(self) -> str:
        """The first thing that is not as it should be, in a line; or that all is well."""
        for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
            for check in self.checks:
                if check.verdict is verdict:
                    return f"{check.name}: {check.evidence[0]}"
        return self.reading
