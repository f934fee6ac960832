"""`kmig apply WAVE --prune`: delete the ACLs that a wave's principals have on the target beyond the plan."""

from dataclasses import dataclass

from migrate.errors import Refused
from migrate.execute.act import Invocation, Proposal, acting, forward
from migrate.execute.run import run
from migrate.execute.wave_state import WaveState
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal, granted
from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import Sites
from migrate.stages.prune import extras, step
from migrate.steps import DeleteAcls


@dataclass(frozen=True)
class Pruned:
    """The result: the deleted ACLs, and the journal's head."""

    deleted: tuple[Acl, ...]
    head: str


def prune(context: Invocation, number: int, *, at_most: int) -> Pruned:
    """Print the list, ask for consent, and delete by exact filter; `kmig rollback` recreates the ACLs."""

    def propose(journal: Journal) -> Proposal:
        state = forward(context, number, "prune", journal, _require)

        def look(sites: Sites) -> Proposal:
            existing = sites.target.reader.acls()
            extra = extras(state.plan, state.wave, existing, granted(journal))
            if not extra:
                return Proposal("prune", state=state)
            return Proposal(
                "prune",
                lines=tuple(f"  delete {acl}" for acl in extra),
                question=f"delete {count(len(extra), 'ACL')} on the target?",
                steps=(step(extra, at_most),),
                state=state,
                closes="",
            )

        return Proposal("prune", state=state, look=look)

    with acting(context, f"apply {number} --prune", number, propose) as act:
        act.drive(run(act.proposal.steps, act.sites, act.begun))
    steps = (one for one in act.proposal.steps if isinstance(one, DeleteAcls))
    return Pruned(tuple(acl for one in steps for acl in one.acls), act.head)


def _require(state: WaveState) -> None:
    number = state.wave.number
    if status_of(state.journal, state.wave, "prepare") is not Status.DONE:
        raise Refused(
            f"wave {number} is not prepared: its own ACLs must exist before others are deleted",
            f"run `kmig apply {number}` first",
        )
