"""Topics of one simulated cluster: their configs as brokers apply them, their partitions, and who leads these."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from migrate.rehearse.worlds.log import Log
from migrate.rehearse.worlds.log_configs import LogConfigs

KAFKA_DEFAULTS: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "max.message.bytes": "1048588",
    "message.timestamp.type": "CreateTime",
    "min.insync.replicas": "1",
    "retention.bytes": "-1",
    "retention.ms": "604800000",
    "segment.bytes": "1073741824",
    "segment.ms": "604800000",
}
"""Topic configs that this world acts on, with Kafka's defaults (org.apache.kafka.storage.internals.log.LogConfig)."""

BROKER_CONFIGS: Mapping[str, str] = {
    "log.cleanup.policy": "cleanup.policy",
    "compression.type": "compression.type",
    "message.max.bytes": "max.message.bytes",
    "log.message.timestamp.type": "message.timestamp.type",
    "min.insync.replicas": "min.insync.replicas",
    "log.retention.bytes": "retention.bytes",
    "log.retention.ms": "retention.ms",
    "log.segment.bytes": "segment.bytes",
    "log.roll.ms": "segment.ms",
}
"""Broker configs by whose value a topic without its own goes."""

KAFKAS_OWN: Mapping[str, str] = {
    **{broker: KAFKA_DEFAULTS[key] for broker, key in BROKER_CONFIGS.items()},
    "auto.create.topics.enable": "true",
    "offsets.retention.minutes": "10080",
    "transaction.max.timeout.ms": "900000",
}
"""What brokers have where nobody set anything (kafka.server.KafkaConfig)."""


@dataclass
class WorldTopic:
    """A topic: its id changes when it is made anew."""

    name: str
    id: str
    replicas: int
    own: dict[str, str]
    effective: LogConfigs
    began: float
    logs: list[Log] = field(default_factory=list)

    def grow(self, partitions: int, now: float) -> None:
        """Add partitions up to this number."""
        while len(self.logs) < partitions:
            self.logs.append(Log(self.effective, now))


class Topics:
    """All topics of a cluster."""

    def __init__(self, prefix: str, broker_defaults: Mapping[str, str], brokers: int) -> None:
        self._prefix = prefix
        self._made = 0
        self._brokers = brokers
        self.defaults = {
            **KAFKA_DEFAULTS,
            **{BROKER_CONFIGS[k]: v for k, v in broker_defaults.items() if k in BROKER_CONFIGS},
        }
        self.by_name: dict[str, WorldTopic] = {}
        self.dead: list[WorldTopic] = []

    def __iter__(self) -> Iterator[WorldTopic]:
        return iter(self.by_name.values())

    def get(self, name: str) -> WorldTopic | None:
        """Return a topic, or None."""
        return self.by_name.get(name)

    def create(
        self, name: str, partitions: int, replicas: int, configs: Mapping[str, str], now: float
    ) -> WorldTopic:
        """Create a topic under a new id."""
        self._made += 1
        own = dict(configs)
        topic = WorldTopic(
            name,
            f"{self._prefix}-{self._made}",
            replicas,
            own,
            LogConfigs({**self.defaults, **own}),
            now,
        )
        topic.grow(partitions, now)
        self.by_name[name] = topic
        return topic

    def delete(self, name: str) -> None:
        """Delete a topic with its records."""
        self.dead.append(self.by_name.pop(name))

    def alter(self, name: str, configs: Mapping[str, str | None]) -> None:
        """Set configs, or reset them to the brokers' defaults; logs go by them at once."""
        topic = self.by_name[name]
        for key, value in configs.items():
            if value is None:
                topic.own.pop(key, None)
            else:
                topic.own[key] = value
        topic.effective.take({**self.defaults, **topic.own})

    def leader(self, name: str, partition: int) -> int:
        """Return the broker that leads a partition."""
        return 1 + (_number(name) + partition) % self._brokers

    def coordinator(self, group: str) -> int:
        """Return the broker that coordinates a group."""
        return 1 + _number(group) % self._brokers


@cache
def _number(name: str) -> int:
    return sum(name.encode())
