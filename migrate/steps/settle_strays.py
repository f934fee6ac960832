"""Records written to the source after the fence, settled by people: copied to the target by hand, or given up."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple

from migrate.errors import Refused, StepFailed
from migrate.model.base import Model
from migrate.model.record import Position, TopicPartition
from migrate.model.words import count, first_of
from migrate.ports import Site, Sites
from migrate.steps.change import Change

_SHOWN = 5


class Stray(Model):
    """The visible records of one partition that were written after its freeze, by their offsets."""

    topic: str
    partition: int
    begin: int
    end: int
    records: int

    @property
    def place(self) -> TopicPartition:
        """(topic, partition)."""
        return self.topic, self.partition

    def __str__(self) -> str:
        return (
            f"{self.topic}-{self.partition} offsets {self.begin} to {self.end - 1} "
            f"({count(self.records, 'record')})"
        )


class SettleStrays(Change):
    """Note what becomes of stray writes; its only effect is its line in the journal.

    `ends` is where the source's topics were frozen, or settled last; `since` is where the target's logs ended when
    the write gate opened. `copied` holds only if each record is on the target, by its key, value and headers;
    `younger` counts those with a later record of their key before them there. What is written later is a new finding.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"found", "younger"})

    op: Literal["settle_strays"] = "settle_strays"
    number: int
    how: Literal["copied", "lost"]
    ends: tuple[Position, ...]
    since: tuple[Position, ...]
    found: tuple[Stray, ...] = ()
    younger: int = 0

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"settle_strays {self.number}"

    def describe(self) -> str:
        """See `Change`."""
        records = sum(stray.records for stray in self.found)
        return f"settle {count(records, 'stray record')} as {self.how}"

    def outcome(self) -> str:
        """See `Change`."""
        late = f"; {self.younger} behind a younger record of the key" if self.younger else ""
        return f"{first_of([str(stray) for stray in self.found], _SHOWN)}{late}"

    def aim(self, sites: Sites) -> "SettleStrays":
        """Read what was written; refuse where there is nothing, or where a copy of it is missing."""
        found = tuple(written_since(sites.source, self.ends))
        if not found:
            raise Refused(
                "nothing to settle: the topics on the source end where they were frozen, or settled",
                "`kmig status` names the next command",
            )
        if self.found and found != self.found:
            raise Refused(
                f"the source was written to again: {first_of([str(stray) for stray in found], _SHOWN)}",
                "find the writer and stop it; then rerun the command",
            )
        younger = self._younger(sites, found) if self.how == "copied" else 0
        return self.model_copy(update={"found": found, "younger": younger})

    def _younger(self, sites: Sites, found: Iterable[Stray]) -> int:
        """Return how many have a later record of their key before them on the target; raise for what is not there."""
        missing: list[str] = []
        younger = 0
        written = [(stray, _records(sites.source, stray)) for stray in found]
        for topic in sorted({stray.topic for stray, _ in written}):
            mine = [(s, one) for s, records in written for one in records if s.topic == topic]
            there = _Written(sites.target, topic, self.since, [one for _, one in mine])
            for stray, one in mine:
                at = there.take(one.mark)
                if at is None:
                    missing.append(f"{stray.topic}-{stray.partition} offset {one.offset}")
                else:
                    younger += there.has_younger(one, at)
        if missing:
            raise StepFailed(
                f"{count(len(missing), 'stray record')} not on the target: {first_of(missing, _SHOWN)}",
                "write them there, with key, value and headers, and rerun the command; or settle them with `--lost`",
            )
        return younger

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: its only effect is its line in the journal."""
        return False

    def apply(self, sites: Sites) -> "SettleStrays":  # noqa: ARG002
        """Do nothing: `aim` has read, and the line that announced the step holds the result."""
        return self

    def undo(self, sites: Sites) -> None:
        """Do nothing: nothing was changed on either side."""


class _Record(NamedTuple):
    """A record by its offset, its content without its time, its time, and its key."""

    offset: int
    mark: bytes
    time: int
    key: bytes


class _Written:
    """What was written to a topic of the target since the gate opened, as far as it is like these records."""

    def __init__(
        self, site: Site, topic: str, since: Iterable[Position], like: Sequence[_Record]
    ) -> None:
        begins = {p.place: p.offset for p in since}
        marks, keys = {one.mark for one in like}, {one.key for one in like}
        self._places: dict[bytes, list[tuple[TopicPartition, int]]] = {}
        self._of_key: dict[bytes, list[tuple[TopicPartition, _Record]]] = {}
        for place, ends in site.reader.ends([topic]).items():
            begin = max(ends.start, begins.get(place, ends.start))
            for one in _read(site, place, begin, ends.stable):
                if one.mark in marks:
                    self._places.setdefault(one.mark, []).append((place, one.offset))
                if one.key in keys:
                    self._of_key.setdefault(one.key, []).append((place, one))

    def take(self, mark: bytes) -> tuple[TopicPartition, int] | None:
        """Return where the next record of this content is that was not taken yet; None where there is none."""
        places = self._places.get(mark)
        return places.pop(0) if places else None

    def has_younger(self, stray: _Record, at: tuple[TopicPartition, int]) -> bool:
        """Whether a record of its key that is younger stands before that place in its partition."""
        place, offset = at
        return any(
            there == place and one.offset < offset and one.time > stray.time
            for there, one in self._of_key.get(stray.key, ())
        )


def _records(site: Site, stray: Stray) -> list[_Record]:
    return list(_read(site, stray.place, stray.begin, stray.end))


def _read(site: Site, place: TopicPartition, begin: int, upto: int) -> Iterator[_Record]:
    for chunk in site.records.forward(place, begin, upto, keys=True, timeless=True):
        columns = zip(chunk.offsets, chunk.marks, chunk.times, chunk.keys, strict=True)
        yield from (_Record(*row) for row in columns)


def written_since(site: Site, ends: Iterable[Position]) -> Iterator[Stray]:
    """Yield what was written behind these ends, a partition at a time; markers of transactions are no records."""
    known = {p.place: p.offset for p in ends}
    now = site.reader.ends({topic for topic, _ in known})
    for place, begin in sorted(known.items()):
        log = now.get(place)
        if log is not None and log.stable < log.end:
            raise StepFailed(
                f"a transaction is open on {place[0]}-{place[1]} of the source: what it wrote is not known yet",
                "wait for its end, or abort it; then rerun the command",
            )
        if log is not None and log.end > begin:
            read = site.records.forward(place, max(begin, log.start), log.stable)
            records = sum(len(chunk.offsets) for chunk in read)
            yield Stray(
                topic=place[0], partition=place[1], begin=begin, end=log.end, records=records
            )
