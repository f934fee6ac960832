"""The journal's head on a topic that was just made: its coordinator hears of it a moment later than others."""

from collections.abc import Iterator
from typing import Any

import pytest
from kafka.protocol.admin import CreateTopicsResponse
from kafka.protocol.consumer import OffsetCommitResponse
from kafka.protocol.metadata import FindCoordinatorResponse, MetadataResponse

from migrate.adapters.kafka.heads import KafkaHeadStore
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.permissions import HEADS_TOPIC
from migrate.ports import JournalHead
from tests.fake_broker import FakeBroker

UNKNOWN = 3


@pytest.fixture
def hears_late() -> Iterator[FakeBroker]:
    """Its third answer about the topic is the first that knows it; until then it refuses commits there."""
    heard: list[int] = []

    def metadata(request: Any) -> Any:
        heard.append(1)
        topic = MetadataResponse.MetadataResponseTopic(
            error_code=0 if len(heard) > 2 else UNKNOWN,
            name=HEADS_TOPIC,
            is_internal=False,
            partitions=[],
        )
        return MetadataResponse(throttle_time_ms=0, brokers=[], topics=[topic])

    def created(request: Any) -> Any:
        row = CreateTopicsResponse.CreatableTopicResult(name=HEADS_TOPIC, error_code=0)
        return CreateTopicsResponse(throttle_time_ms=0, topics=[row])

    def keeper(request: Any) -> Any:
        row = FindCoordinatorResponse.Coordinator
        rows = [row(key=k, node_id=1, host="", port=0) for k in request.coordinator_keys]
        return FindCoordinatorResponse(throttle_time_ms=0, coordinators=rows)

    def committed(request: Any) -> Any:
        topic = OffsetCommitResponse.OffsetCommitResponseTopic
        row = topic.OffsetCommitResponsePartition(
            partition_index=0, error_code=0 if len(heard) > 2 else UNKNOWN
        )
        return OffsetCommitResponse(
            throttle_time_ms=0, topics=[topic(name=HEADS_TOPIC, partitions=[row])]
        )

    answers = {
        "MetadataRequest": metadata,
        "CreateTopicsRequest": created,
        "FindCoordinatorRequest": keeper,
        "OffsetCommitRequest": committed,
    }
    with FakeBroker(answers).running() as broker:
        yield broker


def test_a_head_is_recorded_once_its_coordinator_knows_the_topic(hears_late: FakeBroker) -> None:
    wire = Wire("target", [("127.0.0.1", hears_late.port)], timeout=2.0)
    try:
        KafkaHeadStore(wire, KafkaWriter(wire), "m").record(JournalHead(1, "a" * 64))
    finally:
        wire.close()
    assert hears_late.asked["OffsetCommitRequest"] == 1
