"""kmig close."""

from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import command_context, made, session


def close(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """End a wave: check the source for stray writes, and remove the grants that kmig needed for a time only.

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
