"""Translation through the map: a commit is looked up, and at most the records around it are read.

Where everything behind it is equal, the place is exact. Where something else lies behind it, some records are matched
from the back, so that the answer is the largest offset that skips nothing: the same as if both logs had been read to
their ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from migrate.logs.align import align
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
        )
        for one in stretches
        if one.word != Word.PENDING
    )


@dataclass(frozen=True)
class Through:
    """The map of one partition: `start` is where its first side begins now, `accepted` which losses may be.

    `begins` is where the other side begins, if a reader may go on there in place of records that it deleted.
    """

    stretches: Sequence[Stretch]
    fetch: Fetch
    start: int = 0
    accepted: frozenset[Word] = frozenset()
    begins: int = 0

    def place(self, commit: int) -> Place:
        """Return where a reader that stands at `commit` on the first side goes on on the other."""
        if commit < self.start:
            return self._behind_the_start(commit)
        ahead = self._ahead(commit)
        keys = [one for one in self.stretches if one.of_keys]
        if bad := next((one for one in (*ahead, *keys) if self._in_the_way(one)), None):
            return Place(None, why=_said(bad))
        if not ahead:
            last = next((one for one in reversed(self.stretches) if not one.of_keys), None)
            return Place(last.target[1] if last else 0)
        if ahead[0].word == Word.PENDING:
            passed = commit <= ahead[0].source[0]
            why = "" if passed else f"the copy has not passed offset {commit}"
            return Place(ahead[0].target[0] if passed else None, why=why)
        found = self._matched(commit, ahead)
        lost = sum(max(one.records[0], 1) for one in ahead if one.word in _LOST)
        return replace(found, lost=lost)

    def _ahead(self, commit: int) -> Sequence[Stretch]:
        in_order = [one for one in self.stretches if not one.of_keys]
        ends = (i for i, one in enumerate(in_order) if one.source[1] > commit)
        return in_order[next(ends, len(in_order)) :]

    def _in_the_way(self, one: Stretch) -> bool:
        return one.word in _BAD and one.word not in self.accepted

    def spans(self, commit: int) -> tuple[list[Span], list[Span]]:
        """Return which ranges of each side `place` reads first for this commit, so that many are read at once."""
        ahead = self._ahead(max(commit, self.start))
        if not ahead or ahead[0].word == Word.PENDING or any(map(self._in_the_way, ahead)):
            return [], []
        near, _ = _region(ahead)
        return _unread(near, max(commit, self.start)), [(near[0].target[0], near[-1].target[1])]

    def _matched(self, commit: int, ahead: Sequence[Stretch]) -> Place:
        """Match what is unread from the back, up to the last stretch that is not equal; what lies far is counted."""
        near, region = _region(ahead)
        source: list[VisibleRecord] = []
        for span in _unread(near, commit):
            source += self.fetch(span, _NOTHING)[0]
        _, target = self.fetch(_NOTHING, (near[0].target[0], near[-1].target[1]))
        behind = sum(
            one.records[1] - (one.records[0] if one.word in GOES_ON else 0)
            for one in region[len(near) :]
        )
        # what a stretch has more now than when it was read, the source's cleaner has removed since
        superseded = all(one.word in GOES_ON for one in region)
        unread = len(source) + sum(
            one.records[0] for one in ahead[len(near) :] if one.word in GOES_ON
        )
        if not source:
            return Place(near[-1].target[1], unread, behind, superseded=superseded)
        found = align(source, target)
        begin = found.places[0]
        if begin is None and near[0].target[0] < self.begins:
            return self._at_its_start(found.places, target, unread)
        if begin is None:
            where = found.missing.offset if found.missing else commit
            return Place(None, why=f"the record at offset {where} is not in the copy")
        taken = set(found.places)
        extra = tuple(r.offset for i, r in enumerate(target) if i > begin and i not in taken)
        reread = len(extra) + behind
        return Place(target[begin].offset, unread, reread, extra=extra, superseded=superseded)

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
        return Place(self.begins, unread - gone, expired=gone)

    def _behind_the_start(self, commit: int) -> Place:
        """Go on at the first record that the other side still has, of those that the first side has no more."""
        begin = replace(self, start=0)
        found = begin.place(self.start)
        ahead = self._ahead(commit)
        if found.offset is None or not ahead or ahead[0].word == Word.PENDING:
            return found
        gone, low = self.start - commit, ahead[0].target[0]
        if found.offset - low > 2 * MATCHED:
            return replace(
                found, offset=low, reread=found.reread + found.offset - low, expired=gone
            )
        _, there = self.fetch(_NOTHING, (low, found.offset))
        kept = min(gone, len(there))
        at = there[len(there) - kept].offset if kept else found.offset
        # how many of the offsets that are gone were records, and unread, nobody knows any more
        return replace(found, offset=at, reread=found.reread + kept, expired=gone)


def _region(ahead: Sequence[Stretch]) -> tuple[Sequence[Stretch], Sequence[Stretch]]:
    """Return the stretches that are read, and those up to the last one that is not equal, which are counted."""
    uneven = [i for i, one in enumerate(ahead) if one.word not in (Word.EQUAL, Word.PENDING)]
    region = ahead[: uneven[-1] + 1] if uneven else ahead[:1]
    far = sum(one.records[1] for one in region) > MATCHED
    return region[:1] if far else region, region


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
