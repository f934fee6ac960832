"""How long clients stood still: from the first stop of a role until all of it was back, over every run. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from migrate.journal.standing import Journal
from migrate.model.base import Model
from migrate.steps import AwaitMembers, Step, SwitchClients

_AWAY = {("started", "stop"), ("undoing", "start")}
_BACK = {("done", "start"), ("undone", "stop")}
_SEEN = ""
"""Stands for the sight of consumers at work, beside the names of workloads."""


class Pauses(Model):
    """Seconds per role of one wave's last cutover; None where nobody was stopped, or is not back yet."""

    consumers: float | None = None
    writes: float | None = None


@dataclass
class Stopwatch:
    """Who stands still since when. Consumers are back when they were seen at work, producers once started."""

    began: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    away: dict[str, set[str]] = field(default_factory=dict)

    def note(self, event: str, step: Step | None, at: datetime) -> None:
        """One event of a stage or of its rollback, in order."""
        if isinstance(step, SwitchClients):
            if (event, step.verb) in _AWAY:
                self._stop(step.role, step.workload, at)
            elif (event, step.verb) in _BACK:
                self._back(step.role, step.workload, at)
            if (event, step.verb) == ("undone", "stop") and not self.away.get(step.role):
                self.began.pop(step.role, None)  # that cutover never was
        elif (
            isinstance(step, AwaitMembers) and step.part != "services" and "consumers" in self.began
        ):
            if event == "started":
                self._stop("consumers", _SEEN, at)
            elif event == "done":
                self._back("consumers", _SEEN, at)

    def still(self) -> dict[str, datetime]:
        """The roles that stand still now."""
        return {role: at for role, at in self.began.items() if role not in self.ended}

    def pauses(self) -> Pauses:
        """Those that are over."""
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
    """As the journal leaves it."""
    made = Stopwatch()
    for entry in journal.entries:
        if (entry.wave, entry.stage) == (wave, stage):
            made.note(entry.event, entry.step, entry.at)
    return made


def pauses(journal: Journal, wave: int) -> Pauses:
    """How long each role stood still in a wave's cutover."""
    return stopwatch(journal, wave, "cutover").pauses()
