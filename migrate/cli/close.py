"""kmig close."""

from typing import Annotated

import typer

from migrate.cli.act import Ground, carry, made, require_done
from migrate.cli.session import session
from migrate.model.record import Position
from migrate.stages.cutover import Stage


def close(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number in plan.json.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
) -> None:
    """End a wave: the source is watched once more, and what kmig granted for a time is taken away.

    The fences on the source stay, those of groups included: a forgotten client must fail there.

    Example: kmig close 1 --yes
    """
    here = session(context)
    acted, _, head = carry(here, wave, "close", _stage, _require, yes=yes)
    here.show(
        f"wave {wave} closed: {made(acted)}\njournal head {head}",
        {"wave": wave, "steps_made": acted, "journal_head": head},
    )


def _stage(ground: Ground) -> Stage:
    from migrate.stages.close import close as steps

    return steps(ground.move(), _ends(ground))


def _ends(ground: Ground) -> tuple[Position, ...]:
    """Where the wave's topics were frozen."""
    from migrate.steps import FreezeTopics

    found: tuple[Position, ...] = ()
    for entry in ground.journal.entries:
        if entry.wave == ground.wave.number and isinstance(entry.step, FreezeTopics):
            found = entry.step.ends or found
    return found


def _require(ground: Ground) -> None:
    number = ground.wave.number
    require_done(ground, "cutover", range(number, number + 1), "its clients are not moved")
