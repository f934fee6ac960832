"""Judging a rehearsal by its records: what was acknowledged, what both logs hold, what each group processed. Pure."""

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
    """A record somewhere: on a side, at an offset, numbered by its producer."""

    side: str
    place: Place
    offset: int
    identity: Identity

    @property
    def known_as(self) -> tuple[str, Identity]:
        """The same record on both sides."""
        return self.place[0], self.identity

    def __str__(self) -> str:
        topic, partition = self.place
        who = f"{self.identity.producer}/{self.identity.number}"
        return f"{topic}-{partition} {who}, {self.side} offset {self.offset}"


@dataclass(frozen=True)
class History:
    """One run. `processed` is in the order of each group's own log; `began` are its first commits on the source."""

    acknowledged: tuple[Record, ...]
    source: tuple[Record, ...]
    target: tuple[Record, ...]
    processed: Mapping[str, tuple[Record, ...]]
    began: Mapping[str, Mapping[Place, int]]
    moved: frozenset[str] = field(default_factory=frozenset)
    """Topics whose producers are on the target: their records must all be there."""


class Count(Model):
    """What was found of one fault: how often, and a few of them."""

    number: int = 0
    examples: tuple[str, ...] = ()


class GroupJudgement(Model):
    """One group."""

    group: str
    processed: int
    skipped: Count
    duplicated: Count
    reordered: Count


class Judgement(Model):
    """reports/judge.json."""

    schema_version: int = 1
    records: int
    lost: int
    skipped: int
    duplicated: int
    reordered: int
    lost_examples: tuple[str, ...] = ()
    copied_twice: Count = Count()
    silent: tuple[str, ...] = ()
    groups: tuple[GroupJudgement, ...]
    pause_seconds: dict[str, dict[str, float | None]] = Field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong, and there was something to judge."""
        faults = self.lost + self.skipped + self.duplicated + self.reordered
        faults += self.copied_twice.number + len(self.silent)
        return faults == 0 and self.records > 0 and bool(self.groups)


def judge(history: History) -> Judgement:
    """Lost: acknowledged, and not in the log that counts. Copied twice: more often on target than written.

    Silent: topics whose producers moved and of which nothing was acknowledged on target. The rest is by group.
    """
    there = {r.known_as for r in (*history.source, *history.target)}
    on_target = {r.known_as for r in history.target}
    lost = [
        r
        for r in history.acknowledged
        if r.known_as not in (on_target if r.place[0] in history.moved else there)
    ]
    lost += [
        r for r in history.source if r.place[0] in history.moved and r.known_as not in on_target
    ]
    found = _count({r.known_as: str(r) for r in reversed(lost)}.values())
    heard = {r.place[0] for r in history.acknowledged if r.side == "target"}
    groups = tuple(_group(name, history) for name in sorted(history.processed))
    return Judgement(
        records=len(there),
        lost=found.number,
        lost_examples=found.examples,
        copied_twice=_count(_repeated(history)),
        silent=tuple(sorted(history.moved - heard)),
        skipped=sum(g.skipped.number for g in groups),
        duplicated=sum(g.duplicated.number for g in groups),
        reordered=sum(g.reordered.number for g in groups),
        groups=groups,
    )


def _repeated(history: History) -> Iterator[str]:
    """Records that stand more often on target than on source, or more than once where source has none."""
    written = Counter(r.known_as for r in history.source)
    again: Counter[tuple[str, Identity]] = Counter()
    for record in history.target:
        again[record.known_as] += 1
        if again[record.known_as] > max(1, written[record.known_as]):
            yield str(record)


def _group(name: str, history: History) -> GroupJudgement:
    began, processed = history.began.get(name, {}), history.processed[name]
    times = Counter(r.known_as for r in processed)
    expected = list(_expected(began, history))
    skipped = (str(r) for r in expected if r.known_as not in times)
    again: Counter[tuple[str, Identity]] = Counter()
    duplicates: list[str] = []
    for record in processed:
        again[record.known_as] += 1
        if again[record.known_as] > 1:
            duplicates.append(str(record))
    return GroupJudgement(
        group=name,
        processed=len(times),
        skipped=_count(dict.fromkeys(skipped)),
        duplicated=_count(duplicates),
        reordered=_count(_reordered(processed)),
    )


def _expected(began: Mapping[Place, int], history: History) -> Iterator[Record]:
    """Everything visible from the group's first commits on, wherever it stands."""
    topics = {topic for topic, _ in began}
    on_source = {r.known_as for r in history.source}
    for record in history.source:
        if record.place in began and record.offset >= began[record.place]:
            yield record
    for record in history.target:
        if record.place[0] in topics and record.known_as not in on_source:
            yield record


def _reordered(processed: Iterable[Record]) -> Iterator[str]:
    """A number of a producer after a higher one, in one partition; a repetition is no reordering."""
    highest: dict[tuple[Place, str], int] = {}
    seen: set[tuple[str, Identity]] = set()
    for record in processed:
        if record.known_as in seen:
            continue
        seen.add(record.known_as)
        key = (record.place, record.identity.producer)
        if record.identity.number < highest.get(key, -1):
            yield str(record)
        highest[key] = max(highest.get(key, -1), record.identity.number)


def _count(faults: Iterable[str]) -> Count:
    listed = list(faults)
    return Count(number=len(listed), examples=tuple(listed[:_EXAMPLES]))
