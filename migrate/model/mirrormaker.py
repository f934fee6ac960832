"""Topic names that MirrorMaker never copies under the same name, whatever its filters are.

From IdentityReplicationPolicy and ReplicationPolicy.isInternalTopic of Kafka 3.9.1 and 4.3.1; KIP-1074 is why 4.0
copies `.internal`. tests/live/test_mirrormaker_names.py asks the classes themselves.
"""


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


def uncopied_before_4(topic: str) -> bool:
    """Whether workers before Kafka 4.0, and only those, treat it as a Connect worker's own topic."""
    return topic.endswith((".internal", "-internal")) and not uncopied(topic)
