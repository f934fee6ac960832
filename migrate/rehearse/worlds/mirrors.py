"""MirrorMaker 2's connectors as Connect keeps them, which topics they copy, and how their tasks fail."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.log import Log, Transaction


@dataclass
class Task:
    """One task: the partitions that it copies, and its state.

    `at` is where its consumer stands, `seen` the topic's id and the leader's epoch that it met there last. One that
    is `blocked` waits for a topic that the target does not have, before it fails.
    """

    number: int
    places: tuple[TopicPartition, ...]
    state: str = "RUNNING"
    trace: str = ""
    open: Transaction | None = None
    at: dict[TopicPartition, int] = field(default_factory=dict)
    seen: dict[TopicPartition, tuple[str, int]] = field(default_factory=dict)
    patience: float = 1.0
    blocked: bool = False

    @property
    def copies(self) -> bool:
        """Whether it takes what is there to be copied."""
        return self.state == "RUNNING" and not self.blocked


@dataclass
class WorldConnector:
    """A connector: its config, the state that was asked for and when, its tasks, and what it copies."""

    name: str
    config: dict[str, str]
    state: str
    tasks: list[Task] = field(default_factory=list)
    known: tuple[TopicPartition, ...] = ()
    since: float = 0.0
    generation: int = 0
    waiting: bool = False


def stand(
    task: Task,
    place: TopicPartition,
    done: Mapping[TopicPartition, int],
    topic_id: str,
    log: Log,
    *,
    cut_back: bool,
) -> int:
    """Return where a task's consumer stands: it notices that the topic under it is another one, or was cut back.

    After an unclean election a client of 4.x goes back to where the logs part; one of 3.9 does not.
    """
    known = task.seen.get(place, (topic_id, log.epoch))
    task.seen[place] = (topic_id, log.epoch)
    begin = task.at.get(place, done[place] + 1 if place in done else log.start)
    if known[0] != topic_id:
        return log.start
    return min(begin, log.cut) if cut_back and known[1] != log.epoch else begin


def matching(
    connector: WorldConnector, source: Cluster, version: str
) -> tuple[TopicPartition, ...]:
    """Return the partitions that a connector copies now."""
    wanted = [re.compile(p) for p in connector.config.get("topics", "").split(",") if p]
    asked = connector.config.get("heartbeats.replication.enabled", "true") == "true"
    beating = asked or version < "4"
    found: list[TopicPartition] = []
    for topic in source.topics:
        listed = any(p.fullmatch(topic.name) for p in wanted)
        if _copied(topic.name, version) and (listed or (beating and _heartbeats(topic.name))):
            found += [(topic.name, index) for index in range(len(topic.logs))]
    return tuple(sorted(found))


def make_topics(
    source: Cluster, target: Cluster, principal: str, places: tuple[TopicPartition, ...]
) -> None:
    """Create what the target lacks of the topics that are copied, and grow others, where the copier may."""
    for topic, index in places:
        name, _ = renamed((topic, index))
        there = target.topics.get(name)
        if there is not None and index < len(there.logs):
            continue
        asked = (("TOPIC", name), ("CLUSTER", "kafka-cluster"))
        broker = target.broker_ids[0]
        if not any(target.allows(principal, "CREATE", *what, broker) for what in asked):
            continue
        if there is None:
            target.create_topic(name, index + 1, 1, source.topic(topic).own, by=principal)
        else:
            target.grow_topic(name, index + 1, by=principal)


def abort(target: Cluster, left: Transaction) -> None:
    """End a transaction that a task left open."""
    if left.state == "open":
        target.finish(left, "aborted")


def _heartbeats(name: str) -> bool:
    """Whether MirrorMaker takes a topic for another MirrorMaker's heartbeats."""
    return name == "heartbeats" or name.endswith(".heartbeats")


def _copied(name: str, version: str) -> bool:
    """Whether MirrorMaker copies a topic of this name at all (ReplicationPolicy.isInternalTopic, KIP-1074)."""
    own = name.endswith(".checkpoints.internal") or (
        name.startswith("mm2") and name.endswith(".internal")
    )
    if version < "4":
        own = name.endswith((".internal", "-internal"))
    return not name.startswith(("__", ".")) and not own


def renamed(place: TopicPartition) -> TopicPartition:
    """Return where a record is copied to: heartbeats are renamed even by the identity policy."""
    name, partition = place
    return (f"source.{name}", partition) if name.endswith("heartbeats") else place


def cause(error: BrokerError) -> str:
    """Return the last line of the stack trace of a task that met this error."""
    topics = f"[{error.about}]"
    causes = {
        "TOPIC_AUTHORIZATION_FAILED": "errors.TopicAuthorizationException: Not authorized to "
        f"access topics: {topics}",
        "MESSAGE_TOO_LARGE": "errors.RecordTooLargeException: The request included a message "
        f"larger than the max message size the server will accept ({error.about})",
        "UNKNOWN_TOPIC_OR_PARTITION": "errors.TimeoutException: Topic "
        f"{error.about} not present in metadata after 60000 ms.",
    }
    return f"Caused by: org.apache.kafka.common.{causes.get(error.code, error.code)}"
