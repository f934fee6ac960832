"""What kmig may ask of the world. Readers are apart from writers: what reads cannot write, by type.

Adapters satisfy these Protocols; `steps`, `checks`, `inventory` and `execute` see nothing else. Every method raises
only `migrate.errors`, is bounded in time, and speaks `migrate.model`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Group, Quota, ScramCredential, Topic
from migrate.model.connector import ConnectCluster, Connector
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
    """One cluster as it answers a look: id, brokers, who leads, what it offers."""

    cluster_id: str
    controller: int
    brokers: tuple[Broker, ...]
    features: Mapping[str, int]


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

    def groups(self) -> tuple[Group, ...]:
        """Every group this principal may see, of every type, with committed offsets."""


class ClusterWriter(Protocol):
    """Writes to one Kafka cluster. Time-outs raise `Indeterminate`, never "failed"."""

    def create_topic(self, topic: Topic) -> None:
        """Create a topic with exactly these partitions, replication factor and configs."""

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


class ConnectReader(Protocol):
    """Reads of one Connect cluster. Values of connector configs never come out of it."""

    def describe(self) -> ConnectCluster:
        """Version and the Kafka cluster id that its workers use."""

    def connectors(self) -> tuple[Connector, ...]:
        """Every connector, with the class of each secret in its config."""


@dataclass(frozen=True)
class Head:
    """How far a journal goes: its number of entries, and the hash of the last."""

    entries: int
    hash: str


class Heads(Protocol):
    """The journal's head as the target remembers it."""

    def recorded(self) -> Head | None:
        """The head last recorded, or None; nothing is created to look."""

    def record(self, head: Head) -> None:
        """Record a head."""


@dataclass(frozen=True)
class Site:
    """One side of the migration as readers see it: nothing here can change it."""

    name: str
    reader: ClusterReader
    logins: Logins


@dataclass(frozen=True)
class WritableSite(Site):
    """A side that the stage at hand may change."""

    writer: ClusterWriter


@dataclass(frozen=True)
class Sites:
    """What a step acts on. The source has no writer here: a step that needs one says so in its own type."""

    source: Site
    target: WritableSite
    clock: Clock
