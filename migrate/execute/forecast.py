"""How long a cutover will pause clients, by how long its steps took before in this migration. Pure."""

from collections.abc import Iterable, Mapping

from migrate.journal.durations import kind_of, took_by_kind
from migrate.journal.standing import Journal
from migrate.preflight.facts import Forecast
from migrate.stages.stage import Stage, planned
from migrate.steps import AwaitMembers, Gate, OpenWriteGate, Step, SwitchClients

USUAL: Mapping[str, float] = {
    "await_passed": 1.5,
    "await_drained": 2.0,
    "commit_offsets": 0.5,
    "await_members": 1.5,
}
"""Seconds that a step takes which this migration has not made yet, as rehearsals on two cores measure them."""

_OTHER = 0.1


def forecast(stage: Stage, journal: Journal) -> Forecast:
    """Return how long the steps of a cutover will pause each role, and how long the way back before the gate takes.

    Steps that are made at once count as the longest of them. A hook that has never run counts as nothing, and its
    workload is named.
    """
    took, groups = took_by_kind(journal, "cutover"), [*planned(stage)]
    lasting = [max(_seconds(step, took) for step in group) for group in groups]
    steps = [step for group in groups for step in group]
    hooks = [step for step in steps if isinstance(step, SwitchClients)]
    return Forecast(
        writes=_pause(groups, lasting, "producers"),
        consumers=_pause(groups, lasting, "consumers"),
        back=_back(steps, took),
        joins="await_members" not in took and any(isinstance(s, AwaitMembers) for s in steps),
        untried=tuple(sorted({hook.workload for hook in hooks if hook.key not in took})),
    )


def _pause(groups: list[tuple[Step, ...]], lasting: list[float], role: str) -> float:
    """Return the seconds from the first stop in a role until all of it is back."""
    first = [n for n, group in enumerate(groups) if any(_is(s, role, "stop") for s in group)][:1]
    last = [n for n, group in enumerate(groups) if any(_ends(s, role) for s in group)][-1:]
    return sum(sum(lasting[one : end + 1]) for one, end in zip(first, last, strict=False))


def _ends(step: Step, role: str) -> bool:
    if isinstance(step, AwaitMembers):
        return role == "consumers" and step.part != "services"
    return _is(step, role, "start")


def _is(step: Step, role: str, verb: str) -> bool:
    return isinstance(step, SwitchClients) and (step.role, step.verb) == (role, verb)


def _back(steps: Iterable[Step], took: Mapping[str, float]) -> float:
    """Return the seconds that a rollback needs before the gate: every stopped client is started again."""
    starts: dict[str, float] = {}
    changes = 0
    for step in steps:
        if isinstance(step, OpenWriteGate):
            break
        changes += not isinstance(step, Gate | SwitchClients)
        if isinstance(step, SwitchClients) and step.verb == "stop":
            known = took.get(f"start_clients {step.workload}", 0.0)
            starts[step.role] = max(starts.get(step.role, 0.0), known)
    return sum(starts.values()) + _OTHER * changes


def _seconds(step: Step, took: Mapping[str, float]) -> float:
    untried = 0.0 if isinstance(step, SwitchClients) else USUAL.get(step.op, _OTHER)
    return took.get(kind_of(step), untried)
