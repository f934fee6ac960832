"""Kafka's other nouns: brokers, topics, credentials, quotas, groups."""

from collections.abc import Mapping

from pydantic import Field

from migrate.model.base import Model

MECHANISMS = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
"""Codes of org.apache.kafka.clients.admin.ScramMechanism."""

COMPRESSED = ("gzip", "snappy", "lz4", "zstd")
"""Kafka's codecs (org.apache.kafka.common.record.CompressionType)."""

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
    """What one broker announced: API versions by key, features, the lifetime of a session, its listeners.

    `lifetime` is in seconds, 0 for unlimited (KIP-368). `listeners` is the value of its config, empty where kmig may
    not read it.
    """

    id: int
    api_versions: dict[int, tuple[int, int]] = Field(default_factory=dict)
    features: dict[str, int] = Field(default_factory=dict)
    lifetime: float = 0.0
    listeners: str = ""


class Partition(Model):
    """Offsets of one partition and its size in bytes; None where a broker did not answer.

    `stable` is the last stable offset: a `read_committed` consumer may read up to it. `daily` counts the offsets with
    timestamps of the last 24 hours.
    """

    index: int
    start: int | None = None
    end: int | None = None
    stable: int | None = None
    size: int | None = None
    daily: int | None = None


class Topic(Model):
    """A topic; `configs` are only those that were set on the topic itself.

    `codecs` counts by codec (`none` is one) the batches of it that were looked at, and `largest_batch` has the bytes
    of the largest of them. Both are a sample, and empty where no batch was read.
    """

    name: str
    id: str = ""
    replication_factor: int
    configs: dict[str, str] = Field(default_factory=dict)
    partitions: tuple[Partition, ...]
    internal: bool = False
    codecs: dict[str, int] = Field(default_factory=dict)
    largest_batch: int = 0

    @property
    def codec(self) -> str:
        """The codec that most of its compressed batches have; empty where none was seen."""
        seen = {codec: many for codec, many in self.codecs.items() if codec in COMPRESSED}
        return max(sorted(seen), key=seen.__getitem__, default="")


class ScramCredential(Model):
    """A user's SCRAM credential, without salt and keys: they can neither be read from a broker nor be carried."""

    user: str
    mechanism: str
    iterations: int

    @property
    def principal(self) -> str:
        """The principal of a login with this credential."""
        return f"User:{self.user}"

    def __str__(self) -> str:
        return f"{self.principal} {self.mechanism}"


class Quota(Model):
    """Quota values of one entity. `entity` maps `user`, `client-id` or `ip` to a name; None is the default."""

    entity: dict[str, str | None]
    values: dict[str, float]

    @property
    def key(self) -> tuple[tuple[str, str | None], ...]:
        """The entity as an ordered, hashable key."""
        return tuple(sorted(self.entity.items()))

    def __str__(self) -> str:
        return quota_name(self.entity)


def quota_name(entity: dict[str, str | None]) -> str:
    """Return a quota entity in the form of Kafka's own tools: `user=app, client-id=<default>`."""
    return ", ".join(f"{kind}={name or '<default>'}" for kind, name in sorted(entity.items()))


class Commit(Model):
    """One committed offset; `start` and `end` are those of its log.

    `end` was read after the commit and `start` before it. Both grow: in another order, a healthy commit would seem to
    lie outside its log.
    """

    topic: str
    partition: int
    offset: int
    metadata: str = ""
    start: int | None = None
    end: int | None = None

    @property
    def place(self) -> tuple[str, int]:
        """(topic, partition)."""
        return self.topic, self.partition

    @property
    def lag(self) -> int | None:
        """Offsets left to read, without expired ones; 0 beyond the end, None when the end is unknown."""
        return None if self.end is None else max(0, self.end - max(self.offset, self.start or 0))


class Member(Model):
    """A member of a group; `instance` is the group.instance.id of a static member."""

    client_id: str
    host: str
    instance: str = ""


class Transaction(Model):
    """A transactional id, with the topics of its open transaction; times are the broker's, in ms."""

    id: str
    state: str
    producer_id: int
    topics: tuple[str, ...] = ()
    started_ms: int | None = None
    timeout_ms: int | None = None

    @property
    def open(self) -> bool:
        """Whether a transaction is open."""
        return self.state in ("Ongoing", "PrepareCommit", "PrepareAbort")


class Producers(Model):
    """How many producers a topic's leaders remember, and how many of them have an open transaction there."""

    topic: str
    active: int
    open: int


class Group(Model):
    """A group of any type. `members` is None when they were not read; `error` is the broker's error, if any."""

    name: str
    type: str
    protocol_type: str
    state: str
    members: tuple[Member, ...] | None = None
    commits: tuple[Commit, ...] = ()
    error: str = ""

    def beside(self, ends: Mapping[tuple[str, int], tuple[int | None, int | None]]) -> "Group":
        """Return the group with first and end offset beside each commit; None for an unknown partition."""
        commits = []
        for commit in self.commits:
            start, end = ends.get((commit.topic, commit.partition), (None, None))
            commits.append({**commit.__dict__, "start": start, "end": end})
        return Group.model_validate({**self.__dict__, "commits": commits})
