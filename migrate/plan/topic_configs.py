"""A topic's configs on the target: what is kept, translated, dropped or refused, and what waits for the switch.

Until the switch a copied topic keeps every record as it was copied: nothing is compacted or expires, and every
timestamp is accepted. The real values return after WRITE is granted: earlier, records still needed could be deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from migrate.documents.config import Profile
from migrate.model.automq import DROPPED, LIMITS_BYOC

_LONGEST = str(2**63 - 1)
WHILE_COPIED = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": _LONGEST,
    "message.timestamp.after.max.ms": _LONGEST,
}
"""Topic configs of a copy in progress (KIP-937 for the last two)."""

_DROPPED = {
    "message.format.version": "removed in Kafka 4.0; brokers write their newest format",
    "leader.replication.throttled.replicas": "names replicas of the source's brokers",
    "follower.replication.throttled.replicas": "names replicas of the source's brokers",
}
_FOREIGN = ("confluent.", "redpanda.")
_DIFFERENCE = "message.timestamp.difference.max.ms"


@dataclass(frozen=True)
class DecidedConfig:
    """What becomes of one config that is set on the source's topic, and why if it is not kept."""

    key: str
    value: str
    fate: Literal["kept", "translated", "dropped", "refused"]
    becomes: tuple[tuple[str, str], ...] = ()
    because: str = ""

    def __str__(self) -> str:
        return f"{self.key}={self.value} is {self.fate}: {self.because}"


@dataclass(frozen=True)
class TopicConfigs:
    """Configs to create a topic with, those to restore after the switch (None: the default), each decision."""

    created: dict[str, str]
    restored: dict[str, str | None]
    decided: tuple[DecidedConfig, ...]


def decide(source: Mapping[str, str], profile: Profile = "apache") -> TopicConfigs:
    """Return the configs of a copied topic from those set on the source's topic."""
    return _decide(tuple(sorted(source.items())), profile)


def replicas(factor: int, profile: Profile) -> int:
    """Return the replication factor for the target: 1 on AutoMQ, which replicates in its object store."""
    return factor if profile == "apache" else 1


@cache
def _decide(source: tuple[tuple[str, str], ...], profile: Profile) -> TopicConfigs:
    configs = dict(source)
    decided = tuple(_config(key, value, configs, profile) for key, value in source)
    kept = {k: v for config in decided for k, v in config.becomes}
    restored = {
        key: kept.get(key) for key in sorted(WHILE_COPIED) if kept.get(key) != WHILE_COPIED[key]
    }
    return TopicConfigs({**kept, **WHILE_COPIED}, restored, decided)


def _config(key: str, value: str, configs: Mapping[str, str], profile: Profile) -> DecidedConfig:
    dropped = _DROPPED | (DROPPED if profile != "apache" else {})
    if key.startswith(_FOREIGN):
        return DecidedConfig(
            key, value, "dropped", because="unknown to the target, which would refuse it"
        )
    if key in dropped:
        return DecidedConfig(key, value, "dropped", because=dropped[key])
    if key == _DIFFERENCE:
        names = [f"message.timestamp.{side}.max.ms" for side in ("before", "after")]
        becomes = tuple((name, configs.get(name, value)) for name in names)
        return DecidedConfig(key, value, "translated", becomes, "split in two by KIP-937")
    if profile == "automq-byoc" and key in LIMITS_BYOC:
        least, most, allowed = LIMITS_BYOC[key]
        if not least <= _number(value) <= most:
            return DecidedConfig(key, value, "refused", because=f"AutoMQ BYOC allows {allowed}")
    return DecidedConfig(key, value, "kept", ((key, value),))


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        return -1
