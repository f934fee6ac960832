"""Judging a rehearsal by its records: acknowledged, in both logs, and processed by each group. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import Field

from migrate.model.base import Model
from migrate.rehearse.lab.client import Identity

_EXAMPLES = 5
Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True)
class Record:
    """A record on one side, at an offset, numbered by its producer."""

    side: str
    place: Place
    offset: int
    identity: Identity

    @property
    def key(self) -> tuple[str, Identity]:
        """Return what identifies the same record on both sides."""
        return self.place[0], self.identity

    def __str__(self) -> str:
        topic, partition = self.place
        who = f"{self.identity.producer}/{self.identity.number}"
        return f"{topic}-{partition} {who}, {self.side} offset {self.offset}"


@dataclass(frozen=True)
class History:
    """All records of one rehearsal.

    `processed` is in the order of each group's own log; `began` are its first commits on the source.
    """

    acknowledged: tuple[Record, ...]
    source: tuple[Record, ...]
    target: tuple[Record, ...]
    processed: Mapping[str, tuple[Record, ...]]
    began: Mapping[str, Mapping[Place, int]]
    moved: frozenset[str] = field(default_factory=frozenset)
    """Topics whose producers are on the target: all their records must be there."""


class FaultCount(Model):
    """How often one fault was found, and some examples."""

    number: int = 0
    examples: tuple[str, ...] = ()


class GroupJudgement(Model):
    """What one group processed, and its faults."""

    group: str
    processed: int
    skipped: FaultCount
    duplicated: FaultCount
    reordered: FaultCount


class Judgement(Model):
    """reports/judge.json."""

    schema_version: int = 1
    records: int
    lost: int
    skipped: int
    duplicated: int
    reordered: int
    lost_examples: tuple[str, ...] = ()
    copied_twice: FaultCount = FaultCount()
    silent: tuple[str, ...] = ()
    groups: tuple[GroupJudgement, ...]
    pause_seconds: dict[str, dict[str, float | None]] = Field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Return whether there is no fault, and at least a record and a group were judged."""
        faults = self.lost + self.skipped + self.duplicated + self.reordered
        faults += self.copied_twice.number + len(self.silent)
        return faults == 0 and self.records > 0 and bool(self.groups)


def judge(history: History) -> Judgement:
    """Return how many records were lost, skipped, duplicated, reordered or copied twice.

    Lost is a record that was acknowledged, and is not in the log that counts: the target's where its producer moved.
    Copied twice is one that is on the target more often than it was written. Silent is a topic whose producer moved,
    and of which nothing was acknowledged on the target.
    """
    anywhere = {r.key for r in (*history.source, *history.target)}
    on_target = {r.key for r in history.target}
    lost = [
        r
        for r in history.acknowledged
        if r.key not in (on_target if r.place[0] in history.moved else anywhere)
    ]
    lost += [r for r in history.source if r.place[0] in history.moved and r.key not in on_target]
    lost_once = _count({r.key: str(r) for r in reversed(lost)}.values())
    heard = {r.place[0] for r in history.acknowledged if r.side == "target"}
    groups = tuple(_group(name, history) for name in sorted(history.processed))
    return Judgement(
        records=len(anywhere),
        lost=lost_once.number,
        lost_examples=lost_once.examples,
        copied_twice=_count(_repeated(history)),
        silent=tuple(sorted(history.moved - heard)),
        skipped=sum(g.skipped.number for g in groups),
        duplicated=sum(g.duplicated.number for g in groups),
        reordered=sum(g.reordered.number for g in groups),
        groups=groups,
    )


def _repeated(history: History) -> Iterator[str]:
    """Yield records that are more often on the target than on the source, or twice where the source has none."""
    written = Counter(r.key for r in history.source)
    again: Counter[tuple[str, Identity]] = Counter()
    for record in history.target:
        again[record.key] += 1
        if again[record.key] > max(1, written[record.key]):
            yield str(record)


def _group(name: str, history: History) -> GroupJudgement:
    began, processed = history.began.get(name, {}), history.processed[name]
    times = Counter(r.key for r in processed)
    expected = list(_expected(began, history))
    skipped = (str(r) for r in expected if r.key not in times)
    again: Counter[tuple[str, Identity]] = Counter()
    duplicates: list[str] = []
    for record in processed:
        again[record.key] += 1
        if again[record.key] > 1:
            duplicates.append(str(record))
    return GroupJudgement(
        group=name,
        processed=len(times),
        skipped=_count(dict.fromkeys(skipped)),
        duplicated=_count(duplicates),
        reordered=_count(_reordered(processed)),
    )


def _expected(began: Mapping[Place, int], history: History) -> Iterator[Record]:
    """Yield every visible record after the group's first commits, on either side."""
    topics = {topic for topic, _ in began}
    on_source = {r.key for r in history.source}
    for record in history.source:
        if record.place in began and record.offset >= began[record.place]:
            yield record
    for record in history.target:
        if record.place[0] in topics and record.key not in on_source:
            yield record


def _reordered(processed: Iterable[Record]) -> Iterator[str]:
    """Yield records that follow a higher number of their producer in one partition; a repetition does not count."""
    highest: dict[tuple[Place, str], int] = {}
    seen: set[tuple[str, Identity]] = set()
    for record in processed:
        if record.key in seen:
            continue
        seen.add(record.key)
        key = (record.place, record.identity.producer)
        if record.identity.number < highest.get(key, -1):
            yield str(record)
        highest[key] = max(highest.get(key, -1), record.identity.number)


def _count(faults: Iterable[str]) -> FaultCount:
    listed = list(faults)
    return FaultCount(number=len(listed), examples=tuple(listed[:_EXAMPLES]))
