"""kmig cutover."""

from typing import Annotated

import typer

from migrate.cli.act import Ground, carry, made, require_approved, require_date, require_done
from migrate.cli.session import session
from migrate.stages.cutover import Stage


def cutover(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number in plan.json.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do it without a question, the write gate included.")
    ] = False,
) -> None:
    """Move a wave's clients: stop, fence, drain, translate, commit, prove, start; then open the write gate.

    Until the gate opens `kmig rollback WAVE` takes everything back, also after consumers have run on the target.
    Killed, or stopped by a refusal, the same command goes on where it was.

    Example: kmig cutover 1
    """
    acted, line, head = carry(session(context), wave, "cutover", _stage, _require, yes=yes)
    pauses = line.clock.pauses().model_dump(exclude_none=True)
    said = ", ".join(f"{role} {seconds:.1f} s" for role, seconds in pauses.items()) or "nobody"
    session(context).show(
        f"wave {wave} cut over: {made(acted)}; paused: {said}\njournal head {head}",
        {"wave": wave, "steps_made": acted, "pause_seconds": pauses, "journal_head": head},
    )


def _stage(ground: Ground) -> Stage:
    from migrate.stages.cutover import cutover as steps

    return steps(ground.move())


def _require(ground: Ground) -> None:
    from migrate.stages.move import require_switches

    require_switches(ground.move())
    require_approved(ground)
    require_date(ground)
    number = ground.wave.number
    require_done(ground, "replicate", range(number + 1), "its topics are not copied")
    require_done(ground, "cutover", range(number), "its consumers would lose their source")
