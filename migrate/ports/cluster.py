"""One Kafka cluster, and the Connect cluster beside it, as interfaces: readers and writers are separate types."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from migrate.errors import KmigError
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Group, Quota, ScramCredential, Topic, Transaction
from migrate.model.connector import ConnectCluster, Connector
from migrate.model.record import ActiveProducer, Chunk, Ends, Tip, TopicPartition, VisibleRecord
from migrate.model.reference import Reference


class Clock(Protocol):
    """Time as a dependency, so that tests need not wait."""

    def now(self) -> datetime:
        """Return the time in UTC, with its time zone."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, which never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""


@dataclass(frozen=True)
class ClusterFacts:
    """Id, controller, brokers and finalized features; `apis` are the API versions that every broker offers."""

    cluster_id: str
    controller: int
    brokers: tuple[Broker, ...]
    features: Mapping[str, int]
    apis: Mapping[int, tuple[int, int]] = field(default_factory=dict)


class ClusterReader(Protocol):
    """Reads of one Kafka cluster; none of them creates anything there."""

    def requests(self) -> int:
        """Return how many requests were sent so far."""

    def describe(self) -> ClusterFacts:
        """Return id, brokers, controller and finalized features."""

    def brokers(self) -> tuple[Broker, ...]:
        """Return the brokers that this listener announces."""

    def absent_brokers(self) -> tuple[int, ...]:
        """Return the ids of brokers that hold replicas and are not announced: kmig cannot reach them."""

    def login_rules(self) -> Mapping[str, frozenset[str]]:
        """Return by config (`model.login_rules.KEYS`) the brokers' rules that map a login to a principal's name."""

    def settings(self) -> Mapping[str, str]:
        """Return the brokers' configs `model.settings.ASKED`, Kafka's own values too; those in which all agree."""

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """Return all ACLs as one broker has them; raises `Unsupported` when it has no authorizer."""

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """Return every SCRAM user's mechanisms and iterations."""

    def quotas(self) -> tuple[Quota, ...]:
        """Return every client quota."""

    def topics(self) -> tuple[Topic, ...]:
        """Return every topic this principal may see, with the configs set on it and first and end offsets."""

    def topic(self, name: str) -> Topic | None:
        """Return one topic by name, or None."""

    def effective(self, topics: Iterable[str], keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return by topic the values that count for it, its brokers' included; topics that are gone are left out."""

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Return every group of every type this principal may see, with its commits; or only those of `names`."""

    def committed(self, groups: Iterable[str]) -> dict[str, dict[TopicPartition, int]]:
        """Return the commits of these groups, of which at least one exists; none of a group that does not."""

    def ends(self, topics: Iterable[str]) -> dict[TopicPartition, Ends]:
        """Return first, last stable and end offset of each partition; raises `CannotTell` where a leader fails."""

    def tips(self, topics: Iterable[str]) -> dict[TopicPartition, Tip]:
        """Return where each log ends on its leader; `Unsupported` where a platform does not tell clients."""

    def ids(self, topics: Iterable[str]) -> dict[str, str]:
        """Return the id of each topic that exists; empty where a broker is older than topic ids (before 2.8)."""

    def epoch_ends(
        self, epochs: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, tuple[int, int]]:
        """Return where a leader epoch ends in each log: the largest one up to that asked for, and its end offset."""

    def sizes(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Return the bytes of each partition's log as it is stored."""

    def first_since(self, topics: Iterable[str], time: int) -> dict[TopicPartition, int | None]:
        """Return the first offset with a timestamp of at least `time` in ms, or None where there is none."""

    def bytes_from(
        self, begins: Mapping[TopicPartition, int], most: int
    ) -> dict[TopicPartition, int]:
        """Return the stored bytes from each offset to its log's end; more than `most` where there are more."""

    def transactions(self) -> tuple[Transaction, ...]:
        """Return every transactional id this principal may see, with its open transaction."""

    def producers(self, topics: Iterable[str]) -> tuple[ActiveProducer, ...]:
        """Return the producers with idempotence that leaders of these topics remember."""


class Records(Protocol):
    """Records of one cluster as a `read_committed` consumer gets them. No group is joined, nothing is committed."""

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        """Return the records of each range (from an offset, up to but not including another).

        Fingerprints of both sites can be compared within one migration, because they share its key.
        """

    def key_check(self) -> str:
        """Return what tells the key of the fingerprints from every other, and nothing about it."""

    def forward(
        self,
        place: TopicPartition,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        """Yield the records of a range in order, a chunk at a time; with `keys`, their keys' fingerprints too.

        Fingerprints that are `timeless` leave out the timestamp: a record written again by hand has another one.

        The last chunk goes on at `upto` or behind it; there is none where the log's start has passed what is to be
        read. Raises `NotAuthorized` without READ on the topic.
        """

    def near(
        self, ranges: Mapping[TopicPartition, tuple[int, int]], keyed: Container[str]
    ) -> Mapping[TopicPartition, tuple[Chunk, ...]]:
        """Return what `forward` yields for each of these short ranges, read at once; of topics `keyed` with keys."""


class SourceWriter(Protocol):
    """Writes to the source, with the operator's consent and a principal of their own: fences and commits."""

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """Create ACLs in the order given."""

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """Delete ACLs by exact filter."""

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, tuple[int, str]]) -> None:
        """Commit (offset, metadata) of each partition for an empty group; raises `Refused` when it has members."""


class ClusterWriter(SourceWriter, Protocol):
    """Writes to one Kafka cluster. A write without an answer raises `Indeterminate`, never `StepFailed`."""

    def commit_groups(
        self, offsets: Mapping[str, Mapping[TopicPartition, tuple[int, str]]]
    ) -> dict[str, KmigError]:
        """Commit for many empty groups at once; return what was refused, by group."""

    def delete_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> None:
        """Delete the commits of an empty group on some partitions."""

    def alter_topic(self, name: str, configs: Mapping[str, str | None]) -> None:
        """Set topic configs; None resets one to the broker's default."""

    def create_topic(self, topic: Topic) -> None:
        """Create a topic with exactly these partitions, replication factor and configs."""

    def trial(self, topics: Iterable[Topic]) -> dict[str, str]:
        """Return by topic why the cluster would not take it as it is; it creates nothing, and changes nothing."""

    def create_partitions(self, name: str, count: int) -> None:
        """Raise a topic's number of partitions to `count`."""

    def delete_topic(self, name: str) -> None:
        """Delete a topic."""

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """Create ACLs in the order given, at most 1,000 in a request."""

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """Delete ACLs by exact filter, at most 1,000 in a request."""

    def upsert_scram(self, credential: ScramCredential, secret: Reference) -> None:
        """Set the credential's password to the secret that the reference names."""

    def delete_scram(self, user: str, mechanism: str) -> None:
        """Delete one credential."""

    def set_quota(
        self, entity: Mapping[str, str | None], values: Mapping[str, float | None]
    ) -> None:
        """Set quota values of one entity; None removes a value."""


class Logins(Protocol):
    """Proof of a credential by a login."""

    def refused_by(self, user: str, mechanism: str, secret: Reference) -> tuple[str, ...]:
        """Return the brokers that refuse the login with error 58, as host:port; empty when all accept it."""

    def offers(self, mechanism: str) -> bool:
        """Whether the listener offers a SASL mechanism on every broker."""

    def sessions(self, user: str, mechanism: str, secret: Reference) -> Sequence["Session"]:
        """Open a session on every broker; raises `NotAuthenticated` when one refuses the login."""


class Access(Protocol):
    """The effective access of workloads: brokers are asked with the login of each."""

    def of(
        self, user: str, mechanism: str, secret: Reference, question: AccessQuestion
    ) -> EffectiveAccess:
        """Return what the user may do; raises `NotAuthenticated` when the login is refused."""

    def anonymous(self, question: AccessQuestion) -> EffectiveAccess | None:
        """Return what a client without a login may do; None when every broker closes such a connection."""

    def stranger(self, question: AccessQuestion) -> EffectiveAccess:
        """Return what a user without any grant may do; that user is created for the question and deleted."""

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """Return the mechanism that a rotation wrote beside a secret, or `otherwise` where it wrote none."""


class Session(Protocol):
    """A login that stays open, to watch what a revocation does to it."""

    @property
    def broker(self) -> str:
        """The broker's host:port."""

    @property
    def lifetime(self) -> float:
        """Seconds of validity that the broker announced at login (KIP-368); 0 means unlimited."""

    def alive(self) -> bool:
        """Whether the broker still answers a harmless request on this session."""

    def close(self) -> None:
        """Close the connection."""


class ConnectReader(Protocol):
    """Reads of one Connect cluster. Values of connector configs never leave an implementation."""

    def describe(self) -> ConnectCluster:
        """Return version, plugins and the id of the Kafka cluster that its workers use."""

    def connectors(self) -> tuple[Connector, ...]:
        """Return every connector, with the class of each secret in its config."""


@dataclass(frozen=True)
class JournalHead:
    """The head of a journal: its number of entries, and the hash of the last one."""

    entries: int
    hash: str


class HeadStore(Protocol):
    """The journal's head as it is recorded on the target."""

    def recorded(self) -> JournalHead | None:
        """Return the head last recorded, or None; creates nothing on the target."""

    def record(self, head: JournalHead) -> None:
        """Record the journal's head."""
