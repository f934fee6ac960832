"""MirrorMaker 2's connectors as Connect keeps them, which topics they copy, and how their tasks fail."""

from dataclasses import dataclass, field

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.log import Transaction


@dataclass
class Task:
    """One task: the partitions that it copies, and its state."""

    number: int
    places: tuple[TopicPartition, ...]
    state: str = "RUNNING"
    trace: str = ""
    open: Transaction | None = None
    seen: dict[TopicPartition, tuple[str, int]] = field(default_factory=dict)
    """The topic id and the leader epoch that it met at each partition."""


@dataclass
class WorldConnector:
    """A connector: its config, the state that was asked for, its tasks, and the offsets that Connect keeps."""

    name: str
    config: dict[str, str]
    state: str
    tasks: list[Task] = field(default_factory=list)
    known: tuple[TopicPartition, ...] = ()
    generation: int = 0
    waiting: bool = False


def copied(name: str) -> bool:
    """Whether MirrorMaker copies a topic of this name at all (ReplicationPolicy.isInternalTopic)."""
    own = name.endswith(".checkpoints.internal") or (
        name.startswith("mm2") and name.endswith(".internal")
    )
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
