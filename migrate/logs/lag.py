"""The lag of copies: by Connect's own offsets, and by reading the records between them and the source's end."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from migrate.errors import CannotTell, Expired, Refused, StepFailed
from migrate.logs.mapping import Mapped, Pace, Pass, extended
from migrate.logs.pace import CopyPace, Sample, pace
from migrate.logs.reading import first_records, patiently
from migrate.logs.stretches import Word
from migrate.model.copier import Copier
from migrate.model.mirrormaker import topics_of
from migrate.model.record import TopicPartition, VisibleRecord
from migrate.ports import Sites

_READABLE = 50_000
"""A partition with more offsets left to copy is not read to count its records."""
_READING_SECONDS = 30.0
"""For so long a foreign copy is read to see how far it is."""


def copies(sites: Sites, names: Iterable[str]) -> dict[str, Copier]:
    """Return the copiers that kmig has started, by name; raises when one is missing or has failed."""
    copiers: dict[str, Copier] = {}
    for name in names:
        copier = sites.moving.copy.copy(name)
        if copier is None:
            raise StepFailed(
                f"connector {name} is missing: kmig started it, and Connect does not have it now",
                "find out who deleted it. `kmig replicate WAVE` of the wave in its name makes it again, and so does "
                "`kmig cutover WAVE` of a wave that it copies for: Connect keeps its offsets, and the copy continues",
            )
        if copier.failure:
            raise StepFailed(
                f"the copy has failed: {copier.failure}",
                "mend its cause, then run kmig replicate WAVE. After the cutover of that wave use "
                f"POST /connectors/{copier.name}/restart?includeTasks=true&onlyFailed=true",
            )
        copiers[name] = copier
    return copiers


def paces(sites: Sites, carried: dict[str, tuple[str, ...]], window: float) -> tuple[CopyPace, ...]:
    """Measure the pace of each topic over a window of seconds; `carried` maps each connector to its topics."""
    before = _sample(sites, carried)
    sites.clock.sleep(window)
    after = _sample(sites, carried)
    unread = _unread(sites, after)
    unknown = {p for p, left in unread.items() if left and p not in after.copied}
    begun = _begun(sites, unknown) | _young(sites, before, after, unknown)
    topics = sorted({topic for topic, _ in after.ends})
    return tuple(pace(before, after, topic, unread, begun) for topic in topics)


def _young(
    sites: Sites, before: Sample, after: Sample, unknown: set[TopicPartition]
) -> set[TopicPartition]:
    """Return those of which no record stood there in both samples: an application may purge what it has just read."""
    spans = {p: (after.gaps[p][0], before.gaps[p][1]) for p in unknown if p in before.gaps}
    stayed = _first(sites, spans)
    return {place for place in spans if place not in stayed}


def _first(
    sites: Sites, spans: Mapping[TopicPartition, tuple[int, int]]
) -> Mapping[TopicPartition, VisibleRecord]:
    """Return the first record that is still there in each span; where logs go on being purged, none."""

    def read() -> Mapping[TopicPartition, VisibleRecord]:
        ends = sites.source.reader.ends({topic for topic, _ in spans})
        left = {p: (max(b, ends[p].start), e) for p, (b, e) in spans.items() if p in ends}
        return first_records(sites.source, left)

    with suppress(Expired):
        return patiently(read)
    return {}


def _begun(sites: Sites, unknown: set[TopicPartition]) -> set[TopicPartition]:
    """Return those of which the target has, or had, records: Connect may have lost their positions."""
    if not unknown:
        return set()
    ends = sites.target.reader.ends({topic for topic, _ in unknown})
    return {place for place in unknown if place in ends and ends[place].end > 0}


_GROW = "run `kmig inventory`, `kmig plan` and `kmig apply WAVE`: the copy finds it within a minute"
_ANEW = (
    "find out who deleted it; `kmig rollback WAVE`, `kmig apply WAVE` and `kmig replicate WAVE` of the wave that "
    "began its copy begin it anew"
)


@dataclass(frozen=True)
class Lacking:
    """What the target lacks of copied topics: its name, and what to do about it."""

    what: str
    remedy: str


def lacking(sites: Sites, topics: Iterable[str]) -> Lacking | None:
    """Return the first topic, or partition of one, that the source has and the target has not.

    MirrorMaker may not make it, and a task that meets it fails after a minute.
    """
    wanted = list(topics)
    there = sites.target.reader.ends(wanted)
    missing = sorted(place for place in sites.source.reader.ends(wanted) if place not in there)
    if not missing:
        return None
    topic, partition = missing[0]
    if any(name == topic for name, _ in there):
        return Lacking(f"{topic}-{partition}", _GROW)
    return Lacking(f"topic {topic}", _ANEW)


def require_there(sites: Sites, topics: Iterable[str]) -> None:
    """Refuse, in the midst of a cutover, topics that the target lacks whole or in part."""
    if lacks := lacking(sites, topics):
        raise Refused(
            f"{lacks.what} does not exist on the target, so nothing can be copied to it",
            f"go back with `kmig rollback WAVE`; then {lacks.remedy}",
        )


def next_offsets(sites: Sites, names: Iterable[str]) -> dict[TopicPartition, int]:
    """Return the offset after the last copied one of each partition, by Connect's own offsets."""
    copiers = copies(sites, names)
    return {place: last + 1 for place, last in last_copied(sites, copiers).items()}


def told(sites: Sites, names: Iterable[str]) -> dict[TopicPartition, int]:
    """Return the same as far as Connect tells it: nothing is read, and of a foreign copy nothing is known."""
    positions = sites.moving.copy.positions(copies(sites, names))
    return {place: last + 1 for place, last in (positions or {}).items()}


def last_copied(sites: Sites, names: Iterable[str]) -> dict[TopicPartition, int]:
    """Return the last copied offset of each partition: by Connect, or by what a foreign copy holds, which is read."""
    wanted = list(names)
    told = sites.moving.copy.positions(wanted)
    if told is not None:
        return told
    topics = carried(sites, wanted)
    places = sorted(sites.source.reader.ends(topics))
    reading = Pass({}, Pace(sites.clock), until=sites.clock.monotonic() + _READING_SECONDS)
    found = extended(sites, places, reading)
    return {one.place: upto - 1 for one in found if (upto := _passed(one)) > 0}


def carried(sites: Sites, names: Iterable[str]) -> list[str]:
    """Return the topics of these copies."""
    copiers = (sites.moving.copy.copy(name) for name in names)
    return [topic for one in copiers if one for topic in topics_of(one.config)]


def _passed(one: Mapped) -> int:
    """Return the source offset behind the last record that the copier has passed; raise where that was not read."""
    where = f"{one.place[0]}-{one.place[1]}"
    if one.unread:
        raise CannotTell(
            f"how far {where} is copied is unknown, because it is not read: {one.unread}"
        )
    if not one.finished:
        raise CannotTell(
            f"how far {where} is copied is unknown: it was not compared to its end yet",
            "run `kmig verify data`: nobody waits for it, and the next command goes on where it ended",
        )
    return max((s.source[1] for s in one.stretches if s.word != Word.PENDING), default=0)


def bytes_a_second(sites: Sites, paces: Iterable[CopyPace]) -> tuple[float, float]:
    """Return how fast topics were copied and how fast they grow, by the mean size of what the source stores."""
    found = list(paces)
    topics = [one.topic for one in found]
    if not topics:
        return 0.0, 0.0
    sizes, ends = sites.source.reader.sizes(topics), sites.source.reader.ends(topics)
    mean = {}
    for topic in topics:
        offsets = sum(e.end - e.start for (name, _), e in ends.items() if name == topic)
        size = sum(size for (name, _), size in sizes.items() if name == topic)
        mean[topic] = size / offsets if offsets else 0.0
    return (
        sum(one.copied * mean[one.topic] for one in found),
        sum(one.produced * mean[one.topic] for one in found),
    )


def _sample(sites: Sites, carried: dict[str, tuple[str, ...]]) -> Sample:
    topics = [topic for names in carried.values() for topic in names]
    ends = sites.source.reader.ends(topics)
    return Sample(sites.clock.monotonic(), ends, next_offsets(sites, carried))


def _unread(sites: Sites, sample: Sample) -> dict[TopicPartition, int]:
    """Return the number of visible records not copied yet; a topic with too many to read is left out."""
    gaps = sample.gaps
    far = {topic for (topic, _), (begin, end) in gaps.items() if end - begin > _READABLE}

    def read() -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        # records may have expired since the sample, and nothing can be read from before the start
        now = sites.source.reader.ends({topic for topic, _ in gaps} - far)
        ranges = {p: (e.readable(gaps[p][0])[0], gaps[p][1]) for p, e in now.items() if p in gaps}
        return sites.source.records.visible(ranges)

    return {place: len(records) for place, records in patiently(read).items()}
