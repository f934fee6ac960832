"""Offsets of many groups committed: exact numbers of requests, and each group's own refusal."""

from collections import Counter
from typing import Any

import pytest
from kafka.protocol.consumer import OffsetCommitResponse, OffsetFetchResponse
from kafka.protocol.metadata import FindCoordinatorResponse

from migrate.adapters.kafka import commits
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Refused, StepFailed
from tests.fake_broker import FakeBroker

UNKNOWN_MEMBER, NOT_COORDINATOR, GROUP_AUTHORIZATION_FAILED = 25, 16, 30


class Coordinator:
    """The coordinator of every group: what it was asked, and what it answers about some."""

    def __init__(self, codes: dict[str, list[int]] | None = None) -> None:
        self.codes = codes or {}
        self.asked: Counter[str] = Counter()
        self.partitions: Counter[str] = Counter()
        self.fake = FakeBroker(
            {
                "FindCoordinatorRequest": self.found,
                "OffsetCommitRequest": self.committed,
                "OffsetFetchRequest": self.fetched,
            }
        )

    def found(self, request: Any) -> Any:
        row = FindCoordinatorResponse.Coordinator
        rows = [
            row(
                key=k,
                node_id=1,
                host="127.0.0.1",
                port=self.fake.port,
                error_code=0,
                error_message=None,
            )
            for k in request.coordinator_keys
        ]
        return FindCoordinatorResponse(throttle_time_ms=0, coordinators=rows)

    def committed(self, request: Any) -> Any:
        self.asked[request.group_id] += 1
        left = self.codes.get(request.group_id, [])
        code = left.pop(0) if left else 0
        topic = OffsetCommitResponse.OffsetCommitResponseTopic
        one = topic.OffsetCommitResponsePartition
        rows = []
        for asked in request.topics:
            self.partitions[request.group_id] += len(asked.partitions)
            answers = [
                one(partition_index=p.partition_index, error_code=code) for p in asked.partitions
            ]
            rows.append(topic(name=asked.name, partitions=answers))
        return OffsetCommitResponse(throttle_time_ms=0, topics=rows)

    def fetched(self, request: Any) -> Any:
        group = OffsetFetchResponse.OffsetFetchResponseGroup
        rows = [group(group_id=g.group_id, topics=[], error_code=0) for g in request.groups]
        return OffsetFetchResponse(throttle_time_ms=0, groups=rows)


def offsets(partitions: int) -> dict[tuple[str, int], tuple[int, str]]:
    return {("paid", number): (number, "") for number in range(partitions)}


def test_a_request_for_each_group_and_a_thousand_partitions_and_one_for_the_coordinators() -> None:
    every = {f"group-{number:03}": offsets(5) for number in range(200)} | {"large": offsets(2_500)}
    here = Coordinator()
    with here.fake.running() as broker:
        wire = Wire("target", [("127.0.0.1", broker.port)])
        assert commits.commit(wire, every) == {}
        wire.close()
    assert wire.requests["FindCoordinatorRequest"] == 1
    assert wire.requests["OffsetCommitRequest"] == 200 + 3
    assert here.partitions["large"] == 2_500


def test_reading_back_takes_one_request_of_a_coordinator() -> None:
    names = [f"group-{number:03}" for number in range(200)]
    with Coordinator().fake.running() as broker:
        wire = Wire("target", [("127.0.0.1", broker.port)])
        assert KafkaReader(wire).committed(names) == {name: {} for name in names}
        wire.close()
    assert wire.requests["FindCoordinatorRequest"] == 1
    assert wire.requests["OffsetFetchRequest"] == 1


def test_each_group_has_its_own_refusal_and_a_coordinator_that_moves_is_asked_again() -> None:
    codes = {
        "busy": [UNKNOWN_MEMBER],
        "moves": [NOT_COORDINATOR] * 2,
        "closed": [GROUP_AUTHORIZATION_FAILED],
    }
    here = Coordinator(codes)
    with here.fake.running() as broker:
        wire = Wire("target", [("127.0.0.1", broker.port)])
        refused = commits.commit(
            wire, {name: offsets(2) for name in ("busy", "moves", "closed", "well")}
        )
        wire.close()
    assert here.asked == {"busy": 1, "moves": 3, "closed": 1, "well": 1}
    assert set(refused) == {"busy", "closed"}
    assert isinstance(refused["busy"], Refused)
    assert "the group has members: UNKNOWN_MEMBER_ID (25)" in refused["busy"].message
    assert "GROUP_AUTHORIZATION_FAILED (30)" in refused["closed"].message


def test_a_coordinator_that_does_not_come_to_rest_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("migrate.adapters.kafka.coordinator._SECONDS", 0.3)
    here = Coordinator({"moves": [NOT_COORDINATOR] * 99})
    with here.fake.running() as broker:
        wire = Wire("target", [("127.0.0.1", broker.port)])
        refused = commits.commit(wire, {"moves": offsets(2)})
        wire.close()
    assert isinstance(refused["moves"], StepFailed)
    assert "its coordinator moves" in refused["moves"].message
