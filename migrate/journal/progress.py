"""Where a stage of a wave is, and which command leads on, from the journal alone."""

from datetime import datetime
from enum import StrEnum
from itertools import islice

from migrate.documents.plan import STAGES, Plan, StageName, Wave
from migrate.journal import approval
from migrate.journal.entry import Entry
from migrate.journal.pauses import stopwatch
from migrate.journal.standing import Journal, StepState, verdicts
from migrate.steps import Gate


class Status(StrEnum):
    """What `kmig status` shows in a cell."""

    NOTHING = "–"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    PROVEN = "proven"
    NOT_PROVEN = "NOT PROVEN"


def status_of(journal: Journal, wave: Wave, stage: StageName) -> Status:
    """Return how far the stage got: `done` when a run saw every step of this very wave, and nothing came after."""
    last = _last(journal, wave, stage)
    if end := _ended(journal, wave, stage):
        found = Status.DONE if wave.work in end.detail else Status.BEGUN
    elif last is None:
        found = Status.NOTHING
    elif last.event in ("failed", "rejected"):
        found = Status.FAILED
    elif last.event == "undone" and not _stands(journal, wave, stage):
        found = Status.UNDONE
    else:
        found = Status.BEGUN
    return found if stage != "rotate" or found is not Status.DONE else _proof(journal, wave)


def _ended(journal: Journal, wave: Wave, stage: StageName) -> Entry | None:
    """The end of the stage's last run, if no step was acted on after it."""
    of_stage = (e for e in journal.entries if (e.wave, e.stage) == (wave.number, stage))
    ends = [e for e in of_stage if e.event == "end"]
    last = _last(journal, wave, stage)
    return ends[-1] if ends and (last is None or ends[-1].seq > last.seq) else None


def _last(journal: Journal, wave: Wave, stage: StageName) -> StepState | None:
    """The step that was acted on last."""
    return max(journal.of(wave.number, stage), key=lambda state: state.seq, default=None)


def _stands(journal: Journal, wave: Wave, stage: StageName) -> bool:
    """Whether anything of it is left on a site; a gate changes nothing."""
    states = journal.of(wave.number, stage)
    return any(state.stands and not isinstance(state.step, Gate) for state in states)


def _proof(journal: Journal, wave: Wave) -> Status:
    """What a rotation that ran to its end has proven; nothing to rotate is `done`."""
    found = {one.verdict for one in verdicts(journal, wave.number)}
    if not found:
        return Status.DONE
    return Status.PROVEN if found == {"proven"} else Status.NOT_PROVEN


def failure(journal: Journal, wave: Wave) -> str:
    """What the stage of a wave that failed last said; empty when none stands failed."""
    failed = [s for s in STAGES if status_of(journal, wave, s) is Status.FAILED]
    lasts = [state for stage in failed if (state := _last(journal, wave, stage))]
    return max(lasts, key=lambda state: state.seq).detail if lasts else ""


def paused(journal: Journal, wave: Wave) -> dict[str, datetime]:
    """Who stands still now, and since when: `consumers`, `producers`."""
    found: dict[str, datetime] = {}
    for stage in _SWITCHING:
        found |= stopwatch(journal, wave.number, stage).still()
    return found


def prepared(journal: Journal, plan: Plan) -> tuple[Wave, ...]:
    """The waves whose stage `prepare` is done."""
    return tuple(w for w in plan.waves if status_of(journal, w, "prepare") is Status.DONE)


def next_command(journal: Journal, plan: Plan, approvals: tuple[str, ...] = ()) -> str:
    """Return the next command to type: of a wave that stands half moved, or else of the first stage that is not done.

    Where clients stand still, nothing else comes first.
    """
    if plan.profile == "automq-byoc":
        return "none: target's administrators apply export/, in the order of runbook.md"
    half = [(w, s) for w in plan.waves for s in _SWITCHING if _half_made(journal, w, s)]
    half.sort(key=lambda one: not stopwatch(journal, one[0].number, one[1]).still())
    open_stages = ((w, s) for w in plan.waves for s in STAGES if not _over(journal, w, s))
    wave, stage = next(iter([*half, *islice(open_stages, 1)]), (None, None))
    if wave is None or stage is None:
        return "kmig verify"
    wanted = approval.missing(journal, wave, approvals)
    if stage in _SWITCHING and wanted:
        return f"kmig approve {wave.number} --as {wanted[0]}"
    return _command(journal, wave, stage)


_SWITCHING: tuple[StageName, ...] = ("cutover", "rotate")
"""Stages that stop clients, and want consent first."""


def _half_made(journal: Journal, wave: Wave, stage: StageName) -> bool:
    """Whether a run of the stage ended in the middle: steps stand, and no end came after them."""
    begun = status_of(journal, wave, stage) in (Status.BEGUN, Status.FAILED)
    return begun and not _ended(journal, wave, stage) and _stands(journal, wave, stage)


def _over(journal: Journal, wave: Wave, stage: StageName) -> bool:
    done = status_of(journal, wave, stage) in (Status.DONE, Status.PROVEN)
    # a wave that has begun to move is not prepared or copied again, whatever the plan says of it now
    behind = stage in ("prepare", "replicate") and _stands(journal, wave, "cutover")
    return done or behind or not _due(wave, stage)


def _due(wave: Wave, stage: StageName) -> bool:
    """Whether the wave has anything to do in the stage."""
    if stage == "rotate":
        return bool(wave.rotates)
    return stage != "close" or bool(wave.owns_topics)


def _command(journal: Journal, wave: Wave, stage: StageName) -> str:
    """The stage's own command, or the rollback that was interrupted in it: one that was refused undid nothing."""
    of_stage = (e for e in journal.entries if (e.wave, e.stage) == (wave.number, stage))
    run = next((e for e in reversed(list(of_stage)) if e.event == "run"), None)
    last = _last(journal, wave, stage)
    halfway = status_of(journal, wave, stage) in (Status.BEGUN, Status.FAILED)
    if run and "rollback" in run.command and halfway and last and last.seq > run.seq:
        return run.command
    return f"kmig {'apply' if stage == 'prepare' else stage} {wave.number}"
