"""kmig rollback."""

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.act import Timeline
from migrate.cli.apply import find
from migrate.cli.session import agree, say, session, stamp
from migrate.errors import Refused
from migrate.journal.entries import Journal
from migrate.model.words import count

if TYPE_CHECKING:
    from migrate.execute.journalled import Part

_ON_TARGET = ("prepare", "prune")


def rollback(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
) -> None:
    """Undo a wave's latest stage, in reverse: exactly what the journal says, and nothing else.

    A cutover is undone up to its point of no return. Groups that consumed on the target are taken back to the source
    with their progress, as exactly as they came; the same command again undoes the stage before.

    Example: kmig rollback 1 --yes
    """
    from migrate.execute.journalled import (
        carry_out,
        require_newest,
        require_same_target,
        undoable,
    )
    from migrate.execute.run import undo
    from migrate.journal.pauses import clock
    from migrate.wiring.sites import both

    here = session(context)
    with here.folder.locked(f"rollback {wave}"):
        journal = here.folder.open_journal(stamp)
        stage = _latest(journal.journal, wave)
        steps = undoable(journal.journal, wave, stage)
        _require_last(journal.journal, wave, stage)
        if not any(entry.wave == wave for entry in journal.journal.entries):
            find(here.folder.plan(), wave)
        for step in reversed(steps):
            say(f"  undo: {step.describe()}")
        if steps:
            agree(f"undo {count(len(steps), 'step')} of {stage}?", yes=yes)
        acted, line = 0, Timeline(clock(journal.journal.entries, wave, stage))
        with both(
            here.folder, here.environ, None, moving=stage not in _ON_TARGET, tell=line.tell
        ) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            if steps:
                fields = {"target": opened.target_id, "wave": wave, "stage": stage}
                journal.append(event="run", command=f"kmig rollback {wave}", **fields)
                progress = undo(steps, opened.sites)
                acted = carry_out(progress, journal, wave, stage, opened.heads, line.show)
    done = f"{count(acted, 'step')} of {stage} undone" if acted else "nothing to undo"
    head = journal.journal.head
    here.show(
        f"wave {wave}: {done}\njournal head {head}",
        {"wave": wave, "stage": stage, "steps_undone": acted, "journal_head": head},
    )


def _latest(journal: Journal, wave: int) -> "Part":
    """The last stage of the wave with something to undo; a prune is wherever in time it was made."""
    from migrate.execute.journalled import undoable

    later: tuple[Part, ...] = ("close", "rotate", "cutover", "replicate")
    stage: Part = next((one for one in later if undoable(journal, wave, one)), "prepare")
    if undoable(journal, wave, "prune") and _last(journal, wave, "prune") > _last(
        journal, wave, stage
    ):
        return "prune"
    return stage


def _last(journal: Journal, wave: int, stage: str) -> int:
    """The number of the last entry that changed something in a stage."""
    done = (e.seq for e in journal.entries if (e.wave, e.stage) == (wave, stage) and e.step)
    return max(done, default=0)


def _require_last(journal: Journal, wave: int, stage: "Part") -> None:
    """Refuse when a later wave stands on what would be undone; nothing stands on a prune."""
    from migrate.execute.journalled import undoable

    if stage == "prune":
        return

    if stage in ("close", "rotate"):
        raise Refused(
            f"wave {wave} is in stage {stage}: nothing before it is undone any more",
            "go forward: `kmig status` names the next command",
        )
    relied: Part = "prepare" if stage == "prepare" else "cutover"
    later = sorted(
        {e.wave for e in journal.entries if e.wave > wave and undoable(journal, e.wave, relied)}
    )
    if later:
        why = "whose DENY it relies on" if stage == "prepare" else "whose copies or groups it needs"
        done = "applied" if stage == "prepare" else "cut over"
        raise Refused(
            f"wave {later[-1]} was {done} after wave {wave}, {why}",
            f"run `kmig rollback {later[-1]}` first",
        )
