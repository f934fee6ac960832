"""One partition's log as a broker keeps it: batches, transactions with their markers, retention, compaction.

Sources: kafka.log.UnifiedLog (deleteOldSegments, deleteRecords), LogSegment, LogCleaner, ProducerStateManager. What
is due by time (retention, compaction) is done when somebody looks, as of the last time at which a broker would have.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.log_configs import LogConfigs

CHECK = 300.0
"""Seconds between two rounds of retention and of the cleaner (log.retention.check.interval.ms)."""

MARKER_SIZE = 78
"""Bytes of a batch that holds a transaction's marker."""


@dataclass
class Transaction:
    """A producer's transaction on one cluster; `state` is open, committed or aborted."""

    producer: str
    producer_id: int
    epoch: int
    began: float
    timeout: float
    state: str = "open"
    first: dict[tuple[str, int], int] = field(default_factory=dict)
    commits: dict[tuple[str, str, int], tuple[int, str]] = field(default_factory=dict)


class Stored(NamedTuple):
    """A record in a log; a marker has no content."""

    offset: int
    content: Content | None
    transaction: Transaction | None
    size: int
    at: float


class Segment(NamedTuple):
    """A closed segment: its first offset, its bytes, and the largest timestamp of its records."""

    base: int
    size: int
    newest: float


_offset = itemgetter(0)


class OutOfRange(Exception):
    """The offset is before the log's start or beyond its end (OFFSET_OUT_OF_RANGE)."""


class Log:
    """The log of one partition, on its leader."""

    def __init__(self, configs: LogConfigs, began: float) -> None:
        self.configs = configs
        self.start = 0
        self.end = 0
        self.epoch = 0
        self.cut = 0
        self.epochs = [(0, 0)]
        self.records: list[Stored] = []
        self._starts: list[tuple[int, float]] = []
        self._cuts: list[tuple[float, int]] = []
        self._superseded: dict[int, float] = {}
        self._open: dict[int, tuple[Transaction, int]] = {}
        self._closed: list[Segment] = []
        self._base, self._size, self._newest = 0, 0, -1.0
        self._since: float | None = None
        self._checked = began
        self._cleaned = 0

    # what is written

    def append(self, content: Content, transaction: Transaction | None, now: float) -> int:
        """Append one record, and return its offset."""
        offset, configs = self.end, self.configs
        at = now if configs.append_time else content.at
        self._put(Stored(offset, content, transaction, content.stored(packs=configs.packs), at))
        if transaction is not None and id(transaction) not in self._open:
            self._open[id(transaction)] = (transaction, offset)
        return offset

    def mark(self, transaction: Transaction, now: float) -> None:
        """Append the marker that ends a transaction here; `state` says which."""
        self._put(Stored(self.end, None, transaction, MARKER_SIZE, now))
        self._open.pop(id(transaction), None)

    def delete_before(self, offset: int, now: float) -> None:
        """DeleteRecords: move the log's start; raise `OutOfRange` beyond the end."""
        if offset > self.end:
            raise OutOfRange
        self._start_at(offset, now)

    def truncate(self, end: int, now: float) -> None:
        """Lose what came after `end`, as an unclean election does; the next epoch begins."""
        kept = bisect_left(self.records, end, key=_offset)
        del self.records[kept:]
        self.end = max(end, self.start)
        self.epoch += 1
        self.cut = self.end
        self.epochs = [e for e in self.epochs if e[1] < self.end] + [(self.epoch, self.end)]
        self._open = {k: v for k, v in self._open.items() if v[1] < self.end}
        self._closed = [s for s in self._closed if s.base < self.end]
        left = self.records[bisect_left(self.records, self._base, key=_offset) :]
        self._base = min(self._base, self.end)
        self._newest = max((r.at for r in left), default=-1.0)
        self._size = sum(r.size for r in left)
        self._cuts.append((now, end))

    # what is read

    @property
    def stable(self) -> int:
        """The last stable offset: no transaction before it is open."""
        if not self._open:
            return self.end
        return max(self.start, min(first for _, first in self._open.values()))

    @property
    def open(self) -> tuple[tuple[Transaction, int], ...]:
        """The open transactions with their first offsets."""
        return tuple(self._open.values())

    @property
    def size(self) -> int:
        """Bytes of the log."""
        return sum(s.size for s in self._closed) + self._size

    @property
    def newest(self) -> float:
        """The largest timestamp, for a client that asks for it."""
        return max([s.newest for s in self._closed] + [self._newest])

    def since(self, time: float) -> int | None:
        """Return the first offset with that timestamp, or a later one; None where there is none."""
        return next((r.offset for r in self.records if r.at >= time), None)

    def size_from(self, offset: int) -> int:
        """Return the bytes from an offset to the end."""
        return sum(r.size for r in self.records[bisect_left(self.records, offset, key=_offset) :])

    def read(self, begin: int, end: int, *, committed: bool = True) -> Iterator[Stored]:
        """Yield the records of a range that a consumer gets: no markers, and with `committed` nothing unfinished.

        Raise `OutOfRange` where the range begins before the start or beyond the end.
        """
        if begin < self.start or begin > self.end:
            raise OutOfRange
        limit = min(end, self.stable) if committed else end
        records = self.records
        for index in range(bisect_left(records, begin, key=_offset), len(records)):
            record = records[index]
            offset, content, transaction, _, _ = record
            if offset >= limit:
                return
            if content is None:
                continue
            if committed and transaction is not None and transaction.state != "committed":
                continue
            yield record

    def epoch_at(self, offset: int) -> int:
        """Return the leader epoch of a record."""
        return next((epoch for epoch, first in reversed(self.epochs) if first <= offset), -1)

    def epoch_end(self, epoch: int) -> tuple[int, int]:
        """Return the largest epoch up to this one, and where it ends (OffsetForLeaderEpoch); -1 for none."""
        known = [e for e, _ in self.epochs if e <= epoch]
        later = [first for e, first in self.epochs if e > epoch]
        return (known[-1], later[0] if later else self.end) if known else (-1, -1)

    def left_at(self, offset: int, written: float = float("-inf")) -> float | None:
        """Return when the record that was written there at a time left this log; None while it is in it."""
        moved = bisect_right(self._starts, offset, key=lambda start: start[0])
        ends = [self._starts[moved][1]] if moved < len(self._starts) else []
        ends += [at for at, place in self._cuts if at >= written and place <= offset]
        if offset in self._superseded:
            ends.append(self._superseded[offset])
        return min(ends, default=None)

    # what a broker does by itself

    def settle(self, now: float) -> None:
        """Do what retention and the cleaner would have done up to now."""
        if now - self._checked < CHECK:
            return
        self._checked = now - (now - self._checked) % CHECK
        configs = self.configs
        if configs.compacts:
            self._clean(self._checked)
        if configs.expires:
            self._expire_by_time(self._checked, configs.retention_seconds)
            self._expire_by_size(self._checked, configs.retention_bytes)

    def _expire_by_time(self, now: float, seconds: float) -> None:
        if seconds < 0:
            return
        count = 0
        for segment in self._closed:
            if segment.size == 0 or now - segment.newest <= seconds:
                self._drop(count, now)
                return
            count += 1
        if self._size and now - self._newest > seconds:
            count += 1
            self._close()
        self._drop(count, now)

    def _expire_by_size(self, now: float, limit: int) -> None:
        if limit < 0:
            return
        too_much, count = self.size - limit, 0
        for segment in self._closed:
            if too_much - segment.size < 0:
                break
            too_much -= segment.size
            count += 1
        self._drop(count, now)

    def _drop(self, count: int, now: float) -> None:
        if count:
            kept = self._closed[count:]
            self._start_at(kept[0].base if kept else self._base, now)

    def _clean(self, now: float) -> None:
        """Keep the last record of each key in closed segments; offsets stay."""
        upto = min(self._base, self.stable)
        if upto <= self._cleaned:
            return
        end = bisect_left(self.records, upto, key=_offset)
        closed = self.records[:end]
        last = {r.content.key: r.offset for r in closed if r.content is not None and _settled(r)}
        kept = [r for r in closed if r.content is None or last.get(r.content.key) == r.offset]
        if len(kept) < len(closed):
            stays = {r.offset for r in kept}
            self._superseded.update((r.offset, now) for r in closed if r.offset not in stays)
            self.records = kept + self.records[end:]
            self._resize()
        self._cleaned = upto

    def _resize(self) -> None:
        """Count the bytes of the closed segments again, after records were cleaned out of them."""
        records, at, count, resized = self.records, 0, len(self.records), []
        for segment, end in zip(self._closed, self._ends(), strict=True):
            size = 0
            while at < count and records[at].offset < end:
                size += records[at].size
                at += 1
            kept = size == segment.size
            resized.append(segment if kept else Segment(segment.base, size, segment.newest))
        self._closed = resized

    def _ends(self) -> list[int]:
        """Return where each closed segment ends: where the next one begins."""
        return [*(s.base for s in self._closed), self._base][1:]

    def _start_at(self, offset: int, now: float) -> None:
        if offset <= self.start:
            return
        self.start = offset
        del self.records[: bisect_left(self.records, offset, key=_offset)]
        ends = zip(self._closed, self._ends(), strict=True)
        self._closed = [segment for segment, end in ends if end > offset]
        self._starts.append((offset, now))

    def _put(self, record: Stored) -> None:
        """Add a record, in a new segment where the last is full or its first record is `segment.ms` older."""
        size, at, configs = record.size, record.at, self.configs
        if self._since is None:
            self._since = at
        if self._size and (
            self._size + size > configs.segment_bytes or at - self._since > configs.segment_seconds
        ):
            self._close()
            self._since = at
        self.records.append(record)
        self.end = record.offset + 1
        self._size += size
        if at > self._newest:
            self._newest = at

    def _close(self) -> None:
        self._closed.append(Segment(self._base, self._size, self._newest))
        self._base, self._size, self._newest = self.end, 0, -1.0
        self._since = None


def _settled(record: Stored) -> bool:
    return record.transaction is None or record.transaction.state == "committed"
