"""The stages after `prepare`: what each requires, and the steps that it consists of."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from migrate.errors import Refused
from migrate.execute import guards
from migrate.execute.act import Invocation, Outcome, carry
from migrate.execute.ahead import ahead
from migrate.execute.wave_state import WaveState
from migrate.journal.copying import copy_connectors
from migrate.journal.positions import frozen
from migrate.journal.progress import Status, half_made, status_of
from migrate.journal.standing import begun, pointed, undoable, waiting
from migrate.stages import close as closing
from migrate.stages import cutover as cutting_over
from migrate.stages import replicate as replicating
from migrate.stages import rotate as rotating
from migrate.stages.move import require_switches
from migrate.stages.stage import Stage


def replicate(context: Invocation, number: int) -> Outcome:
    """Start the copy of a wave's topics; all steps are checked before the first is made."""
    return carry(context, number, "replicate", _replicate, _may_replicate, ahead=True)


def cutover(
    context: Invocation, number: int, unknown: Mapping[str, str] = MappingProxyType({})
) -> Outcome:
    """Move a wave's clients; `unknown` are questions of preflight that need no answer, each with the reason."""

    def may(state: WaveState) -> None:
        _require_same_order(state)
        require_switches(state.move())
        _require_restarts(state)
        guards.approved(state)
        guards.its_day(state, context.clock.now().date())
        here = state.wave.number
        guards.done(state, "replicate", range(here + 1), "its topics are not copied")
        guards.done(state, "cutover", range(here), "waves are cut over in their order")

    today = context.clock.now().date()

    def steps(state: WaveState) -> Stage:
        move = state.move()
        wanted = ahead(state, move, today, unknown, stays=context.stays)
        return cutting_over.cutover(replace(move, ahead=wanted))

    return carry(context, number, "cutover", steps, may)


def rotate(context: Invocation, number: int) -> Outcome:
    """Rotate the credentials of a wave's workloads, and prove the old ones dead."""

    def may(state: WaveState) -> None:
        guards.approved(state)
        guards.done(state, "cutover", [state.wave.number], "its clients have not moved")

    return carry(
        context, number, "rotate", lambda g: rotating.rotate(g.move(), g.plan.principals), may
    )


def close(context: Invocation, number: int) -> Outcome:
    """End a wave: the copier's grants on its topics, and the client files that were kept for a rollback."""

    def may(state: WaveState) -> None:
        guards.done(state, "cutover", [state.wave.number], "its clients have not moved")
        _require_no_half_rotation(state)

    def steps(state: WaveState) -> Stage:
        owns = {wave.number: bool(wave.owns_topics) for wave in state.plan.waves}
        files = pointed(state.journal, closing.waves_ended_by(state.wave.number, owns.__getitem__))
        left = waiting(state.journal, number)
        return closing.close(state.move(), frozen(state.journal, number), files, left)

    return carry(context, number, "close", steps, may)


def _require_no_half_rotation(state: WaveState) -> None:
    """Refuse to end a wave whose rotation stopped halfway: an old secret may still log in, and nobody was told."""
    number = state.wave.number
    if status_of(state.journal, state.wave, "rotate") in (Status.BEGUN, Status.FAILED):
        raise Refused(
            f"the rotation of wave {number} was begun and has not ended: old secrets may still log in",
            f"rerun `kmig rotate {number}`; a wave is closed after it, also where it ends as `not proven`",
        )


def _require_same_order(state: WaveState) -> None:
    """Refuse to go on with the steps of a version that made them in another order."""
    number = state.wave.number
    if "read_positions" in begun(state.journal, number, "cutover"):
        raise Refused(
            f"the cutover of wave {number} was begun by an earlier version of kmig, in another order of steps",
            f"end it with that version, or go back with `kmig rollback {number}`; a wave that has ended is complete",
        )


def _require_restarts(state: WaveState) -> None:
    """Refuse a wave of which a hook stopped clients that are now called a batch job: no hook would start them."""
    steps = begun(state.journal, state.wave.number, "cutover")
    for workload in state.move().workloads:
        start = steps.get(f"start_clients {workload.name}")
        stopped = f"stop_clients {workload.name}" in steps and not (start and start.finished)
        if workload.is_batch and stopped:
            raise Refused(
                f"workload {workload.name} is a batch job now, but its stop hook has run: "
                "nothing would start its clients",
                f"restore its `switch.command` until wave {state.wave.number} is cut over, or go back with "
                f"`kmig rollback {state.wave.number}`",
            )


def _may_replicate(state: WaveState) -> None:
    number = state.wave.number
    guards.done(state, "prepare", range(number + 1), "its topics do not exist on the target")
    for wave in state.plan.waves:
        moved = set(wave.owns_topics) & set(state.wave.copies)
        if moved and undoable(state.journal, wave.number, "cutover"):
            raise Refused(
                f"topic {sorted(moved)[0]} cannot be copied: its producers move with wave {wave.number}, "
                "whose cutover was begun",
                f"continue with `kmig cutover {wave.number}`, or go back with `kmig rollback {wave.number}`",
            )

    copies = copy_connectors(state.journal)
    own = {name for name, copy in copies.items() if set(copy.topics) & set(state.wave.copies)}
    for wave in state.plan.waves:
        # its gates hold for a copy that nobody touches meanwhile
        moves = half_made(state.journal, wave, "cutover")
        if moves and own & set(replace(state, wave=wave).move().connectors):
            raise Refused(
                f"wave {wave.number} is in the midst of its cutover, and reads what this wave's connector copies",
                f"continue with `kmig cutover {wave.number}`, or go back with `kmig rollback {wave.number}`",
            )


def _replicate(state: WaveState) -> Stage:
    replication = state.config.replication
    if replication is not None:  # a config without it is refused when the sites are opened
        # a generator, because the executor sends each made step back into it
        yield from (step for step in replicating.steps(state.config, replication, state.wave))
