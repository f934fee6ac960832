"""How long clients were paused: from the first stop in a role until all of it was back, over every run. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from migrate.journal.standing import Journal
from migrate.model.base import Model
from migrate.steps import AwaitMembers, Step, SwitchClients

_AWAY = {("started", "stop"), ("undoing", "start")}
_BACK = {("done", "start"), ("undone", "stop")}
_SEEN = ""
"""Stands, among names of workloads, for consumers that a gate must still see consuming."""


class Pauses(Model):
    """Seconds of pause per role in one wave's last cutover; None if no client was stopped, or some are not back."""

    consumers: float | None = None
    writes: float | None = None


@dataclass
class Stopwatch:
    """Which roles are paused, and since when: consumers until they are seen consuming, producers until started."""

    began: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    away: dict[str, set[str]] = field(default_factory=dict)

    def note(self, event: str, step: Step | None, at: datetime) -> None:
        """Take in one event of a stage or of its rollback; events come in their order."""
        if isinstance(step, SwitchClients):
            if (event, step.verb) in _AWAY:
                self._stop(step.role, step.workload, at)
            elif (event, step.verb) in _BACK:
                self._back(step.role, step.workload, at)
            if (event, step.verb) == ("undone", "stop") and not self.away.get(step.role):
                self.began.pop(step.role, None)  # a cutover that was rolled back counts no pause
        elif (
            isinstance(step, AwaitMembers) and step.part != "services" and "consumers" in self.began
        ):
            if event == "started":
                self._stop("consumers", _SEEN, at)
            elif event == "done":
                self._back("consumers", _SEEN, at)

    def still(self) -> dict[str, datetime]:
        """Return the roles that are paused now, and since when."""
        return {role: at for role, at in self.began.items() if role not in self.ended}

    def pauses(self) -> Pauses:
        """Return the length of the pauses that are over."""
        over = {
            r: (self.ended[r] - at).total_seconds()
            for r, at in self.began.items()
            if r in self.ended
        }
        return Pauses(consumers=over.get("consumers"), writes=over.get("producers"))

    def _stop(self, role: str, who: str, at: datetime) -> None:
        if who != _SEEN and role in self.ended:
            self.began[role] = at
        self.began.setdefault(role, at)
        self.ended.pop(role, None)
        self.away.setdefault(role, set()).add(who)

    def _back(self, role: str, who: str, at: datetime) -> None:
        away = self.away.setdefault(role, set())
        away -= {who} if who == _SEEN else {who, _SEEN}
        if role in self.began and not away:
            self.ended[role] = at


def stopwatch(journal: Journal, wave: int, stage: str) -> Stopwatch:
    """Return the stopwatch after all entries of a stage of a wave."""
    watch = Stopwatch()
    for entry in journal.entries:
        if (entry.wave, entry.stage) == (wave, stage):
            watch.note(entry.event, entry.step, entry.at)
    return watch


def pauses(journal: Journal, wave: int) -> Pauses:
    """Return how long each role was paused in a wave's cutover."""
    return stopwatch(journal, wave, "cutover").pauses()
