"""The cluster itself: what its brokers announce, what it is recognised as, and what only the operator can say."""

from dataclasses import dataclass

from migrate.documents.inventory import ClusterInfo
from migrate.model import automq
from migrate.model.cluster import BrokerFacts
from migrate.ports.survey import Surveyed, SurveyedCluster


@dataclass(frozen=True)
class DeclaredAuthorizer:
    """What cannot be read from a broker, and is therefore said by the operator; None for a default left unsaid."""

    super_users: tuple[str, ...] = ()
    allow_everyone: bool | None = None


def info(read: Surveyed[SurveyedCluster], declared: DeclaredAuthorizer) -> Surveyed[ClusterInfo]:
    """The section's content."""
    sight = read.found
    features: dict[str, int] = {}
    for facts in sight.facts:
        features |= facts.features
    found = ClusterInfo(
        cluster_id=sight.cluster_id,
        platform=platform(sight.facts),
        controller=sight.controller,
        brokers=sight.brokers,
        facts=sight.facts,
        absent=sight.absent,
        features=features,
        defaults=dict(sight.defaults),
        super_users=declared.super_users,
        allow_everyone_if_no_acl_found=declared.allow_everyone,
    )
    return Surveyed(found, read.faults)


def platform(facts: tuple[BrokerFacts, ...]) -> str:
    """What the brokers are, by what they announce; empty when nobody said enough."""
    if not facts:
        return ""
    if any(automq.recognised(one.api_versions, one.features) for one in facts):
        return "AutoMQ"
    levels = {
        one.features["metadata.version"] for one in facts if "metadata.version" in one.features
    }
    if not levels:
        return "Kafka without KRaft's features"
    return f"Apache Kafka, metadata.version {', '.join(map(str, sorted(levels)))}"
