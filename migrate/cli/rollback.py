"""kmig rollback."""

from typing import Annotated

import typer

from migrate.cli.apply import find, show
from migrate.cli.session import agree, say, session, stamp
from migrate.documents.journal import Journal
from migrate.errors import Refused
from migrate.model.words import count


def rollback(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
) -> None:
    """Undo what apply made for a wave, in reverse: exactly what the journal says, and nothing else.

    Example: kmig rollback 1 --yes
    """
    from migrate.cli.sites import both
    from migrate.execute.journalled import (
        carry_out,
        require_newest,
        require_same_target,
        undoable,
    )
    from migrate.execute.run import undo

    here = session(context)
    with here.folder.locked(f"rollback {wave}"):
        journal = here.folder.open_journal(stamp)
        steps = undoable(journal.journal, wave, "prepare")
        _require_last(journal.journal, wave)
        if not any(entry.wave == wave for entry in journal.journal.entries):
            find(here.folder.plan(), wave)
        for step in reversed(steps):
            say(f"  undo: {step.describe()}")
        if steps:
            agree(f"undo {count(len(steps), 'step')} on target?", yes=yes)
        acted = 0
        with both(here.folder, None) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            if steps:
                fields = {"target": opened.target_id, "wave": wave, "stage": "prepare"}
                journal.append(event="run", command=f"kmig rollback {wave}", **fields)
                progress = undo(steps, opened.sites)
                acted = carry_out(progress, journal, wave, "prepare", opened.heads, show)
    done = f"{count(acted, 'step')} undone" if acted else "nothing to undo"
    head = journal.journal.head
    here.show(
        f"wave {wave}: {done}\njournal head {head}",
        {"wave": wave, "steps_undone": acted, "journal_head": head},
    )


def _require_last(journal: Journal, wave: int) -> None:
    from migrate.execute.journalled import undoable

    later = sorted(
        {e.wave for e in journal.entries if e.wave > wave and undoable(journal, e.wave, "prepare")}
    )
    if later:
        raise Refused(
            f"wave {later[-1]} was applied after wave {wave}, whose DENY it relies on",
            f"run `kmig rollback {later[-1]}` first",
        )
