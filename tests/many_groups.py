"""An estate of very many groups on a fake broker: a few topics, and five commits of each group."""

from collections.abc import Mapping
from typing import Any

from kafka.protocol import admin, consumer, metadata
from kafka.record import MemoryRecordsBuilder

from tests.fake_broker import Answer, FakeBroker

TOPICS, COMMITS = 10, 5
_FIRST = -2
"""Asks ListOffsets for the log's start."""


def broker(groups: int) -> FakeBroker:
    """A broker that coordinates so many groups."""
    names = [f"group-{number:06}" for number in range(groups)]
    answers: Mapping[str, Answer] = {
        "MetadataRequest": lambda _: _metadata(fake.port),
        "DescribeConfigsRequest": _configs,
        "DescribeAclsRequest": lambda _: admin.DescribeAclsResponse(
            throttle_time_ms=0, error_code=0, error_message=None, resources=[]
        ),
        "DescribeUserScramCredentialsRequest": lambda _: admin.DescribeUserScramCredentialsResponse(
            throttle_time_ms=0, error_code=0, error_message=None, results=[]
        ),
        "DescribeClientQuotasRequest": lambda _: admin.DescribeClientQuotasResponse(
            throttle_time_ms=0, error_code=0, error_message=None, entries=[]
        ),
        "ListOffsetsRequest": _offsets,
        "DescribeLogDirsRequest": lambda _: admin.DescribeLogDirsResponse(
            throttle_time_ms=0, error_code=0, results=[]
        ),
        "FetchRequest": _batches,
        "DescribeProducersRequest": lambda _: admin.DescribeProducersResponse(
            throttle_time_ms=0, topics=[]
        ),
        "ListTransactionsRequest": lambda _: admin.ListTransactionsResponse(
            throttle_time_ms=0, error_code=0, unknown_state_filters=[], transaction_states=[]
        ),
        "ListGroupsRequest": lambda _: _listed(names),
        "FindCoordinatorRequest": lambda request: _coordinators(request, fake),
        "DescribeGroupsRequest": _described,
        "OffsetFetchRequest": _fetched,
    }
    fake = FakeBroker(answers)
    return fake


def _batches(request: Any) -> Any:
    """One batch for each partition, written with lz4."""
    made = MemoryRecordsBuilder(magic=2, compression_type=3, batch_size=9_000)
    made.append(timestamp=1, key=None, value=b"v" * 500)
    made.close()
    topic = consumer.FetchResponse.FetchableTopicResponse
    return consumer.FetchResponse(
        throttle_time_ms=0,
        error_code=0,
        session_id=0,
        responses=[
            topic(
                topic=one.topic,
                partitions=[
                    topic.PartitionData(
                        partition_index=p.partition,
                        error_code=0,
                        high_watermark=9,
                        records=made.buffer(),
                    )
                    for p in one.partitions
                ],
            )
            for one in request.topics
        ],
    )


def _topic(number: int) -> str:
    return f"topic-{number % TOPICS}"


def _metadata(port: int) -> Any:
    partition = metadata.MetadataResponse.MetadataResponseTopic.MetadataResponsePartition
    one = partition(
        error_code=0,
        partition_index=0,
        leader_id=1,
        leader_epoch=0,
        replica_nodes=[1],
        isr_nodes=[1],
        offline_replicas=[],
    )
    topic = metadata.MetadataResponse.MetadataResponseTopic
    rows = [
        topic(error_code=0, name=_topic(number), is_internal=False, partitions=[one])
        for number in range(TOPICS)
    ]
    broker = metadata.MetadataResponse.MetadataResponseBroker
    itself = broker(node_id=1, host="127.0.0.1", port=port, rack=None)
    return metadata.MetadataResponse(
        throttle_time_ms=0, brokers=[itself], cluster_id="fake", controller_id=1, topics=rows
    )


def _configs(request: Any) -> Any:
    result = admin.DescribeConfigsResponse.DescribeConfigsResult
    rows = [
        result(
            error_code=0,
            error_message=None,
            resource_type=asked.resource_type,
            resource_name=asked.resource_name,
            configs=[],
        )
        for asked in request.resources
    ]
    return admin.DescribeConfigsResponse(throttle_time_ms=0, results=rows)


def _offsets(request: Any) -> Any:
    topic = consumer.ListOffsetsResponse.ListOffsetsTopicResponse
    partition = topic.ListOffsetsPartitionResponse
    rows = [
        topic(
            name=asked.name,
            partitions=[
                partition(
                    partition_index=p.partition_index,
                    error_code=0,
                    timestamp=-1,
                    offset=0 if p.timestamp == _FIRST else 9,
                )
                for p in asked.partitions
            ],
        )
        for asked in request.topics
    ]
    return consumer.ListOffsetsResponse(throttle_time_ms=0, topics=rows)


def _listed(names: list[str]) -> Any:
    row = admin.ListGroupsResponse.ListedGroup
    rows = [
        row(group_id=name, protocol_type="consumer", group_state="Empty", group_type="classic")
        for name in names
    ]
    return admin.ListGroupsResponse(throttle_time_ms=0, error_code=0, groups=rows)


def _coordinators(request: Any, fake: FakeBroker) -> Any:
    row = metadata.FindCoordinatorResponse.Coordinator
    rows = [
        row(key=key, node_id=1, host="127.0.0.1", port=fake.port, error_code=0, error_message=None)
        for key in request.coordinator_keys
    ]
    return metadata.FindCoordinatorResponse(throttle_time_ms=0, coordinators=rows)


def _described(request: Any) -> Any:
    row = admin.DescribeGroupsResponse.DescribedGroup
    rows = [
        row(
            error_code=0,
            error_message=None,
            group_id=name,
            group_state="Empty",
            protocol_type="consumer",
            protocol_data="",
            members=[],
        )
        for name in request.groups
    ]
    return admin.DescribeGroupsResponse(throttle_time_ms=0, groups=rows)


def _fetched(request: Any) -> Any:
    group = consumer.OffsetFetchResponse.OffsetFetchResponseGroup
    topic = group.OffsetFetchResponseTopics
    partition = topic.OffsetFetchResponsePartitions
    one = partition(
        partition_index=0, committed_offset=7, committed_leader_epoch=-1, metadata="", error_code=0
    )
    topics = [topic(name=_topic(number), partitions=[one]) for number in range(COMMITS)]
    rows = [group(group_id=asked.group_id, topics=topics, error_code=0) for asked in request.groups]
    return consumer.OffsetFetchResponse(throttle_time_ms=0, groups=rows)
