"""Gate on the copy of topics whose producers move: it holds every record up to the fence, by reading both sides."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from migrate.errors import StepFailed
from migrate.logs.align import align
from migrate.logs.arriving import Arriving, to_come
from migrate.logs.concerns import concerns, fault
from migrate.logs.lag import require_there
from migrate.logs.mapping import Mapped
from migrate.logs.reading import found_again, last_records
from migrate.logs.stretches import GOES_ON, Word
from migrate.model.record import Ends, Position, TopicPartition, positions
from migrate.model.waiver import Readers
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.await_copy import require_started, to_copy, uncopied
from migrate.steps.change import Gate
from migrate.steps.settle import wait

_COMPARED = 200
"""Records at the end of logs without a map that must be equal: the copier keeps order, so it has all before them."""


class AwaitDrained(Gate):
    """Wait until every visible record up to the fence is on the target, by reading it, and no transaction is open.

    `ends` are where the fenced topics end on the source, `there` where they were seen to end on the target.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"there"})

    op: Literal["await_drained"] = "await_drained"
    topics: tuple[str, ...]
    ends: tuple[Position, ...]
    connectors: tuple[str, ...]
    seconds: float
    readers: Readers = Readers()
    there: tuple[Position, ...] = ()

    KEY: ClassVar[str] = "await_drained"

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return f"drain {listed(self.topics, 'topic')}"

    def apply(self, sites: Sites) -> "AwaitDrained":
        """Wait until both logs end with the same records; refuse a partition that nothing can be copied to."""
        require_there(sites, self.topics)
        drained = _Drained({p.place: p.offset for p in self.ends}, Arriving(sites, self.connectors))
        wait(
            sites,
            "the last records to be copied",
            lambda: self._left(sites, drained),
            self.seconds,
            "read the log of the Connect worker that copies, then rerun the command",
        )
        known = self.model_copy(update={"there": positions(drained.there)})
        return known.seeing(
            *drained.evidence(), "no record between the copied positions and the fence"
        )

    def _left(self, sites: Sites, drained: "_Drained") -> str:
        """Return what is missing, or nothing."""
        require_started(sites, self.connectors)
        target = drained.there = sites.target.reader.ends(self.topics)
        opened = [f"{t}-{p}" for (t, p), e in target.items() if e.stable != e.end]
        if opened:
            return f"the copier's transaction on {opened[0]} is open"
        maps = drained.arriving.maps(drained.uptos)
        if news := [one for one in maps.values() if drained.news(one)]:
            self._require_nothing_passed(sites, news)
        left = drained.by_maps(maps)
        bare = {place: upto for place, upto in drained.uptos.items() if place not in maps}
        if bare and not left:
            # logs of equal records (heartbeats) may end alike by chance: the connector's offsets must agree too
            left = drained.by_ends(sites, list(bare)) or uncopied(sites, self.connectors, bare)
        still = sites.target.reader.ends(self.topics) == target
        return left or ("" if still else "the target still grows")

    def _require_nothing_passed(self, sites: Sites, maps: list[Mapped]) -> None:
        """Raise where the copier has left out records that somebody has yet to read."""
        today = sites.clock.now().date()
        for one in concerns(sites, self.readers, self.topics, maps):
            if said := fault(self.readers, one, today):
                raise StepFailed(
                    f"the copier has passed over {said}",
                    "take the clients back with `kmig rollback`; `kmig verify data` names every record",
                )


class _Drained:
    """What is known of fenced partitions: up to where they must be copied, and how many records were compared."""

    def __init__(self, uptos: Mapping[TopicPartition, int], arriving: Arriving) -> None:
        self.uptos, self.arriving = uptos, arriving
        self.there: dict[TopicPartition, Ends] = {}
        self._mapped: dict[TopicPartition, int] = {}
        self._ended: dict[TopicPartition, int] = {}

    def evidence(self) -> Iterator[str]:
        """Yield in words how much was compared, and how."""
        if self._mapped:
            records = count(sum(self._mapped.values()), "record")
            yield f"{count(len(self._mapped), 'partition')}: {records} compared, equal on both sides"
        if self._ended:
            partitions = count(len(self._ended), "partition")
            yield f"{partitions}: the last {count(sum(self._ended.values()), 'record')} equal on both sides"

    def news(self, one: Mapped) -> bool:
        """Whether the map says since it was last written down that records are missing."""
        return any(s.word == Word.MISSING for s in one.stretches[one.before :])

    def by_maps(self, maps: Mapping[TopicPartition, Mapped]) -> str:
        """Return what of these partitions is not copied yet."""
        self._mapped = {
            place: sum(s.records[0] for s in one.stretches if s.word in GOES_ON)
            for place, one in maps.items()
        }
        left = to_come(maps, self.uptos)
        return to_copy(left, "or fewer ")

    def by_ends(self, sites: Sites, places: Sequence[TopicPartition]) -> str:
        """Return what the last records of both logs say is missing of partitions that have no map."""
        if not places:
            return ""
        topics = {topic for topic, _ in places}
        source, target = sites.source.reader.ends(topics), sites.target.reader.ends(topics)
        uptos = {p: self.uptos[p] for p in places}
        starts = {p: source[p].start for p in places}
        last = last_records(sites.source, dict.fromkeys(places, _COMPARED), starts, uptos)
        tails = {place: window.records[-_COMPARED:] for place, window in last.items()}
        self._ended = {place: len(tail) for place, tail in tails.items()}
        others = found_again(sites.target, tails, target, {})
        left: dict[TopicPartition, int] = {}
        for place, tail in tails.items():
            other = others[place].records
            if not tail and other and not starts[place]:
                return (
                    f"the target has records in {place[0]}-{place[1]} that the source does not have"
                )
            missing = sum(one is None for one in align(tail, other).places)
            missing += bool(tail and (not other or other[-1].mark != tail[-1].mark))
            if missing:
                left[place] = missing
        return to_copy(left, "or more ")
