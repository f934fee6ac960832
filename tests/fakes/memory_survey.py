"""A cluster in memory as an inventory looks at it; what a test wants to be unread is in `unread`, by section."""

from dataclasses import dataclass, field
from typing import TypeVar

from migrate.errors import KmigError
from migrate.model.acl import Acl
from migrate.model.cluster import (
    BrokerFacts,
    Group,
    Producers,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.ports.survey import Surveyed, SurveyedCluster
from tests.fakes.memory import MemoryCluster

_Found = TypeVar("_Found")


@dataclass
class MemorySurvey:
    """`migrate.ports.survey.Survey` over the state of a `MemoryCluster`."""

    state: MemoryCluster
    unread: dict[str, str | KmigError] = field(default_factory=dict)
    ids: tuple[Transaction, ...] = ()

    def requests(self) -> int:
        """Nothing goes over a wire."""
        return 0

    def answered(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(broker.id for broker in self.state.brokers())

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """Made from the state."""
        facts = tuple(BrokerFacts(id=broker.id) for broker in self.state.brokers())
        sight = SurveyedCluster(f"id-{self.state.name}", 1, self.state.brokers(), facts, (), {})
        return self._read("cluster", sight)

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """Those that were set."""
        return self._read("acls", tuple(sorted(self.state.acls(), key=str)))

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """Those that were set."""
        return self._read("scram", self.state.scram_credentials())

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """Those with a value."""
        return self._read("quotas", self.state.quotas())

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """All of them."""
        return self._read("topics", self.state.topics())

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """All of them."""
        return self._read("groups", self.state.groups())

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """Those that were put there."""
        return self._read("transactions", self.ids)

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """None."""
        nobody: tuple[Producers, ...] = ()
        return self._read("producers", nobody)

    def _read(self, section: str, found: _Found) -> Surveyed[_Found]:
        fault = self.unread.get(section)
        if isinstance(fault, KmigError):
            raise fault
        return Surveyed(found, (fault,) if fault else ())
