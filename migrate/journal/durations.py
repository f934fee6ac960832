"""How long the steps of a stage took. Pure."""

from datetime import datetime
from statistics import median

from migrate.journal.standing import Journal
from migrate.steps import Step, SwitchClients


def took_by_kind(journal: Journal, stage: str) -> dict[str, float]:
    """Return the median seconds of every kind of step in a stage of any wave."""
    began: dict[tuple[int, str], datetime] = {}
    seen: dict[str, list[float]] = {}
    for entry in journal.entries:
        if entry.stage != stage:
            continue
        if entry.event == "started":
            began[entry.wave, entry.key] = entry.at
        elif entry.event == "done" and entry.step and (entry.wave, entry.key) in began:
            seconds = (entry.at - began.pop((entry.wave, entry.key))).total_seconds()
            seen.setdefault(kind_of(entry.step), []).append(seconds)
    return {kind: median(every) for kind, every in seen.items()}


def kind_of(step: Step) -> str:
    """Return what a step's time depends on: its operation, or whose hook it runs."""
    return step.key if isinstance(step, SwitchClients) else step.op
