"""How far each stage of a wave got, and the next command to type: from the journal, and the findings that block."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from migrate.documents.plan import STAGES, Plan, StageName, Wave
from migrate.journal import approval
from migrate.journal.entry import Entry
from migrate.journal.pauses import stopwatch
from migrate.journal.standing import Journal, StepState, undoable, verdicts
from migrate.steps import Gate, OpenWriteGate, SettleStrays, WatchSource
from migrate.steps.freeze_topics import STRAY

if TYPE_CHECKING:
    from migrate.documents.assessment import Finding


class BlockedWave(NamedTuple):
    """The findings that keep a wave from its next stage, and the command that leads on."""

    findings: "tuple[Finding, ...]"
    way_on: str


class Status(StrEnum):
    """The value of a cell of `kmig status`."""

    NOTHING = "–"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    PROVEN = "proven"
    NOT_PROVEN = "NOT PROVEN"


def status_of(journal: Journal, wave: Wave, stage: StageName) -> Status:
    """Return how far the stage got: `done` if the last run made every step of the wave as it is planned now."""
    last = journal.last_of(wave.number, stage)
    if end := _ended(journal, wave, stage):
        status = Status.DONE if wave.work in end.detail else Status.BEGUN
    elif last is None:
        status = Status.NOTHING
    elif last.event in ("failed", "rejected"):
        status = Status.FAILED
    elif last.event == "undone" and not _stands(journal, wave, stage):
        status = Status.UNDONE
    else:
        status = Status.BEGUN
    return status if stage != "rotate" or status is not Status.DONE else _proof(journal, wave)


def _ended(journal: Journal, wave: Wave, stage: StageName) -> Entry | None:
    """Return the end of the stage's last run, if no step was acted on after it."""
    end, last = journal.end_of(wave.number, stage), journal.last_of(wave.number, stage)
    return end if end and (last is None or end.seq > last.seq) else None


def _stands(journal: Journal, wave: Wave, stage: StageName) -> bool:
    """Return whether a site may still show a step of the stage; a gate changes nothing."""
    states = journal.of(wave.number, stage)
    return any(state.stands and not isinstance(state.step, Gate) for state in states)


def _proof(journal: Journal, wave: Wave) -> Status:
    """Return what a rotation that ran to its end has proven; a wave with nothing to rotate is `done`."""
    reached = {one.verdict for one in verdicts(journal, wave.number)}
    if not reached:
        return Status.DONE
    return Status.PROVEN if reached == {"proven"} else Status.NOT_PROVEN


def failure(journal: Journal, wave: Wave) -> str:
    """Return the error of the wave's stage that failed last; empty if no stage is failed now."""
    failed = [s for s in STAGES if status_of(journal, wave, s) is Status.FAILED]
    lasts = [state for stage in failed if (state := journal.last_of(wave.number, stage))]
    return max(lasts, key=lambda state: state.seq).detail if lasts else ""


def paused(journal: Journal, wave: Wave) -> dict[str, datetime]:
    """Return who is paused now (`consumers`, `producers`), and since when."""
    since: dict[str, datetime] = {}
    for stage in _SWITCHING:
        since |= stopwatch(journal, wave.number, stage).still()
    return since


def soonest(journal: Journal, wave: int) -> str:
    """Return the command that brings a wave's stopped clients back soonest; empty where none is stopped.

    Back to the source, unless the write gate may be open: behind it only the cutover itself starts them.
    """
    if not stopwatch(journal, wave, "cutover").still():
        return ""
    gated = any(state.wave == wave for state, _ in journal.standing(OpenWriteGate))
    return f"kmig {'cutover' if gated else 'rollback'} {wave}"


def prepared(journal: Journal, plan: Plan) -> tuple[Wave, ...]:
    """Return the waves whose stage `prepare` is done."""
    return tuple(w for w in plan.waves if status_of(journal, w, "prepare") is Status.DONE)


def waits(journal: Journal, wave: Wave, stage: StageName) -> bool:
    """Return whether a stage must not begin while findings block its wave.

    A cutover or a rotation that was begun goes on: its clients may be stopped, and nothing else would start them.
    `close` ends what a wave left behind, and waits for no finding.
    """
    begun = stage in ("cutover", "rotate") and undoable(journal, wave.number, stage)
    return stage != "close" and not begun


def waiting(journal: Journal, plan: Plan) -> frozenset[int]:
    """Return the waves whose next stage must not begin while findings block them."""
    nexts = ((w, next((s for s in STAGES if not _over(journal, w, s)), None)) for w in plan.waves)
    return frozenset(w.number for w, stage in nexts if stage and waits(journal, w, stage))


def unfinished(journal: Journal, plan: Plan) -> bool:
    """Return whether any stage of any wave is still to be done."""
    return any(not _over(journal, wave, stage) for wave in plan.waves for stage in STAGES)


def next_command(
    journal: Journal,
    plan: Plan,
    approvals: tuple[str, ...] = (),
    blocked: Mapping[int, BlockedWave] | None = None,
    *,
    stale: bool = False,
) -> str:
    """Return the next command to type: of a half-moved wave, or else of the first stage that is not done.

    A wave with paused clients comes before all others. Of a blocked wave it is the command that shows the findings.
    With a plan that is out of date (`stale`) it is `kmig plan`: every command but a rollback refuses such a plan.
    """
    command = _next(journal, plan, approvals, blocked)
    return "kmig plan" if stale and not command.startswith("kmig rollback ") else command


def _next(
    journal: Journal,
    plan: Plan,
    approvals: tuple[str, ...],
    blocked: Mapping[int, BlockedWave] | None,
) -> str:
    if plan.profile == "automq-byoc":
        return "none: the target's administrators apply export/, in the order of runbook.md"
    half = [(w, s) for w in plan.waves for s in _SWITCHING if half_made(journal, w, s)]
    half.sort(key=lambda one: not stopwatch(journal, one[0].number, one[1]).still())
    open_stages = ((w, s) for w in plan.waves for s in STAGES if not _over(journal, w, s))
    wave, stage = next(iter([*half, *islice(open_stages, 1)]), (None, None))
    if wave is None or stage is None:
        return "kmig verify"
    if blocked and wave.number in blocked and waits(journal, wave, stage):
        return blocked[wave.number].way_on
    wanted = approval.missing(journal, wave, approvals)
    if stage in _SWITCHING and wanted:
        return f"kmig approve {wave.number} --as {wanted[0]}"
    return _command(journal, wave, stage)


_SWITCHING: tuple[StageName, ...] = ("cutover", "rotate")
"""Stages that stop clients, and that need approvals."""


def half_made(journal: Journal, wave: Wave, stage: StageName) -> bool:
    """Return whether a run of the stage stopped half-way: steps stand, and no end came after them."""
    begun = status_of(journal, wave, stage) in (Status.BEGUN, Status.FAILED)
    return begun and not _ended(journal, wave, stage) and _stands(journal, wave, stage)


def _over(journal: Journal, wave: Wave, stage: StageName) -> bool:
    done = status_of(journal, wave, stage) in (Status.DONE, Status.PROVEN)
    # a wave whose cutover was begun is never prepared or copied again, even if its plan has changed since
    behind = stage in ("prepare", "replicate") and _stands(journal, wave, "cutover")
    return done or behind or not _due(wave, stage)


def _due(wave: Wave, stage: StageName) -> bool:
    """Return whether the wave has anything to do in the stage."""
    if stage == "rotate":
        return bool(wave.rotates)
    return stage != "close" or bool(wave.owns_topics)


def _unsettled(journal: Journal, wave: Wave, failed: StepState) -> bool:
    """Return whether stray writes behind the write gate ended a stage, and nobody has settled any since."""
    behind = isinstance(failed.step, WatchSource) and failed.step.part != WatchSource.BEFORE
    stray = behind and failed.detail.startswith(STRAY)
    settled = [n.seq for n, _ in journal.standing(SettleStrays) if n.wave == wave.number]
    return stray and max(settled, default=0) < failed.seq


def _command(journal: Journal, wave: Wave, stage: StageName) -> str:
    """Return the stage's own command, or the rollback that was interrupted in it; a refused one undid nothing."""
    of_stage = (e for e in journal.entries if (e.wave, e.stage) == (wave.number, stage))
    run = next((e for e in reversed(list(of_stage)) if e.event == "run"), None)
    last = journal.last_of(wave.number, stage)
    halfway = status_of(journal, wave, stage) in (Status.BEGUN, Status.FAILED)
    if last and last.event == "failed" and _unsettled(journal, wave, last):
        return f"kmig settle {wave.number}"
    if run and "rollback" in run.command and halfway and last and last.seq > run.seq:
        return run.command
    return f"kmig {'apply' if stage == 'prepare' else stage} {wave.number}"
