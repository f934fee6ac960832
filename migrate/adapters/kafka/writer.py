"""Writes to one Kafka cluster: `migrate.ports.ClusterWriter` over Kafka's protocol.

A request that was sent and not answered raises `Indeterminate`: the broker may have acted on it.
"""

import hashlib
import secrets as random
from collections.abc import Iterable, Mapping
from typing import Any

from kafka.protocol.admin import (
    AlterClientQuotasRequest,
    AlterUserScramCredentialsRequest,
    CreateAclsRequest,
    CreatePartitionsRequest,
    DeleteAclsRequest,
    DeleteTopicsRequest,
    IncrementalAlterConfigsRequest,
)
from kafka.protocol.consumer import OffsetDeleteRequest

from migrate.adapters.kafka import commits, coordinator, topic_trial
from migrate.adapters.kafka.answers import MAY_HAVE_HAPPENED, batched, require, require_each
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.secrets import Secrets
from migrate.errors import Indeterminate, KmigError, Rejected, StepFailed, Unreachable
from migrate.model.acl import (
    OPERATIONS,
    PATTERN_TYPES,
    PERMISSIONS,
    RESOURCE_TYPES,
    Acl,
    batches,
    code_of,
)
from migrate.model.cluster import MECHANISMS, ScramCredential, Topic, quota_name
from migrate.model.record import TopicPartition
from migrate.model.reference import Reference

ACLS_PER_REQUEST = 1_000
"""With ten times as many in one request, a KRaft controller can answer success for ACLs that it did not create."""

_REQUEST_MS = 30_000
_RESOURCE_NOT_FOUND = 91
_GROUP_ID_NOT_FOUND = 69
_TOPIC_RESOURCE = 2
_SET, _DELETE = 0, 1
_HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
_SALT_BYTES = 24


class KafkaWriter:
    """`migrate.ports.ClusterWriter` over Kafka's protocol."""

    def __init__(self, wire: Wire, secrets: Secrets | None = None) -> None:
        self._wire = wire
        self._secrets = secrets

    def create_topic(self, topic: Topic) -> None:
        """See `ClusterWriter`."""
        request = topic_trial.creating([topic], validate_only=False)
        for result in self._send(request).topics:
            require(
                f"create topic {result.name}", result.error_code, result.error_message, Rejected
            )

    def trial(self, topics: Iterable[Topic]) -> dict[str, str]:
        """See `ClusterWriter`."""
        return topic_trial.trial(self._wire, topics)

    def create_partitions(self, name: str, count: int) -> None:
        """See `ClusterWriter`; the controller assigns the replicas."""
        row = CreatePartitionsRequest.CreatePartitionsTopic(
            name=name, count=count, assignments=None
        )
        request = CreatePartitionsRequest(topics=[row], timeout_ms=_REQUEST_MS, validate_only=False)
        for result in self._send(request).results:
            what = f"add partitions to topic {result.name}"
            require(what, result.error_code, result.error_message, Rejected)

    def delete_topic(self, name: str) -> None:
        """See `ClusterWriter`."""
        state = DeleteTopicsRequest.DeleteTopicState
        request = DeleteTopicsRequest(
            topics=[state(name=name, topic_id=None)], topic_names=[name], timeout_ms=_REQUEST_MS
        )
        for result in self._send(request).responses:
            require(f"delete topic {name}", result.error_code, result.error_message)

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """See `ClusterWriter`; ACLs of one resource go into one request, and each ACL's own error is raised."""
        for some in batches(acls, ACLS_PER_REQUEST):
            answer = self._send(CreateAclsRequest(creations=[creation(acl) for acl in some]))
            require_each("create ACL", some, answer.results)

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """See `ClusterWriter`."""
        for some in batched(acls, ACLS_PER_REQUEST):
            answer = self._send(DeleteAclsRequest(filters=[_exactly(acl) for acl in some]))
            require_each("delete ACL", some, answer.filter_results)

    def upsert_scram(self, credential: ScramCredential, secret: Reference) -> None:
        """See `ClusterWriter`."""
        if self._secrets is None:
            raise StepFailed(f"cannot resolve {secret}: this writer was opened without secrets")
        password = self._secrets.resolve(secret)
        self.set_password(
            credential.user, credential.mechanism, password, iterations=credential.iterations
        )

    def set_password(
        self, user: str, mechanism: str, password: str, *, iterations: int = 4096
    ) -> None:
        """Set one SCRAM credential; only the salted password travels (KIP-554)."""
        salt = random.token_bytes(_SALT_BYTES)
        salted = hashlib.pbkdf2_hmac(_HASHES[mechanism], password.encode(), salt, iterations)
        upsertion = AlterUserScramCredentialsRequest.ScramCredentialUpsertion(
            name=user,
            mechanism=code_of(mechanism, MECHANISMS),
            iterations=iterations,
            salt=salt,
            salted_password=salted,
        )
        request = AlterUserScramCredentialsRequest(deletions=[], upsertions=[upsertion])
        for result in self._send(request).results:
            what = f"set the {mechanism} credential of user {user}"
            require(what, result.error_code, result.error_message, Rejected)

    def delete_scram(self, user: str, mechanism: str) -> None:
        """See `ClusterWriter`; a credential that does not exist is no error."""
        deletion = AlterUserScramCredentialsRequest.ScramCredentialDeletion(
            name=user, mechanism=code_of(mechanism, MECHANISMS)
        )
        request = AlterUserScramCredentialsRequest(deletions=[deletion], upsertions=[])
        for result in self._send(request).results:
            if result.error_code != _RESOURCE_NOT_FOUND:
                what = f"delete the {mechanism} credential of user {user}"
                require(what, result.error_code, result.error_message)

    def set_quota(
        self, entity: Mapping[str, str | None], values: Mapping[str, float | None]
    ) -> None:
        """See `ClusterWriter`."""
        row = AlterClientQuotasRequest.EntryData
        operations = [
            row.OpData(key=key, value=value or 0.0, remove=value is None)
            for key, value in sorted(values.items())
        ]
        parts = [
            row.EntityData(entity_type=kind, entity_name=name)
            for kind, name in sorted(entity.items())
        ]
        request = AlterClientQuotasRequest(
            entries=[row(entity=parts, ops=operations)], validate_only=False
        )
        for result in self._send(request).entries:
            what = f"set the quota of {quota_name(dict(entity))}"
            require(what, result.error_code, result.error_message, Rejected)

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, tuple[int, str]]) -> None:
        """See `SourceWriter`; like an administrator's commit, it names no member and no generation."""
        for refusal in commits.commit(self._wire, {group: offsets}).values():
            raise refusal

    def commit_groups(
        self, offsets: Mapping[str, Mapping[TopicPartition, tuple[int, str]]]
    ) -> dict[str, KmigError]:
        """See `ClusterWriter`."""
        return commits.commit(self._wire, offsets)

    def delete_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> None:
        """See `ClusterWriter`; a group that does not exist has no commits, which is no error."""
        topic = OffsetDeleteRequest.OffsetDeleteRequestTopic
        by_topic: dict[str, list[Any]] = {}
        for name, index in sorted(partitions):
            by_topic.setdefault(name, []).append(
                topic.OffsetDeleteRequestPartition(partition_index=index)
            )
        if not by_topic:
            return
        request = OffsetDeleteRequest(
            group_id=group,
            topics=[topic(name=name, partitions=rows) for name, rows in by_topic.items()],
        )
        self._to_coordinator(group, request, f"delete committed offsets of group {group}")

    def alter_topic(self, name: str, configs: Mapping[str, str | None]) -> None:
        """See `ClusterWriter`."""
        resource = IncrementalAlterConfigsRequest.AlterConfigsResource
        rows = [
            resource.AlterableConfig(
                name=key, config_operation=_DELETE if value is None else _SET, value=value
            )
            for key, value in sorted(configs.items())
        ]
        request = IncrementalAlterConfigsRequest(
            resources=[resource(resource_type=_TOPIC_RESOURCE, resource_name=name, configs=rows)],
            validate_only=False,
        )
        for result in self._send(request).responses:
            require(f"alter configs of topic {name}", result.error_code, result.error_message)

    def _to_coordinator(self, group: str, request: Any, what: str) -> None:
        answer = coordinator.while_coordinator_moves(
            lambda: self._send(request, coordinator.find(self._wire, group)),
            lambda answer: not coordinator.MOVING.isdisjoint(_codes(answer)),
        )
        whole = getattr(answer, "error_code", 0)
        if whole != _GROUP_ID_NOT_FOUND:
            require(what, whole)
        for row in answer.topics:
            for partition in row.partitions:
                where = f"{what} on {row.name}-{partition.partition_index}"
                require(where, partition.error_code)

    def _send(self, request: Any, broker: int | None = None) -> Any:
        chosen = self._wire.reachable() if broker is None else broker
        try:
            return self._wire.call(request, chosen)
        except Unreachable as error:
            raise Indeterminate(
                f"{request.name} was sent to the {self._wire.site} and not answered: {error.message}",
                MAY_HAVE_HAPPENED,
            ) from error


def _codes(answer: Any) -> set[int]:
    whole = {getattr(answer, "error_code", 0)}
    return whole | {p.error_code for row in answer.topics for p in row.partitions}


def creation(acl: Acl) -> Any:
    """Return an ACL in the form of CreateAcls."""
    return CreateAclsRequest.AclCreation(
        resource_type=code_of(acl.resource_type, RESOURCE_TYPES),
        resource_name=acl.resource_name,
        resource_pattern_type=code_of(acl.pattern_type, PATTERN_TYPES),
        principal=acl.principal,
        host=acl.host,
        operation=code_of(acl.operation, OPERATIONS),
        permission_type=code_of(acl.permission, PERMISSIONS),
    )


def _exactly(acl: Acl) -> Any:
    return DeleteAclsRequest.DeleteAclsFilter(
        resource_type_filter=code_of(acl.resource_type, RESOURCE_TYPES),
        resource_name_filter=acl.resource_name,
        pattern_type_filter=code_of(acl.pattern_type, PATTERN_TYPES),
        principal_filter=acl.principal,
        host_filter=acl.host,
        operation=code_of(acl.operation, OPERATIONS),
        permission_type=code_of(acl.permission, PERMISSIONS),
    )
