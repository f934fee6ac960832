"""Reads of one Kafka cluster: fan out, chunk, keep each item's own error, create nothing.

No metadata request may create a topic, and no coordinator is looked up unless a group exists: the look-up alone would
create `__consumer_offsets` on a cluster that has none.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kafka.protocol.admin import (
    DescribeAclsRequest,
    DescribeClientQuotasRequest,
    DescribeConfigsRequest,
    DescribeGroupsRequest,
    DescribeUserScramCredentialsRequest,
    ListGroupsRequest,
)
from kafka.protocol.consumer import ListOffsetsRequest, OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest

from migrate.adapters.kafka.answers import batched, code_name, require
from migrate.adapters.kafka.coordinator import MOVING, patiently
from migrate.adapters.kafka.wire import Wire
from migrate.model.acl import OPERATIONS, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES, Acl, name_of
from migrate.model.cluster import (
    MECHANISMS,
    Broker,
    Commit,
    Group,
    Member,
    Partition,
    Quota,
    ScramCredential,
    Topic,
)
from migrate.ports import ClusterFacts

_ANY = 1
_TOPIC_RESOURCE = 2
_DYNAMIC_TOPIC_CONFIG = 1
_EARLIEST, _LATEST = -2, -1
_CHUNK = 1_000
_UNKNOWN_TOPIC = 3
_NO_OFFSET = -1


class KafkaReader:
    """`migrate.ports.ClusterReader` on the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._wire.requests.total()

    def describe(self) -> ClusterFacts:
        """Id, brokers, controller, and each broker's ApiVersions as its connection negotiated them."""
        brokers = self._wire.brokers()
        open_to = self._wire.each(
            {b.id: b for b in brokers}, lambda _, broker: self._wire.connection(broker)
        )
        return ClusterFacts(
            cluster_id=self._wire.cluster_id,
            controller=self._wire.controller,
            brokers=brokers,
            api_versions={broker: one.versions for broker, one in open_to.items()},
            features={k: v for one in open_to.values() for k, v in one.features.items()},
        )

    def brokers(self) -> tuple[Broker, ...]:
        """The brokers that this listener announces."""
        return self._wire.brokers()

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
        answer = self._wire.call(DescribeUserScramCredentialsRequest(users=None))
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
        return self._topics(None)

    def topic(self, name: str) -> Topic | None:
        """One topic by name, or None."""
        return next(iter(self._topics([name])), None)

    def groups(self) -> tuple[Group, ...]:
        """Every group this principal may see, of every type, with committed offsets."""
        listed = self._listed_groups()
        if not listed:
            return ()
        described, fetched, errors = patiently(lambda: self._details(listed), _moving)
        ends = self._group_ends(fetched)
        return tuple(
            _group(row, described.get(row.group_id), fetched.get(row.group_id), ends, errors)
            for row in sorted(listed, key=lambda r: str(r.group_id))
        )

    def _details(self, listed: list[Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
        """Descriptions, commits, and error codes of the look-up, each by group."""
        coordinators, errors = self._coordinators([row.group_id for row in listed])
        described = self._describe(coordinators, [r for r in listed if _classic(r)])
        return described, self._commits(coordinators), errors

    def _topics(self, names: list[str] | None) -> tuple[Topic, ...]:
        wanted = None
        if names is not None:
            wanted = [MetadataRequest.MetadataRequestTopic(name=n, topic_id=None) for n in names]
        request = MetadataRequest(
            topics=wanted,
            allow_auto_topic_creation=False,
            include_cluster_authorized_operations=False,
            include_topic_authorized_operations=False,
        )
        rows = []
        for row in self._wire.call(request).topics:
            if row.error_code == _UNKNOWN_TOPIC:
                continue
            require(f"{self._wire.site}: describe topic {row.name}", row.error_code)
            rows.append(row)
        configs = self._configs([row.name for row in rows])
        rows = sorted((r for r in rows if r.name in configs), key=lambda r: str(r.name))
        offsets = self._offsets(
            (row.name, p.partition_index, p.leader_id) for row in rows for p in row.partitions
        )
        return tuple(_topic(row, configs[row.name], offsets) for row in rows)

    def _configs(self, names: list[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        resource = DescribeConfigsRequest.DescribeConfigsResource
        for some in batched(names, _CHUNK):
            resources = [
                resource(resource_type=_TOPIC_RESOURCE, resource_name=n, configuration_keys=None)
                for n in some
            ]
            request = DescribeConfigsRequest(resources=resources, include_synonyms=False)
            for row in self._wire.call(request).results:
                if row.error_code == _UNKNOWN_TOPIC:
                    continue  # deleted between the two requests: gone, like one deleted before
                what = f"{self._wire.site}: describe configs of topic {row.resource_name}"
                require(what, row.error_code, row.error_message)
                found[row.resource_name] = {
                    c.name: c.value
                    for c in row.configs
                    if c.config_source == _DYNAMIC_TOPIC_CONFIG and c.value is not None
                }
        return found

    def _offsets(
        self, partitions: Iterable[tuple[str, int, int]]
    ) -> dict[tuple[str, int], tuple[int | None, int | None]]:
        """First and end offset of each (topic, partition, leader); None where the leader did not say."""
        by_leader: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for topic, index, leader in partitions:
            by_leader[leader][topic].append(index)
        asked = {k: v for k, v in by_leader.items() if any(b.id == k for b in self._wire.brokers())}
        first = self._wire.fan_out({b: _list_offsets(t, _EARLIEST) for b, t in asked.items()})
        last = self._wire.fan_out({b: _list_offsets(t, _LATEST) for b, t in asked.items()})
        starts, ends = _offset_rows(first), _offset_rows(last)
        return {key: (starts.get(key), ends.get(key)) for key in starts.keys() | ends.keys()}

    def _listed_groups(self) -> list[Any]:
        requests = {
            b.id: ListGroupsRequest(states_filter=[], types_filter=[]) for b in self._wire.brokers()
        }
        rows = []
        for broker, answer in self._wire.fan_out(requests).items():
            require(f"{self._wire.site}: list groups of broker {broker}", answer.error_code)
            rows += answer.groups
        return rows

    def _coordinators(self, names: list[str]) -> tuple[dict[str, int], dict[str, int]]:
        answer = self._wire.call(
            FindCoordinatorRequest(key_type=0, coordinator_keys=names, min_version=4)
        )
        found = {row.key: row.node_id for row in answer.coordinators if not row.error_code}
        errors = {row.key: row.error_code for row in answer.coordinators if row.error_code}
        return found, errors

    def _describe(self, coordinators: dict[str, int], rows: list[Any]) -> dict[str, Any]:
        by_broker = _grouped(coordinators, [row.group_id for row in rows])
        answers = self._wire.fan_out(
            {
                broker: DescribeGroupsRequest(groups=names, include_authorized_operations=False)
                for broker, names in by_broker.items()
            }
        )
        return {row.group_id: row for answer in answers.values() for row in answer.groups}

    def _commits(self, coordinators: dict[str, int]) -> dict[str, Any]:
        one = OffsetFetchRequest.OffsetFetchRequestGroup
        answers = self._wire.fan_out(
            {
                # 8 asks for all groups of a coordinator at once (KIP-709); 10 would name topics by id only
                broker: OffsetFetchRequest(
                    groups=[one(group_id=name, topics=None) for name in names],
                    require_stable=True,
                    min_version=8,
                    max_version=9,
                )
                for broker, names in _grouped(coordinators, coordinators).items()
            }
        )
        return {row.group_id: row for answer in answers.values() for row in answer.groups}

    def _group_ends(
        self, fetched: dict[str, Any]
    ) -> dict[tuple[str, int], tuple[int | None, int | None]]:
        names = sorted({topic.name for row in fetched.values() for topic in row.topics})
        if not names:
            return {}
        return {
            (topic.name, p.index): (p.start, p.end)
            for topic in self._topics(names)
            for p in topic.partitions
        }


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


def _topic(
    row: Any,
    configs: dict[str, str],
    offsets: dict[tuple[str, int], tuple[int | None, int | None]],
) -> Topic:
    partitions = sorted(row.partitions, key=lambda p: int(p.partition_index))
    return Topic(
        name=row.name,
        id=str(row.topic_id or ""),
        internal=bool(row.is_internal),
        replication_factor=len(partitions[0].replica_nodes) if partitions else 0,
        configs=configs,
        partitions=tuple(
            Partition(
                index=p.partition_index,
                start=offsets.get((row.name, p.partition_index), (None, None))[0],
                end=offsets.get((row.name, p.partition_index), (None, None))[1],
            )
            for p in partitions
        ),
    )


def _list_offsets(topics: dict[str, list[int]], timestamp: int) -> Any:
    topic = ListOffsetsRequest.ListOffsetsTopic
    rows = [
        topic(
            name=name,
            partitions=[
                topic.ListOffsetsPartition(partition_index=i, timestamp=timestamp) for i in indexes
            ],
        )
        for name, indexes in topics.items()
    ]
    return ListOffsetsRequest(replica_id=-1, isolation_level=0, topics=rows, max_version=7)


def _offset_rows(answers: dict[int, Any]) -> dict[tuple[str, int], int | None]:
    return {
        (topic.name, p.partition_index): None if p.error_code else p.offset
        for answer in answers.values()
        for topic in answer.topics
        for p in topic.partitions
    }


def _grouped(coordinators: dict[str, int], names: Iterable[str]) -> dict[int, list[str]]:
    by_broker: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if name in coordinators:
            by_broker[coordinators[name]].append(name)
    return by_broker


def _classic(row: Any) -> bool:
    return (row.group_type or "classic").lower() == "classic"


def _moving(details: tuple[dict[str, Any], dict[str, Any], dict[str, int]]) -> bool:
    described, fetched, errors = details
    codes = {row.error_code for row in (*described.values(), *fetched.values())}
    return bool(MOVING & (codes | set(errors.values())))


def _group(
    row: Any,
    described: Any,
    fetched: Any,
    ends: dict[tuple[str, int], tuple[int | None, int | None]],
    errors: dict[str, int],
) -> Group:
    code = errors.get(row.group_id, 0)
    for answer in (described, fetched):
        if answer is not None and answer.error_code:
            code = answer.error_code
    return Group(
        name=row.group_id,
        type=(row.group_type or "classic").lower(),
        protocol_type=row.protocol_type,
        state=row.group_state or (described.group_state if described else ""),
        members=None
        if described is None
        else tuple(Member(client_id=m.client_id, host=m.client_host) for m in described.members),
        commits=tuple(_commits_of(fetched, ends)),
        error=code_name(code) if code else "",
    )


def _commits_of(
    fetched: Any, ends: dict[tuple[str, int], tuple[int | None, int | None]]
) -> Iterable[Commit]:
    if fetched is None:
        return
    for topic in sorted(fetched.topics, key=lambda t: str(t.name)):
        for p in sorted(topic.partitions, key=lambda p: int(p.partition_index)):
            if p.committed_offset == _NO_OFFSET:
                continue
            start, end = ends.get((topic.name, p.partition_index), (None, None))
            yield Commit(
                topic=topic.name,
                partition=p.partition_index,
                offset=p.committed_offset,
                metadata=p.metadata or "",
                start=start,
                end=end,
            )
