"""Records of a log: their offsets and a keyed fingerprint of their content. No payload is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from migrate.model.base import Model
from migrate.model.words import count

TopicPartition = tuple[str, int]


class Ends(Model):
    """First offset, last stable offset and end of one partition; `stable` < `end` while a transaction is open."""

    start: int
    stable: int
    end: int

    def readable(self, position: int) -> tuple[int, int]:
        """Return the readable range from a position: from the log's start at least, up to the last stable offset."""
        return max(position, self.start), self.stable

    def outside(self, commit: int) -> str:
        """Return why a reader cannot continue at a commit, in words; empty where the log holds its place."""
        if commit < self.start:
            gone = count(self.start - commit, "offset")
            return f"commit {commit} is before the log, which begins at {self.start}: {gone} deleted unread"
        if commit > self.end:
            return f"commit {commit} is beyond the log, which ends at {self.end}"
        return ""


class Tip(NamedTuple):
    """Where a partition's log ends on its leader: behind its last record, and the two ends that clients are shown.

    Records behind `shown` are not on every replica in sync yet, those behind `stable` are in an open transaction.
    """

    end: int
    shown: int
    stable: int
    epoch: int

    @property
    def still(self) -> bool:
        """Whether all three agree."""
        return self.end == self.shown == self.stable


class VisibleRecord(NamedTuple):
    """A record that a `read_committed` consumer gets: its offset, and the fingerprint of its content."""

    offset: int
    mark: bytes


@dataclass(frozen=True)
class Chunk:
    """Visible records of one partition that follow one another, as columns: reading goes on at `upto`.

    `times` are timestamps in ms. `keys` are fingerprints of keys and `tombs` say which values are null, where they
    were asked for. `epochs` are (first offset, leader epoch) pairs; `size` is the number of bytes that were read.
    """

    upto: int
    offsets: Sequence[int] = ()
    marks: Sequence[bytes] = ()
    times: Sequence[int] = ()
    keys: Sequence[bytes] = ()
    tombs: Sequence[bool] = ()
    epochs: tuple[tuple[int, int], ...] = ()
    size: int = 0


class ActiveProducer(Model):
    """A producer with idempotence, as a partition's leader remembers it for a day (KIP-664).

    `sequence` is its last one there, `wrote` when that was in ms, `start` where its open transaction began; -1 for
    none.
    """

    topic: str
    partition: int
    producer_id: int
    sequence: int = -1
    wrote: int = -1
    start: int = -1

    @property
    def open(self) -> bool:
        """Whether it has a transaction open there."""
        return self.start >= 0

    @property
    def place(self) -> TopicPartition:
        """(topic, partition)."""
        return self.topic, self.partition

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}: producer {self.producer_id}, open since offset {self.start}"


class Position(Model):
    """An offset of one partition, in the form of the documents."""

    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> TopicPartition:
        """(topic, partition)."""
        return self.topic, self.partition

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition} {self.offset:,}"


def positions(ends: Mapping[TopicPartition, Ends]) -> tuple[Position, ...]:
    """Return where logs end as positions, sorted."""
    return tuple(
        Position(topic=topic, partition=partition, offset=e.end)
        for (topic, partition), e in sorted(ends.items())
    )


def behind(
    positions: Iterable[Position], later: Mapping[TopicPartition, int]
) -> tuple[Position, ...]:
    """Return the positions, those of which a later offset is known at that."""
    return tuple(p.model_copy(update={"offset": later.get(p.place, p.offset)}) for p in positions)
