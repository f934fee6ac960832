"""Questions about the journal: the state of each step, folded once from all entries; each question is a filter on it.

A `started` or `failed` step still counts: what was asked of the site may have happened. Only `undone` and `rejected`
end it.
"""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

from migrate.documents.plan import StageName
from migrate.journal.entry import ROOT, Entry, Event
from migrate.model.acl import Acl
from migrate.steps import (
    CreateAcls,
    CreateCredential,
    DeleteAcls,
    ForgetFile,
    Gate,
    OpenWriteGate,
    OverlapCredential,
    PointClients,
    ReturnRetention,
    RevokeCredential,
    Step,
)

Part = StageName | Literal["drill", "prune", "settle"]
"""A stage of a wave, or an action beside the stages, as the journal names it."""

_Kind = TypeVar("_Kind")
_ENDED: tuple[Event, ...] = ("undone", "rejected")


class StepState(NamedTuple):
    """A step as the journal leaves it: concrete, with the last event of it."""

    wave: int
    stage: str
    step: Step
    event: Event
    at: datetime
    seq: int
    detail: str

    @property
    def stands(self) -> bool:
        """Whether the site may show the step: it was announced, and neither rejected nor undone since."""
        return self.event not in _ENDED

    @property
    def finished(self) -> bool:
        """Whether the step was made, and a rerun of the command has nothing to add to it."""
        return self.event == "done" and self.step.settled


def fold(entries: Iterable[Entry]) -> tuple[StepState, ...]:
    """Return the state of every step, in the order in which the steps were started.

    A step is identified by wave, stage and key. When anything of a stage is undone, the answers of its gates end:
    they held only before. When a gate fails, the steps in its `repeats` count as started, not done: a rerun makes
    them again.
    """
    states: dict[tuple[int, str, str], StepState] = {}
    for entry in entries:
        if entry.step is None:
            continue
        place = (entry.wave, entry.stage, entry.key)
        if place in states and not states[place].stands:
            del states[place]  # a step that is started again comes after those made meanwhile
        states[place] = StepState(
            wave=entry.wave,
            stage=entry.stage,
            step=entry.step,
            event=entry.event,
            at=entry.at,
            seq=entry.seq,
            detail=entry.detail,
        )
        if entry.event == "undoing":
            for other, state in states.items():
                if other[:2] == place[:2] and isinstance(state.step, Gate):
                    states[other] = state._replace(event="undone")
        if entry.event == "failed" and isinstance(entry.step, Gate):
            for other in ((*place[:2], key) for key in entry.step.repeats):
                if other in states and states[other].stands:
                    states[other] = states[other]._replace(event="started")
    return tuple(states.values())


@dataclass(frozen=True)
class Journal:
    """All entries, and the states of the steps in them."""

    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> str:
        """The hash of the last entry."""
        return self.entries[-1].hash if self.entries else ROOT

    @property
    def count(self) -> int:
        """The number of entries."""
        return len(self.entries)

    def hash_of(self, number: int) -> str:
        """Return the hash of the entry of that number, from 1; empty if there is no such entry."""
        return self.entries[number - 1].hash if 1 <= number <= self.count else ""

    def entry(self, number: int) -> Entry:
        """Return the entry of that number, from 1."""
        return self.entries[number - 1]

    @cached_property
    def states(self) -> tuple[StepState, ...]:
        """The state of every step."""
        return fold(self.entries)

    @cached_property
    def _by_stage(self) -> dict[tuple[int, str], list[StepState]]:
        found: dict[tuple[int, str], list[StepState]] = defaultdict(list)
        for state in self.states:
            found[state.wave, state.stage].append(state)
        return found

    def of(self, wave: int, stage: Part) -> tuple[StepState, ...]:
        """Return the steps of a stage of a wave, ended ones included."""
        return tuple(self._by_stage.get((wave, stage), ()))

    @cached_property
    def _lasts(self) -> dict[tuple[int, str], StepState]:
        return {(s.wave, s.stage): s for s in sorted(self.states, key=lambda state: state.seq)}

    def last_of(self, wave: int, stage: Part) -> StepState | None:
        """Return the step of a stage of a wave that was acted on last."""
        return self._lasts.get((wave, stage))

    @cached_property
    def _ends(self) -> dict[tuple[int, str], Entry]:
        return {(e.wave, e.stage): e for e in self.entries if e.event == "end"}

    def end_of(self, wave: int, stage: Part) -> Entry | None:
        """Return the last end of a run of a stage of a wave."""
        return self._ends.get((wave, stage))

    def standing(self, kind: type[_Kind]) -> tuple[tuple[StepState, _Kind], ...]:
        """Return the steps of a kind that the site may show, of every wave and stage."""
        return tuple((n, n.step) for n in self.states if n.stands and isinstance(n.step, kind))


def waves(journal: Journal, stage: Part | None = None) -> tuple[int, ...]:
    """Return the waves with any entry, or with any of this stage, in order."""
    return tuple(sorted({e.wave for e in journal.entries if e.wave and stage in (None, e.stage)}))


def targets(journal: Journal) -> frozenset[str]:
    """Return the cluster ids of the targets that runs acted on."""
    return frozenset(e.target for e in journal.entries if e.target)


def last_change(journal: Journal) -> datetime | None:
    """Return when a step was last acted on; None before the first."""
    return max((state.at for state in journal.states), default=None)


def begun(journal: Journal, wave: int, stage: Part) -> dict[str, StepState]:
    """Return the steps of a stage that the site may show, by key, in the order in which they were started."""
    return {state.step.key: state for state in journal.of(wave, stage) if state.stands}


def undoable(journal: Journal, wave: int, stage: Part) -> tuple[Step, ...]:
    """Return the steps of a stage that can be undone, in the order in which they were started.

    Gates are none; but where something else can be undone, those go with it that have seen what must return. Their
    answers end when anything is undone, and what they have seen does not.
    """
    states = journal.of(wave, stage)
    if not any(state.stands and not isinstance(state.step, Gate) for state in states):
        return ()
    last = {entry.seq: entry.event for entry in journal.entries}
    return tuple(
        state.step
        for state in states
        if (
            state.step.returns and last[state.seq] not in _ENDED
            if isinstance(state.step, Gate)
            else state.stands
        )
    )


def before_cutover(journal: Journal) -> tuple[tuple[int, Step], ...]:
    """Return the steps of the stages before the cutover that the site may show, with their waves."""
    stages = ("prepare", "replicate")
    return tuple((n.wave, n.step) for n in journal.states if n.stands and n.stage in stages)


def last_touched(journal: Journal, wave: int, stage: Part) -> int:
    """Return the number of the last entry about a step of a stage; 0 if there is none."""
    return max((state.seq for state in journal.of(wave, stage)), default=0)


def created(journal: Journal, side: Literal["source", "target"]) -> frozenset[Acl]:
    """Return the ACLs that steps of this migration created on a side, and did not undo."""
    steps = (step for _, step in journal.standing(CreateAcls) if step.side == side)
    return frozenset(acl for step in steps for acl in set(step.acls) - set(step.before or ()))


def fences(journal: Journal) -> frozenset[Acl]:
    """Return the ACLs that this migration has created on the source: they are no part of the estate that moves."""
    return created(journal, "source")


def granted(journal: Journal) -> frozenset[Acl]:
    """Return the ACLs that write gates have granted, or may have granted when they were interrupted."""
    return frozenset(acl for _, gate in journal.standing(OpenWriteGate) for acl in gate.acls)


def acls_on_target(journal: Journal) -> frozenset[Acl]:
    """Return the ACLs of this migration that the target may have now: created or granted, and not deleted since."""
    found: set[Acl] = set()
    for state in sorted((s for s in journal.states if s.stands), key=lambda s: s.seq):
        step = state.step
        if isinstance(step, CreateAcls) and step.side == "target":
            found |= set(step.acls)  # some existed before: they allow as much
        elif isinstance(step, OpenWriteGate):
            found |= set(step.acls)
        elif isinstance(step, DeleteAcls) and state.event == "done":
            found -= set(step.acls)
    return frozenset(found)


def on_target(journal: Journal, user: str) -> tuple[tuple[str, int], ...]:
    """Return the mechanisms in which a user may log in on the target by this migration, each with its last entry."""
    revoked = {
        step.mechanism: state.seq
        for state, step in journal.standing(RevokeCredential)
        if step.user == user and state.event == "done" and step.verdict == "proven"
    }
    made = [
        *((s.mechanism, n.seq) for n, s in journal.standing(CreateCredential) if s.user == user),
        *((s.new, n.seq) for n, s in journal.standing(OverlapCredential) if s.user == user),
    ]
    return tuple((m, seq) for m, seq in made if seq > revoked.get(m, 0))


def verdicts(journal: Journal, wave: int) -> tuple[RevokeCredential, ...]:
    """Return the last verdict of a wave's rotation on each principal."""
    by_user = {
        step.user: step
        for state, step in journal.standing(RevokeCredential)
        if (state.wave, state.stage, state.event) == (wave, "rotate", "done")
    }
    return tuple(by_user.values())


def waiting(journal: Journal, wave: int) -> tuple[ReturnRetention, ...]:
    """Return what a wave's cutover left of returning the retention of its topics."""
    return tuple(
        step
        for state, step in journal.standing(ReturnRetention)
        if (state.wave, state.stage, state.event) == (wave, "cutover", "done") and step.waits
    )


def pointed(journal: Journal, waves: Container[int]) -> tuple[str, ...]:
    """Return the client files that the switches of these waves replaced, and no rollback has restored."""
    paths = {step.path for state, step in journal.standing(PointClients) if state.wave in waves}
    return tuple(sorted(paths))


def restorable(journal: Journal) -> tuple[str, ...]:
    """Return the client files whose original a rollback may still need: a close has not removed it."""
    forgotten = {step.path for _, step in journal.standing(ForgetFile)}
    return tuple(p for p in pointed(journal, waves(journal)) if p not in forgotten)
