"""Where a stage of a wave stands, from the journal alone."""

from enum import StrEnum

from migrate.documents.plan import STAGES, Plan, StageName, Wave
from migrate.journal import approval
from migrate.journal.entries import Journal
from migrate.steps import Gate, RevokeCredential


class Standing(StrEnum):
    """What status shows in a cell."""

    NOTHING = "–"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    PROVEN = "proven"
    NOT_PROVEN = "NOT PROVEN"


def standing(journal: Journal, wave: Wave, stage: StageName) -> Standing:
    """How far the stage got: `done` when a run saw every step of this very wave there, and nothing came after."""
    found = Standing.NOTHING
    standing_steps: set[str] = set()
    for entry in journal.entries:
        if (entry.wave, entry.stage) != (wave.number, stage):
            continue
        if entry.event in ("started", "done", "undoing"):
            if not isinstance(entry.step, Gate):  # a gate is never undone
                standing_steps.add(entry.key)
            found = Standing.BEGUN
        elif entry.event == "undone":
            standing_steps.discard(entry.key)
            found = Standing.BEGUN if standing_steps else Standing.UNDONE
        elif entry.event in ("failed", "rejected"):
            found = Standing.FAILED
        elif entry.event == "end":
            found = Standing.DONE if wave.work in entry.detail else Standing.BEGUN
    return found if stage != "rotate" or found is not Standing.DONE else _proof(journal, wave)


def _proof(journal: Journal, wave: Wave) -> Standing:
    """What a rotation that ran to its end has proven; nothing to rotate is `done`."""
    verdicts = {
        e.step.user: e.step.verdict
        for e in journal.entries
        if (e.wave, e.stage, e.event) == (wave.number, "rotate", "done")
        and isinstance(e.step, RevokeCredential)
    }
    if not verdicts:
        return Standing.DONE
    return Standing.PROVEN if set(verdicts.values()) == {"proven"} else Standing.NOT_PROVEN


def prepared(journal: Journal, plan: Plan) -> tuple[Wave, ...]:
    """The waves whose stage `prepare` is done."""
    return tuple(w for w in plan.waves if standing(journal, w, "prepare") is Standing.DONE)


def next_command(journal: Journal, plan: Plan, approvals: tuple[str, ...] = ()) -> str:
    """The next command to type: the first stage, in the order of waves, that is not done, or an approval it needs."""
    if plan.profile == "automq-byoc":
        return "none: target's administrators apply export/, in the order of runbook.md"
    for wave in plan.waves:
        for stage in STAGES:
            if standing(journal, wave, stage) in _OVER or not _due(wave, stage):
                continue
            wanted = approval.missing(journal, wave, approvals)
            if stage in ("cutover", "rotate") and wanted:
                return f"kmig approve {wave.number} --as {wanted[0]}"
            return _command(journal, wave, stage)
    return "kmig verify"


_OVER = (Standing.DONE, Standing.PROVEN)


def _due(wave: Wave, stage: StageName) -> bool:
    """Whether the wave has anything to do in the stage."""
    if stage == "rotate":
        return bool(wave.rotates)
    return stage != "close" or bool(wave.owns_topics)


def _command(journal: Journal, wave: Wave, stage: StageName) -> str:
    """The stage's own command, or the rollback that was interrupted in it."""
    runs = [
        e.command
        for e in journal.entries
        if e.event == "run" and (e.wave, e.stage) == (wave.number, stage)
    ]
    undoing = standing(journal, wave, stage) in (Standing.BEGUN, Standing.FAILED)
    if undoing and "rollback" in (runs or [""])[-1]:
        return runs[-1]
    return f"kmig {'apply' if stage == 'prepare' else stage} {wave.number}"
