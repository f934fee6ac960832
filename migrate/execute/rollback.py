"""`kmig rollback`: undo a wave's latest stage, from the journal alone."""

from dataclasses import dataclass

from migrate.documents.plan import Plan
from migrate.errors import Broken, Refused, UsageError
from migrate.execute import guards
from migrate.execute.act import Invocation, Proposal, acting
from migrate.execute.run import undo
from migrate.folder import Folder
from migrate.journal.standing import Journal, Part, last_touched, undoable, waves
from migrate.model.words import count
from migrate.steps import Gate

_ON_TARGET = ("prepare", "prune")


@dataclass(frozen=True)
class Undone:
    """The result."""

    stage: Part
    acted: int
    head: str


def roll_back(context: Invocation, number: int) -> Undone:
    """Undo the steps of the latest stage, in reverse.

    It requires neither a current plan nor a recent inventory: the way back must stay open.
    """

    def propose(journal: Journal) -> Proposal:
        stage = latest(journal, number)
        _require_last(journal, number, stage)
        if number not in waves(journal):
            guards.known_wave(context.folder.plan(), number)
        steps = undoable(journal, number, stage)
        shown = [step for step in reversed(steps) if not isinstance(step, Gate)]
        return Proposal(
            stage,
            lines=tuple(f"  undo: {step.describe()}" for step in shown),
            question=f"undo {count(len(shown), 'step')} of {stage}?" if shown else "",
            steps=steps,
            known=_plan(context.folder),
            moving=stage not in _ON_TARGET,
        )

    with acting(context, f"rollback {number}", number, propose) as act:
        act.drive(undo(act.proposal.steps, act.sites))
    return Undone(act.proposal.stage, act.acted, act.head)


def _plan(folder: Folder) -> Plan | None:
    """Return the plan, for the source that it names; None if it cannot be read, as a rollback does without."""
    try:
        return folder.plan()
    except (Broken, UsageError):
        return None


def latest(journal: Journal, wave: int) -> Part:
    """Return the last stage of the wave with something to undo; a prune counts by the time at which it was made."""
    later: tuple[Part, ...] = ("close", "rotate", "cutover", "replicate")
    stage: Part = next((one for one in later if undoable(journal, wave, one)), "prepare")
    pruned = undoable(journal, wave, "prune")
    if pruned and last_touched(journal, wave, "prune") > last_touched(journal, wave, stage):
        return "prune"
    return stage


def _require_last(journal: Journal, wave: int, stage: Part) -> None:
    """Refuse if a later wave depends on what would be undone; nothing depends on a prune."""
    if stage == "prune":
        return
    if stage in ("close", "rotate"):
        raise Refused(
            f"no rollback: stage {stage} of wave {wave} was begun, and only stages up to cutover can be undone",
            "go forward: run `kmig status`, it names the next command",
        )
    relied: Part = "prepare" if stage == "prepare" else "cutover"
    later = [w for w in waves(journal) if w > wave and undoable(journal, w, relied)]
    if later:
        why = "DENY ACLs" if stage == "prepare" else "copied topics or groups"
        done = "applied" if stage == "prepare" else "cut over"
        raise Refused(
            f"wave {later[-1]} was {done} after wave {wave}, and depends on its {why}",
            f"run `kmig rollback {later[-1]}` first",
        )
