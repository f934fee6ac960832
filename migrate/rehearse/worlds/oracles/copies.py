"""Whether a copy is what a gate says of it: it keeps up, it has passed the commits, it holds every record."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.log import Stored
from migrate.rehearse.worlds.mirrors import renamed
from migrate.rehearse.worlds.oracles import standing
from migrate.rehearse.worlds.timeline import MINUTE
from migrate.rehearse.worlds.topics import WorldTopic
from migrate.rehearse.worlds.world import World

About = dict[str, Any]
INFINITE = float("inf")
_MEASURED = 5.0
"""Seconds that a pace is measured for, at most."""


def ready(world: World, _: str, about: About) -> str:
    """Return a topic whose copy lacks what it could have, or holds what the source's topic never had."""
    shown = {line.split()[0] for line in about["out"].splitlines() if line.strip()}
    said = " ".join(about["out"].split())
    for connector in world.connect.connectors.values():
        for place in connector.known:
            told = re.search(
                rf"of {re.escape(place[0])}-{place[1]}, .*? (is|are) (missing|not comp|deleted|twice)",
                said,
            )
            meddled = standing.meddled(world, "topic", about.get("began", world.timeline.now))
            if place[0] in shown and not (told or meddled) and (found := _copy_fault(world, place)):
                return found
    return ""


def there(world: World, _: str, about: About) -> str:
    """Return a connector that Connect does not have."""
    gone = sorted(set(about["step"]["configs"]) - world.connect.connectors.keys())
    return f"Connect has no connector {gone[0]}" if gone else ""


def _copy_fault(world: World, place: TopicPartition) -> str:
    topic, partition = place
    source = world.source.topics.get(topic)
    if source is None:
        return ""
    if behind := _behind(world, place):
        return behind
    target = world.target.topic(topic)
    written = [w for w in world.facts.at_place.get(place, ()) if settled(w)]
    copied = {w.content.number for w in written if w.topic_id == target.id}
    ever = {w.content.number for w in written if w.topic_id == source.id or _by_client(w)}
    there = [r.content for r in world.target.log(*place).records]
    here = {content.number for content in _lasting(source, there)}
    if foreign := (here & copied) - ever:
        return f"{len(foreign)} records of {topic}-{partition} on the target were never in the source's topic"
    return _gap(world, place, [w for w in written if w.topic_id == source.id], copied)


def _lasting(topic: WorldTopic, contents: Iterable[Content | None]) -> list[Content]:
    """Return what a log holds, of a compacted topic the last of each key: the others are on their way out."""
    found = [content for content in contents if content]
    if "compact" not in topic.effective["cleanup.policy"]:
        return found
    return list({content.key: content for content in found}.values())


def _behind(world: World, place: TopicPartition) -> str:
    """Return what a partition's copy has not brought for ten minutes."""
    topic, partition = place
    target = world.target.topics.get(topic)
    if target is None or partition >= len(target.logs):
        return f"{topic}-{partition} does not exist on the target"
    copied = {w.content.number for w in copied_records(world, place)}
    old = world.timeline.now - 10 * MINUTE
    log = world.source.log(*place)
    left = _visible(log.read(log.start, log.end))
    # what it has passed over, the comparison names
    position = _position(world, place)
    late = (r for r in left if r.offset > position and r.at < old)
    missing = sum(r.content.number not in copied for r in late)
    if missing:
        return f"{missing} records of {topic}-{partition} are not copied, for ten minutes"
    return ""


def settled(one: Written) -> bool:
    """Whether a record is no part of a transaction, or its transaction was committed."""
    return one.transaction is None or one.transaction.state == "committed"


def _by_client(one: Written) -> bool:
    return one.side == "target" and one.principal != "User:copier"


def _gap(world: World, place: TopicPartition, written: list[Written], copied: set[int]) -> str:
    """Return the records between two copied ones that expired on the source before they were copied."""
    offsets = [w.offset for w in written if w.content.number in copied]
    if not offsets or "compact" in world.source.topic(place[0]).effective["cleanup.policy"]:
        return ""
    low, high = min(offsets), max(offsets)
    gone = [w for w in written if low < w.offset < high and w.content.number not in copied]
    gone = [w for w in gone if w.content.number not in world.lost]
    if gone:
        return f"{len(gone)} records of {place[0]}-{place[1]} expired before they were copied"
    return ""


def pace(world: World, _: str, about: About) -> str:
    """Return a connector that does not run, or a topic whose copy is behind."""
    last = max((at for at, _ in world.happened), default=-_MEASURED)
    if world.timeline.now - last < _MEASURED:
        return ""  # somebody did something while it was measured
    for name, topics in about["step"]["carried"].items():
        connector = world.connect.connectors.get(name)
        if connector is None or not connector.tasks:
            return f"connector {name} has no task"
        if failed := [task for task in connector.tasks if task.state != "RUNNING"]:
            return f"task {failed[0].number} of connector {name} is {failed[0].state}"
        for place in connector.known:
            here = place[0] in topics and world.source.topics.get(place[0]) is not None
            if here and (found := _behind(world, place)):
                return found
    return ""


def compared(world: World, _: str, about: About) -> str:
    """Return a record that the copy lacks, and that a group has before it, on whichever side it stands."""
    step = about["step"]
    for place in sorted(p for p in world.facts.at_place if p[0] in step["topics"]):
        source, target = world.source.topics.get(place[0]), world.target.topics.get(place[0])
        if source is None or target is None or place[1] >= len(source.logs):
            continue
        if "compact" in source.effective["cleanup.policy"]:
            continue
        if any(waiver["topic"] == place[0] for waiver in step["readers"]["waivers"]):
            continue
        copied = {w.content.number: w.offset for w in copied_records(world, place)}
        kept = (world.connect.positions.get(name, {}) for name in step["connectors"])
        position = max((p.get(place, -1) for p in kept), default=-1)
        written = [w for w in world.facts.at_place[place] if w.topic_id == source.id]
        known = [w for w in written if settled(w) and w.offset <= position]
        known = [w for w in known if w.content.number not in world.lost]
        here = [w.offset for w in known if w.content.number in copied]
        missing = [w.offset for w in known if w.content.number not in copied]
        missing = [at for at in missing if here and at > here[0]]
        if not missing:
            continue
        stands = max(
            _lowest(world.source, step["readers"]["here"], place), source.logs[place[1]].start
        )
        if missing[-1] >= stands:
            return f"{place[0]}-{place[1]} lacks the record at {missing[-1]}: a group stands at {stands}"
        later = [w for w in known if w.offset > missing[-1] and w.content.number in copied]
        end = min((copied[w.content.number] for w in later), default=INFINITE)
        at = _lowest(world.target, step["readers"]["across"], place)
        if end >= at < INFINITE:
            return f"{place[0]}-{place[1]} lacks a record before {end} of the target: a group stands at {at}"
    return ""


def _lowest(cluster: Cluster, groups: Iterable[str], place: TopicPartition) -> float:
    """Return where the last of these groups stands; infinitely far if none does."""
    known = (cluster.groups.get(name) for name in groups)
    return min(
        (g.commits[place].offset for g in known if g and place in g.commits), default=INFINITE
    )


def passed(world: World, _: str, about: About) -> str:
    """Return a commit on the source below which a record is not copied."""
    step = about["step"]
    for name in step["groups"]:
        group = world.source.groups.get(name)
        for place, commit in sorted(group.commits.items()) if group else ():
            if place[0] not in step["topics"]:
                continue
            if left := _uncopied(world, place, commit.offset, step["groups"]):
                return f"{left} below a commit of {name} are not copied"
    return ""


def drained(world: World, _: str, about: About) -> str:
    """Return a partition of which a record before the fence is not copied, or in which the copier has not ended."""
    readers = about["step"]["readers"]
    waived = {waiver["topic"] for waiver in readers["waivers"]}
    for end in about["step"]["ends"]:
        place = (end["topic"], end["partition"])
        if world.target.topics.get(place[0]) is None:
            return f"{place[0]} does not exist on the target"
        left = _uncopied(world, place, end["offset"], readers["here"])
        if left and place[0] not in waived:
            return f"{left} before the fence are not copied"
        if world.target.log(*place).open:
            return f"a transaction is open on {place[0]}-{place[1]} of the target"
    return ""


def _uncopied(world: World, place: TopicPartition, upto: int, groups: Iterable[str]) -> str:
    """Return in words how many records that a consumer of the source still gets below an offset were never copied.

    Those that the copier has passed over count where one of the groups has them before it.
    """
    topic = world.source.topics.get(place[0])
    if topic is None or place[1] >= len(topic.logs):
        return ""
    copied = {w.content.number for w in copied_records(world, place)}
    log = world.source.log(*place)
    position = _position(world, place)
    due = min(position + 1, _lowest(world.source, groups, place))
    left = [
        r
        for r in _visible(log.read(log.start, upto))
        if r.offset >= due and r.content.number not in copied
    ]
    if not left:
        return ""
    over = ", which the copy has passed over," if left[-1].offset <= position else ""
    return f"{len(left)} records of {place[0]}-{place[1]}{over}"


def _position(world: World, place: TopicPartition) -> int:
    return max((p.get(place, -1) for p in world.connect.positions.values()), default=-1)


def _visible(records: Iterable[Stored]) -> Iterator[Any]:
    return (r for r in records if r.content is not None)


def copied_records(world: World, place: TopicPartition) -> Iterator[Written]:
    """Yield what was written to the target's topic of now for this partition of the source, and counts."""
    there = renamed(place)
    topic = world.target.topics.get(there[0])
    if topic is None:
        return
    for one in world.facts.at_place.get(there, ()):
        if one.topic_id == topic.id and settled(one):
            yield one
