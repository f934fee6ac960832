"""Whether nobody writes where a fence stands: on every broker of the source, up to the ends that were noted."""

from collections.abc import Iterator
from typing import Any

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.world import World

About = dict[str, Any]


def frozen(world: World, _: str, about: About) -> str:
    """Return a writer whom a broker lets write to a fenced topic, an open transaction, or an end that has moved."""
    step = about["step"]
    fenced = {acl["principal"] for acl in step["fence"] if acl["permission"] == "DENY"}
    for broker in world.source.broker_ids:
        for who in sorted(fenced):
            topics = {a["resource_name"] for a in step["fence"] if a["principal"] == who}
            for topic in sorted(topics & set(step["topics"])):
                if world.source.allows(who, "WRITE", "TOPIC", topic, broker):
                    return f"broker {broker} lets {who} write to {topic}"
    for topic, partition in _places(world, step["topics"]):
        if world.source.log(topic, partition).open:
            return f"a transaction is open on {topic}-{partition}"
    return _moved(world, about)


def _places(world: World, topics: list[str]) -> Iterator[TopicPartition]:
    for topic in topics:
        found = world.source.topics.get(topic)
        yield from ((topic, index) for index in range(len(found.logs) if found else 0))


def still(world: World, _: str, about: About) -> str:
    """Return a fenced partition that does not end where it was frozen; one that was deleted ends nowhere.

    Behind the write gate a source that has lost its last records has lost nothing that anybody reads there.
    """
    return _moved(world, about, lost=about["step"].get("part") != "before the gate")


def _moved(world: World, about: About, *, lost: bool = False) -> str:
    for end in about["step"]["ends"]:
        topic, partition = end["topic"], end["partition"]
        found = world.source.topics.get(topic)
        if found is None or partition >= len(found.logs):
            continue
        now = world.source.log(topic, partition).end
        if now > end["offset"] or (now < end["offset"] and not lost):
            return f"{topic}-{partition} ended at {end['offset']} and ends at {now}"
    return ""
