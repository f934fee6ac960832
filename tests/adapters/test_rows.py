"""Answers with several rows about one thing: the row that knows it counts, wherever it stands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest
from kafka.protocol import admin

from migrate.adapters.kafka import access, coordinator, effective, log_offsets
from migrate.adapters.kafka.heads import KafkaHeadStore
from migrate.adapters.kafka.messages import ConsumerGroupDescribeResponse
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.cluster import Group
from tests import many_groups
from tests.fake_broker import FakeBroker

LOADING, NOT_COORDINATOR, NOT_AUTHORIZED, NOT_FOUND, NO_TRANSACTION = 14, 16, 30, 69, 105
NAMES = ("group-000000", "group-000001")


@contextmanager
def asked(fake: FakeBroker) -> Iterator[Wire]:
    with fake.running():
        wire = Wire("source", [("127.0.0.1", fake.port)], timeout=2.0)
        try:
            yield wire
        finally:
            wire.close()


def shards(*answers: dict[str, int]) -> Callable[[Any], Any]:
    """ConsumerGroupDescribe as Kafka 3.9.1 answers it: each shard of a coordinator says something of every group."""
    group = ConsumerGroupDescribeResponse.DescribedGroup
    nothing = group.Member.Assignment(topic_partitions=[])
    member = group.Member(
        member_id="m",
        instance_id=None,
        rack_id=None,
        member_epoch=1,
        client_id="app",
        client_host="/10.0.0.1",
        subscribed_topic_names=[],
        subscribed_topic_regex="",
        assignment=nothing,
        target_assignment=nothing,
    )

    def answer(_request: Any) -> Any:
        rows = [
            group(
                error_code=code,
                error_message=None,
                group_id=name,
                group_state="" if code else "Stable",
                group_epoch=0,
                assignment_epoch=0,
                assignor_name="",
                members=[] if code else [member],
            )
            for one in answers
            for name, code in one.items()
        ]
        return ConsumerGroupDescribeResponse(throttle_time_ms=0, groups=rows)

    return answer


def of_type(kind: str, fake: FakeBroker) -> FakeBroker:
    listed = fake.answers["ListGroupsRequest"]

    def typed(request: Any) -> Any:
        made = listed(request)
        for row in made.groups:
            row.group_type, row.group_state = kind, "Stable"
        return made

    fake.answers["ListGroupsRequest"] = typed
    return fake


def consumer_groups(*answers: dict[str, int]) -> FakeBroker:
    fake = of_type("consumer", many_groups.broker(2))
    fake.answers["ConsumerGroupDescribeRequest"] = shards(*answers)
    return fake


def seen(groups: tuple[Group, ...]) -> list[tuple[str, int | None]]:
    return [(g.error, None if g.members is None else len(g.members)) for g in groups]


ONE, OTHER = NAMES


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(({ONE: 0, OTHER: NOT_FOUND}, {ONE: NOT_FOUND, OTHER: 0}), id="each of its own"),
        pytest.param(({ONE: 0, OTHER: 0}, {ONE: NOT_FOUND, OTHER: NOT_FOUND}), id="good ones first"),
        pytest.param(({ONE: NOT_FOUND, OTHER: NOT_FOUND}, {ONE: 0, OTHER: 0}), id="good ones last"),
        pytest.param(({ONE: LOADING, OTHER: 0}, {ONE: 0, OTHER: NOT_COORDINATOR}), id="retriable"),
    ],
)  # fmt: skip
def test_a_group_that_one_shard_knows_is_described(answers: tuple[dict[str, int], ...]) -> None:
    with asked(consumer_groups(*answers)) as wire:
        assert seen(KafkaReader(wire).groups()) == [("", 1), ("", 1)]
        read = KafkaSurvey(wire).groups()
        assert (seen(read.found), read.faults) == ([("", 1), ("", 1)], ())
        assert wire.requests["ConsumerGroupDescribeRequest"] == 2, "nothing is asked again"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (NOT_FOUND, NOT_FOUND, "GROUP_ID_NOT_FOUND (69)"),
        (NOT_FOUND, NOT_AUTHORIZED, "GROUP_AUTHORIZATION_FAILED (30)"),
        (NOT_AUTHORIZED, NOT_FOUND, "GROUP_AUTHORIZATION_FAILED (30)"),
        (NOT_AUTHORIZED, LOADING, "GROUP_AUTHORIZATION_FAILED (30)"),
    ],
)
def test_a_group_that_no_shard_knows_is_in_error_and_has_no_known_members(
    first: int, second: int, said: str
) -> None:
    with asked(consumer_groups({ONE: first, OTHER: 0}, {ONE: second, OTHER: NOT_FOUND})) as wire:
        assert seen(KafkaReader(wire).groups()) == [(said, None), ("", 1)]


@pytest.mark.parametrize("order", [1, -1])
def test_a_shard_that_still_loads_is_asked_again_where_the_others_know_nothing(order: int) -> None:
    starting = ({ONE: NOT_FOUND, OTHER: 0}, {ONE: LOADING, OTHER: NOT_FOUND})[::order]
    fake = consumer_groups(*starting)
    first = fake.answers["ConsumerGroupDescribeRequest"]

    def then_loaded(request: Any) -> Any:
        fake.answers["ConsumerGroupDescribeRequest"] = shards({ONE: 0, OTHER: 0})
        return first(request)

    fake.answers["ConsumerGroupDescribeRequest"] = then_loaded
    with asked(fake) as wire:
        assert seen(KafkaReader(wire).groups()) == [("", 1), ("", 1)]


def bad(row: Any, **changes: Any) -> Any:
    made = copy(row)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def transactions(fake: FakeBroker) -> None:
    listed = admin.ListTransactionsResponse.TransactionState
    described = admin.DescribeTransactionsResponse.TransactionState
    fake.answers["ListTransactionsRequest"] = lambda _: admin.ListTransactionsResponse(
        throttle_time_ms=0,
        error_code=0,
        unknown_state_filters=[],
        transaction_states=[
            listed(transactional_id="tx", producer_id=7, transaction_state="Ongoing")
        ],
    )
    fake.answers["DescribeTransactionsRequest"] = lambda _: admin.DescribeTransactionsResponse(
        throttle_time_ms=0,
        transaction_states=[
            described(
                error_code=0,
                transactional_id="tx",
                transaction_state="CompleteCommit",
                transaction_timeout_ms=60_000,
                transaction_start_time_ms=-1,
                producer_id=7,
                producer_epoch=0,
                topics=[],
            )
        ],
    )


def producers(fake: FakeBroker) -> None:
    topic = admin.DescribeProducersResponse.TopicResponse
    active = topic.PartitionResponse.ProducerState(
        producer_id=7,
        producer_epoch=0,
        last_sequence=0,
        last_timestamp=0,
        coordinator_epoch=0,
        current_txn_start_offset=3,
    )
    row = topic.PartitionResponse(
        partition_index=0, error_code=0, error_message=None, active_producers=[active]
    )
    fake.answers["DescribeProducersRequest"] = lambda _: admin.DescribeProducersResponse(
        throttle_time_ms=0, topics=[topic(name="topic-0", partitions=[row])]
    )


TWICE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    # request: where its rows are, and what a row becomes that knows nothing
    "FindCoordinatorRequest": (
        "coordinators",
        lambda r: bad(r, error_code=NOT_COORDINATOR, node_id=-1),
    ),
    "DescribeGroupsRequest": ("groups", lambda r: bad(r, error_code=NOT_COORDINATOR, group_state="")),
    "DescribeGroupsRequest, dead": ("groups", lambda r: bad(r, group_state="Dead", members=[])),
    "OffsetFetchRequest": ("groups", lambda r: bad(r, error_code=NOT_COORDINATOR, topics=[])),
    "OffsetFetchRequest, empty": ("groups", lambda r: bad(r, topics=[])),
    "ListGroupsRequest": ("groups", lambda r: bad(r, group_state="Dead", group_type="")),
    "ListTransactionsRequest": ("transaction_states", lambda r: bad(r, transaction_state="Dead")),
    "DescribeTransactionsRequest": (
        "transaction_states",
        lambda r: bad(r, error_code=NO_TRANSACTION, transaction_state=""),
    ),
    "DescribeProducersRequest": (
        "topics",
        lambda r: bad(r, partitions=[bad(p, error_code=6, active_producers=[]) for p in r.partitions]),
    ),
    "ListOffsetsRequest": (
        "topics",
        lambda r: bad(r, partitions=[bad(p, error_code=6, offset=-1) for p in r.partitions]),
    ),
}  # fmt: skip


def everything(wire: Wire) -> object:
    """All that is read through the requests of `TWICE`."""
    survey, reader = KafkaSurvey(wire), KafkaReader(wire)
    return (
        survey.groups(),
        survey.topics(),
        survey.transactions(),
        survey.producers(),
        reader.groups(),
        reader.topics(),
        coordinator.find(wire, ONE),
        coordinator.find_each(wire, list(NAMES)),
        effective.groups(wire, NAMES),
        log_offsets.ends(wire, ["topic-0"]),
        log_offsets.producers(wire, ["topic-0"]),
        KafkaHeadStore(wire, KafkaWriter(wire), "m").recorded(),
    )


@pytest.mark.parametrize("first", [True, False], ids=["bad row first", "bad row last"])
@pytest.mark.parametrize("case", TWICE)
def test_a_second_row_that_knows_nothing_changes_nothing(case: str, first: bool) -> None:
    request, (field, spoil) = case.partition(",")[0], TWICE[case]
    fake = many_groups.broker(2)
    transactions(fake)
    producers(fake)
    with asked(fake) as wire:
        once = everything(wire)
        good = fake.answers[request]

        def twice(sent: Any) -> Any:
            made = good(sent)
            rows = getattr(made, field)
            others = [spoil(row) for row in rows]
            setattr(made, field, [*others, *rows] if first else [*rows, *others])
            return made

        fake.answers[request] = twice
        assert everything(wire) == once


@pytest.mark.parametrize("codes", [(53, NOT_COORDINATOR), (NOT_COORDINATOR, 53)])
def test_a_right_that_one_row_denies_is_not_there(codes: tuple[int, ...]) -> None:
    fake = many_groups.broker(0)
    transactions(fake)
    good = fake.answers["DescribeTransactionsRequest"]

    def twice(sent: Any) -> Any:
        made = good(sent)
        (row,) = made.transaction_states
        made.transaction_states = [bad(row, error_code=code) for code in codes]
        return made

    fake.answers["DescribeTransactionsRequest"] = twice
    with asked(fake) as wire:
        assert access.may_describe(wire, ("tx",)) == {"tx": False}


def test_a_transaction_is_in_the_state_that_it_was_described_in() -> None:
    """It may have ended since it was listed: state and topics are of one moment."""
    fake = many_groups.broker(0)
    transactions(fake)
    with asked(fake) as wire:
        (found,) = KafkaSurvey(wire).transactions().found
    assert (found.id, found.state, found.open) == ("tx", "CompleteCommit", False)
