"""The journal is asked, not read: the life of each step, folded once; every question is a filter on it.

`started` and `failed` go on counting: what was asked for may have happened. Only `undone` and `rejected` end a life.
"""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeVar

from migrate.documents.plan import StageName, Wave
from migrate.journal.entry import ROOT, Entry, Event
from migrate.logs.translate import Translation
from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.steps import (
    AwaitQuiet,
    CommitOffsets,
    CreateAcls,
    ForgetFile,
    FreezeTopics,
    Gate,
    OpenWriteGate,
    PointClients,
    RevokeCredential,
    Step,
)

Part = StageName | Literal["drill", "prune"]
"""A stage, or what is done beside the stages."""

_Kind = TypeVar("_Kind")
_ENDED: tuple[Event, ...] = ("undone", "rejected")


@dataclass(frozen=True)
class Life:
    """A step as the journal leaves it: concrete, with the last thing that happened to it."""

    wave: int
    stage: str
    step: Step
    event: Event
    at: datetime
    seq: int
    detail: str

    @property
    def stands(self) -> bool:
        """Whether the site may show it: it was announced, and neither rejected nor undone since."""
        return self.event not in _ENDED

    @property
    def finished(self) -> bool:
        """Whether it was made, and the same command again has nothing to add to it."""
        return self.event == "done" and self.step.settled


def fold(entries: Iterable[Entry]) -> tuple[Life, ...]:
    """Return the life of every step, in the order in which steps came to stand.

    A step is known by wave, stage and key. When anything of a stage is undone, the answers of its gates end: they
    were about a world that is being taken back. When a gate says no, the steps whose effect it asked for are begun
    again, not done: the same command makes them once more.
    """
    found: dict[tuple[int, str, str], Life] = {}
    for entry in entries:
        if entry.step is None:
            continue
        place = (entry.wave, entry.stage, entry.key)
        if place in found and not found[place].stands:
            del found[place]  # it comes to stand again, behind what was made meanwhile
        found[place] = Life(
            wave=entry.wave,
            stage=entry.stage,
            step=entry.step,
            event=entry.event,
            at=entry.at,
            seq=entry.seq,
            detail=entry.detail,
        )
        if entry.event == "undoing":
            for other, life in found.items():
                if other[:2] == place[:2] and isinstance(life.step, Gate):
                    found[other] = replace(life, event="undone")
        if entry.event == "failed" and isinstance(entry.step, Gate):
            for other in ((*place[:2], key) for key in entry.step.repeats):
                if other in found and found[other].stands:
                    found[other] = replace(found[other], event="started")
    return tuple(found.values())


@dataclass(frozen=True)
class Journal:
    """All entries, and what is asked of them."""

    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> str:
        """The last hash."""
        return self.entries[-1].hash if self.entries else ROOT

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def hash_of(self, number: int) -> str:
        """Return the hash of the entry of that number, from 1; empty where there is none."""
        return self.entries[number - 1].hash if 1 <= number <= self.count else ""

    @cached_property
    def lives(self) -> tuple[Life, ...]:
        """Every step's life."""
        return fold(self.entries)

    @cached_property
    def _by_stage(self) -> dict[tuple[int, str], list[Life]]:
        found: dict[tuple[int, str], list[Life]] = defaultdict(list)
        for life in self.lives:
            found[life.wave, life.stage].append(life)
        return found

    def of(self, wave: int, stage: Part) -> tuple[Life, ...]:
        """The steps of a stage of a wave, ended ones included."""
        return tuple(self._by_stage.get((wave, stage), ()))

    def standing(self, kind: type[_Kind]) -> tuple[tuple[Life, _Kind], ...]:
        """Steps of a kind that the site may show, of every wave and stage."""
        return tuple((n, n.step) for n in self.lives if n.stands and isinstance(n.step, kind))


def waves(journal: Journal, stage: Part | None = None) -> tuple[int, ...]:
    """Waves of which anything was done, or anything of a stage, in order."""
    return tuple(sorted({e.wave for e in journal.entries if e.wave and stage in (None, e.stage)}))


def targets(journal: Journal) -> frozenset[str]:
    """Cluster ids of the targets that runs acted on."""
    return frozenset(e.target for e in journal.entries if e.target)


def last_change(journal: Journal) -> datetime | None:
    """When a step was last acted on; None before the first."""
    return max((life.at for life in journal.lives), default=None)


def begun(journal: Journal, wave: int, stage: Part) -> dict[str, Life]:
    """Steps of a stage that the site may show, by key, in the order in which they were started."""
    return {life.step.key: life for life in journal.of(wave, stage) if life.stands}


def undoable(journal: Journal, wave: int, stage: Part) -> tuple[Step, ...]:
    """Concrete steps of a stage to undo, in the order in which they were started; a gate changed nothing."""
    found = (life.step for life in begun(journal, wave, stage).values())
    return tuple(step for step in found if not isinstance(step, Gate))


def before_cutover(journal: Journal) -> tuple[tuple[int, Step], ...]:
    """Steps of the stages before the cutover that the site may show, with their waves."""
    stages = ("prepare", "replicate")
    return tuple((n.wave, n.step) for n in journal.lives if n.stands and n.stage in stages)


def last_touched(journal: Journal, wave: int, stage: Part) -> int:
    """The number of the last entry about a step of a stage; 0 where there is none."""
    return max((life.seq for life in journal.of(wave, stage)), default=0)


def created(journal: Journal, side: Literal["source", "target"]) -> frozenset[Acl]:
    """ACLs that steps of this migration created on a side, and did not undo."""
    steps = (step for _, step in journal.standing(CreateAcls) if step.side == side)
    return frozenset(acl for step in steps for acl in set(step.acls) - set(step.before or ()))


def fences(journal: Journal) -> frozenset[Acl]:
    """ACLs that this migration put onto the source and has not taken away: no part of the estate that moves."""
    return created(journal, "source")


def granted(journal: Journal) -> frozenset[Acl]:
    """What open write gates have granted, or may have when they were interrupted."""
    return frozenset(acl for _, gate in journal.standing(OpenWriteGate) for acl in gate.acls)


def committed(journal: Journal, wave: Wave) -> dict[str, tuple[Translation, ...]]:
    """What a wave's cutover committed and has not begun to take back, by group."""
    return {
        step.group: step.translations
        for life, step in journal.standing(CommitOffsets)
        if life.wave == wave.number and life.event == "done"
    }


def quiet_commits(journal: Journal, wave: int) -> dict[str, tuple[Position, ...]]:
    """Commits on the source that a wave's cutover saw when it waited for groups to be quiet, by group."""
    gates = (s for n, s in journal.standing(AwaitQuiet) if n.wave == wave and n.finished)
    return {g: there for one in gates if one.side == "source" for g, there in one.commits.items()}


def frozen(journal: Journal, wave: int) -> tuple[Position, ...]:
    """Where the topics that a wave owns were frozen on the source."""
    ends = [s.ends for n, s in journal.standing(FreezeTopics) if n.wave == wave and s.ends]
    return ends[-1] if ends else ()


def verdicts(journal: Journal, wave: int) -> tuple[RevokeCredential, ...]:
    """The last proof of each principal that a wave's rotation has come to."""
    found = {
        step.user: step
        for life, step in journal.standing(RevokeCredential)
        if (life.wave, life.stage, life.event) == (wave, "rotate", "done")
    }
    return tuple(found.values())


def pointed(journal: Journal, waves: Container[int]) -> tuple[str, ...]:
    """Files that the switches of these waves replaced, and that no rollback has restored; each once."""
    found = {step.path for life, step in journal.standing(PointClients) if life.wave in waves}
    return tuple(sorted(found))


def restorable(journal: Journal) -> tuple[str, ...]:
    """Files whose earlier content a rollback may still need: those of `pointed` that no close has forgotten."""
    forgotten = {step.path for _, step in journal.standing(ForgetFile)}
    return tuple(p for p in pointed(journal, waves(journal)) if p not in forgotten)
