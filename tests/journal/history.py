"""Journals written by hand, an event a line."""

from datetime import UTC, datetime, timedelta

from migrate.journal.entry import ROOT, Entry, Event
from migrate.journal.standing import Journal, StepState
from migrate.steps import Step

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def history(*events: tuple[Event, Step | str], stage: str = "cutover", wave: int = 1) -> Journal:
    """Ten seconds between one and the next; what is no step is the detail of an event without one."""
    return join([(wave, stage, event, what) for event, what in events])


def join(events: list[tuple[int, str, Event, Step | str]]) -> Journal:
    """The same over several waves and stages."""
    entries = []
    for number, (wave, stage, event, what) in enumerate(events, 1):
        step = None if isinstance(what, str) else what
        entries.append(
            Entry(
                seq=number,
                at=BEGIN + timedelta(seconds=10 * number),
                by="me",
                event=event,
                wave=wave,
                stage=stage,
                key=step.key if step else "",
                step=step,
                detail=what if isinstance(what, str) else f"{event} {number}",
                prev=ROOT,
            )
        )
    return Journal(entries=tuple(entries))


def state(step: Step, *, finished: bool) -> StepState:
    """A step that was begun earlier."""
    return StepState(1, "prepare", step, "done" if finished else "started", BEGIN, 1, "")
