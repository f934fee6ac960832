"""Reads of one Kafka cluster. They fan out, keep each item's own error, and create nothing there."""

from collections.abc import Iterable

from migrate.adapters.kafka import groups, log_offsets, metadata, topics
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.identities import (
    acls_of,
    all_acls,
    all_quotas,
    all_scram,
    quotas_of,
    scram_of,
)
from migrate.adapters.kafka.wire import Wire
from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Group, Quota, ScramCredential, Topic
from migrate.model.login_rules import KEYS
from migrate.model.record import Ends, OpenTransaction, TopicPartition
from migrate.ports import ClusterFacts


class KafkaReader:
    """`migrate.ports.ClusterReader` on the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._wire.requests.total()

    def describe(self) -> ClusterFacts:
        """Id, brokers, controller, and the features finalized; a connection to every broker is open after it."""
        brokers = self._wire.brokers()
        open_to = self._wire.each(
            {b.id: b for b in brokers}, lambda _, broker: self._wire.connection(broker)
        )
        return ClusterFacts(
            cluster_id=self._wire.cluster_id,
            controller=self._wire.controller,
            brokers=brokers,
            features={k: v for one in open_to.values() for k, v in one.features.items()},
            apis=_common([one.versions for one in open_to.values()]),
        )

    def brokers(self) -> tuple[Broker, ...]:
        """The brokers that this listener announces."""
        return self._wire.brokers()

    def absent_brokers(self) -> tuple[int, ...]:
        """Ids of brokers that hold replicas and are not announced: nobody can ask them now."""
        return metadata.absent_brokers(self._wire)

    def login_rules(self) -> dict[str, frozenset[str]]:
        """By which values brokers make names of logins: a listener's own before the common one, else the default."""
        asked = {b.id: metadata.broker_configs(b.id) for b in self.brokers()}
        found: dict[str, set[str]] = {key: set() for key in KEYS}
        for answer in self._wire.fan_out(asked).values():
            row = answer.results[0]
            require(f"{self._wire.site}: broker configuration", row.error_code, row.error_message)
            told = {c.name: c.value for c in row.configs}
            for key in KEYS:
                own = {v for name, v in told.items() if name.endswith(f".{key}") and v}
                found[key] |= own or {told.get(key) or "DEFAULT"}
        return {key: frozenset(values) for key, values in found.items()}

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """All ACLs as one broker has them; `Unsupported` when it has no authorizer."""
        return acls_of(self._wire.site, self._wire.call(all_acls(), broker))

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """Every SCRAM user's mechanisms and iterations."""
        return scram_of(self._wire.site, self._wire.call(all_scram()))

    def quotas(self) -> tuple[Quota, ...]:
        """Every client quota."""
        return quotas_of(self._wire.site, self._wire.call(all_quotas()))

    def topics(self) -> tuple[Topic, ...]:
        """Every topic this principal may see, with configs set on it and first and end offsets."""
        return topics.read(self._wire, None)

    def topic(self, name: str) -> Topic | None:
        """One topic by name, or None."""
        return next(iter(topics.read(self._wire, [name])), None)

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Every group this principal may see, of every type, with committed offsets; or those of them named."""
        return groups.read(self._wire, None if names is None else frozenset(names))

    def ends(self, topic_names: Iterable[str]) -> dict[TopicPartition, Ends]:
        """First, last stable and end offset of each partition; `CannotTell` when a leader does not say."""
        return log_offsets.ends(self._wire, list(topic_names))

    def open_transactions(self, topic_names: Iterable[str]) -> tuple[OpenTransaction, ...]:
        """Transactions that have written to these topics and have not ended there."""
        return log_offsets.open_transactions(self._wire, list(topic_names))


def _common(offered: list[dict[int, tuple[int, int]]]) -> dict[int, tuple[int, int]]:
    """What every broker offers: a client may reach any of them."""
    keys = set.intersection(*map(set, offered)) if offered else set()
    spans = {key: [one[key] for one in offered] for key in sorted(keys)}
    return {key: (max(a for a, _ in some), min(b for _, b in some)) for key, some in spans.items()}
