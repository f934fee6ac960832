"""Reads of one Kafka cluster. They fan out, keep each item's own error, and create nothing there."""

from collections.abc import Iterable
from typing import Any

from kafka.protocol.admin import (
    DescribeAclsRequest,
    DescribeClientQuotasRequest,
    DescribeUserScramCredentialsRequest,
)

from migrate.adapters.kafka import groups, topics
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.wire import Wire
from migrate.model.acl import OPERATIONS, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES, Acl, name_of
from migrate.model.cluster import MECHANISMS, Broker, Group, Quota, ScramCredential, Topic
from migrate.model.record import Ends, OpenTransaction, TopicPartition
from migrate.ports import ClusterFacts

_ANY = 1


class KafkaReader:
    """`migrate.ports.ClusterReader` on the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._wire.requests.total()

    def describe(self) -> ClusterFacts:
        """Id, brokers, controller, and the features finalized; a connection to every broker is open after it."""
        brokers = self._wire.brokers()
        open_to = self._wire.each(
            {b.id: b for b in brokers}, lambda _, broker: self._wire.connection(broker)
        )
        return ClusterFacts(
            cluster_id=self._wire.cluster_id,
            controller=self._wire.controller,
            brokers=brokers,
            features={k: v for one in open_to.values() for k, v in one.features.items()},
        )

    def brokers(self) -> tuple[Broker, ...]:
        """The brokers that this listener announces."""
        return self._wire.brokers()

    def absent_brokers(self) -> tuple[int, ...]:
        """Ids of brokers that hold replicas and are not announced: nobody can ask them now."""
        return topics.absent_brokers(self._wire)

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """All ACLs as one broker has them; `Unsupported` when it has no authorizer."""
        request = DescribeAclsRequest(
            resource_type_filter=_ANY,
            resource_name_filter=None,
            pattern_type_filter=_ANY,
            principal_filter=None,
            host_filter=None,
            operation=_ANY,
            permission_type=_ANY,
        )
        answer = self._wire.call(request, broker)
        require(f"{self._wire.site}: list ACLs", answer.error_code, answer.error_message)
        return frozenset(_acl(row, acl) for row in answer.resources for acl in row.acls)

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """Every SCRAM user's mechanisms and iterations."""
        # an empty list means all, like null; but to null a 3.9 broker that must refuse gives no answer at all
        answer = self._wire.call(DescribeUserScramCredentialsRequest(users=[]))
        require(f"{self._wire.site}: list SCRAM users", answer.error_code, answer.error_message)
        found = [
            ScramCredential(
                user=row.user,
                mechanism=name_of(one.mechanism, MECHANISMS),
                iterations=one.iterations,
            )
            for row in answer.results
            for one in row.credential_infos
        ]
        return tuple(sorted(found, key=lambda c: (c.user, c.mechanism)))

    def quotas(self) -> tuple[Quota, ...]:
        """Every client quota."""
        answer = self._wire.call(DescribeClientQuotasRequest(components=[], strict=False))
        require(f"{self._wire.site}: list quotas", answer.error_code, answer.error_message)
        found = [
            Quota(
                entity={part.entity_type: part.entity_name for part in row.entity},
                values={value.key: value.value for value in row.values},
            )
            for row in answer.entries or ()
        ]
        return tuple(sorted(found, key=str))

    def topics(self) -> tuple[Topic, ...]:
        """Every topic this principal may see, with configs set on it and first and end offsets."""
        return topics.read(self._wire, None)

    def topic(self, name: str) -> Topic | None:
        """One topic by name, or None."""
        return next(iter(topics.read(self._wire, [name])), None)

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Every group this principal may see, of every type, with committed offsets; or those of them named."""
        return groups.read(self._wire, None if names is None else frozenset(names))

    def ends(self, topic_names: Iterable[str]) -> dict[TopicPartition, Ends]:
        """First, last stable and end offset of each partition; `CannotTell` when a leader does not say."""
        return topics.ends(self._wire, list(topic_names))

    def open_transactions(self, topic_names: Iterable[str]) -> tuple[OpenTransaction, ...]:
        """Transactions that have written to these topics and have not ended there."""
        return topics.open_transactions(self._wire, list(topic_names))


def _acl(row: Any, acl: Any) -> Acl:
    return Acl(
        principal=acl.principal,
        host=acl.host,
        permission=name_of(acl.permission_type, PERMISSIONS),
        operation=name_of(acl.operation, OPERATIONS),
        resource_type=name_of(row.resource_type, RESOURCE_TYPES),
        pattern_type=name_of(row.pattern_type, PATTERN_TYPES),
        resource_name=row.resource_name,
    )
