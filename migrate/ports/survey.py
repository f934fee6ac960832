"""One Kafka cluster as an inventory looks at it: what was found, and what could not be read, side by side."""

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
    """What was found; `faults` says in the brokers' words what could not be read of it."""

    found: _Found
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class SurveyedCluster:
    """The cluster itself; `absent` are ids that hold replicas and are not announced.

    `defaults` are the topic configs that its brokers set for every topic, where they are not Kafka's own.
    """

    cluster_id: str
    controller: int
    brokers: tuple[Broker, ...]
    facts: tuple[BrokerFacts, ...]
    absent: tuple[int, ...]
    defaults: Mapping[str, str]


class Survey(Protocol):
    """Reads of one cluster that go on where a broker is silent; none of them creates anything there.

    Every method raises when nobody answers, and `NotAuthorized` or `Unsupported` where all of it is refused.
    """

    def requests(self) -> int:
        """How many requests were sent so far."""

    def answered(self) -> tuple[int, ...]:
        """Ids of the brokers that answered since this was last asked."""

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """Brokers, versions, features, listeners, session bounds."""

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """All ACLs."""

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """Every SCRAM user's mechanisms and iterations."""

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """Every client quota."""

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """Every topic this principal may see, in full.

        Asked after `groups`: an end is compared with a commit, and may not be older.
        """

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """Every group of every type this principal may see; the ends beside its commits are not filled in.

        No start that `topics` gives is newer than these commits.
        """

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """Every transactional id this principal may see."""

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """Topics with producers that their leaders remember."""
