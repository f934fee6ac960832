"""`kmig settle`: what becomes of records that were written to the source after the fence."""

from dataclasses import dataclass

from migrate.documents.digest import digest
from migrate.documents.plan import Plan
from migrate.errors import Refused
from migrate.execute import guards
from migrate.execute.act import Invocation, Proposal, acting
from migrate.execute.run import run
from migrate.journal import approval
from migrate.journal.positions import frozen, opened
from migrate.journal.standing import Journal
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps import SettleStrays


@dataclass(frozen=True)
class Settled:
    """The result: the step as it was journalled, and the journal's head."""

    step: SettleStrays
    head: str


def settle(context: Invocation, number: int, how: str, because: str) -> Settled:
    """Note stray writes of a wave as copied by hand, which is looked for on the target, or as lost.

    A loss needs the owner's approval of exactly these records.
    """

    def propose(journal: Journal) -> Proposal:
        plan = context.folder.plan()
        guards.known_wave(plan, number)
        wanted = _wanted(journal, number, how, because)

        def look(sites: Sites) -> Proposal:
            step = wanted.aim(sites)
            if step.how == "lost":
                _require_approval(journal, number, step)
            return _proposal(plan, step)

        return Proposal("settle", known=plan, look=look)

    with acting(context, f"settle {number} --{how}", number, propose) as act:
        act.drive(run(act.proposal.steps, act.sites, act.begun))
    (step,) = act.proposal.steps
    assert isinstance(step, SettleStrays)
    return Settled(step, act.head)


def loss(step: SettleStrays) -> str:
    """Return the digest of what would be lost: an owner's approval is about this, and nothing else."""
    return digest([stray.model_dump() for stray in step.found])[:12]


def _wanted(journal: Journal, number: int, how: str, because: str) -> SettleStrays:
    """Return the step for the wave as the journal has it; refuse a wave whose write gate is not open."""
    since = opened(journal, number)
    if not since:
        raise Refused(
            f"the write gate of wave {number} is not open, so nothing can be settled",
            f"before the gate go back with `kmig rollback {number}`: then the source has every record",
        )
    earlier = sum(state.wave == number for state, _ in journal.standing(SettleStrays))
    return SettleStrays.model_validate(
        {
            "because": because,
            "number": earlier + 1,
            "how": how,
            "ends": frozen(journal, number),
            "since": since,
        }
    )


def _proposal(plan: Plan, step: SettleStrays) -> Proposal:
    records = sum(stray.records for stray in step.found)
    younger = (
        f"  {count(step.younger, 'record')} stand behind a younger record of the key: who keeps the last value keeps "
        "an older one"
    )
    return Proposal(
        "settle",
        lines=(*(f"  {stray}" for stray in step.found), *([younger] if step.younger else ())),
        question=f"note {count(records, 'record')} as {step.how}?",
        steps=(step,),
        known=plan,
        closes="",
    )


def _require_approval(journal: Journal, number: int, step: SettleStrays) -> None:
    if approval.of_loss(journal, number, loss(step)):
        return
    lines = [f"the loss of these records is not approved: {loss(step)}", *map(str, step.found)]
    raise Refused(lines, f"run `kmig approve {number} --as owner --loss {loss(step)}`")
