"""Two logs read forward of which the source's is compacted: the target has records that the source has no more.

A record that only the target has belongs to a key. If that key is written again later, on either side, the record is
superseded: whoever reads it reads what was true once. If not, the source has deleted the key, and its tombstone has
expired before the copier came by.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from migrate.logs.forward import Begun, Forward
from migrate.logs.side import WINDOW, Side
from migrate.logs.stretches import EVERY, LONGEST, Stretch, Word
from migrate.logs.sums import NOTHING


class Compacted(Forward):
    """`Forward` for a compacted topic: `waiting` are the keys of superseded records that were not written again yet.

    With `deletes`, the source's retention deletes too: then a key that is not written again tells nothing.
    """

    def __init__(
        self,
        source: Side,
        target: Side,
        begun: Begun,
        copied: int | None,
        waiting: Mapping[bytes, int],
        *,
        deletes: bool = False,
    ) -> None:
        super().__init__(source, target, begun, copied)
        self.waiting = dict(waiting)
        self._opened = dict(begun.last.opened) if begun.last else {}
        self._resolved = set(begun.last.resolved) if begun.last else set[bytes]()
        self._deletes = deletes
        self._ahead: Counter[bytes] = Counter()
        self._indexed = 0

    def _take(self, count: int) -> None:
        a = self._a
        if self.waiting:
            for key in a.keys[a.at : a.at + count]:
                self._written_again(key)
        self._pass(count)
        begun = self._open
        super()._take(count)
        if begun and self._open:
            both, alone = self._open.records[0], begun.records[1] - begun.records[0]
            self._open = replace(self._open, word=begun.word, records=(both, both + alone))

    def _pass(self, count: int) -> None:
        """Forget so many of the source's next records."""
        known = min(count, self._indexed)
        self._ahead.subtract(self._a.ahead(known))
        self._indexed -= known

    def _index(self) -> None:
        """Know the source's next records."""
        left = self._a.fill(WINDOW)
        self._ahead.update(self._a.ahead(left)[self._indexed :])
        self._indexed = left

    def _apart(self) -> tuple[int, int, bool] | None:
        """See `Forward`: what the source's next records lack, or the target."""
        a, b = self._a, self._b
        if not b.fill(1):
            return None
        self._index()
        head = b.marks[b.at]
        if a.left and a.marks[a.at] == head:
            return 0, 0, True
        if self._ahead[head] <= 0:
            alone = 1
            while (
                alone < EVERY
                and b.fill(alone + 1) > alone
                and self._ahead[b.marks[b.at + alone]] <= 0
            ):
                alone += 1
            return 0, alone, True
        b.fill(WINDOW)
        ahead = b.ahead(WINDOW)
        if (wanted := a.marks[a.at]) in ahead:
            return 0, ahead.index(wanted), True
        return a.ahead(WINDOW).index(head), 0, True

    def _parted(self, p: int, q: int, known: bool) -> Iterator[tuple[Stretch, ...]]:  # noqa: FBT001
        if p or any(self._gone):
            self._pass(p)
            yield from super()._parted(p, q, known)
            return
        self._alone(q)
        assert self._open
        if self._open.records[1] >= LONGEST:
            yield self._closed()

    def _alone(self, count: int) -> None:
        """Add records to the open stretch that only the target has."""
        a, b, begun = self._a, self._b, self._open
        for at in range(b.at, b.at + count):
            self._written_again(b.keys[at])
            if not b.tombs[at]:
                self.waiting[b.keys[at]] = self._opened[b.keys[at]] = b.offsets[at]
        target = b.span(count)
        b.at += count
        self._first, self._grown = False, True
        here = (a.next_offset(),) * 2
        own = Stretch(Word.SUPERSEDED, here, target, (0, 0), NOTHING, (-1, b.epoch(target[1] - 1)))
        first = begun or own
        self._open = replace(
            first,
            word=Word.SUPERSEDED,
            target=(first.target[0], target[1]),
            records=(first.records[0], first.records[1] + count),
            epochs=(first.epochs[0], own.epochs[1]),
        )

    def _written_again(self, key: bytes) -> None:
        if self.waiting.pop(key, None) is not None and self._opened.pop(key, None) is None:
            self._resolved.add(key)

    def _closed(self) -> tuple[Stretch]:
        (done,) = super()._closed()
        opened = tuple(sorted(self._opened.items(), key=lambda pair: pair[1]))
        done = replace(done, opened=opened, resolved=tuple(sorted(self._resolved)))
        self._opened, self._resolved = {}, set()
        return (done,)

    def _undecided(self) -> Iterator[Stretch]:
        a, b = self._a, self._b
        if not b.ended or b.left:
            return
        if self._copied is not None:
            yield from self._rest(a, Word.MISSING, min(self._copied, a.upto))
        a.fill(1)  # markers alone are nothing that is yet to come
        pending = a.next_offset()
        left = dict(self.waiting)
        while left and a.fill(1):
            left.pop(a.keys[a.at], None)
            a.at += 1
        if left:
            span = min(left.values()), max(left.values()) + 1
            word = Word.UNPROVEN if self._deletes else Word.STALE
            opened = tuple(sorted(left.items(), key=lambda pair: pair[1]))
            yield Stretch(word, (pending, pending), span, (0, len(left)), opened=opened)
        if pending < a.upto:
            yield Stretch(Word.PENDING, (pending, a.upto), b.span(0), (0, 0))
