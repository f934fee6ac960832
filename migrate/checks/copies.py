"""watch: whether running copies lose anything, or may soon: their tasks, pace, age, partitions and records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from migrate.documents.watched import WatchedTopic
from migrate.errors import Refused
from migrate.logs.concerns import Concern, concerns, fault
from migrate.logs.lag import Lacking, carried, lacking, paces
from migrate.logs.logmap import found as records_by_word
from migrate.logs.logmap import last_seen
from migrate.logs.logmap import read as as_written
from migrate.logs.looking import pair
from migrate.logs.mapping import Mapped, Pass, mapped
from migrate.logs.pace import CopyPace
from migrate.logs.reading import first_records
from migrate.logs.stretches import GOES_ON
from migrate.model.check import Check, Verdict
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.settings import Cleaning
from migrate.model.waiver import Readers
from migrate.model.words import count, lasting
from migrate.ports import Sites

_SHOWN = 20
_CONFIGS = (*Cleaning.KEYS, "retention.ms")


@dataclass(frozen=True)
class Age:
    """The age of the oldest record that is not copied, and half of the time that the source keeps it, in seconds.

    `config` is what says so. `over` are the partitions with a record that is older.
    """

    config: str
    safe: float
    oldest: float = 0.0
    over: tuple[TopicPartition, ...] = ()


@dataclass(frozen=True)
class Copies:
    """What one look found. `copiers` have None for a connector that is gone; `topics` says who copies which.
    `busy` are topics whose maps another kmig makes just now."""

    topics: Mapping[str, tuple[str, ...]]
    copiers: Mapping[str, Copier | None]
    paces: tuple[CopyPace, ...] = ()
    lacks: Lacking | None = None
    ages: Mapping[str, Age] = field(default_factory=dict)
    maps: tuple[Mapped, ...] = ()
    concerns: tuple[Concern, ...] = ()
    busy: frozenset[str] = frozenset()


def look(sites: Sites, carried: Mapping[str, tuple[str, ...]], window: float) -> Copies:
    """Ask for everything but the records; `carried` maps each connector to its topics."""
    copiers = {name: sites.moving.copy.copy(name) for name in carried}
    well = {
        name: topics
        for name, topics in carried.items()
        if (one := copiers[name]) and not (one.failure or one.foreign)
    }
    every = sorted(topic for topics in carried.values() for topic in topics)
    return Copies(
        topics=dict(carried),
        copiers=copiers,
        paces=paces(sites, well, window) if well else (),
        lacks=lacking(sites, every),
        ages=_ages(sites, every, copied(sites, copiers)),
    )


def copied(sites: Sites, copiers: Mapping[str, Copier | None]) -> dict[TopicPartition, int]:
    """Return the offset after the last copied one of each partition, of failed connectors too."""
    names = [name for name, copier in copiers.items() if copier]
    positions = sites.moving.copy.positions(names) if names else {}
    if positions is not None:
        return {place: last + 1 for place, last in positions.items()}
    assert sites.maps
    places = sites.source.reader.ends(carried(sites, names))
    maps = {place: as_written(sites.maps.lines(place)) for place in places}
    return {place: known.reaches(0) for place, known in maps.items() if known}


def read(sites: Sites, found: Copies, readers: Readers, reading: Pass) -> Copies:
    """Extend the maps as far as the pass allows, those that are nearly up to date first; judge what they say."""
    assert sites.maps
    topics = sorted(topic for some in found.topics.values() for topic in some)
    places: dict[str, list[TopicPartition]] = defaultdict(list)
    for place in sorted(sites.source.reader.ends(topics)):
        places[place[0]].append(place)
    seen = {
        topic: min(last_seen(sites.maps.lines(p)) for p in own) for topic, own in places.items()
    }
    sides, maps, busy = pair(sites, topics), list[Mapped](), set()
    order = sorted(places, key=lambda topic: (-seen[topic], topic))
    for done, topic in enumerate(order):
        try:
            share = reading.share(sites.clock, len(order) - done)
            maps += mapped(sides, sites.maps, places[topic], share)
        except Refused:
            busy.add(topic)
    told = concerns(sites, readers, topics, maps)
    return replace(found, maps=tuple(maps), concerns=tuple(told), busy=frozenset(busy))


def judge(found: Copies, readers: Readers, today: date) -> tuple[Check, ...]:
    """Return a check for each connector and each topic."""
    connectors = [_connector(name, copier) for name, copier in sorted(found.copiers.items())]
    topics = sorted(topic for some in found.topics.values() for topic in some)
    return (*connectors, *(_topic(found, topic, readers, today) for topic in topics))


def topics(found: Copies) -> tuple[WatchedTopic, ...]:
    """Return the figures of each topic."""
    maps: dict[str, list[Mapped]] = defaultdict(list)
    for one in found.maps:
        maps[one.place[0]].append(one)
    by_pace = {one.topic: one for one in found.paces}
    made = []
    for topic in sorted(t for some in found.topics.values() for t in some):
        pace, age = by_pace.get(topic), found.ages.get(topic)
        words = records_by_word(s for one in maps[topic] for s in one.stretches)
        made.append(
            WatchedTopic(
                topic=topic,
                behind=pace.behind if pace else None,
                produced=pace.produced if pace else None,
                copied=pace.copied if pace else None,
                lag_seconds=age.oldest if age else None,
                safe_seconds=age.safe if age and age.safe else None,
                records={word: max(pair) for word, pair in words.items()},
            )
        )
    return tuple(made)


def _connector(name: str, copier: Copier | None) -> Check:
    if copier is None:
        said = "Connect does not have it: somebody has deleted it"
    elif copier.failure:
        said = copier.failure
    elif not copier.running:
        said = f"is {copier.shown}"
    else:
        return Check(name=f"connector {name}", verdict=Verdict.PASS, evidence=(copier.shown,))
    return Check(name=f"connector {name}", verdict=Verdict.FAIL, evidence=(said,))


def _topic(found: Copies, topic: str, readers: Readers, today: date) -> Check:
    faults = list(_faults(found, topic, readers, today))
    maps = [one for one in found.maps if one.place[0] == topic]
    unknown = [f"{topic}-{one.place[1]} is not read: {one.unread}" for one in maps if one.unread]
    unknown += ["its maps are made by another process just now"] if topic in found.busy else []
    told = [one.told for one in found.concerns if one.place[0] == topic]
    again = [
        f"{topic}-{m.place[1]}: read again: {why}" for m in maps for why in m.known.dropped[-1:]
    ]
    equal = sum(s.records[0] for one in maps for s in one.stretches if s.word in GOES_ON)
    proof = f"{count(equal, 'record')} equal in {count(len(maps), 'partition')}"
    if behind := sum(not one.finished for one in maps):
        proof += f"; {count(behind, 'partition')} not read to the end yet"
    verdict = Verdict.FAIL if faults else Verdict.UNKNOWN if unknown else Verdict.PASS
    said = [*faults, *unknown, *(line for line in told if line not in faults)]
    more = [f"… {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    evidence = (*said[:_SHOWN], *more, proof, *again)
    return Check(name=f"copy of {topic}", verdict=verdict, evidence=evidence)


def _faults(found: Copies, topic: str, readers: Readers, today: date) -> Iterator[str]:
    lacks = found.lacks
    if lacks and (lacks.what == f"topic {topic}" or lacks.what.rpartition("-")[0] == topic):
        yield f"{lacks.what} does not exist on the target"
    for pace in found.paces:
        if pace.topic == topic and pace.losing:
            yield pace.losing
    age = found.ages.get(topic)
    if age and age.over:
        where = ", ".join(str(partition) for _, partition in age.over[:5])
        yield (
            f"the copy is more than half of {age.config} behind ({lasting(2 * age.safe)}): "
            f"the source may delete records before they are copied, in partition {where}"
        )
    for one in found.concerns:
        if one.place[0] == topic and (said := fault(readers, one, today)):
            yield said


def _ages(
    sites: Sites, names: Iterable[str], copied: Mapping[TopicPartition, int]
) -> dict[str, Age]:
    """Return how old what is not copied is, against half of what the source keeps."""
    configs = sites.source.reader.effective(names, _CONFIGS)
    ends = sites.source.reader.ends(configs)
    now = sites.clock.now().timestamp()
    by_bound: dict[float, list[str]] = defaultdict(list)
    kept = {topic: _kept(own) for topic, own in configs.items()}
    for topic, (_, seconds) in kept.items():
        if seconds:
            by_bound[seconds / 2].append(topic)
    over: dict[str, list[TopicPartition]] = defaultdict(list)
    for safe, some in by_bound.items():
        # every record before the first since then is older; without one, all of them are
        since = sites.source.reader.first_since(some, int((now - safe) * 1000))
        ranges = {}
        for place, first in since.items():
            begin, upto = ends[place].readable(copied.get(place, 0))
            ranges[place] = begin, upto if first is None else min(first, upto)
        # markers are offsets that nobody copies
        for place in sorted(first_records(sites.source, ranges)):
            over[place[0]].append(place)
    return {
        topic: Age(
            config=config,
            safe=seconds / 2,
            oldest=_oldest(
                sites, topic, {p: ends[p].readable(copied.get(p, 0)) for p in ends}, now
            ),
            over=tuple(over[topic]),
        )
        for topic, (config, seconds) in kept.items()
    }


def _kept(configs: Mapping[str, str]) -> tuple[str, float]:
    """Return how many seconds the source keeps what the copier must come by for, and by which config; 0: for ever."""
    compacted = Cleaning.of(configs)
    retention = int(configs.get("retention.ms", "-1"))
    bounds = [("delete.retention.ms", compacted.tombstones_ms)] if compacted else []
    if retention > 0 and (compacted is None or compacted.deletes):
        bounds.append(("retention.ms", retention))
    config, ms = min(bounds, key=lambda one: one[1], default=("", 0))
    return config, ms / 1000


def _oldest(
    sites: Sites, topic: str, gaps: Mapping[TopicPartition, tuple[int, int]], now: float
) -> float:
    """Return the age of the first record that is not copied, in the partition that is furthest behind."""
    own = {place: gap for place, gap in gaps.items() if place[0] == topic and gap[0] < gap[1]}
    if not own:
        return 0.0
    place, (begin, upto) = max(own.items(), key=lambda one: one[1][1] - one[1][0])
    for chunk in sites.source.records.forward(place, begin, upto):
        if chunk.times:
            return max(0.0, now - chunk.times[0] / 1000)
    return 0.0
