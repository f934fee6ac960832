"""Gate: kmig itself reads at each commit on the target, and compares with the record that the source would give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from migrate.errors import KmigError, StepFailed
from migrate.logs.reading import first_records
from migrate.logs.translate import Translation
from migrate.model.record import Position, TopicPartition, VisibleRecord
from migrate.model.settings import Cleaning
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Gate

Span = tuple[int, int]
_TAKE_BACK = "take the clients back with `kmig rollback`, then compare both logs at these offsets"


class ProveOffsets(Gate):
    """Prove one group's translations a second way: not by the alignment that made them, but by a fetch."""

    op: Literal["prove_offsets"] = "prove_offsets"
    group: str
    translations: tuple[Translation, ...]
    uptos: tuple[Position, ...]

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"prove_offsets {self.group}"

    def describe(self) -> str:
        """See `Change`."""
        return f"read at each commit of {self.group} on both sides"

    def apply(self, sites: Sites) -> "ProveOffsets":
        """See `apply_all`."""
        return self.apply_alone(sites)

    @classmethod
    def apply_all(
        cls, steps: Sequence["ProveOffsets"], sites: Sites
    ) -> "list[ProveOffsets | KmigError]":
        """Read the next record at each commit on both sides, and compare; what groups have in common is read once."""
        there = {g.name: g for g in sites.target.reader.groups([step.group for step in steps])}
        topics = {t.topic for step in steps for t in step.translations}
        found = _Reading(sites, topics)
        looked: list[tuple[ProveOffsets, _Look | KmigError]] = []
        for step in steps:
            group = there.get(step.group)
            commits = {c.place: c.offset for c in group.commits} if group else {}
            try:
                looked.append((step, step._look(found, commits)))
            except StepFailed as error:
                looked.append((step, error))
        found.read()
        ended: list[ProveOffsets | KmigError] = []
        for step, look in looked:
            try:
                ended.append(look if isinstance(look, KmigError) else step._compared(found, look))
            except StepFailed as error:
                ended.append(error)
        return ended

    def _look(self, found: "_Reading", commits: Mapping[TopicPartition, int]) -> "_Look":
        """Say which records are read; raise where the group is not at its commits, or outside its log."""
        moved = {p for p, at in commits.items() if at > self._targets.get(p, at)}
        for t in self.translations:
            if (t.topic, t.partition) in moved:
                continue  # its clients ran there before: an earlier run, or a rollback that did not end
            if commits.get((t.topic, t.partition)) != t.target:
                raise StepFailed(
                    f"group {self.group} is at {commits.get((t.topic, t.partition))} on {t.topic}-{t.partition} "
                    f"of the target, kmig committed {t.target}",
                    "stop the consumer that committed there, run `kmig rollback`, then cut over again",
                )
        wanted = {(t.topic, t.partition): t for t in self.translations if _comparable(t)}
        wanted = {place: t for place, t in wanted.items() if place not in moved}
        look = _Look(len(moved), {}, {}, {})
        uptos = {p.place: p.offset for p in self.uptos}
        for place, t in wanted.items():
            here, there = found.ends[0][place], found.ends[1][place]
            if why := there.outside(t.target or 0):
                raise StepFailed(
                    f"group {self.group} on {place[0]}-{place[1]} of the target: {why}", _TAKE_BACK
                )
            look.source[place] = found.wants(0, place, here.readable(t.source or 0))
            look.target[place] = found.wants(1, place, there.readable(t.target or 0))
            look.copied[place] = uptos.get(place, here.end)
        return look

    def _compared(self, found: "_Reading", look: "_Look") -> "ProveOffsets":
        same = cleaned = 0
        for place, span in look.source.items():
            original, copy = found.first(0, place, span), found.first(1, place, look.target[place])
            late = original is not None and original.offset >= look.copied[place]
            if late and (copy is None or found.cleans(place)):
                original = None  # written since, and maybe not copied yet
            same += original is not None
            if (original and original.mark) != (copy and copy.mark):
                if found.cleaned_between(place, original, copy, look.target[place]):
                    cleaned += 1
                    continue
                on_source, on_target = (r.offset if r else "the end" for r in (original, copy))
                raise StepFailed(
                    f"the next record of group {self.group} on {place[0]}-{place[1]} differs: "
                    f"the source has it at {on_source}, the target has another record at {on_target}",
                    _TAKE_BACK,
                )
        said = [f"{count(look.moved, 'partition')} moved on since"] if look.moved else []
        if cleaned:
            said.append(
                f"{count(cleaned, 'partition')}: records come before it that the source has compacted"
            )
        return self.seeing(self._evidence(same, len(look.source)), *said)

    @property
    def _targets(self) -> dict[TopicPartition, int]:
        return {(t.topic, t.partition): t.target for t in self.translations if t.target is not None}

    def _evidence(self, same: int, compared: int) -> str:
        uncompared = len(self.translations) - compared
        rest = (
            f", {uncompared} without the same record on the source, not compared"
            if uncompared
            else ""
        )
        return (
            f"{count(len(self.translations), 'commit')} read back: "
            f"{same} with the same next record on both sides, "
            f"{compared - same} at the end of both logs{rest}"
        )


@dataclass(frozen=True)
class _Look:
    """How many partitions have moved on, the ranges whose first records are compared, and how far each is copied."""

    moved: int
    source: dict[TopicPartition, Span]
    target: dict[TopicPartition, Span]
    copied: dict[TopicPartition, int]


class _Reading:
    """The first records of ranges of both logs, for many groups: partitions together, and each range once."""

    def __init__(self, sites: Sites, topics: set[str]) -> None:
        self._sites = (sites.source, sites.target)
        # the target's first: whatever it holds then, the source's end is behind
        there = sites.target.reader.ends(topics)
        self.ends = [sites.source.reader.ends(topics), there]
        self._wanted: list[dict[TopicPartition, set[Span]]] = [{}, {}]
        self._found: list[dict[tuple[TopicPartition, Span], VisibleRecord]] = [{}, {}]

    def wants(self, side: int, place: TopicPartition, span: Span) -> Span:
        """Let this range be read."""
        self._wanted[side].setdefault(place, set()).add(span)
        return span

    def read(self) -> None:
        """Read the first record of each range that was asked for."""
        for side, site in enumerate(self._sites):
            left = {place: sorted(spans) for place, spans in self._wanted[side].items()}
            while left:
                turn = {place: spans.pop() for place, spans in left.items()}
                left = {place: spans for place, spans in left.items() if spans}
                for place, record in first_records(site, turn).items():
                    self._found[side][place, turn[place]] = record

    def cleaned_between(
        self,
        place: TopicPartition,
        original: VisibleRecord | None,
        copy: VisibleRecord | None,
        span: Span,
    ) -> bool:
        """Whether the source's next record is further on in the target, behind what the source has compacted."""
        if copy is None or not self.cleans(place):
            return False
        if original is None:
            return True  # of these keys the source has nothing any more: whether one would live again, the map says
        chunks = self._sites[1].records.forward(place, copy.offset, span[1])
        return any(original.mark in chunk.marks for chunk in chunks)

    def cleans(self, place: TopicPartition) -> bool:
        """Whether the source deletes records of this topic that younger ones of their key supersede."""
        return place[0] in self._cleaned

    @cached_property
    def _cleaned(self) -> frozenset[str]:
        topics = {topic for topic, _ in self.ends[0]}
        configs = self._sites[0].reader.effective(topics, Cleaning.KEYS)
        return frozenset(name for name, own in configs.items() if Cleaning.of(own))

    def first(self, side: int, place: TopicPartition, span: Span) -> VisibleRecord | None:
        """Return the first record of a range; None for an empty one."""
        return self._found[side].get((place, span))


def _comparable(t: Translation) -> bool:
    """Whether the source still has the record with which the group goes on: not what it has cleaned or deleted."""
    return t.source is not None and (t.exact or t.placed)
