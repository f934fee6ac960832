"""The ends of logs, read backwards in growing windows: only the unread records, and one record before them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from migrate.errors import Expired
from migrate.logs.align import align
from migrate.logs.translate import LogPair
from migrate.model.record import Ends, TopicPartition, VisibleRecord
from migrate.ports import Site

_MARGIN = 64
_TRIES = 3
_Read = TypeVar("_Read")
_PATIENCE = 4
"""A record is missing if the copy lacks it in so many times the length of the tail, and `_DEPTH` records more."""
_DEPTH = 20_000


@dataclass(frozen=True)
class Window:
    """Visible records up to an offset; `whole` when they begin with the log's first record."""

    records: tuple[VisibleRecord, ...]
    whole: bool


def patiently(read: Callable[[], _Read]) -> _Read:
    """Return what was read; again, where records expire while they are read."""
    for _ in range(_TRIES - 1):
        with suppress(Expired):
            return read()
    return read()


def last_records(
    site: Site,
    wanted: Mapping[TopicPartition, int],
    starts: Mapping[TopicPartition, int],
    uptos: Mapping[TopicPartition, int],
) -> dict[TopicPartition, Window]:
    """Return at least `wanted` visible records before `uptos` of each partition, or all that exist."""
    windows: dict[TopicPartition, Window] = {}
    depth = {place: count + count // 8 + _MARGIN for place, count in wanted.items()}
    while depth:
        begins = {p: max(starts[p], uptos[p] - d) for p, d in depth.items()}
        read = site.records.visible({p: (begin, uptos[p]) for p, begin in begins.items()})
        for place, records in read.items():
            whole = begins[place] <= starts[place]
            if whole or len(records) >= wanted[place]:
                windows[place] = Window(records, whole)
                del depth[place]
            else:
                depth[place] *= 4
    return windows


def first_records(
    site: Site, ranges: Mapping[TopicPartition, tuple[int, int]]
) -> dict[TopicPartition, VisibleRecord]:
    """Return the first visible record in each range of offsets; partitions without one are left out."""
    first: dict[TopicPartition, VisibleRecord] = {}
    uptos = {p: upto for p, (_, upto) in ranges.items()}
    left = {p: (begin, _MARGIN) for p, (begin, upto) in ranges.items() if begin < upto}
    while left:
        read = site.records.visible({p: (b, min(b + d, uptos[p])) for p, (b, d) in left.items()})
        first |= {p: records[0] for p, records in read.items() if records}
        left = {p: (b + d, d * 4) for p, (b, d) in left.items() if not read[p] and b + d < uptos[p]}
    return first


def logs_between(
    origin: Site,
    copy: Site,
    lowest: Mapping[TopicPartition, int],
    uptos: Mapping[TopicPartition, int],
    limits: Mapping[TopicPartition, int],
) -> dict[TopicPartition, LogPair]:
    """Return for each partition the log of `origin` from its lowest commit up to `uptos`, and the end of `copy`.

    Nobody may write to either meanwhile. One record before the commit is read too, where one exists. `copy` is read
    up to `limits`, without a limit up to its end.
    """
    topics = {topic for topic, _ in lowest}
    ends, copy_ends = origin.reader.ends(topics), copy.reader.ends(topics)
    starts = {p: ends[p].start for p in lowest}
    # a source that lost its tail in an unclean election ends before what was copied of it
    uptos = {p: min(upto, ends[p].end) for p, upto in uptos.items()}
    unread = origin.records.visible(
        {p: (min(max(starts[p], low), uptos[p]), uptos[p]) for p, low in lowest.items()}
    )
    bare = {p: 1 for p, low in lowest.items() if low > starts[p]}
    before = last_records(origin, bare, starts, {p: min(lowest[p], uptos[p]) for p in bare})
    tails = {
        p: (*(before[p].records[-1:] if p in before else ()), *records)
        for p, records in unread.items()
    }
    others = found_again(copy, tails, copy_ends, limits)
    return {p: LogPair(ends[p], tails[p], others[p].records, others[p].whole) for p in lowest}


def found_again(
    copy: Site,
    tails: Mapping[TopicPartition, Sequence[VisibleRecord]],
    ends: Mapping[TopicPartition, Ends],
    limits: Mapping[TopicPartition, int],
) -> dict[TopicPartition, Window]:
    """Return the end of `copy`, read far enough back to contain each tail."""
    starts = {p: ends[p].start for p in tails}
    uptos = {p: limits.get(p, ends[p].stable) for p in tails}
    wanted = {p: max(1, len(tail)) for p, tail in tails.items()}
    windows = last_records(copy, wanted, starts, uptos)
    # a record without a place may be deeper: the copy can hold other records twice
    deeper = {
        p: _PATIENCE * len(tails[p]) + _DEPTH
        for p, window in windows.items()
        if not window.whole and align(tails[p], window.records).missing
    }
    return {**windows, **last_records(copy, deeper, starts, uptos)}
