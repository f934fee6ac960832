"""`kmig apply`: prepare a wave on the target."""

from dataclasses import dataclass
from functools import partial

from migrate.errors import Refused
from migrate.execute.accepted import require_accepted
from migrate.execute.act import Invocation, Proposal, acting, forward
from migrate.execute.run import run
from migrate.execute.wave_state import WaveState
from migrate.journal.progress import prepared
from migrate.journal.standing import Journal, undoable
from migrate.model.words import count


@dataclass(frozen=True)
class Prepared:
    """The result; `absent` are brokers that were down, on which nothing was checked."""

    acted: int
    writes: int
    absent: tuple[int, ...]
    head: str


def prepare(context: Invocation, number: int) -> Prepared:
    """Create what the wave needs on the target, and keep what exists already."""

    def propose(journal: Journal) -> Proposal:
        state = forward(context, number, "prepare", journal, _require)
        steps = state.wave.prepare
        return Proposal(
            "prepare",
            lines=tuple(f"  {step.describe()}" for step in steps),
            question=f"make {count(len(steps), 'step')} on the target?",
            steps=steps,
            state=state,
            require=partial(require_accepted, state),
            closes=f"wave {state.wave.work}",
        )

    with acting(context, f"apply {number}", number, propose) as act:
        act.drive(run(act.proposal.steps, act.sites, act.begun))
        writes = act.opened.writes()
        absent = act.sites.target.reader.absent_brokers()
    return Prepared(act.acted, writes, absent, act.head)


def _require(state: WaveState) -> None:
    wave, journal = state.wave, state.journal
    if undoable(journal, wave.number, "cutover"):
        raise Refused(
            f"wave {wave.number} cannot be prepared again: its cutover was begun",
            "run `kmig status`: it names the next command",
        )
    ready = {w.number for w in prepared(journal, state.plan)}
    for earlier in state.plan.waves:
        if earlier.number < wave.number and earlier.number not in ready:
            raise Refused(
                f"wave {earlier.number} is not prepared: it creates DENY ACLs that must exist before any ALLOW",
                f"run `kmig apply {earlier.number}` first",
            )
