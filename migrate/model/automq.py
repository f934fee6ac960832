"""The differences of AutoMQ from Apache Kafka, in one place, and what kmig does about each.

Read in the source of AutoMQ 1.7.3 (AutoMQCreateTopicPolicy, ElasticUnifiedLog, KRaftMetadataCache,
ReplicationControlManager) and seen on running 1.6.7 and 1.7.3 brokers. What concerns BYOC is from its documentation
and its Terraform provider.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

API_KEYS = range(501, 700)
"""API keys that Apache Kafka does not have."""

FEATURE = "automq.version"
CONFIG = "elasticstream.enable"
TOPICS = ("__auto_balancer_metrics", "__automq_cluster_events", "__automq_table_control")
"""AutoMQ's own topics, which its brokers do not mark as internal."""

DROPPED = {
    "min.insync.replicas": "AutoMQ sets 1: an acknowledged record is in the object store",
    "unclean.leader.election.enable": "AutoMQ has no replicas to elect",
    "remote.storage.enable": "AutoMQ refuses it: all of its storage is remote",
    "local.retention.ms": "only tiered storage has it; retention.ms is the whole retention",
    "local.retention.bytes": "only tiered storage has it; retention.bytes is the whole retention",
    "remote.log.copy.disable": "only tiered storage has it",
    "remote.log.delete.on.disable": "only tiered storage has it",
    "preallocate": "AutoMQ ignores it",
    "flush.messages": "AutoMQ ignores it",
    "flush.ms": "AutoMQ ignores it",
}
"""Topic configs that kmig does not send to AutoMQ, and why."""

_HOUR = 3_600_000
LIMITS_BYOC = {
    "retention.ms": (_HOUR, 60 * 24 * _HOUR, "1 hour to 60 days"),
    "max.message.bytes": (0, 50 * 2**20, "at most 50 MiB"),
}
"""Topic configs that AutoMQ BYOC limits: lowest value, highest value, both in words."""

SESSIONS = (
    "on AutoMQ bound sessions by hours, or set max.in.flight.requests.per.connection=1 in Java producers, "
    "or run a version with KAFKA-19561 (1.7.3 lacks it): otherwise Java producers hang for 30 s at a re-login"
)
"""Added to every advice to set connections.max.reauth.ms on AutoMQ."""


@dataclass(frozen=True)
class Fact:
    """One difference from Apache Kafka, and what kmig does about it."""

    differs: str
    kmig: str


FACTS = (
    Fact(
        "every topic has one replica, whatever replication factor is requested; there is no error",
        "requests one replica, and does not compare replicas",
    ),
    Fact(
        "every new topic gets min.insync.replicas=1 as a config of its own, without a request",
        "does not send it, and does not treat it as a manual change",
    ),
    Fact(
        "a partition has no leader, and refuses writes, until its stream is open: moments, or minutes for hundreds",
        "waits for every leader, bounded, one topic after the other",
    ),
    Fact(
        "tiered storage is refused: one such config, or an unknown one, refuses the whole topic",
        "leaves out refused configs, and lists each of them in the plan",
    ),
    Fact(
        "manual assignments of replicas are refused (44)",
        "never sends one",
    ),
    Fact(
        "cluster.quota.topic.count answers THROTTLING_QUOTA_EXCEEDED (89), and waiting does not help",
        "stops with the broker's error, and does not repeat the request",
    ),
    Fact(
        "API keys from 501 on, a feature automq.version, error codes that Kafka has no name for",
        "keeps unknown numbers as numbers, and recognises AutoMQ by them",
    ),
    Fact(
        "KIP-848 is announced, and refused with UNSUPPORTED_VERSION (35) when it is used",
        "assess says which groups need group.protocol=classic; `verify protocol` tests it",
    ),
    Fact(
        "both SCRAM mechanisms of a user in one request are refused (92), as by every KRaft controller",
        "sends one in a request",
    ),
    Fact(
        "acks=1 is answered before the record is durable",
        "copies, commits and probes with acks=all only",
    ),
    Fact(
        "a client with an empty client.id is treated as kafka-go, and its metadata is rewritten",
        "always sends one",
    ),
    Fact(
        "topics of its own that are not called internal: " + ", ".join(TOPICS),
        "counts them as internal",
    ),
    Fact(
        "each commit and transaction waits for the object store, some 250 ms",
        "commits a group's offsets in one request; a wave is not ready while its copy is slower than its producers",
    ),
    Fact(
        "it reads requests of a connection ahead of its answers; an answer that falls due while the client logs in "
        "again (connections.max.reauth.ms) is held back, and all after it: a Java producer with several requests in "
        "flight hangs for 30 s (KAFKA-19561; seen on 1.7.3, 5 times in some 115 re-logins)",
        "where sessions are to be bounded, says: by hours, or max.in.flight.requests.per.connection=1 in Java "
        "producers, or a version with the fix; `verify protocol` does not ask it",
    ),
    Fact(
        "some 370 statuses a second reach Connect's status topic, because each request of its one producer takes "
        "250 ms; a worker with topic.tracking.enable=true (KIP-558, the default) writes one for each record of a "
        "topic not yet noted, and falls behind by a minute and more",
        "its own workers have topic.tracking.enable=false; `replicate` says when Connect has no status yet",
    ),
    Fact(
        "BYOC grants ALL, PRODUCE and CONSUME, knows no hosts, and hands out no rights",
        "exports the grants for its administrators, lists what BYOC cannot express, and changes nothing there",
    ),
)


def recognised(api_versions: Collection[int], features: Mapping[str, int]) -> bool:
    """Whether a broker that announces these API versions and features is AutoMQ's."""
    return any(True for _ in signs(api_versions, features, {}))


def signs(
    api_versions: Collection[int], features: Mapping[str, int], configs: Mapping[str, str]
) -> Iterator[str]:
    """Yield each sign that a broker is AutoMQ's."""
    if FEATURE in features:
        yield f"feature {FEATURE} is {features[FEATURE]}"
    if own := sorted(key for key in api_versions if key in API_KEYS):
        yield f"announces API keys {own[0]} to {own[-1]}"
    if configs.get(CONFIG) == "true":
        yield f"{CONFIG}=true"


def contradiction(profile: str, signs_seen: Collection[str]) -> str:
    """Say why a target is not of its declared profile; empty when it is. `signs_seen` are `signs` of AutoMQ."""
    if profile == "apache" and signs_seen:
        return f"the target is AutoMQ ({'; '.join(signs_seen)}), but kmig.yaml declares profile {profile}"
    if profile != "apache" and not signs_seen:
        return (
            f"the target is not AutoMQ (no feature {FEATURE}, no API key from {API_KEYS[0]}), "
            f"but kmig.yaml declares profile {profile}"
        )
    return ""
