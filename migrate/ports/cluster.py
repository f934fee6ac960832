"""One Kafka cluster, and the Connect cluster beside it: readers apart from writers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Group, Quota, ScramCredential, Topic
from migrate.model.connector import ConnectCluster, Connector
from migrate.model.record import Ends, OpenTransaction, TopicPartition, VisibleRecord
from migrate.model.reference import Reference


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> datetime:
        """The time in UTC, with a time zone."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class ClusterFacts:
    """One cluster as it answers a look: id, brokers, who leads, what it offers.

    `apis` are API keys and their versions, as far as every broker offers them.
    """

    cluster_id: str
    controller: int
    brokers: tuple[Broker, ...]
    features: Mapping[str, int]
    apis: Mapping[int, tuple[int, int]] = field(default_factory=dict)


class ClusterReader(Protocol):
    """Reads of one Kafka cluster; none of them creates anything there."""

    def requests(self) -> int:
        """How many requests were sent so far."""

    def describe(self) -> ClusterFacts:
        """Id, brokers, controller, and the features finalized."""

    def brokers(self) -> tuple[Broker, ...]:
        """The brokers that this listener announces."""

    def absent_brokers(self) -> tuple[int, ...]:
        """Ids of brokers that hold replicas and are not announced: nobody can ask them now."""

    def login_rules(self) -> Mapping[str, frozenset[str]]:
        """By config (`model.login_rules.KEYS`): the values by which this listener's brokers make names of logins."""

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """All ACLs as one broker has them; `Unsupported` when it has no authorizer."""

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """Every SCRAM user's mechanisms and iterations."""

    def quotas(self) -> tuple[Quota, ...]:
        """Every client quota."""

    def topics(self) -> tuple[Topic, ...]:
        """Every topic this principal may see, with configs set on it and first and end offsets."""

    def topic(self, name: str) -> Topic | None:
        """One topic by name, or None."""

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Every group this principal may see, of every type, with committed offsets; or those of them named."""

    def ends(self, topics: Iterable[str]) -> dict[TopicPartition, Ends]:
        """First, last stable and end offset of each partition; `CannotTell` when a leader does not say."""

    def open_transactions(self, topics: Iterable[str]) -> tuple[OpenTransaction, ...]:
        """Transactions that have written to these topics and have not ended there."""


class Records(Protocol):
    """Records of one cluster, as a consumer reading committed sees them. No group is joined, nothing is committed."""

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        """The records from an offset up to, and without, another; both sides of a run use one fingerprint key."""


class SourceWriter(Protocol):
    """What may be written to the source, by consent and through a connection of its own: fences and commits."""

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """Create ACLs in the order given."""

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """Delete ACLs by exact filter."""

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, tuple[int, str]]) -> None:
        """Commit (offset, metadata) for an empty group."""


class ClusterWriter(SourceWriter, Protocol):
    """Writes to one Kafka cluster. Time-outs raise `Indeterminate`, never "failed"."""

    def delete_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> None:
        """Forget the commits of an empty group on some partitions."""

    def alter_topic(self, name: str, configs: Mapping[str, str | None]) -> None:
        """Set topic configs; None returns one to the broker's default."""

    def create_topic(self, topic: Topic) -> None:
        """Create a topic with exactly these partitions, replication factor and configs."""

    def create_partitions(self, name: str, count: int) -> None:
        """Let a topic have so many partitions, which are more than it has."""

    def delete_topic(self, name: str) -> None:
        """Delete a topic."""

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """Create ACLs in the order given, at most 1,000 in a request."""

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """Delete ACLs by exact filter, at most 1,000 in a request."""

    def upsert_scram(self, credential: ScramCredential, secret: Reference) -> None:
        """Set the credential to what the reference holds."""

    def delete_scram(self, user: str, mechanism: str) -> None:
        """Delete one credential."""

    def set_quota(
        self, entity: Mapping[str, str | None], values: Mapping[str, float | None]
    ) -> None:
        """Set quota values of one entity; None removes a value."""


class Logins(Protocol):
    """Proof of a credential by a login."""

    def refused_by(self, user: str, mechanism: str, secret: Reference) -> tuple[str, ...]:
        """The brokers that refuse the login with error 58, as host:port; empty when all accept it."""

    def offers(self, mechanism: str) -> bool:
        """Whether the listener offers a SASL mechanism."""

    def sessions(self, user: str, mechanism: str, secret: Reference) -> Sequence["Session"]:
        """An open session on every broker; raises `NotAuthenticated` when one refuses."""


class Access(Protocol):
    """What workloads may really do, asked as each of them."""

    def of(
        self, user: str, mechanism: str, secret: Reference, asked: AccessQuestion
    ) -> EffectiveAccess:
        """Log in as the user, and ask; raises `NotAuthenticated` when the login is refused."""

    def anonymous(self, asked: AccessQuestion) -> EffectiveAccess | None:
        """The same without any login; None when no broker answers one who does not log in."""

    def stranger(self, asked: AccessQuestion) -> EffectiveAccess:
        """The same as a user without any grant, who is made for it and deleted."""

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """What a rotation wrote beside a secret as its mechanism, or what it was before."""


class Session(Protocol):
    """A login that stays open: what a revocation does to it can be watched."""

    @property
    def broker(self) -> str:
        """host:port."""

    @property
    def lifetime(self) -> float:
        """Seconds that the broker announced at login (KIP-368); 0 means without end."""

    def alive(self) -> bool:
        """Whether the broker still answers a harmless request on it."""

    def close(self) -> None:
        """End it."""


class ConnectReader(Protocol):
    """Reads of one Connect cluster. Values of connector configs never come out of it."""

    def describe(self) -> ConnectCluster:
        """Version and the Kafka cluster id that its workers use."""

    def connectors(self) -> tuple[Connector, ...]:
        """Every connector, with the class of each secret in its config."""


@dataclass(frozen=True)
class JournalHead:
    """How far a journal goes: its number of entries, and the hash of the last."""

    entries: int
    hash: str


class HeadStore(Protocol):
    """The journal's head as the target remembers it."""

    def recorded(self) -> JournalHead | None:
        """The head last recorded, or None; nothing is created to look."""

    def record(self, head: JournalHead) -> None:
        """Record a head."""
