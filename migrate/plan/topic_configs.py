"""A topic's configs on the target: what is kept, translated or dropped, and what waits for the switch.

Until the switch a copied topic keeps everything as it came: nothing is compacted or expires, and every timestamp is
taken as it is. The real values return after WRITE is granted; earlier, records still needed could be gone.
"""

from dataclasses import dataclass

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
_DIFFERENCE = "message.timestamp.difference.max.ms"


@dataclass(frozen=True)
class TopicConfigs:
    """Configs to create the topic with, those to restore after the switch (None: the default), what was dropped."""

    created: dict[str, str]
    restored: dict[str, str | None]
    notes: tuple[str, ...]


def decide(source: dict[str, str]) -> TopicConfigs:
    """The configs of a copied topic, from what is set on the source's topic."""
    kept: dict[str, str] = {}
    notes: list[str] = []
    for key, value in sorted(source.items()):
        if key in _DROPPED:
            notes.append(f"{key}={value} is dropped: {_DROPPED[key]}")
        elif key == _DIFFERENCE:
            for side in ("before", "after"):
                own = f"message.timestamp.{side}.max.ms"
                kept[own] = source.get(own, value)
            notes.append(f"{key}={value} becomes before.max.ms and after.max.ms (KIP-937)")
        else:
            kept[key] = value
    restored = {
        key: kept.get(key) for key in sorted(WHILE_COPIED) if kept.get(key) != WHILE_COPIED[key]
    }
    return TopicConfigs({**kept, **WHILE_COPIED}, restored, tuple(notes))
