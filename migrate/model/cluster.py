"""Kafka's other nouns: brokers, topics, credentials, quotas, groups."""

from collections.abc import Mapping

from pydantic import Field

from migrate.model.base import Model

MECHANISMS = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
"""Codes of org.apache.kafka.clients.admin.ScramMechanism."""

INTERNAL_TOPICS = ("__consumer_offsets", "__transaction_state", "__share_group_state")
"""Topics that brokers keep for themselves (org.apache.kafka.common.internals.Topic)."""


class Broker(Model):
    """One broker as the cluster announces it to this listener."""

    id: int
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class BrokerFacts(Model):
    """What one broker announced: API versions by key, features, the session bound of its login, its listeners.

    `lifetime` is in seconds, 0 for a session without end (KIP-368). `listeners` are as its configuration has them,
    empty where it may not be read.
    """

    id: int
    api_versions: dict[int, tuple[int, int]] = Field(default_factory=dict)
    features: dict[str, int] = Field(default_factory=dict)
    lifetime: float = 0.0
    listeners: str = ""


class Partition(Model):
    """Offsets of one partition and its size in bytes; None where its leader, or a replica, did not say.

    `stable` is the last stable offset: up to there a consumer reading committed may read.
    """

    index: int
    start: int | None = None
    end: int | None = None
    stable: int | None = None
    size: int | None = None


class Topic(Model):
    """A topic; `configs` holds only what was set on the topic itself."""

    name: str
    id: str = ""
    replication_factor: int
    configs: dict[str, str] = Field(default_factory=dict)
    partitions: tuple[Partition, ...]
    internal: bool = False


class ScramCredential(Model):
    """That a user has a SCRAM credential. Salt and keys cannot be read from a broker, nor carried."""

    user: str
    mechanism: str
    iterations: int

    @property
    def principal(self) -> str:
        """The principal that a login with it becomes."""
        return f"User:{self.user}"

    def __str__(self) -> str:
        return f"{self.principal} {self.mechanism}"


class Quota(Model):
    """Quota values of one entity. `entity` maps `user`, `client-id` or `ip` to a name, None being the default."""

    entity: dict[str, str | None]
    values: dict[str, float]

    @property
    def key(self) -> tuple[tuple[str, str | None], ...]:
        """The entity in one order, hashable."""
        return tuple(sorted(self.entity.items()))

    def __str__(self) -> str:
        return quota_name(self.entity)


def quota_name(entity: dict[str, str | None]) -> str:
    """`user=app, client-id=<default>`: how Kafka's own tools name a quota entity."""
    return ", ".join(f"{kind}={name or '<default>'}" for kind, name in sorted(entity.items()))


class Commit(Model):
    """One committed offset; `end` and `start` are the log's, for lag and for what lies outside it.

    An end is never older than the commit, and a start never newer: they move, and a healthy commit would lie outside.
    """

    topic: str
    partition: int
    offset: int
    metadata: str = ""
    start: int | None = None
    end: int | None = None

    @property
    def lag(self) -> int | None:
        """Offsets left to read: none beyond the end, and none that expired; None when the end is not known."""
        return None if self.end is None else max(0, self.end - max(self.offset, self.start or 0))


class Member(Model):
    """A client in a group; `instance` is its group.instance.id where it is a static member."""

    client_id: str
    host: str
    instance: str = ""


class Transaction(Model):
    """A transactional id, with the topics of the transaction that it has open; times are the broker's, in ms."""

    id: str
    state: str
    producer_id: int
    topics: tuple[str, ...] = ()
    started_ms: int | None = None
    timeout_ms: int | None = None

    @property
    def open(self) -> bool:
        """Whether a transaction is under way."""
        return self.state in ("Ongoing", "PrepareCommit", "PrepareAbort")


class Producers(Model):
    """Producers that a topic's leaders remember, and how many of them have a transaction open there."""

    topic: str
    active: int
    open: int


class Group(Model):
    """A group of any type. `members` is None when they were not read; `error` is the broker's, if it refused."""

    name: str
    type: str
    protocol_type: str
    state: str
    members: tuple[Member, ...] | None = None
    commits: tuple[Commit, ...] = ()
    error: str = ""

    def beside(self, ends: Mapping[tuple[str, int], tuple[int | None, int | None]]) -> "Group":
        """The same with first and end offset beside each commit; None for a partition that is not there."""
        placed = []
        for commit in self.commits:
            start, end = ends.get((commit.topic, commit.partition), (None, None))
            placed.append({**commit.__dict__, "start": start, "end": end})
        return Group.model_validate({**self.__dict__, "commits": placed})
