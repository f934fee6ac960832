"""kmig rollback."""

from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import command_context, session
from migrate.model.words import count


def rollback(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Undo a wave's latest stage: exactly the steps in the journal, the last one first.

    A cutover is undone up to its point of no return. Groups that consumed on the target return to the source with
    their progress, proven in the same way. Rerun the command to undo the stage before.

    Example: kmig rollback 1 --yes
    """
    from migrate.execute.rollback import roll_back

    here = session(context)
    undone = roll_back(command_context(here, yes=yes), wave)
    done = f"{count(undone.acted, 'step')} of {undone.stage} undone" if undone.acted else ""
    here.show(
        [f"wave {wave}: {done or 'nothing to undo'}", f"journal head {undone.head}"],
        {
            "wave": wave,
            "stage": undone.stage,
            "steps_undone": undone.acted,
            "journal_head": undone.head,
        },
    )
