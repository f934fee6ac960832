"""How far copies are: by Connect's own offsets, and by reading what lies between them and the source's end."""

from collections.abc import Iterable

from migrate.errors import StepFailed
from migrate.logs.pace import CopyPace, Sample, pace
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.ports import Sites

_READABLE = 50_000
"""Offsets of one partition that are worth reading to count its records."""


def copies(sites: Sites, names: Iterable[str]) -> dict[str, Copier]:
    """The connectors by name, which the journal says kmig started; one that is gone or failed raises."""
    found: dict[str, Copier] = {}
    for name in names:
        copy = sites.moving.copy.copy(name)
        if copy is None:
            raise StepFailed(
                f"connector {name} is missing: kmig started it, and Connect does not have it now",
                "find out who deleted it; while Connect keeps its offsets, kmig replicate WAVE creates it again and "
                "the copy continues where it was (once a cutover has begun, kmig rollback WAVE first)",
            )
        if copy.failure:
            raise StepFailed(
                copy.failure,
                "mend its cause; kmig replicate starts it again; once the wave in its name was cut over, "
                f"POST /connectors/{copy.name}/restart?includeTasks=true&onlyFailed=true does",
            )
        found[name] = copy
    return found


def paces(sites: Sites, carried: dict[str, tuple[str, ...]], window: float) -> tuple[CopyPace, ...]:
    """Each topic's pace over a window of seconds; `carried` names each connector's topics."""
    before = _sample(sites, carried)
    sites.clock.sleep(window)
    after = _sample(sites, carried)
    unread = _unread(sites, after)
    topics = sorted({topic for topic, _ in after.ends})
    return tuple(pace(before, after, topic, unread.get(topic)) for topic in topics)


def next_offsets(sites: Sites, names: Iterable[str]) -> dict[TopicPartition, int]:
    """The offset after the last one copied, by Connect's own account."""
    there = copies(sites, names)
    return {place: last + 1 for place, last in sites.moving.copy.positions(there).items()}


def _sample(sites: Sites, carried: dict[str, tuple[str, ...]]) -> Sample:
    topics = [topic for names in carried.values() for topic in names]
    ends = sites.source.reader.ends(topics)
    return Sample(sites.clock.monotonic(), ends, next_offsets(sites, carried))


def _unread(sites: Sites, sample: Sample) -> dict[str, int]:
    """Visible records not copied yet, by topic; a topic with too many to read is left out."""
    gaps = sample.gaps
    far = {topic for (topic, _), (begin, end) in gaps.items() if end - begin > _READABLE}
    # records may have expired since the look, and a position before the start cannot be read from
    now = sites.source.reader.ends({topic for topic, _ in gaps} - far)
    ranges = {p: (e.readable(gaps[p][0])[0], gaps[p][1]) for p, e in now.items() if p in gaps}
    counts = {topic: 0 for topic, _ in ranges}
    for (topic, _), records in sites.source.records.visible(ranges).items():
        counts[topic] += len(records)
    return counts
