"""A topic's configs on the target: what is kept, translated, dropped or refused, and what waits for the switch.

Until the switch a copied topic keeps every record as it was copied: nothing is compacted or expires, and every
timestamp is accepted. The real values return after WRITE is granted: earlier, records still needed could be deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from migrate.documents.config import Profile
from migrate.model.automq import DROPPED, LIMITS_BYOC
from migrate.model.settings import LONGEST

LARGEST = 52_428_800
"""Bytes of a batch that a copy may write: the most that every platform allows."""

_SEGMENT = 67_108_864
WHILE_COPIED = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": LONGEST,
    "message.timestamp.after.max.ms": LONGEST,
    "max.message.bytes": str(LARGEST),
    "segment.bytes": str(_SEGMENT),
}
"""Topic configs of a copy in progress (KIP-937 for the bounds of time).

A segment must hold a batch as the copier sends it: a smaller one refuses it (RecordBatchTooLargeException). The
topic's own segments stay if they are larger.

The copier writes uncompressed, and the target's brokers compress with the codec that most batches of the source have:
`compression.type` is the topic's own while it is copied. None is introduced that the topic never had.
"""

DROPPED_ALWAYS = {
    "message.format.version": "removed in Kafka 4.0; brokers write their newest format",
    "leader.replication.throttled.replicas": "names replicas of the source's brokers",
    "follower.replication.throttled.replicas": "names replicas of the source's brokers",
}
"""Topic configs that kmig sends to no target, and why."""

FOREIGN = ("confluent.", "redpanda.")
"""What the names of other platforms' configs begin with."""
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
    """Configs to create a topic with, those to restore after the switch (None: the default), each decision.

    `inherited` are what the source's brokers give the topic: restored too, where the target's give another value.
    """

    created: dict[str, str]
    restored: dict[str, str | None]
    inherited: dict[str, str]
    decided: tuple[DecidedConfig, ...]


def decide(
    source: Mapping[str, str],
    profile: Profile = "apache",
    defaults: Mapping[str, str] | None = None,
    codec: str = "",
) -> TopicConfigs:
    """Return the configs of a copied topic from those set on the source's topic, and its brokers' `defaults`.

    `codec` is the one that most compressed batches of it have, empty where there is none.
    """
    given = tuple(sorted((defaults or {}).items()))
    return _decide(tuple(sorted(source.items())), profile, given, codec)


def replicas(factor: int, profile: Profile) -> int:
    """Return the replication factor for the target: 1 on AutoMQ, which replicates in its object store."""
    return factor if profile == "apache" else 1


@cache
def _decide(
    source: tuple[tuple[str, str], ...],
    profile: Profile,
    defaults: tuple[tuple[str, str], ...],
    codec: str,
) -> TopicConfigs:
    configs = dict(source)
    decided = tuple(_config(key, value, configs, profile) for key, value in source)
    kept = {k: v for config in decided for k, v in config.becomes}
    left = {key: value for key, value in defaults if key not in kept}
    judged = [_config(key, value, left, profile) for key, value in left.items()]
    inherited = {k: v for config in judged for k, v in config.becomes}
    refused = tuple(
        replace(config, because=f"{config.because}; its brokers set it")
        for config in judged
        if config.fate == "refused"
    )
    effective = {**inherited, **kept}
    copied = WHILE_COPIED | _compressed(codec, effective) | _segments(effective)
    restored = {
        key: kept.get(key)
        for key in sorted(copied)
        if kept.get(key) != copied[key] and key not in inherited
    }
    return TopicConfigs({**kept, **copied}, restored, inherited, (*decided, *refused))


def _segments(effective: Mapping[str, str]) -> dict[str, str]:
    """Return `segment.bytes` of the copy where the topic's own segments are large enough."""
    own = _number(effective.get("segment.bytes", ""))
    return {"segment.bytes": str(own)} if own > _SEGMENT else {}


def _compressed(codec: str, effective: Mapping[str, str]) -> dict[str, str]:
    """Return `compression.type` of the copy: the topic's own, or else the codec of its batches.

    It is there without a codec too: a later look may see other batches, and must not make another kind of step.
    """
    own = effective.get("compression.type", "producer")
    return {"compression.type": codec or own if own == "producer" else own}


def _config(key: str, value: str, configs: Mapping[str, str], profile: Profile) -> DecidedConfig:
    dropped = DROPPED_ALWAYS | (DROPPED if profile != "apache" else {})
    if key.startswith(FOREIGN):
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
