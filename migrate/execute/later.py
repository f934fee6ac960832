"""The stages after `prepare`: what each demands, and which steps it is made of."""

from migrate.errors import Refused
from migrate.execute import guards
from migrate.execute.act import Desk, Outcome, carry
from migrate.execute.ground import Ground
from migrate.journal.standing import frozen, pointed, undoable
from migrate.stages import close as closing
from migrate.stages import cutover as cutting_over
from migrate.stages import replicate as replicating
from migrate.stages import rotate as rotating
from migrate.stages.move import require_switches
from migrate.stages.stage import Stage


def replicate(desk: Desk, number: int) -> Outcome:
    """Start the copy of a wave's topics; all its steps are looked at before the first is made."""
    return carry(desk, number, "replicate", _replicate, _may_replicate, ahead=True)


def cutover(desk: Desk, number: int) -> Outcome:
    """Move a wave's clients."""

    def may(ground: Ground) -> None:
        require_switches(ground.move())
        guards.approved(ground)
        guards.its_day(ground, desk.clock.now().date())
        here = ground.wave.number
        guards.done(ground, "replicate", range(here + 1), "its topics are not copied")
        guards.done(ground, "cutover", range(here), "its consumers would lose their source")

    return carry(desk, number, "cutover", lambda g: cutting_over.cutover(g.move()), may)


def rotate(desk: Desk, number: int) -> Outcome:
    """Exchange the credentials of a wave's workloads, and prove the old ones dead."""

    def may(ground: Ground) -> None:
        guards.approved(ground)
        guards.done(ground, "cutover", [ground.wave.number], "its clients are not moved")

    return carry(
        desk, number, "rotate", lambda g: rotating.rotate(g.move(), g.plan.principals), may
    )


def close(desk: Desk, number: int) -> Outcome:
    """End a wave."""

    def may(ground: Ground) -> None:
        guards.done(ground, "cutover", [ground.wave.number], "its clients are not moved")

    def steps(ground: Ground) -> Stage:
        owns = {wave.number: bool(wave.owns_topics) for wave in ground.plan.waves}
        files = pointed(ground.journal, closing.ended(ground.wave.number, owns.__getitem__))
        return closing.close(ground.move(), frozen(ground.journal, number), files)

    return carry(desk, number, "close", steps, may)


def _may_replicate(ground: Ground) -> None:
    number = ground.wave.number
    guards.done(ground, "prepare", range(number + 1), "the topics are not on target yet")
    for wave in ground.plan.waves:
        moved = set(wave.owns_topics) & set(ground.wave.copies)
        if moved and undoable(ground.journal, wave.number, "cutover"):
            raise Refused(
                f"the producers of {sorted(moved)[0]} move with wave {wave.number}, whose cutover was begun: "
                "its copy is not started again",
                f"kmig cutover {wave.number} goes on; kmig rollback {wave.number} goes back",
            )


def _replicate(ground: Ground) -> Stage:
    replication = ground.config.replication
    if replication is not None:  # a migration without one is refused where both sites are opened
        # a generator, because what the executor sends back must be taken
        yield from (step for step in replicating.steps(ground.config, replication, ground.wave))
