"""kmig close."""

from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import command_context, made, session


def close(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
) -> None:
    """End a wave: the source is watched once more, and what kmig granted for a time is taken away.

    The fences on the source stay, those of groups included: a forgotten client must fail there.

    Example: kmig close 1 --yes
    """
    from migrate.execute import later

    here = session(context)
    done = later.close(command_context(here, yes=yes), wave)
    here.show(
        [f"wave {wave} closed: {made(done.acted)}", f"journal head {done.head}"],
        {"wave": wave, "steps_made": done.acted, "journal_head": done.head},
    )
