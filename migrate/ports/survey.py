"""One Kafka cluster as an inventory reads it, as an interface: the content, and beside it what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from migrate.model.acl import Acl
from migrate.model.cluster import (
    Broker,
    BrokerFacts,
    Group,
    Producers,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)

_Found = TypeVar("_Found", covariant=True)


@dataclass(frozen=True)
class Surveyed(Generic[_Found]):
    """The content of one section; `faults` are the errors for what could not be read of it."""

    found: _Found
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class SurveyedCluster:
    """The cluster itself; `absent` are ids of brokers that hold replicas and are not announced.

    `defaults` are the brokers' configs for topics, groups and transactions that set none themselves, Kafka's own
    values included; what brokers differ in is left out.
    """

    cluster_id: str
    controller: int
    brokers: tuple[Broker, ...]
    facts: tuple[BrokerFacts, ...]
    absent: tuple[int, ...]
    defaults: Mapping[str, str]


class Survey(Protocol):
    """Reads of one cluster that continue when a broker does not answer; none of them creates anything there.

    Every method raises when no broker answers; `NotAuthorized` or `Unsupported` when all of a section is refused.
    """

    def requests(self) -> int:
        """Return how many requests were sent so far."""

    def answered(self) -> tuple[int, ...]:
        """Return the ids of the brokers that answered since the last call."""

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """Return brokers, API versions, features, listeners and session lifetimes."""

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """Return all ACLs."""

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """Return every SCRAM user's mechanisms and iterations."""

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """Return every client quota."""

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """Return every topic this principal may see, with stable ends and sizes.

        Call it after `groups`: ends are compared with commits, and must not be older than they are.
        """

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """Return every group of every type this principal may see; its commits have no log ends beside them yet.

        No first offset that `topics` returns is newer than these commits.
        """

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """Return every transactional id this principal may see."""

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """Return the topics whose leaders remember producers."""
