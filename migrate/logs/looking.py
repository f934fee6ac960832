"""What both sides say of copied partitions at one moment, of many at once: ids, ends, epochs, last records."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from migrate.errors import NotAuthorized
from migrate.logs.logmap import Heading, LogMap
from migrate.logs.still_true import Now
from migrate.logs.stretches import Stretch, Word
from migrate.model.record import Chunk, Ends, TopicPartition, VisibleRecord
from migrate.model.settings import Cleaning
from migrate.ports import Clock, Site, Sites

_Near = Mapping[TopicPartition, tuple[tuple[int, int], tuple[Chunk, ...]]]
"""What is behind the ends of maps: from and up to which offset it was read, and its records."""

_FEW = 2_000
"""Offsets behind the end of a map that are read together with those of others."""

_Lasts = dict[TopicPartition, tuple[int, tuple[VisibleRecord, ...]]]
"""Up to which offset of a log its last record was read, and that record; none where it is hidden now."""


@dataclass(frozen=True)
class Pair:
    """Both sides of copied topics, their clusters' ids, and which topics the source compacts."""

    source: Site
    target: Site
    clusters: tuple[str, str]
    cleaned: Mapping[str, Cleaning]
    clock: Clock

    @property
    def key(self) -> str:
        """Return what tells the key of the fingerprints from every other."""
        return self.source.records.key_check()


def pair(sites: Sites, topics: Iterable[str]) -> Pair:
    """Return both sides of these topics, as they are now."""
    clusters = [site.reader.describe().cluster_id for site in (sites.source, sites.target)]
    configs = sites.source.reader.effective(topics, Cleaning.KEYS)
    cleaned = {name: how for name, own in configs.items() if (how := Cleaning.of(own))}
    return Pair(sites.source, sites.target, (clusters[0], clusters[1]), cleaned, sites.clock)


@dataclass(frozen=True)
class Looked:
    """The answers of one look, and when it was, on the monotonic clock."""

    at: float
    now: dict[TopicPartition, Now]
    lasts: tuple[_Lasts, _Lasts]
    near: tuple[_Near, _Near] = ({}, {})

    def same(self, pair: Pair, place: TopicPartition, last: Stretch) -> bool:
        """Whether both logs have the same record at the end of a stretch, as far as they still have it."""
        marks = set()
        for side, upto in enumerate((last.source[1], last.target[1])):
            ends = self.now[place].ends[side]
            if ends is not None and ends.start < upto:
                found = self._last(pair, side, place, upto)
                if found or place[0] not in pair.cleaned:
                    marks.add(found[-1].mark if found else b"")
        return len(marks) < 2

    def _last(
        self, pair: Pair, side: int, place: TopicPartition, upto: int
    ) -> tuple[VisibleRecord, ...]:
        read, found = self.lasts[side].get(place, (-1, ()))
        if read == upto:
            return found
        site = (pair.source, pair.target)[side]
        return site.records.visible({place: (upto - 1, upto)})[place]


def look(pair: Pair, known: Mapping[TopicPartition, LogMap | None]) -> Looked:
    """Ask the target first: whatever it holds by then has its original before the source's end."""
    at = pair.clock.monotonic()
    topics = {topic for topic, _ in known}
    ids: dict[int, Mapping[str, str]] = {}
    ends: dict[int, Mapping[TopicPartition, Ends]] = {}
    epochs: dict[int, Mapping[TopicPartition, tuple[int, int]]] = {}
    for side, site in ((1, pair.target), (0, pair.source)):
        ids[side] = site.reader.ids(topics)
        ends[side] = site.reader.ends(ids[side])
        told = {p: own.epoch(side) for p, own in known.items() if own and p in ends[side]}
        epochs[side] = site.reader.epoch_ends({p: e for p, e in told.items() if e >= 0})
    now = {
        (t, p): Now(
            Heading(t, p, pair.clusters, (ids[0].get(t, ""), ids[1].get(t, "")), pair.key),
            (ends[0].get((t, p)), ends[1].get((t, p))),
            (epochs[0].get((t, p)), epochs[1].get((t, p))),
        )
        for t, p in known
    }
    lasts = _lasts(pair.source, 0, known, now), _lasts(pair.target, 1, known, now)
    return Looked(at, now, lasts, (_near(pair, 0, known, now), _near(pair, 1, known, now)))


def _near(
    pair: Pair,
    side: int,
    known: Mapping[TopicPartition, LogMap | None],
    now: Mapping[TopicPartition, Now],
) -> _Near:
    """Return the few records behind the ends of maps; one log after the other takes far longer than all at once."""
    spans = {}
    for place, own in known.items():
        ends = now[place].ends[side]
        if own is None or ends is None or own.heading != now[place].heading:
            continue
        span = reading_from((own.begun().source, own.begun().target)[side], ends), ends.stable
        if 0 < span[1] - span[0] <= _FEW:
            spans[place] = span
    with suppress(NotAuthorized):  # each is asked for by itself then, and refused by itself
        read = (pair.source, pair.target)[side].records.near(spans, pair.cleaned)
        return {place: (spans[place], chunks) for place, chunks in read.items()}
    return {}


def reading_from(begin: int, ends: Ends) -> int:
    """Return from where on a log is read that was to be read from an offset: what expired is not there."""
    return max(begin, ends.start)


def _lasts(
    site: Site,
    side: int,
    known: Mapping[TopicPartition, LogMap | None],
    now: Mapping[TopicPartition, Now],
) -> _Lasts:
    """Return the records at the ends of equal maps, as far as a log still has them."""
    uptos = {}
    for place, own in known.items():
        last = own.last if own else None
        if (
            own is None
            or last is None
            or last.word != Word.EQUAL
            or own.heading != now[place].heading
        ):
            continue
        upto, ends = (last.source, last.target)[side][1], now[place].ends[side]
        if ends is not None and ends.start < upto <= ends.stable:
            uptos[place] = upto
    with suppress(NotAuthorized):  # each is asked for by itself then, and refused by itself
        found = site.records.visible({p: (upto - 1, upto) for p, upto in uptos.items()})
        return {p: (uptos[p], records) for p, records in found.items()}
    return {}
