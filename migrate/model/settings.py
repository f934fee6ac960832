"""What a topic keeps and takes: its settings, and the configs of brokers that decide them where it sets none itself.

Names of brokers' configs: org.apache.kafka.server.config.ServerTopicConfigSynonyms. Of several, the first that is set
counts: `log.retention.ms` before `log.retention.minutes` before `log.retention.hours`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
LONGEST = str(2**63 - 1)
"""Kafka's word for "no bound" in configs of type long."""


class Setting(NamedTuple):
    """A topic config, the brokers' configs behind it with the factor of their unit, and what it decides."""

    key: str
    brokers: tuple[tuple[str, int], ...]
    decides: str


SETTINGS = (
    Setting(
        "cleanup.policy",
        (("log.cleanup.policy", 1),),
        "whether records expire, or only their keys' last stays",
    ),
    Setting(
        "retention.ms",
        (
            ("log.retention.ms", 1),
            ("log.retention.minutes", _MINUTE),
            ("log.retention.hours", _HOUR),
        ),
        "how long records stay",
    ),
    Setting("retention.bytes", (("log.retention.bytes", 1),), "how much of a partition stays"),
    Setting(
        "delete.retention.ms",
        (("log.cleaner.delete.retention.ms", 1),),
        "how long a deleted key's tombstone stays",
    ),
    Setting(
        "min.compaction.lag.ms",
        (("log.cleaner.min.compaction.lag.ms", 1),),
        "how long every record stays before it may be compacted",
    ),
    Setting(
        "max.compaction.lag.ms",
        (("log.cleaner.max.compaction.lag.ms", 1),),
        "after which time a superseded record must be gone",
    ),
    Setting(
        "segment.ms",
        (("log.roll.ms", 1), ("log.roll.hours", _HOUR)),
        "when what is full can expire",
    ),
    Setting("segment.bytes", (("log.segment.bytes", 1),), "the same, by size"),
    Setting(
        "message.timestamp.type",
        (("log.message.timestamp.type", 1),),
        "whether a record's time is its producer's or the broker's",
    ),
    Setting(
        "message.timestamp.before.max.ms",
        (
            ("log.message.timestamp.before.max.ms", 1),
            ("log.message.timestamp.difference.max.ms", 1),
        ),
        "how old a record may be when it is written",
    ),
    Setting(
        "message.timestamp.after.max.ms",
        (("log.message.timestamp.after.max.ms", 1), ("log.message.timestamp.difference.max.ms", 1)),
        "how far in the future a record's time may be; one hour since Kafka 4.0",
    ),
    Setting("max.message.bytes", (("message.max.bytes", 1),), "how large a batch may be"),
    Setting("compression.type", (("compression.type", 1),), "whether brokers compress anew"),
    Setting(
        "min.insync.replicas",
        (("min.insync.replicas", 1),),
        "how many replicas an acknowledged record has",
    ),
    Setting(
        "unclean.leader.election.enable",
        (("unclean.leader.election.enable", 1),),
        "whether acknowledged records may be lost",
    ),
)
"""Every topic config that kmig carries from one cluster's brokers to another's. Others are about disks and pages."""

RETENTION = ("retention.ms", "retention.bytes")
"""What a copy gets back later than its other configs: once nothing that they delete is needed."""

BROKERS_ALONE = {
    "transaction.max.timeout.ms": "blocks a wave with a transactional id that asks for more; else less is a warning",
    "group.min.session.timeout.ms": "more is a warning to a wave with groups",
    "group.max.session.timeout.ms": "less is a warning to a wave with groups",
    "offsets.retention.minutes": "less is a warning to a wave with groups",
    "auto.create.topics.enable": "a warning where only the source creates topics that somebody writes to",
}
"""Configs that only brokers have, because no topic can carry them; and what `kmig apply` says of a difference."""

JOINING = "group.initial.rebalance.delay.ms"
"""How long a coordinator waits for more members after a group's first one."""

ASKED = (
    *dict.fromkeys(name for one in SETTINGS for name, _ in one.brokers),
    *BROKERS_ALONE,
    JOINING,
)
"""Configs of brokers that decide what topics, groups and transactions may do."""


def defaults(told: Mapping[str, str]) -> dict[str, str]:
    """Return the topic configs that a broker gives a topic without own ones; what it did not tell is left out."""
    found = {one.key: _default(one, told) for one in SETTINGS}
    return {key: value for key, value in found.items() if value is not None}


def agreed(brokers: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what all of these brokers tell alike."""
    every = [set(told.items()) for told in brokers]
    return dict(sorted(set.intersection(*every))) if every else {}


def _default(setting: Setting, told: Mapping[str, str]) -> str | None:
    values = [(told[name], factor) for name, factor in setting.brokers if name in told]
    if setting.key.startswith("message.timestamp.") and len(values) > 1:
        # brokers of 3.6 to 3.9 have both; the newer one counts where it bounds anything (KIP-937)
        values = [v for v in values if v[0] != LONGEST] or values
    if not values:
        return None
    value, factor = values[0]
    if factor == 1 or not value.lstrip("-").isdecimal():
        return value
    return str(max(-1, int(value) * factor))  # Kafka takes any negative retention for none


@dataclass(frozen=True)
class Cleaning:
    """How a topic is compacted: how long tombstones are kept, in ms, and whether retention deletes too."""

    KEYS: ClassVar[tuple[str, ...]] = ("cleanup.policy", "delete.retention.ms")

    tombstones_ms: int
    deletes: bool

    @classmethod
    def of(cls, configs: Mapping[str, str]) -> "Cleaning | None":
        """Return how a topic with these effective configs is compacted; None for one that is not."""
        policy = configs.get("cleanup.policy", "delete")
        if "compact" not in policy:
            return None
        kept = int(configs.get("delete.retention.ms", _DAY))
        return cls(tombstones_ms=kept, deletes="delete" in policy)
