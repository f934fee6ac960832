"""Topic names that MirrorMaker never copies under the same name, whatever its filters are.

From IdentityReplicationPolicy and ReplicationPolicy.isInternalTopic of Kafka 3.9.1 and 4.3.1; KIP-1074 is why 4.0
copies `.internal`. tests/live/test_mirrormaker_names.py asks the classes themselves.
"""

import re
from collections.abc import Mapping

_TOLD_NOT_TO = 4
"""The version of Kafka from which on MirrorMaker leaves heartbeats out if it is told so (KIP-1089)."""


def uncopied(topic: str) -> str:
    """Say why no version copies a topic under this name; empty where every version since 4.0 does."""
    if topic.startswith(("__", ".")):
        return "MirrorMaker treats a name that begins with `__` or a dot as internal to the cluster"
    if topic.endswith(".checkpoints.internal") or (
        topic.startswith("mm2") and topic.endswith(".internal")
    ):
        return "MirrorMaker treats it as a topic of its own"
    if topic.endswith("heartbeats"):
        return "MirrorMaker renames a topic whose name ends in `heartbeats`"
    return ""


def copied_unasked(topic: str) -> bool:
    """Whether MirrorMaker copies a topic that nobody names, as another MirrorMaker's heartbeats."""
    return topic == "heartbeats" or topic.endswith(".heartbeats")


def leaves_heartbeats_out(version: str) -> bool:
    """Whether a worker of this version can be told not to copy heartbeats: from Kafka 4.0 on; unknown versions not.

    Confluent Platform counts four ahead of the Kafka in it: 8.0 has Kafka 4.0.
    """
    found = re.match(r"(\d+)\.[^-]*(-c[ce])?", version)
    return found is not None and int(found[1]) - (4 if found[2] else 0) >= _TOLD_NOT_TO


def uncopied_before_4(topic: str) -> bool:
    """Whether workers before Kafka 4.0, and only those, treat it as a Connect worker's own topic."""
    return topic.endswith((".internal", "-internal")) and not uncopied(topic)


def topic_patterns(topics: tuple[str, ...]) -> str:
    """Return the names as patterns that match only them."""
    return ",".join(re.sub(r"([^A-Za-z0-9_-])", r"\\\1", topic) for topic in topics)


def topics_of(config: Mapping[str, str]) -> tuple[str, ...]:
    """Return the topics that a connector of kmig's is told to copy."""
    return tuple(
        re.sub(r"\\(.)", r"\1", pattern) for pattern in config.get("topics", "").split(",")
    )
