"""What the target's brokers let clients do less than the source's: who is hit, and what blocks."""

import pytest

from migrate.documents.inventory import ClusterInfo
from migrate.documents.plan import Placement, Restored, Wave
from migrate.estate import Estate
from migrate.model.cluster import Transaction
from migrate.plan.container import differences, told
from tests.estate import acls, config, inventory, people, section, topic, workload

SOURCE = {
    "transaction.max.timeout.ms": "3600000",
    "group.max.session.timeout.ms": "1800000",
    "group.min.session.timeout.ms": "6000",
    "offsets.retention.minutes": "43200",
    "auto.create.topics.enable": "true",
}


def estate(timeout: int | None) -> Estate:
    one = Transaction(id="till-tx", state="Ongoing", producer_id=1, timeout_ms=timeout)
    taken = inventory(
        (topic("paid"),),
        acls("ALLOW WRITE on topic paid to User:till"),
        cluster=section(ClusterInfo(cluster_id="src", defaults=SOURCE)),
        transactions=section((one,)),
    )
    made = people(workload("till", writes=[{"topic": "paid"}], transactional_ids=["till-tx"]))
    return Estate(config(), taken, made)


def wave(**inherited: str) -> Wave:
    keys = {key.replace("_", "."): value for key, value in inherited.items()}
    return Wave(
        number=1,
        name="w",
        workloads=(Placement(workload="till", owner="o", reasons=()),),
        principals=("User:till",),
        groups=("ledger",),
        prepare=(),
        restores=(Restored(configs={}, inherited=keys, topics=("paid",)),),
    )


def test_nothing_is_said_where_both_sides_are_alike() -> None:
    assert differences(estate(60_000), wave(), SOURCE, 3) == ()


def test_what_the_target_does_not_tell_is_not_compared() -> None:
    assert differences(estate(60_000), wave(), {}, 3) == ()


@pytest.mark.parametrize(
    ("timeout", "blocks"), [(3_600_000, True), (900_001, True), (900_000, False), (None, False)]
)
def test_a_transaction_that_the_target_would_refuse_blocks(
    timeout: int | None, blocks: bool
) -> None:
    target = {**SOURCE, "transaction.max.timeout.ms": "900000"}
    found = differences(estate(timeout), wave(), target, 3)
    assert bool(told(found, blocks=True)) == blocks
    (said,) = [one.told for one in found]
    assert said.startswith("transaction.max.timeout.ms is ")
    assert ("till-tx" in said) == blocks
    assert ("producers of till" in said) != blocks


def test_more_replicas_in_sync_than_brokers_block() -> None:
    found = differences(estate(None), wave(min_insync_replicas="2"), SOURCE, 1)
    assert told(found, blocks=True) == [
        "min.insync.replicas is 2 on paid, and the target has only 1 broker: "
        "no producer could write there with acks=all"
    ]
    assert not differences(estate(None), wave(min_insync_replicas="2"), SOURCE, 2)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("group.max.session.timeout.ms", "60000", "is 1800000 on the source and 60000 on the target"),
        ("group.min.session.timeout.ms", "9000", "is 6000 on the source and 9000 on the target"),
        ("offsets.retention.minutes", "1440", "is 43200 on the source and 1440 on the target"),
        ("auto.create.topics.enable", "false", "is true on the source and false on the target"),
    ],
)  # fmt: skip
def test_what_goes_less_far_is_a_warning(key: str, value: str, said: str) -> None:
    found = differences(estate(None), wave(), {**SOURCE, key: value}, 3)
    assert told(found, blocks=True) == []
    assert [one.startswith(f"{key} {said}") for one in told(found, blocks=False)] == [True]


def test_what_goes_further_is_none() -> None:
    further = {
        "transaction.max.timeout.ms": "7200000",
        "group.max.session.timeout.ms": "3600000",
        "group.min.session.timeout.ms": "1000",
        "offsets.retention.minutes": "86400",
        "auto.create.topics.enable": "true",
    }
    assert differences(estate(60_000), wave(), further, 3) == ()
