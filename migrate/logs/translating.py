"""Commits translated to the other side: through the map of each partition, and without one by the ladder.

The map is read to the ends of both logs first, as far as it does not reach. With it the copy may go on meanwhile; the
ladder supposes that nobody writes to either log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from migrate.logs.concerns import MAY
from migrate.logs.mapping import Mapped, Pace, Pass, extended
from migrate.logs.reading import logs_between, patiently
from migrate.logs.stretches import Stretch, Word
from migrate.logs.through import Fetch, Ordered, Place, Span, Through, mirrored
from migrate.logs.translate import Proof, Translation, translate
from migrate.model.cluster import Commit
from migrate.model.record import TopicPartition, VisibleRecord
from migrate.model.waiver import Waiver, waived
from migrate.model.words import count
from migrate.ports import Site, Sites

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
    """Return where each commit continues on the other side, in the order of their partitions."""
    return translated_all(sites, [asked])[0]


def translated_all(sites: Sites, every: Sequence[Asked]) -> list[tuple[Translation, ...]]:
    """Return the same for many groups, all in the same direction; what they have in common is read once.

    Where records expire while they are read, both logs are looked at again.
    """
    return patiently(lambda: _translated(sites, every))


def _translated(sites: Sites, every: Sequence[Asked]) -> list[tuple[Translation, ...]]:
    uptos = {place: upto for asked in every for place, upto in asked.uptos.items()}
    found: list[dict[TopicPartition, Translation]] = [{} for _ in every]
    commits = [
        (c, asked, own) for asked, own in zip(every, found, strict=True) for c in asked.commits
    ]
    places = sorted({c.place for c, _, _ in commits})
    maps = through_maps(sites, places, uptos, anew=not any(asked.back for asked in every))
    by_maps(sites, [one for one in commits if one[0].place in maps], maps)
    _by_ladder(sites, [one for one in commits if one[0].place not in maps])
    return [tuple(own[place] for place in sorted(own)) for own in found]


def through_maps(
    sites: Sites, places: Iterable[TopicPartition], copied: Uptos, *, anew: bool = False
) -> dict[TopicPartition, Mapped]:
    """Return the maps of those partitions that have one, read to the ends of both logs; `anew` also of the others.

    What was read is written down, but where another process makes the same maps.
    """
    maps = sites.maps
    known = [place for place in places if maps is not None and (anew or maps.lines(place))]
    if not known or maps is None:
        return {}
    found = extended(sites, known, Pass(copied, Pace(sites.clock)))
    return {one.place: one for one in found if one.finished and not one.unread}


Commits = Sequence[tuple[Commit, Asked, dict[TopicPartition, Translation]]]
"""Each with its question, and with where its answer goes; all in the same direction."""


def _by_ladder(sites: Sites, commits: Commits) -> None:
    """Answer what only the logs themselves can say: no map is of these partitions."""
    if not commits:
        return
    lowest: dict[TopicPartition, int] = {}
    for c, _, _ in commits:
        lowest[c.place] = min(c.offset, lowest.get(c.place, c.offset))
    uptos = {c.place: asked.uptos[c.place] for c, asked, _ in commits}
    if commits[0][1].back:
        ends = sites.target.reader.ends({topic for topic, _ in lowest})
        stable = {place: ends[place].stable for place in lowest}
        logs = logs_between(sites.target, sites.source, lowest, stable, uptos)
    else:
        logs = logs_between(sites.source, sites.target, lowest, uptos, {})
    for c, _, into in commits:
        into[c.place] = translate(
            c.topic, c.partition, c.offset, logs[c.place], metadata=c.metadata
        )


def by_maps(sites: Sites, commits: Commits, maps: Mapping[TopicPartition, Mapped]) -> None:
    """Answer what the maps of these partitions say."""
    if not commits:
        return
    back, today = commits[0][1].back, sites.clock.now().date()
    both = (sites.target, sites.source) if back else (sites.source, sites.target)
    reading = _Reading(both, {c.topic for c, _, _ in commits})
    ordered: dict[tuple[TopicPartition, bool], Ordered] = {}
    known: dict[tuple[TopicPartition, bool, frozenset[Word]], Through] = {}
    ways = []
    for c, asked, _ in commits:
        moved, accepted = c.topic in asked.moved, _accepted(asked, c.topic, today)
        # what only the target has, the source does not lack
        accepted |= {Word.MISSING} if back else frozenset()
        way = known.get((c.place, moved, accepted))
        if way is None:
            if (c.place, moved) not in ordered:
                ordered[c.place, moved] = _ordered(maps[c.place], back=back, moved=moved)
            way = known[c.place, moved, accepted] = Through(
                ordered[c.place, moved],
                reading.of(c.place),
                reading.start(c.place),
                accepted,
                reading.start(c.place, side=1),
                back,
            )
        ways.append(way)
    known_at = [way.unread(c.offset) for (c, _, _), way in zip(commits, ways, strict=True)]
    reading.ahead(
        (c.place, way.spans(c.offset))
        for (c, _, _), way, at in zip(commits, ways, known_at, strict=True)
        if at is None
    )
    for (c, _, into), way, before in zip(commits, ways, known_at, strict=True):
        at = before or way.place(c.offset)
        if back:
            at = _before_what_it_never_read(way.known.ordered, c.offset, at)
        into[c.place] = _translation(c, at, way.accepted)


def _ordered(known: Mapped, *, back: bool, moved: bool) -> Ordered:
    stretches: Sequence[Stretch] = _copied(known.stretches) if moved else known.stretches
    return Ordered(mirrored(stretches) if back else stretches)


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

    def ahead(self, wanted: Iterable[tuple[TopicPartition, tuple[list[Span], list[Span]]]]) -> None:
        """Read the first ranges that look-ups need, those of many partitions at once."""
        left: list[dict[TopicPartition, set[Span]]] = [{}, {}]
        for place, spans in wanted:
            for side in (0, 1):
                if spans[side]:
                    left[side].setdefault(place, set()).add(spans[side][0])
        for side in (0, 1):
            while left[side]:
                turn = {place: some.pop() for place, some in left[side].items()}
                left[side] = {place: some for place, some in left[side].items() if some}
                clipped = {p: self._clipped(side, p, span) for p, span in turn.items()}
                found = self._sites[side].records.visible(clipped)
                self._read[side] |= {(p, turn[p]): records for p, records in found.items()}

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
    if not asked.waivers:
        return frozenset()
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
