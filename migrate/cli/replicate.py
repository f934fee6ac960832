"""kmig replicate."""

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import Session, both, command_context, made, session
from migrate.errors import KmigError, Refused

if TYPE_CHECKING:
    from migrate.ports import Sites
    from migrate.stages.move import Move


def replicate(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Only show how far the wave's copies are.")
    ] = False,
    window: Annotated[
        float,
        typer.Option(min=0.5, max=300, help="Seconds between the two measurements of --status."),
    ] = 2.0,
) -> None:
    """Copy a wave's topics to the target with MirrorMaker 2, on the Connect cluster of `replication`.

    The worker is checked first: it must write to the target and support exactly-once copies.

    --status shows how far each topic is, by Connect's own offsets and by reading, and whether the copy is as fast as
    its producers; and it compares every record on both sides. Exit 1 while the wave is not ready for its cutover.

    Example: kmig replicate 1 --yes
    """
    from migrate.execute import later

    here = session(context)
    if status:
        _status(here, wave, window)
        return
    done = later.replicate(command_context(here, yes=yes), wave)
    here.show(
        [
            f"wave {wave} replicates: {made(done.acted)}; kmig replicate {wave} --status says how far",
            f"journal head {done.head}",
        ],
        {"wave": wave, "steps_made": done.acted, "journal_head": done.head},
    )


def _compared(sites: "Sites", move: "Move") -> tuple[list[str], list[str]]:
    """Return what a comparison of every copied record says, and why the wave cannot be cut over by it."""
    from migrate.stages.preflight import compare

    try:
        # the digest of the maps is for the journal
        return [line for line in compare(move).apply(sites).evidence if "SHA-256" not in line], []
    except Refused as error:
        return [], [error.message.removeprefix("not ready for a cutover: ")]


def _status(here: Session, number: int, window: float) -> None:
    from migrate.execute.act import state_of
    from migrate.journal.progress import Status, status_of
    from migrate.logs.lag import copies, lacking, paces
    from migrate.render import tables

    state = state_of(here.folder, number, here.folder.executed())
    move = state.move()
    wanted = {name: move.copies[name].topics for name in move.connectors}
    started = status_of(state.journal, state.wave, "replicate")
    if not wanted:
        here.show([f"wave {number}: nothing is copied for it now"], {"wave": number, "topics": []})
        if started is not Status.DONE:
            raise KmigError(
                f"the copies of wave {number} were not started", f"run `kmig replicate {number}`"
            )
        return
    with both(here, state.plan, moving=True) as opened:
        if lacks := lacking(opened.sites, (t for topics in wanted.values() for t in topics)):
            raise KmigError(
                f"the copies of wave {number} are not ready: {lacks.what} does not exist on the target",
                lacks.remedy,
            )
        states = copies(opened.sites, wanted)
        found = paces(opened.sites, wanted, window)
        compared, unlike = _compared(opened.sites, move)
    faults = [] if started is Status.DONE else [f"stage replicate is {started}, not done"]
    faults += [f"connector {c.name} is {c.shown}" for c in states.values() if not c.running]
    faults += [one.fault for one in found if one.fault]
    faults += unlike
    here.show(
        [*tables.paces(found), *(f"compared: {line}" for line in compared)],
        {
            "wave": number,
            "topics": [p.model_dump() for p in found],
            "compared": compared,
            "faults": faults,
        },
    )
    if faults:
        hints = (c.resume_hint for c in states.values() if c.resume_hint)
        raise KmigError(
            f"the copies of wave {number} are not ready: {faults[0]}",
            next(hints, f"wait, then rerun `kmig replicate {number} --status`"),
        )
