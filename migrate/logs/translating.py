"""Commits translated to the other side: through the map of each partition, and without one by the ladder.

The map is read to the ends of both logs first, as far as it does not reach; nobody may write to either meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from migrate.errors import Expired, Refused
from migrate.logs.concerns import MAY
from migrate.logs.mapping import Mapped, Pace, Pass, mapped, pair
from migrate.logs.reading import logs_between
from migrate.logs.stretches import Stretch, Word
from migrate.logs.through import Fetch, Ordered, Place, Through, mirrored
from migrate.logs.translate import Proof, Translation, translate
from migrate.model.cluster import Commit
from migrate.model.record import TopicPartition, VisibleRecord
from migrate.model.waiver import Waiver, waived
from migrate.model.words import count
from migrate.ports import Site, Sites

_TRIES = 3
Uptos = Mapping[TopicPartition, int]


@dataclass(frozen=True)
class Asked:
    """Commits to translate: the source offsets up to which each partition is copied, and what is accepted for whom.

    With `back` they stand on the target, and go on on the source. Topics that have `moved` are copied no more: what
    the target has behind the source's end was written there.
    """

    commits: Sequence[Commit]
    uptos: Uptos
    group: str = ""
    waivers: tuple[Waiver, ...] = field(default_factory=tuple)
    back: bool = False
    moved: frozenset[str] = frozenset()


def translated(sites: Sites, asked: Asked) -> tuple[Translation, ...]:
    """Return where each commit continues on the other side, in the order of their partitions.

    Where records expire while they are read, both logs are looked at again.
    """
    for _ in range(_TRIES - 1):
        with suppress(Expired):
            return _translated(sites, asked)
    return _translated(sites, asked)


def _translated(sites: Sites, asked: Asked) -> tuple[Translation, ...]:
    by_place = {(c.topic, c.partition): c for c in asked.commits}
    maps = through_maps(sites, by_place, asked.uptos)
    found = _by_maps(sites, asked, {place: by_place[place] for place in maps}, maps)
    left = {place: commit for place, commit in by_place.items() if place not in maps}
    found |= _by_ladder(sites, asked, left)
    return tuple(found[place] for place in sorted(found))


def through_maps(
    sites: Sites, places: Iterable[TopicPartition], copied: Uptos
) -> dict[TopicPartition, Mapped]:
    """Return the maps of those partitions that have one, read to the ends of both logs.

    What was read is written down, but where another process makes the same maps.
    """
    maps = sites.maps
    known = [place for place in places if maps is not None and maps.lines(place)]
    if not known or maps is None:
        return {}
    sides = pair(sites, sorted({topic for topic, _ in known}))
    pace = Pace(sites.clock)
    try:
        found = list(mapped(sides, maps, known, Pass(copied, pace)))
    except Refused:
        found = list(mapped(sides, maps, known, Pass(copied, pace, keep=False)))
    return {one.place: one for one in found if one.finished and not one.unread}


def _by_ladder(
    sites: Sites, asked: Asked, commits: Mapping[TopicPartition, Commit]
) -> dict[TopicPartition, Translation]:
    if not commits:
        return {}
    lowest = {place: c.offset for place, c in commits.items()}
    uptos = {place: asked.uptos[place] for place in lowest}
    if asked.back:
        ends = sites.target.reader.ends({topic for topic, _ in lowest})
        stable = {place: ends[place].stable for place in lowest}
        logs = logs_between(sites.target, sites.source, lowest, stable, uptos)
    else:
        logs = logs_between(sites.source, sites.target, lowest, uptos, {})
    return {
        place: translate(c.topic, c.partition, c.offset, logs[place], metadata=c.metadata)
        for place, c in commits.items()
    }


def _by_maps(
    sites: Sites,
    asked: Asked,
    commits: Mapping[TopicPartition, Commit],
    maps: Mapping[TopicPartition, Mapped],
) -> dict[TopicPartition, Translation]:
    if not commits:
        return {}
    both = (sites.target, sites.source) if asked.back else (sites.source, sites.target)
    reading = _Reading(both, {topic for topic, _ in commits})
    today = sites.clock.now().date()
    ways = {}
    for place in commits:
        stretches: Sequence[Stretch] = maps[place].stretches
        if place[0] in asked.moved:
            stretches = _copied(stretches)
        accepted = _accepted(asked, place[0], today)
        if asked.back:
            # what only the target has, the source does not lack
            stretches, accepted = mirrored(stretches), accepted | {Word.MISSING}
        start, held = reading.start(place), reading.start(place, side=1)
        ways[place] = Through(
            Ordered(stretches), reading.of(place), start, accepted, held, asked.back
        )
    reading.ahead({place: ways[place].spans(c.offset) for place, c in commits.items()})
    found = {}
    for place, commit in commits.items():
        at = ways[place].place(commit.offset)
        if asked.back:
            at = _before_what_it_never_read(ways[place].known.ordered, commit.offset, at)
        found[place] = _translation(commit, at, ways[place].accepted)
    return found


class _Reading:
    """Ranges of both logs of many partitions, read together as far as they are known beforehand."""

    def __init__(self, sites: tuple[Site, Site], topics: set[str]) -> None:
        self._sites = sites
        self._ends = [site.reader.ends(topics) for site in sites]
        self._read: list[dict[tuple[TopicPartition, tuple[int, int]], Sequence[VisibleRecord]]]
        self._read = [{}, {}]

    def start(self, place: TopicPartition, side: int = 0) -> int:
        """Return where a side's log begins."""
        return self._ends[side][place].start

    def ahead(
        self, wanted: Mapping[TopicPartition, tuple[list[tuple[int, int]], list[tuple[int, int]]]]
    ) -> None:
        """Read the first range of each partition and side at once."""
        for side in (0, 1):
            first = {place: spans[side][0] for place, spans in wanted.items() if spans[side]}
            clipped = {place: self._clipped(side, place, span) for place, span in first.items()}
            found = self._sites[side].records.visible(clipped)
            self._read[side] |= {(place, first[place]): records for place, records in found.items()}

    def of(self, place: TopicPartition) -> Fetch:
        """Return what reads ranges of one partition."""

        def fetch(
            first: tuple[int, int], second: tuple[int, int]
        ) -> tuple[Sequence[VisibleRecord], Sequence[VisibleRecord]]:
            return self._of(0, place, first), self._of(1, place, second)

        return fetch

    def _of(
        self, side: int, place: TopicPartition, span: tuple[int, int]
    ) -> Sequence[VisibleRecord]:
        if span[0] >= span[1]:
            return ()
        known = self._read[side].get((place, span))
        if known is not None:
            return known
        return self._sites[side].records.visible({place: self._clipped(side, place, span)})[place]

    def _clipped(self, side: int, place: TopicPartition, span: tuple[int, int]) -> tuple[int, int]:
        return max(span[0], self._ends[side][place].start), span[1]


def _copied(stretches: Sequence[Stretch]) -> Sequence[Stretch]:
    """Return the stretches without what the target has behind all that was copied."""
    last = max((i for i, one in enumerate(stretches) if one.word != Word.EXTRA), default=-1)
    return stretches[: last + 1]


def _accepted(asked: Asked, topic: str, today: date) -> frozenset[Word]:
    return frozenset(
        word
        for word, may in MAY.items()
        if waived(asked.waivers, topic, asked.group, may, today) is not None
    )


def _before_what_it_never_read(stretches: Sequence[Stretch], commit: int, found: Place) -> Place:
    """Return the place before records that the target never had: a reader that came from there has not read them."""
    if found.offset is None:
        return found
    never = [
        one.target[0]
        for one in stretches
        if one.word == Word.EXTRA and one.source == (commit, commit)
    ]
    return replace(found, offset=min([found.offset, *never]))


def _translation(commit: Commit, found: Place, accepted: frozenset[Word]) -> Translation:
    proof, said = _proof(found, accepted)
    return Translation(
        topic=commit.topic,
        partition=commit.partition,
        source=commit.offset,
        target=found.offset,
        lag=found.unread,
        method="map" if found.offset is not None else "none",
        proof=proof,
        reread=found.reread,
        evidence=said or _compared(found),
        metadata=commit.metadata,
    )


def _compared(found: Place) -> str:
    if not found.unread:
        return "nothing unread; every record before it was compared"
    return f"{found.unread:,} of {count(found.unread, 'record')} equal"


def _proof(found: Place, accepted: frozenset[Word]) -> tuple[Proof, str]:
    """Return how sure the place is, and why it is no more than that."""
    if found.offset is None:
        return "unknown", found.why
    if found.exact:
        return "exact", ""
    if found.lost:
        return (
            "waived",
            f"{count(found.lost, 'record')} that the copy lacks are skipped, as accepted",
        )
    if found.expired:
        return "expired", (
            f"{count(found.expired, 'offset')} had expired unread; "
            "it goes on with the first record of them that is still there"
        )
    if found.superseded:
        return "superseded", f"{count(found.reread, 'record')} are read that were superseded since"
    some = ", ".join(map(str, found.extra[:5]))
    said = f"the copy holds {count(found.reread, 'more record')}" + (
        f", at offset {some}" if some else ""
    )
    return ("waived" if Word.EXTRA in accepted else "lower bound"), said
