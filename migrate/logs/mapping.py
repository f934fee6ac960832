"""Maps of copied partitions made: both logs read forward from where each map ends, at a pace, and checked first.

A map is made from what both clusters hold and nothing else: whoever makes it anew gets the same one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from migrate.errors import CannotTell, NotAuthorized, Refused
from migrate.logs import runs
from migrate.logs.compacted import Compacted
from migrate.logs.forward import Forward
from migrate.logs.logmap import FAR, LogMap, line, read, seen_line
from migrate.logs.looking import Looked, Pair, look, pair, reading_from
from migrate.logs.side import Side
from migrate.logs.still_true import Now, still_true
from migrate.logs.stretches import GOES_ON, Stretch, Word
from migrate.model.record import Chunk, TopicPartition
from migrate.ports import Clock, Sites
from migrate.ports.maps import Maps

_AT_ONCE = 256
"""Decisions that become durable together: a second of reading, and what a kill costs."""

_BURST_SECONDS = 0.5

_TOPICS, _FRESH_SECONDS = 64, 5.0
"""Topics that are looked at together, and after how long their logs are looked at again before they are read."""


@dataclass
class Pace:
    """How fast logs are read: bytes a second of each side, 0 without a limit; `spent` is what was read of each."""

    clock: Clock
    rate: float = 0.0
    spent: Counter[str] = field(default_factory=Counter)
    _free: dict[str, float] = field(default_factory=dict)

    def spend(self, side: str, size: int) -> None:
        """Note so many bytes, and wait until the next ones may be read."""
        self.spent[side] += size
        if not self.rate:
            return
        now = self.clock.monotonic()
        # a side that was idle may catch up for a moment, not for all that time
        self._free[side] = max(self._free.get(side, now), now - _BURST_SECONDS) + size / self.rate
        if (wait := self._free[side] - now) > 0:
            self.clock.sleep(wait)


@dataclass(frozen=True)
class Mapped:
    """A partition's map as far as it was read; `left` is what the ends of the logs do not decide.

    The first `before` of its stretches were known already. `finished` says that both logs were read to their ends.
    `unread` is why it could not be read; empty if it was. `held` is where the target's log begins now.
    """

    place: TopicPartition
    known: LogMap
    left: tuple[Stretch, ...] = ()
    before: int = 0
    finished: bool = False
    unread: str = ""
    held: int = 0

    @property
    def gone(self) -> tuple[Stretch, ...]:
        """What was equal and the target has deleted since, as one stretch; none where it still has all."""
        lost = [s for s in self.stretches if s.word in GOES_ON and s.target[0] < self.held]
        if not lost:
            return ()
        first, last = lost[0], lost[-1]
        records, end = sum(s.records[0] for s in lost[:-1]), last.source[1]
        if last.target[1] > self.held and all(last.runs):
            number = runs.before(last.runs[1], self.held)
            records, end = records + number, runs.place(last.runs[0], number)
        else:
            records += last.records[0]
        if not records:
            return ()
        return (
            Stretch(
                Word.GONE,
                (first.source[0], end),
                (first.target[0], self.held),
                (records, 0),
            ),
        )

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """All that is known, in order."""
        return (*self.known.stretches, *self.left)

    @property
    def pending(self) -> int:
        """From which source offset on something is still to be copied; `FAR` where nothing is."""
        return next((one.source[0] for one in self.left if one.word == Word.PENDING), FAR)


def begin(sites: Sites, topics: Iterable[str]) -> None:
    """Begin the maps of topics before anything of them is copied: from then on it is known where the copy began."""
    if sites.maps is None:
        return
    names = sorted(topics)
    sides = pair(sites, names)
    for topic in names:
        places = [p for p in sites.source.reader.ends([topic]) if not sites.maps.lines(p)]
        with sites.maps.lock(topic):
            for place, now in look(sides, dict.fromkeys(places)).now.items():
                if not now.lacking:
                    sites.maps.append(place, still_true(None, now, lambda _: True)[1])


@dataclass(frozen=True)
class Pass:
    """One pass over the logs: the copier's next source offsets as they were before it, its pace, who is told.

    What lies before these offsets the target must have. Without `keep`, what is found is not written down. It ends
    at `until` on the monotonic clock, wherever it is then; each partition may use its share of the time that is left.
    """

    copied: Mapping[TopicPartition, int]
    pace: Pace
    tell: Callable[[TopicPartition], None] = lambda _: None
    keep: bool = True
    until: float | None = None

    def share(self, clock: Clock, left: int) -> "Pass":
        """Return the pass over the next of so many partitions that are left."""
        if self.until is None:
            return self
        now = clock.monotonic()
        return replace(self, until=now + max(0.0, self.until - now) / left)

    def over(self, clock: Clock) -> bool:
        """Whether its time has passed."""
        return self.until is not None and clock.monotonic() >= self.until


def mapped(
    pair: Pair, maps: Maps, places: Iterable[TopicPartition], reading: Pass
) -> Iterator[Mapped]:
    """Extend the map of each partition to the ends of its logs, no faster than the pace allows."""
    by_topic: dict[str, list[TopicPartition]] = defaultdict(list)
    for place in places:
        by_topic[place[0]].append(place)
    left = sum(map(len, by_topic.values()))
    topics = list(by_topic)
    for some in (topics[i : i + _TOPICS] for i in range(0, len(topics), _TOPICS)):
        with ExitStack() as held:
            if reading.keep:
                for topic in some:
                    held.enter_context(maps.lock(topic))
            known = {place: _known(maps, place) for topic in some for place in by_topic[topic]}
            seen = look(pair, known)
            for done, place in enumerate(known):
                if pair.clock.monotonic() - seen.at > _FRESH_SECONDS:
                    seen = look(pair, dict(list(known.items())[done:]))
                reading.tell(place)
                yield _one(pair, maps, known[place], seen, place, reading.share(pair.clock, left))
                left -= 1


def extended(sites: Sites, places: Iterable[TopicPartition], reading: Pass) -> list[Mapped]:
    """Return the maps of partitions, extended; where another process makes the same ones, nothing is written down."""
    assert sites.maps
    wanted = list(places)
    sides = pair(sites, sorted({topic for topic, _ in wanted}))
    try:
        return list(mapped(sides, sites.maps, wanted, reading))
    except Refused:
        return list(mapped(sides, sites.maps, wanted, replace(reading, keep=False)))


def _one(
    pair: Pair,
    maps: Maps,
    known: LogMap | None,
    seen: Looked,
    place: TopicPartition,
    reading: Pass,
) -> Mapped:
    now = seen.now[place]
    if side := now.lacking:
        own = known or LogMap(now.heading)
        return Mapped(place, own, unread=f"{place[0]}-{place[1]} does not exist on the {side}")
    try:
        if known is not None and _overlooked(pair, known):
            known = None
        true, lines = still_true(known, now, lambda last: seen.same(pair, place, last))
        walk, over = _walk(pair, true, seen, place, reading), False
        known_before = len(true.stretches)
        for decided in walk:
            true.add(decided)
            lines.append(line(decided))
            if reading.keep and len(lines) >= _AT_ONCE:
                maps.append(place, lines)
                lines = []
            if over := reading.over(pair.clock):
                break
        finished = walk.ended and not over
        if finished and reading.keep:
            lines.append(seen_line(_now_ms(pair), (walk.read_to[0], walk.read_to[1])))
        if reading.keep and lines:
            maps.append(place, lines)
        left = _confirmed(pair, now, walk.left) if finished else walk.left
        held = now.ends[1].start if now.ends[1] else 0
        return Mapped(place, true, left, known_before, finished=finished, held=held)
    except NotAuthorized as error:
        return Mapped(place, known or LogMap(now.heading), unread=error.message)


def _confirmed(pair: Pair, now: Now, left: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Return what is left, with the keys that the source still has told from those that it has deleted.

    A record that the copier repeated has a key that is not written again, and that the source has all the same.
    """
    stale = next((one for one in left if one.word == Word.STALE), None)
    ends = now.ends[0]
    if stale is None or ends is None:
        return left
    place = now.heading.topic, now.heading.partition
    gone = {key for key, _ in stale.opened}
    for chunk in pair.source.records.forward(place, ends.start, ends.stable, keys=True):
        gone.difference_update(chunk.keys)
    there = tuple(one for one in stale.opened if one[0] not in gone)
    some = ((Word.STALE, tuple(one for one in stale.opened if one[0] in gone)), (Word.EXTRA, there))
    told = [
        replace(
            stale,
            word=word,
            target=(min(at for _, at in keys), max(at for _, at in keys) + 1),
            records=(0, len(keys)),
            opened=keys,
        )
        for word, keys in some
        if keys
    ]
    return (*(one for one in left if one is not stale), *told)


def _overlooked(pair: Pair, known: LogMap) -> bool:
    """Whether the source may have deleted a key, and forgotten that, since the logs were last read to their ends."""
    cleaning = pair.cleaned.get(known.heading.topic)
    if cleaning is None or not known.stretches:
        return False
    return _now_ms(pair) - known.seen > cleaning.tombstones_ms / 2


def _now_ms(pair: Pair) -> int:
    return int(pair.clock.now().timestamp() * 1000)


def _known(maps: Maps, place: TopicPartition) -> LogMap | None:
    try:
        return read(maps.lines(place))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise CannotTell(
            f"the map of {place[0]}-{place[1]} cannot be read: {error}",
            "delete its file under maps/: it is made anew, as far as both logs still go back",
        ) from error


def _walk(pair: Pair, known: LogMap, seen: Looked, place: TopicPartition, reading: Pass) -> Forward:
    begun, cleaning = known.begun(), pair.cleaned.get(place[0])
    sides = (
        _side(pair, 0, seen, (place, begun.source), reading.pace),
        _side(pair, 1, seen, (place, begun.target), reading.pace),
    )
    copied = reading.copied.get(place)
    if cleaning is None:
        return Forward(*sides, begun, copied)
    return Compacted(*sides, begun, copied, known.waiting, deletes=cleaning.deletes)


def _side(
    pair: Pair, side: int, seen: Looked, begin: tuple[TopicPartition, int], pace: Pace
) -> Side:
    """Return one log from where its map ends; what was read with the look is not read again."""
    place, site = begin[0], (pair.source, pair.target)[side]
    ends = seen.now[place].ends[side]
    assert ends is not None
    at = reading_from(begin[1], ends)
    span, read = seen.near[side].get(place, ((at, at), ()))
    chunks: Iterator[Chunk] = iter(read)
    if span != (at, ends.stable):
        chunks = site.records.forward(place, at, ends.stable, keys=place[0] in pair.cleaned)
    return Side(_paced(chunks, site.name, pace), at, max(at, ends.stable))


def _paced(chunks: Iterator[Chunk], side: str, pace: Pace) -> Iterator[Chunk]:
    for chunk in chunks:
        pace.spend(side, chunk.size)
        yield chunk
