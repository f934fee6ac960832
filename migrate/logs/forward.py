"""Two logs read forward, side by side: their stretches, one after the other, in constant memory.

A stretch that is yielded is final: whoever reads the same logs again gets the same ones, wherever he paused. What the
ends of the logs do not decide yet is in `left` afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migrate.logs.runs import Runs, extended, kept
from migrate.logs.side import WINDOW, Side
from migrate.logs.stretches import EVERY, Stretch, Word
from migrate.logs.sums import sum_of
from migrate.logs.together import RUN, together, together_at_the_end


@dataclass(frozen=True)
class Begun:
    """Where reading goes on: the next offset of each side, how many source records came before, and the last stretch.

    `last` is a stretch that may be continued. `first` says that the map is empty: nothing came before.
    """

    source: int = 0
    target: int = 0
    records: int = 0
    last: Stretch | None = None
    first: bool = True


class Forward:
    """The stretches of two logs from `begun` on; `copied` is the source's offset that the copier reads next.

    `ended` says, once they were walked, that nothing more can be compared now.
    """

    def __init__(self, source: Side, target: Side, begun: Begun, copied: int | None = None) -> None:
        self.left: tuple[Stretch, ...] = ()
        self.read_to: tuple[int, ...] = (0, 0)
        self.ended = False
        self._a, self._b = source, target
        self._count = begun.records
        self._open, self._grown = begun.last, False
        self._copied = copied
        self._first = begun.first
        # records that nobody can read any more, between where reading was to go on and where the logs begin now
        self._gone = (
            (begun.source, source.begin) if source.begin > begun.source else None,
            (begun.target, target.begin) if target.begin > begun.target else None,
        )

    def __iter__(self) -> Iterator[tuple[Stretch, ...]]:
        """Yield the stretches that are final, those of one decision together.

        The last equal one may be continued by the next run: it is yielded again then, from the same beginning.
        """
        while True:
            if not any(self._gone) and self._equal():
                if self._count % EVERY == 0:
                    yield self._closed()
                continue
            if (apart := self._apart()) is None:
                break
            yield from self._parted(*apart)
        if self._grown:
            yield self._closed()
        # what was read and holds no record need not be read again, and is no gap once it has expired
        self.read_to = tuple(
            0 if side.left or gone else side.read_to
            for side, gone in zip((self._a, self._b), self._gone, strict=True)
        )
        self.left = tuple(self._undecided())
        # all that can be compared was; what only the source has yet is pending, however much it is
        self.ended = True

    def _equal(self) -> int:
        """Add equal records to the open stretch, up to the next checkpoint at most; return how many."""
        room = EVERY - self._count % EVERY
        some = min(self._a.fill(room), self._b.fill(room))
        same = alike(self._a.ahead(some), self._b.ahead(some))
        if same:
            self._take(same)
        return same

    def _parted(self, p: int, q: int, known: bool) -> Iterator[tuple[Stretch, ...]]:  # noqa: FBT001
        """Yield the open stretch, if it has grown, and what so many records of each side are; pass them."""
        if self._grown:
            yield self._closed()
        self._open = None
        if passed := tuple(self._passed(p, q, known=known)):
            yield passed

    def _closed(self) -> tuple[Stretch]:
        assert self._open
        done, self._open, self._grown = self._open, None, False
        return (done,)

    def _take(self, count: int) -> None:
        """Add so many equal records to the open stretch."""
        begun = self._open
        source, target = self._a.span(count), self._b.span(count)
        own = sum_of(self._a.ahead(count))
        runs = _grown(begun, self._a.placed(count), self._b.placed(count))
        self._first, self._grown = False, True
        self._a.at += count
        self._b.at += count
        self._count += count
        records = begun.records[0] + count if begun else count
        self._open = Stretch(
            word=Word.EQUAL,
            source=(begun.source[0] if begun else source[0], source[1]),
            target=(begun.target[0] if begun else target[0], target[1]),
            records=(records, records),
            sum=begun.sum.then(own) if begun else own,
            epochs=(self._a.epoch(source[1] - 1), self._b.epoch(target[1] - 1)),
            runs=runs,
        )

    def _apart(self) -> tuple[int, int, bool] | None:
        """Return how many records of each side to pass, and whether it is known what they are; None: not decided yet.

        Where the logs do not come together in the window, the side that is behind by its timestamps is passed.
        """
        size = 4 * RUN
        while True:
            here = min(self._a.fill(size), self._b.fill(size))
            found = together(self._a.ahead(size), self._b.ahead(size))
            if found is not None:
                return (*found, True)
            if here < size:
                return None
            if size >= WINDOW + RUN:
                return self._behind()
            size = min(size * 8, WINDOW + RUN)

    def _behind(self) -> tuple[int, int, bool]:
        a, b = self._a, self._b
        if b.times[b.at + WINDOW - 1] < a.times[a.at]:
            return 0, WINDOW, False
        if a.times[a.at + WINDOW - 1] < b.times[b.at]:
            return WINDOW, 0, False
        return WINDOW, WINDOW, False

    def _passed(self, p: int, q: int, *, known: bool) -> Iterator[Stretch]:
        """Yield what so many records of each side are, and pass them."""
        a, b = self._a, self._b
        source, target = a.span(p), b.span(q)
        gone_a, gone_b = self._gone
        first = self._first and not p
        self._first, self._gone = False, (None, None)
        a.at, b.at = a.at + p, b.at + q
        self._count += p
        epochs = (
            a.epoch(source[1] - 1) if p else -1,
            b.epoch(target[1] - 1) if q else -1,
        )
        named = _named(
            (gone_a[0], source[1] if p else gone_a[1]) if gone_a else source,
            (gone_b[0], target[1] if q else gone_b[1]) if gone_b else target,
            (p, q),
            _Known(known, source_gone=bool(gone_a), target_gone=bool(gone_b), first=first),
        )
        for one in named:
            own = tuple(e if n else -1 for e, n in zip(epochs, one.records, strict=True))
            yield replace(one, epochs=(own[0], own[1]))

    def _undecided(self) -> Iterator[Stretch]:
        """Yield what the ends of both logs say: the best answer there is now, and what is pending."""
        a, b = self._a, self._b
        if not (a if a.left < b.left else b).ended:
            return  # more of it could be read
        p, q = together_at_the_end(a.ahead(a.left), b.ahead(b.left)) if b.left else (0, 0)
        yield from self._passed(p, q, known=True)
        if same := min(a.left, b.left):
            source, target = a.span(same), b.span(same)
            own = sum_of(a.ahead(same))
            epochs = a.epoch(source[1] - 1), b.epoch(target[1] - 1)
            runs = _grown(None, a.placed(same), b.placed(same))
            yield Stretch(Word.EQUAL, source, target, (same, same), own, epochs, runs)
            a.at, b.at = a.at + same, b.at + same
        yield from self._rest(b, Word.EXTRA, b.upto)
        if self._copied is not None and b.ended:
            yield from self._rest(a, Word.MISSING, min(self._copied, a.upto))
        if a.next_offset() < a.upto:
            yield Stretch(Word.PENDING, (a.next_offset(), a.upto), b.span(0), (0, 0))

    def _rest(self, side: Side, word: Word, upto: int) -> Iterator[Stretch]:
        """Yield what one side has alone at its end, up to an offset: read to there, and counted."""
        begin, count, end = side.next_offset(), 0, 0
        while side.fill(1) and side.next_offset() < upto:
            end = side.next_offset() + 1
            side.at += 1
            count += 1
        if count and side is self._a:
            yield Stretch(word, (begin, end), self._b.span(0), (count, 0))
        elif count:
            yield Stretch(word, self._a.span(0), (begin, end), (0, count))


@dataclass(frozen=True)
class _Known:
    """What is known of records that are passed over."""

    placed: bool
    source_gone: bool = False
    target_gone: bool = False
    first: bool = False


def _named(
    source: tuple[int, int], target: tuple[int, int], records: tuple[int, int], known: _Known
) -> Iterator[Stretch]:
    """Yield the stretches that so many records of each side make."""
    p, q = records
    if not known.placed or (known.target_gone and source[1] > source[0]):
        yield Stretch(Word.UNPROVEN, source, target, records)
        return
    if known.source_gone:
        # where the copy goes on at once behind them it has none of them; at its beginning it need not have any
        if q or target[1] > target[0]:
            yield Stretch(Word.UNPROVEN, source, target, records)
        elif not known.first:
            yield Stretch(Word.MISSING, source, target, records)
        return
    if p:
        yield Stretch(Word.MISSING, source, (target[0], target[0]), (p, 0))
    if q or target[1] > target[0]:
        word = Word.UNPROVEN if known.target_gone else Word.EXTRA
        yield Stretch(word, (source[1], source[1]), target, (0, q))


def _grown(
    begun: Stretch | None, source: Sequence[int], target: Sequence[int]
) -> tuple[Runs, Runs]:
    """Return where the records of a stretch lie that goes on with these; too many runs are not taken up again."""
    if begun is None:
        return kept(extended((), source)), kept(extended((), target))
    a, b = begun.runs
    return kept(extended(a, source)) if a else (), kept(extended(b, target)) if b else ()


def alike(a: list[bytes], b: list[bytes]) -> int:
    """Return how many records at the beginning of two equally long runs are equal."""
    if a == b:
        return len(a)
    low, high = 0, len(a)
    while low + 1 < high:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low
