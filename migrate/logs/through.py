"""Translation through the map: a commit is looked up, and at most the records around it are read.

Where everything behind it is equal, the place is exact. Where something else lies behind it, some records are matched
from the back, so that the answer is the largest offset that skips nothing: the same as if both logs had been read to
their ends.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from migrate.logs.align import align
from migrate.logs.runs import before, place
from migrate.logs.stretches import GOES_ON, Stretch, Word
from migrate.model.record import VisibleRecord
from migrate.model.words import count

MATCHED = 50_000
"""Records that are read at most to match a commit from the back."""

Span = tuple[int, int]
Fetch = Callable[[Span, Span], tuple[Sequence[VisibleRecord], Sequence[VisibleRecord]]]
"""Reads the visible records of a range of each side; an empty range has none."""

_MIRRORED = {Word.MISSING: Word.EXTRA, Word.EXTRA: Word.MISSING}
_LOST = frozenset({Word.MISSING, Word.UNPROVEN})
_BAD = frozenset({*_LOST, Word.STALE})
_EVEN = frozenset({Word.EQUAL, Word.PENDING})
_NOTHING = (0, 0)


@dataclass(frozen=True)
class Place:
    """Where a reader goes on, and what that means for it.

    `offset` is None where it cannot be told; `why` says so. `unread` records lie behind it, and `reread` at most that
    need not be read; `extra` has the offsets of those that are known. `lost` records are skipped, because the copy
    lacks them: only where that is accepted. `superseded`: what is read again the source has cleaned away. `expired`
    offsets of the source had been deleted before the reader came to them.
    """

    offset: int | None
    unread: int = 0
    reread: int = 0
    why: str = ""
    extra: tuple[int, ...] = ()
    lost: int = 0
    superseded: bool = False
    expired: int = 0

    @property
    def exact(self) -> bool:
        """Whether behind the offset lies what is unread, and nothing else."""
        return self.offset is not None and not (self.reread or self.lost or self.expired)


def mirrored(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return the stretches as they are from the other side, which has nothing of what is not copied yet."""
    return tuple(
        replace(
            one,
            word=_MIRRORED.get(one.word, one.word),
            source=one.target,
            target=one.source,
            records=(one.records[1], one.records[0]),
            runs=(one.runs[1], one.runs[0]),
        )
        for one in stretches
        if one.word != Word.PENDING
    )


class Ordered:
    """The stretches of one partition, as look-ups need them: all at once for any number of commits."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.of_keys = [one for one in stretches if one.of_keys]
        self.ordered = [one for one in stretches if not one.of_keys]
        self._ends = [one.source[1] for one in self.ordered]
        self._bad = [i for i, one in enumerate(self.ordered) if one.word in _BAD]
        self._uneven = [i for i, one in enumerate(self.ordered) if one.word not in _EVEN]
        # records of both sides up to each stretch, of all that goes on, and of the target alone
        self._both, self._more = [0], [0]
        for one in self.ordered:
            both = one.records[0] if one.word in GOES_ON else 0
            self._both.append(self._both[-1] + both)
            self._more.append(self._more[-1] + one.records[1] - both)

    def at(self, commit: int) -> int:
        """Return the number of the first stretch that is not before a commit."""
        return bisect_right(self._ends, commit)

    def bad(self, begin: int) -> Iterator[Stretch]:
        """Yield what may be in the way from a stretch on, and keys that would live again, wherever they are."""
        yield from (self.ordered[i] for i in self._bad[bisect_left(self._bad, begin) :])
        yield from self.of_keys

    def region(self, begin: int) -> range:
        """Return the stretches up to the last one that is not equal; where there is none, the first alone."""
        last = self._uneven[-1] if self._uneven else -1
        return range(begin, max(last, begin) + 1)

    def both(self, begin: int) -> int:
        """Return how many records that both sides have lie from a stretch on."""
        return self._both[-1] - self._both[begin]

    def more(self, begin: int, end: int) -> int:
        """Return how many more records the other side has than the first in these stretches."""
        return self._more[end] - self._more[begin]


@dataclass(frozen=True)
class Through:
    """The map of one partition: `start` is where its first side begins now, `accepted` which losses may be.

    `held` is where the other side begins now; `lenient` readers may go on there in place of records that it deleted.
    """

    known: Ordered
    fetch: Fetch
    start: int = 0
    accepted: frozenset[Word] = frozenset()
    held: int = 0
    lenient: bool = False

    def place(self, commit: int) -> Place:
        """Return where a reader that stands at `commit` on the first side goes on on the other."""
        if (known := self.unread(commit)) is not None:
            return known
        if commit < self.start:
            return self._behind_the_start(commit)
        begin = self.known.at(commit)
        found = self._matched(commit, begin)
        lost = sum(max(one.records[0], 1) for one in self.known.bad(begin) if one.word in _LOST)
        return replace(found, lost=lost) if lost else found

    def unread(self, commit: int) -> Place | None:
        """Return the place where nothing has to be read for it; None where something has."""
        if commit < self.start:
            return None
        begin, ordered = self.known.at(commit), self.known.ordered
        bad = (one for one in self.known.bad(begin) if one.word not in self.accepted)
        if first := next(bad, None):
            return Place(None, why=_said(first))
        if begin == len(ordered):
            return Place(ordered[-1].target[1] if ordered else 0)
        if ordered[begin].word == Word.PENDING:
            passed = commit <= ordered[begin].source[0]
            why = "" if passed else f"the copy has not passed offset {commit}"
            return Place(ordered[begin].target[0] if passed else None, why=why)
        return self._counted(commit, begin)

    def spans(self, commit: int) -> tuple[list[Span], list[Span]]:
        """Return which ranges of each side `place` reads first for this commit, so that many are read at once."""
        commit = max(commit, self.start)
        if self.unread(commit) is not None:
            return [], []
        near, _ = self._region(self.known.at(commit))
        return _unread(near, commit), [(near[0].target[0], near[-1].target[1])]

    def _region(self, begin: int) -> tuple[Sequence[Stretch], range]:
        """Return the stretches that are read, and the numbers of those that decide; what lies far is counted."""
        region = self.known.region(begin)
        whole = self.known.ordered[region.start : region.stop]
        far = sum(one.records[1] for one in whole) > MATCHED
        return whole[:1] if far else whole, region

    def _counted(self, commit: int, begin: int) -> Place | None:
        """Return the place by counting, where all that lies behind it is equal; None where it must be read."""
        one = self.known.ordered[begin]
        if len(self.known.region(begin)) > 1:
            return None
        if (offset := self._known_place(commit, one)) is None:
            return None
        passed = before(one.runs[0], commit)
        return Place(offset, self.known.both(begin) - passed, superseded=True)

    def _known_place(self, commit: int, one: Stretch) -> int | None:
        """Return where the record at a commit, or the next one of an equal stretch, lies on the other side.

        None where that is not known without reading, or was equal and is gone.
        """
        if one.word != Word.EQUAL or not all(one.runs):
            return None
        passed = before(one.runs[0], commit)
        if passed == one.records[0]:
            return one.target[1]
        offset = place(one.runs[1], passed)
        return offset if offset >= self.held else None

    def _matched(self, commit: int, begin: int) -> Place:
        """Match what is unread from the back, up to the last stretch that is not equal; what lies far is counted."""
        near, region = self._region(begin)
        source: list[VisibleRecord] = []
        for span in _unread(near, commit):
            source += self.fetch(span, _NOTHING)[0]
        _, target = self.fetch(_NOTHING, (near[0].target[0], near[-1].target[1]))
        behind = self.known.more(begin + len(near), region.stop)
        # what a stretch has more now than when it was read, the source's cleaner has removed since
        whole = self.known.ordered[region.start : region.stop]
        superseded = all(one.word in GOES_ON for one in whole)
        unread = len(source) + self.known.both(begin + len(near))
        if not source:
            return Place(near[-1].target[1], unread, behind, superseded=superseded)
        found = align(source, target)
        first = found.places[0]
        if first is None and self.lenient and near[0].target[0] < self.held:
            return self._at_its_start(found.places, target, unread)
        if first is None:
            where = found.missing.offset if found.missing else commit
            return Place(None, why=f"the record at offset {where} is not in the copy")
        taken = set(found.places)
        extra = tuple(r.offset for i, r in enumerate(target) if i > first and i not in taken)
        reread = len(extra) + behind
        return Place(target[first].offset, unread, reread, extra=extra, superseded=superseded)

    def _at_its_start(
        self, places: Sequence[int | None], there: Sequence[VisibleRecord], unread: int
    ) -> Place:
        """Go on where the other side begins: it has deleted what comes first, and nothing else is missing."""
        gone = sum(place is None for place in places)
        first = next((place for place in places if place is not None), None)
        if first:
            return Place(
                None, why=f"the record before offset {there[first].offset} is not in the copy"
            )
        return Place(self.held, unread - gone, expired=gone)

    def _behind_the_start(self, commit: int) -> Place:
        """Go on at the first record that the other side still has, of those that the first side has no more."""
        begin = replace(self, start=0)
        found = begin.place(self.start)
        ahead = self.known.ordered[self.known.at(commit) :][:1]
        if found.offset is None or not ahead or ahead[0].word == Word.PENDING:
            return found
        gone, low = self.start - commit, ahead[0].target[0]
        if (at := self._known_place(commit, ahead[0])) is not None:
            # it was compared before it expired
            between = self.known.more(self.known.at(commit), self.known.at(self.start))
            return replace(found, offset=at, reread=found.reread + between, expired=gone)
        if found.offset - low > 2 * MATCHED:
            return replace(
                found, offset=low, reread=found.reread + found.offset - low, expired=gone
            )
        _, there = self.fetch(_NOTHING, (low, found.offset))
        kept = min(gone, len(there))
        at = there[len(there) - kept].offset if kept else found.offset
        # how many of the offsets that are gone were records, and unread, nobody knows any more
        return replace(found, offset=at, reread=found.reread + kept, expired=gone)


def _unread(near: Sequence[Stretch], commit: int) -> list[Span]:
    """Return the ranges of what both sides have, from the commit on."""
    both = (one for one in near if one.word in GOES_ON and commit < one.source[1])
    return [(max(commit, one.source[0]), one.source[1]) for one in both]


def _said(bad: Stretch) -> str:
    begin, upto = bad.source
    where = f"offsets {begin} to {upto - 1}" if upto - begin > 1 else f"offset {begin}"
    if bad.word == Word.MISSING:
        return f"the copy lacks {count(max(bad.records[0], 1), 'record')}, at {where}"
    if bad.word == Word.STALE:
        return f"{count(bad.records[1], 'record')} of deleted keys would live again"
    return f"the records at {where} could not be compared"
