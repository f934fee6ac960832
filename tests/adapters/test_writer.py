"""How ACLs go out: requests small enough, and answers that are none. What brokers do is for tests/live."""

from typing import Any

import pytest
from kafka.protocol.admin import CreateAclsResponse, CreateTopicsResponse

from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import Indeterminate, Rejected, StepFailed
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from tests.fake_broker import Answer, FakeBroker


def grants(many: int) -> list[Acl]:
    return [
        Acl(
            principal="User:a",
            permission="ALLOW",
            operation="READ",
            resource_type="GROUP",
            resource_name=f"g{number}",
        )
        for number in range(many)
    ]


def answered(*codes: int) -> Answer:
    """One result for each ACL: these codes in turn, then 0."""

    def answer(request: Any) -> Any:
        result = CreateAclsResponse.AclCreationResult
        padded = [*codes, *[0] * len(request.creations)][: len(request.creations)]
        rows = [
            result(error_code=c, error_message="said the broker" if c else None) for c in padded
        ]
        return CreateAclsResponse(throttle_time_ms=0, results=rows)

    return answer


def created(broker: FakeBroker, many: int) -> None:
    wire = Wire("target", [("127.0.0.1", broker.port)], timeout=2.0)
    try:
        KafkaWriter(wire).create_acls(grants(many))
    finally:
        wire.close()


@pytest.mark.parametrize(("many", "requests"), [(0, 0), (1_000, 1), (1_001, 2), (10_001, 11)])
def test_at_most_a_thousand_acls_in_a_request(many: int, requests: int) -> None:
    sizes: list[int] = []

    def answer(request: Any) -> Any:
        sizes.append(len(request.creations))
        return answered()(request)

    with FakeBroker({"CreateAclsRequest": answer}).running() as broker:
        created(broker, many)
        assert broker.asked["CreateAclsRequest"] == requests
    assert sum(sizes) == many
    assert all(size <= 1_000 for size in sizes)


def test_every_item_that_is_refused_is_said_in_the_brokers_words() -> None:
    with (
        FakeBroker({"CreateAclsRequest": answered(0, 42, 44)}).running() as broker,
        pytest.raises(StepFailed) as caught,
    ):
        created(broker, 4)
    first, second = caught.value.lines
    assert "group g1 to User:a" in first
    assert "(42): said the broker" in first
    assert "group g2 to User:a" in second
    assert "(44): said the broker" in second


@pytest.mark.parametrize("rows", [None, []])
def test_an_answer_without_results_is_no_success(rows: list[Any] | None) -> None:
    answer = CreateAclsResponse(throttle_time_ms=0, results=rows)
    with (
        FakeBroker({"CreateAclsRequest": lambda _: answer}).running() as broker,
        pytest.raises(StepFailed, match=r"expected 2 results, got 0"),
    ):
        created(broker, 2)


def test_a_policy_that_refuses_a_topic_is_quoted() -> None:
    def policy(request: Any) -> Any:
        row = CreateTopicsResponse.CreatableTopicResult
        said = {"error_code": 44, "error_message": "names begin with a team"}
        rows = [
            row(
                name=t.name,
                topic_id=None,
                num_partitions=-1,
                replication_factor=-1,
                configs=[],
                **said,
            )
            for t in request.topics
        ]
        return CreateTopicsResponse(throttle_time_ms=0, topics=rows)

    with FakeBroker({"CreateTopicsRequest": policy}).running() as broker:
        wire = Wire("target", [("127.0.0.1", broker.port)], timeout=2.0)
        wanted = Topic(name="t", replication_factor=1, partitions=(Partition(index=0),))
        with pytest.raises(Rejected, match=r"create topic t: .*\(44\): names begin with a team"):
            KafkaWriter(wire).create_topic(wanted)
        wire.close()


@pytest.mark.parametrize(("code", "kind"), [(41, StepFailed), (7, Indeterminate)])
def test_a_controller_that_moves_leaves_it_to_the_next_run(
    code: int, kind: type[Exception]
) -> None:
    with (
        FakeBroker({"CreateAclsRequest": answered(code, code)}).running() as broker,
        pytest.raises(kind, match=rf"\({code}\)"),
    ):
        created(broker, 2)
