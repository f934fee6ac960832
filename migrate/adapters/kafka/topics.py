"""Topics of one cluster: metadata, the configs set on each, first and end offsets.

No request here can create a topic.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kafka.protocol.admin import DescribeConfigsRequest, DescribeProducersRequest
from kafka.protocol.consumer import ListOffsetsRequest
from kafka.protocol.metadata import MetadataRequest

from migrate.adapters.kafka.answers import batched, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import CannotTell
from migrate.model.cluster import Partition, Topic
from migrate.model.record import Ends, OpenTransaction, TopicPartition

_TOPIC_RESOURCE = 2
_DYNAMIC_TOPIC_CONFIG = 1
_EARLIEST, _LATEST = -2, -1
_CHUNK = 1_000
_UNKNOWN_TOPIC = 3

Offsets = dict[tuple[str, int], tuple[int | None, int | None]]
"""First and end offset by (topic, partition); None where the leader did not say."""


def read(wire: Wire, names: list[str] | None) -> tuple[Topic, ...]:
    """Topics by name, or every one that the principal may see."""
    rows = []
    for row in wire.call(_request(names)).topics:
        if row.error_code == _UNKNOWN_TOPIC:
            continue
        require(f"{wire.site}: describe topic {row.name}", row.error_code)
        rows.append(row)
    configs = _configs(wire, [row.name for row in rows])
    rows = sorted((r for r in rows if r.name in configs), key=lambda r: str(r.name))
    leaders = [(r.name, p.partition_index, p.leader_id) for r in rows for p in r.partitions]
    offsets = _offsets(wire, leaders)
    return tuple(_topic(row, configs[row.name], offsets) for row in rows)


def absent_brokers(wire: Wire) -> tuple[int, ...]:
    """Ids that replicas name and the listener does not announce, now and not as first seen."""
    rows = wire.call(_request(None))
    holding = {node for row in rows.topics for p in row.partitions for node in p.replica_nodes}
    return tuple(sorted(holding - {broker.node_id for broker in rows.brokers}))


def ends(wire: Wire, names: list[str]) -> dict[TopicPartition, Ends]:
    """First, last stable and end offset of each partition, in that order of asking."""
    by_leader = _leaders(wire, names)
    asked = (_EARLIEST, False), (_LATEST, True), (_LATEST, False)
    start, stable, end = (
        _offset_rows(
            wire.fan_out({b: _list_offsets(t, when, committed=flag) for b, t in by_leader.items()})
        )
        for when, flag in asked
    )
    found = {}
    for key, last in end.items():
        first, settled = start.get(key), stable.get(key)
        if first is None or settled is None or last is None:
            raise CannotTell(f"{wire.site}: the leader of {key[0]}-{key[1]} does not say its ends")
        found[key] = Ends(start=first, stable=settled, end=last)
    return found


def open_transactions(wire: Wire, names: list[str]) -> tuple[OpenTransaction, ...]:
    """Producers with a transaction under way on these topics, as the partitions' leaders know them."""
    row = DescribeProducersRequest.TopicRequest
    requests = {
        broker: DescribeProducersRequest(
            topics=[row(name=name, partition_indexes=indexes) for name, indexes in rows.items()]
        )
        for broker, rows in _leaders(wire, names).items()
    }
    found = []
    for answer in wire.fan_out(requests).values():
        for topic in answer.topics:
            for p in topic.partitions:
                what = f"{wire.site}: producers of {topic.name}-{p.partition_index}"
                require(what, p.error_code, p.error_message)
                found += [
                    OpenTransaction(
                        topic=topic.name,
                        partition=p.partition_index,
                        producer_id=producer.producer_id,
                        start=producer.current_txn_start_offset,
                    )
                    for producer in p.active_producers
                    if producer.current_txn_start_offset >= 0
                ]
    return tuple(found)


def _leaders(wire: Wire, names: list[str]) -> dict[int, dict[str, list[int]]]:
    by_leader: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in wire.call(_request(sorted(set(names)))).topics if names else ():
        require(f"{wire.site}: describe topic {row.name}", row.error_code)
        for p in row.partitions:
            if p.leader_id < 0:
                raise CannotTell(f"{wire.site}: {row.name}-{p.partition_index} has no leader now")
            by_leader[p.leader_id][row.name].append(p.partition_index)
    return by_leader


def _request(names: list[str] | None) -> Any:
    wanted = None
    if names is not None:
        wanted = [MetadataRequest.MetadataRequestTopic(name=n, topic_id=None) for n in names]
    return MetadataRequest(
        topics=wanted,
        allow_auto_topic_creation=False,
        include_cluster_authorized_operations=False,
        include_topic_authorized_operations=False,
    )


def _configs(wire: Wire, names: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    resource = DescribeConfigsRequest.DescribeConfigsResource
    for some in batched(names, _CHUNK):
        resources = [
            resource(resource_type=_TOPIC_RESOURCE, resource_name=n, configuration_keys=None)
            for n in some
        ]
        request = DescribeConfigsRequest(resources=resources, include_synonyms=False)
        for row in wire.call(request).results:
            if row.error_code == _UNKNOWN_TOPIC:
                continue  # deleted between the two requests: gone, like one deleted before
            what = f"{wire.site}: describe configs of topic {row.resource_name}"
            require(what, row.error_code, row.error_message)
            found[row.resource_name] = {
                c.name: c.value
                for c in row.configs
                if c.config_source == _DYNAMIC_TOPIC_CONFIG and c.value is not None
            }
    return found


def _offsets(wire: Wire, partitions: Iterable[tuple[str, int, int]]) -> Offsets:
    """First and end offset of each (topic, partition, leader); None where the leader did not say."""
    by_leader: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for topic, index, leader in partitions:
        by_leader[leader][topic].append(index)
    asked = {k: v for k, v in by_leader.items() if any(b.id == k for b in wire.brokers())}
    first = wire.fan_out({b: _list_offsets(t, _EARLIEST) for b, t in asked.items()})
    last = wire.fan_out({b: _list_offsets(t, _LATEST) for b, t in asked.items()})
    starts, ends = _offset_rows(first), _offset_rows(last)
    return {key: (starts.get(key), ends.get(key)) for key in starts.keys() | ends.keys()}


def _topic(
    row: Any,
    configs: dict[str, str],
    offsets: Offsets,
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


def _list_offsets(topics: dict[str, list[int]], timestamp: int, *, committed: bool = False) -> Any:
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
    level = 1 if committed else 0
    return ListOffsetsRequest(replica_id=-1, isolation_level=level, topics=rows, max_version=7)


def _offset_rows(answers: dict[int, Any]) -> dict[tuple[str, int], int | None]:
    return {
        (topic.name, p.partition_index): None if p.error_code else p.offset
        for answer in answers.values()
        for topic in answer.topics
        for p in topic.partitions
    }
