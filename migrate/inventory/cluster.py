"""The section `cluster`: what brokers announce, the platform they are, and what only the operator can declare."""

from dataclasses import dataclass

from migrate.documents.inventory import ClusterInfo
from migrate.model import automq
from migrate.model.cluster import BrokerFacts
from migrate.ports.survey import Surveyed, SurveyedCluster


@dataclass(frozen=True)
class DeclaredAuthorizer:
    """Authorizer settings that no broker tells, declared in kmig.yaml; None where the default is not declared."""

    super_users: tuple[str, ...] = ()
    allow_everyone: bool | None = None


def info(read: Surveyed[SurveyedCluster], declared: DeclaredAuthorizer) -> Surveyed[ClusterInfo]:
    """Return the content of the section `cluster`."""
    surveyed = read.found
    features: dict[str, int] = {}
    for facts in surveyed.facts:
        features |= facts.features
    content = ClusterInfo(
        cluster_id=surveyed.cluster_id,
        platform=platform(surveyed.facts),
        controller=surveyed.controller,
        brokers=surveyed.brokers,
        facts=surveyed.facts,
        absent=surveyed.absent,
        features=features,
        defaults=dict(surveyed.defaults),
        super_users=declared.super_users,
        allow_everyone_if_no_acl_found=declared.allow_everyone,
    )
    return Surveyed(content, read.faults)


def platform(facts: tuple[BrokerFacts, ...]) -> str:
    """Return the platform by what the brokers announce; empty when none of them answered."""
    if not facts:
        return ""
    if any(automq.recognised(broker.api_versions, broker.features) for broker in facts):
        return "AutoMQ"
    levels = {
        broker.features["metadata.version"]
        for broker in facts
        if "metadata.version" in broker.features
    }
    if not levels:
        return "Kafka without KRaft's features"
    return f"Apache Kafka, metadata.version {', '.join(map(str, sorted(levels)))}"
