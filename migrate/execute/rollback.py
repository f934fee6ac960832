"""`kmig rollback`: a wave's latest stage is undone, from the journal alone."""

from dataclasses import dataclass

from migrate.documents.plan import Plan
from migrate.errors import Broken, Refused, UsageError
from migrate.execute import guards
from migrate.execute.act import Desk, Proposal, acting
from migrate.execute.run import undo
from migrate.folder import Folder
from migrate.journal.standing import Journal, Part, last_touched, undoable, waves
from migrate.model.words import count

_ON_TARGET = ("prepare", "prune")


@dataclass(frozen=True)
class Undone:
    """What came of it."""

    stage: Part
    acted: int
    head: str


def roll_back(desk: Desk, number: int) -> Undone:
    """Undo the steps of the latest stage, in reverse.

    No plan has to be true for it, and no inventory young: the way back stays open.
    """

    def propose(journal: Journal) -> Proposal:
        stage = latest(journal, number)
        _require_last(journal, number, stage)
        if number not in waves(journal):
            guards.known_wave(desk.folder.plan(), number)
        steps = undoable(journal, number, stage)
        return Proposal(
            stage,
            lines=tuple(f"  undo: {step.describe()}" for step in reversed(steps)),
            question=f"undo {count(len(steps), 'step')} of {stage}?" if steps else "",
            steps=steps,
            known=_plan(desk.folder),
            moving=stage not in _ON_TARGET,
        )

    with acting(desk, f"rollback {number}", number, propose) as act:
        act.drive(undo(act.proposal.steps, act.sites))
    return Undone(act.proposal.stage, act.acted, act.head)


def _plan(folder: Folder) -> Plan | None:
    """The plan, for the source that it names: it need not be true any more, nor whole."""
    try:
        return folder.plan()
    except (Broken, UsageError):
        return None


def latest(journal: Journal, wave: int) -> Part:
    """The last stage of the wave with something to undo; a prune is wherever in time it was made."""
    later: tuple[Part, ...] = ("close", "rotate", "cutover", "replicate")
    stage: Part = next((one for one in later if undoable(journal, wave, one)), "prepare")
    pruned = undoable(journal, wave, "prune")
    if pruned and last_touched(journal, wave, "prune") > last_touched(journal, wave, stage):
        return "prune"
    return stage


def _require_last(journal: Journal, wave: int, stage: Part) -> None:
    """Refuse when a later wave stands on what would be undone; nothing stands on a prune."""
    if stage == "prune":
        return
    if stage in ("close", "rotate"):
        raise Refused(
            f"wave {wave} is in stage {stage}: nothing before it is undone any more",
            "go forward: `kmig status` names the next command",
        )
    relied: Part = "prepare" if stage == "prepare" else "cutover"
    later = [w for w in waves(journal) if w > wave and undoable(journal, w, relied)]
    if later:
        why = "whose DENY it relies on" if stage == "prepare" else "whose copies or groups it needs"
        done = "applied" if stage == "prepare" else "cut over"
        raise Refused(
            f"wave {later[-1]} was {done} after wave {wave}, {why}",
            f"run `kmig rollback {later[-1]}` first",
        )
