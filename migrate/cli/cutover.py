"""kmig cutover."""

from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import command_context, made, say, session
from migrate.errors import Interrupted


def cutover(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Do not ask for confirmation, not even at the write gate."
        ),
    ] = False,
) -> None:
    """Move a wave's clients: stop, fence, drain, translate, commit, prove, start; then open the write gate.

    Until the gate opens, `kmig rollback WAVE` takes everything back, also after consumers have run on the target.
    If the command was killed or refused, rerun it: it continues where it stopped. Ctrl-C names the command that
    brings stopped clients back soonest.

    Example: kmig cutover 1
    """
    from migrate.execute import later
    from migrate.journal.progress import soonest

    here = session(context)
    try:
        done = later.cutover(command_context(here, yes=yes), wave)
    except Interrupted:
        if command := soonest(here.folder.journal().journal, wave):
            say(f"clients are stopped: `{command}` brings them back soonest")
        raise
    pauses = done.pauses.model_dump(exclude_none=True)
    said = ", ".join(f"{role} {seconds:.1f} s" for role, seconds in pauses.items()) or "nobody"
    here.show(
        [f"wave {wave} cut over: {made(done.acted)}; paused: {said}", f"journal head {done.head}"],
        {
            "wave": wave,
            "steps_made": done.acted,
            "pause_seconds": pauses,
            "journal_head": done.head,
        },
    )
