"""kmig replicate."""

from typing import Annotated

import typer

from migrate.cli.act import Ground, carry, ground_of, made, require_done
from migrate.cli.session import Session, session
from migrate.errors import KmigError, Refused
from migrate.execute.run import Stage


def replicate(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number in plan.json.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Only say how far the wave's copies are.")
    ] = False,
    window: Annotated[
        float, typer.Option(min=0.5, max=300, help="Seconds between the two looks of --status.")
    ] = 2.0,
) -> None:
    """Copy a wave's topics to the target with MirrorMaker 2, on the Connect cluster of `replication`.

    The worker is proven first: it writes to the target, and supports exactly-once copies. --status says how far each
    topic is, by Connect's own offsets and by reading, and whether the copy is as fast as its producers; exit 1 while
    the wave is not ready to be cut over.

    Example: kmig replicate 1 --yes
    """
    here = session(context)
    if status:
        _status(here, wave, window)
        return
    acted, _, head = carry(
        here,
        wave,
        "replicate",
        _stage,
        _require,
        yes=yes,
        ahead=True,
    )
    here.show(
        f"wave {wave} replicates: {made(acted)}; kmig replicate {wave} --status says how far\njournal head {head}",
        {"wave": wave, "steps_made": acted, "journal_head": head},
    )


def _require(ground: Ground) -> None:
    from migrate.execute.journalled import undoable

    number = ground.wave.number
    require_done(ground, "prepare", range(number + 1), "the topics are not on target yet")
    for wave in ground.plan.waves:
        moved = set(wave.owns_topics) & set(ground.wave.copies)
        if moved and undoable(ground.journal, wave.number, "cutover"):
            raise Refused(
                f"the producers of {sorted(moved)[0]} move with wave {wave.number}, whose cutover was begun: "
                "its copy is not started again",
                f"kmig cutover {wave.number} goes on; kmig rollback {wave.number} goes back",
            )


def _stage(ground: Ground) -> Stage:
    from migrate.stages.replicate import steps

    replication = ground.config.replication
    if replication is not None:  # `both` refuses a migration without one
        # a generator, because what the executor sends back must be taken
        yield from (step for step in steps(ground.config, replication, ground.wave))


def _status(here: Session, number: int, window: float) -> None:
    from migrate.logs.lag import copies, paces
    from migrate.render import tables
    from migrate.wiring.sites import both

    journal = here.folder.executed()
    ground = ground_of(here, number, journal)
    move = ground.move()
    wanted = {name: move.copies[name].topics for name in move.connectors}
    if not wanted:
        here.show(f"wave {number}: nothing is copied for it now", {"wave": number, "topics": []})
        return
    with both(here.folder, here.environ, ground.plan, moving=True) as opened:
        states = copies(opened.sites, wanted)
        found = paces(opened.sites, wanted, window)
    faults = [f"connector {c.name} is {c.state}" for c in states.values() if not c.running]
    faults += [one.fault for one in found if one.fault]
    here.show(
        tables.paces(found),
        {"wave": number, "topics": [p.model_dump() for p in found], "faults": faults},
    )
    if faults:
        raise KmigError(f"wave {number} is not ready: {faults[0]}", "wait, and ask again")
