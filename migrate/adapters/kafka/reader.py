"""Reads of one Kafka cluster for the stages of a wave: the first error is raised. They create nothing there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrate.adapters.kafka import (
    batches,
    groups,
    log_offsets,
    metadata,
    topics,
    transactions,
)
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
from migrate.errors import CannotTell
from migrate.model import settings
from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Group, Quota, ScramCredential, Topic, Transaction
from migrate.model.login_rules import KEYS
from migrate.model.record import ActiveProducer, Ends, Tip, TopicPartition
from migrate.ports import ClusterFacts


class KafkaReader:
    """`migrate.ports.ClusterReader` over Kafka's protocol."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def requests(self) -> int:
        """See `ClusterReader`."""
        return self._wire.requests.total()

    def describe(self) -> ClusterFacts:
        """See `ClusterReader`; afterwards a connection to every broker is open."""
        brokers = self._wire.brokers()
        open_to = self._wire.each(
            {b.id: b for b in brokers}, lambda _, broker: self._wire.connection(broker)
        )
        return ClusterFacts(
            cluster_id=self._wire.cluster_id,
            controller=self._wire.controller,
            brokers=brokers,
            features={k: v for c in open_to.values() for k, v in c.features.items()},
            apis=_common([connection.versions for connection in open_to.values()]),
        )

    def brokers(self) -> tuple[Broker, ...]:
        """See `ClusterReader`."""
        return self._wire.brokers()

    def absent_brokers(self) -> tuple[int, ...]:
        """See `ClusterReader`."""
        return metadata.absent_brokers(self._wire)

    def login_rules(self) -> dict[str, frozenset[str]]:
        """See `ClusterReader`; a listener's own value counts before the common one, and that before the default."""
        rules: dict[str, set[str]] = {key: set() for key in KEYS}
        for configs in self._broker_configs(None):
            for key in KEYS:
                own = {v for name, v in configs.items() if name.endswith(f".{key}") and v}
                rules[key] |= own or {configs.get(key) or "DEFAULT"}
        return {key: frozenset(values) for key, values in rules.items()}

    def settings(self) -> dict[str, str]:
        """See `ClusterReader`."""
        return settings.agreed(self._broker_configs([*settings.ASKED]))

    def _broker_configs(self, keys: list[str] | None) -> Iterator[dict[str, str]]:
        requests = {b.id: metadata.broker_configs(b.id, keys) for b in self.brokers()}
        for broker, answer in self._wire.fan_out(requests).items():
            row = answer.results[0]
            what = f"describe configs of broker {broker} on the {self._wire.site}"
            require(what, row.error_code, row.error_message)
            yield {c.name: c.value for c in row.configs if c.value is not None}

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """See `ClusterReader`."""
        return acls_of(self._wire.site, self._wire.call(all_acls(), broker))

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """See `ClusterReader`."""
        return scram_of(self._wire.site, self._wire.call(all_scram()))

    def quotas(self) -> tuple[Quota, ...]:
        """See `ClusterReader`."""
        return quotas_of(self._wire.site, self._wire.call(all_quotas()))

    def topics(self) -> tuple[Topic, ...]:
        """See `ClusterReader`."""
        return topics.read(self._wire, None)

    def topic(self, name: str) -> Topic | None:
        """See `ClusterReader`."""
        return next(iter(topics.read(self._wire, [name])), None)

    def effective(
        self, topic_names: Iterable[str], keys: Sequence[str]
    ) -> dict[str, dict[str, str]]:
        """See `ClusterReader`."""
        return topics.effective(self._wire, list(topic_names), keys)

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """See `ClusterReader`."""
        return groups.read(self._wire, None if names is None else frozenset(names))

    def committed(self, names: Iterable[str]) -> dict[str, dict[TopicPartition, int]]:
        """See `ClusterReader`."""
        return groups.committed(self._wire, list(names))

    def ends(self, topic_names: Iterable[str]) -> dict[TopicPartition, Ends]:
        """See `ClusterReader`."""
        return log_offsets.ends(self._wire, list(topic_names))

    def tips(self, topic_names: Iterable[str]) -> dict[TopicPartition, Tip]:
        """See `ClusterReader`."""
        return log_offsets.tips(self._wire, list(topic_names))

    def ids(self, topic_names: Iterable[str]) -> dict[str, str]:
        """See `ClusterReader`."""
        return metadata.ids(self._wire, topic_names)

    def epoch_ends(
        self, epochs: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, tuple[int, int]]:
        """See `ClusterReader`."""
        return log_offsets.epoch_ends(self._wire, epochs) if epochs else {}

    def sizes(self, topic_names: Iterable[str]) -> dict[TopicPartition, int]:
        """See `ClusterReader`; of the largest replica."""
        return topics.sizes_of(self._wire, list(topic_names))

    def first_since(
        self, topic_names: Iterable[str], time: int
    ) -> dict[TopicPartition, int | None]:
        """See `ClusterReader`."""
        return log_offsets.first_since(self._wire, list(topic_names), time)

    def bytes_from(
        self, begins: Mapping[TopicPartition, int], most: int
    ) -> dict[TopicPartition, int]:
        """See `ClusterReader`; only headers of batches are looked at."""
        return batches.bytes_from(self._wire, begins, most)

    def transactions(self) -> tuple[Transaction, ...]:
        """See `ClusterReader`; raises `CannotTell` where a broker does not answer."""
        read = transactions.look(self._wire)
        if read.faults:
            raise CannotTell(
                f"the transactions of the {self._wire.site} are not all known: {read.faults[0]}",
                "wait until every broker answers, then rerun the command",
            )
        return read.found

    def producers(self, topic_names: Iterable[str]) -> tuple[ActiveProducer, ...]:
        """See `ClusterReader`."""
        return log_offsets.producers(self._wire, list(topic_names))


def _common(offered: list[dict[int, tuple[int, int]]]) -> dict[int, tuple[int, int]]:
    """Return the API versions that every broker offers, because a client may reach any of them."""
    keys = set.intersection(*map(set, offered)) if offered else set()
    spans = {key: [versions[key] for versions in offered] for key in sorted(keys)}
    return {key: (max(a for a, _ in some), min(b for _, b in some)) for key, some in spans.items()}
