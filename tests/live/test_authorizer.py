"""The authorizer's decision as kmig computes it, against what real brokers do: random ACL sets, every resource type.

Two judges: `authorizedOperations`, which the broker's own StandardAuthorizer fills in for the login that asks, and
real requests of that login that change nothing, of which only the error counts that says no.
"""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.protocol.admin import (
    CreatePartitionsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DescribeClientQuotasRequest,
    DescribeConfigsRequest,
    DescribeTransactionsRequest,
    ElectLeadersRequest,
    IncrementalAlterConfigsRequest,
)
from kafka.protocol.consumer import FetchRequest, HeartbeatRequest, OffsetFetchRequest
from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest

from migrate.adapters.kafka import effective, identities
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire
from migrate.model.acl import TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.cluster import Partition, Topic
from migrate.rehearse.lab.disposable.ports import HOST
from tests.live.conftest import Side

TOPICS = ("diff.a", "diff.ab", "diff.abc", "diff.b")
GROUPS = ("diff.a", "diff.ab", "diff.b")
IDS = ("diff.a", "diff.b")
CLUSTER = "kafka-cluster"
USERS = ("diff-one", "diff-two")
ROUNDS = 25
OPERATIONS = {
    "TOPIC": TOPIC_OPERATIONS,
    "GROUP": ("READ", "DESCRIBE", "DELETE"),
    "TRANSACTIONAL_ID": ("WRITE", "DESCRIBE"),
    "CLUSTER": (
        "ALTER",
        "DESCRIBE",
        "DESCRIBE_CONFIGS",
        "ALTER_CONFIGS",
        "IDEMPOTENT_WRITE",
        "CREATE",
    ),
}
DENIED = {29, 30, 31, 53}
"""TOPIC_, GROUP_, CLUSTER_ and TRANSACTIONAL_ID_AUTHORIZATION_FAILED."""

Key = tuple[str, str, str]


def random_acl(dice: random.Random) -> Acl:
    kind = dice.choice(["TOPIC", "TOPIC", "GROUP", "GROUP", "TRANSACTIONAL_ID", "CLUSTER"])
    principal = dice.choice([*(f"User:{u}" for u in USERS), "User:*"])
    # a DENY for everybody would hit the worker and its group as well
    may_deny = kind == "TOPIC" or principal != "User:*"
    return Acl(
        principal=principal,
        host=dice.choice(["*", "*", HOST, "10.9.8.7"]),
        permission=dice.choice(["ALLOW", "ALLOW", "DENY"]) if may_deny else "ALLOW",
        operation=dice.choice([*OPERATIONS[kind], "ALL"]),
        resource_type=kind,
        pattern_type="LITERAL" if kind == "CLUSTER" else dice.choice(["LITERAL", "PREFIXED"]),
        resource_name=CLUSTER if kind == "CLUSTER" else dice.choice([*TOPICS, "*", "diff.", "dif"]),
    )


def random_acls(dice: random.Random) -> set[Acl]:
    return {random_acl(dice) for _ in range(dice.randint(2, 20))}


@pytest.mark.parametrize("which", ["source", "target"])
def test_random_acl_sets(which: str, request: pytest.FixtureRequest) -> None:
    side: Side = request.getfixturevalue("source" if which == "source" else "target")
    dice = random.Random(20260101)
    before = side.reader.acls()
    one = (Partition(index=0),)
    for user in USERS:
        side.writer.set_password(user, "SCRAM-SHA-256", "pw")
    for name in TOPICS:
        side.writer.create_topic(Topic(name=name, replication_factor=1, partitions=one))
    time.sleep(0.5)
    port = int(side.cluster.bootstrap.split(",")[0].rpartition(":")[2])
    wires = {u: Wire(which, [(HOST, port)], Login("SCRAM-SHA-256", u, "pw")) for u in USERS}
    try:
        asked = sum(compare(side, wires, random_acls(dice), before) for _ in range(ROUNDS))
        assert asked == ROUNDS * len(USERS) * EACH
    finally:
        for wire in wires.values():
            wire.close()
        side.writer.delete_acls(side.reader.acls() - before)
        for user in USERS:
            side.writer.delete_scram(user, "SCRAM-SHA-256")
        for name in TOPICS:
            side.writer.delete_topic(name)
        time.sleep(0.5)


def compare(side: Side, wires: dict[str, Wire], acls: set[Acl], before: frozenset[Acl]) -> int:
    """Set the ACLs, ask as every user about every topic, take them away; returns how much was asked."""
    side.writer.create_acls(acls)
    everywhere(side, acls.issubset)
    rules = AuthorizerRules(frozenset(acls | before))
    asked = 0
    for user, wire in wires.items():
        computed = {key for key in keys() if rules.allows(request_of(user, key))}
        why = f"{user} under {sorted(map(str, acls))}"
        shown = set(said(wire))
        # where one may not describe a thing, it shows no operation at all
        assert shown == {key for key in computed if describes(key, computed)}, why
        real = dict(done(wire))
        assert {key for key, allowed in real.items() if allowed} == computed & set(real), why
        asked += len(set(keys())) - len(IDS) * len(OPERATIONS["TRANSACTIONAL_ID"]) + len(real)
    side.writer.delete_acls(acls)
    everywhere(side, acls.isdisjoint)
    return asked


def everywhere(side: Side, holds: Callable[[frozenset[Acl]], bool]) -> None:
    while not all(holds(side.reader.acls(broker.id)) for broker in side.reader.brokers()):
        time.sleep(0.02)


def keys() -> Iterator[Key]:
    for kind, names in (
        ("TOPIC", TOPICS),
        ("GROUP", GROUPS),
        ("TRANSACTIONAL_ID", IDS),
        ("CLUSTER", (CLUSTER,)),
    ):
        for name in names:
            for operation in OPERATIONS[kind]:
                yield kind, name, operation


def request_of(user: str, key: Key) -> Request:
    kind, name, operation = key
    return Request(f"User:{user}", HOST, operation, kind, name)


def describes(key: Key, computed: set[Key]) -> bool:
    """Whether `authorizedOperations` exist for the thing, and are shown."""
    kind, name, _ = key
    return kind != "TRANSACTIONAL_ID" and (kind, name, "DESCRIBE") in computed


def said(wire: Wire) -> Iterator[Key]:
    """What the broker says that this login may do."""
    for name, operations in effective.topics(wire, TOPICS).items():
        yield from (("TOPIC", name, one) for one in operations)
    for name, operations in effective.groups(wire, GROUPS).items():
        # 4.x has configs of groups too
        yield from (("GROUP", name, one) for one in operations & set(OPERATIONS["GROUP"]))
    shown = effective.cluster(wire) & set(OPERATIONS["CLUSTER"])
    yield from (("CLUSTER", CLUSTER, one) for one in shown)


def done(wire: Wire) -> Iterator[tuple[Key, bool]]:
    """What the login does, and whether the broker let it: nothing of it leaves a trace."""
    for operation, rows in on_topics(wire):
        yield from ((("TOPIC", name, operation), code not in DENIED) for name, code in rows)
    for operation, rows in on_groups(wire):
        yield from ((("GROUP", name, operation), code not in DENIED) for name, code in rows)
    for name in IDS:
        # a time-out of 0 is refused by the coordinator, after the authorizer was asked
        asked = InitProducerIdRequest(
            transactional_id=name, transaction_timeout_ms=0, producer_id=-1, producer_epoch=-1
        )
        code = wire.call(asked).error_code
        yield ("TRANSACTIONAL_ID", name, "WRITE"), code not in DENIED
    for row in wire.call(
        DescribeTransactionsRequest(transactional_ids=list(IDS))
    ).transaction_states:
        yield ("TRANSACTIONAL_ID", row.transactional_id, "DESCRIBE"), row.error_code not in DENIED
    code = wire.call(identities.all_acls()).error_code
    yield ("CLUSTER", CLUSTER, "DESCRIBE"), code not in DENIED
    code = wire.call(DescribeClientQuotasRequest(components=[], strict=False)).error_code
    yield ("CLUSTER", CLUSTER, "DESCRIBE_CONFIGS"), code not in DENIED
    code = wire.call(
        ElectLeadersRequest(election_type=0, topic_partitions=[], timeout_ms=5_000)
    ).error_code
    yield ("CLUSTER", CLUSTER, "ALTER"), code not in DENIED


Rows = Iterator[tuple[str, int]]


def on_topics(wire: Wire) -> Iterator[tuple[str, Rows]]:
    produce = ProduceRequest.TopicProduceData
    rows: Any = [
        produce(name=n, partition_data=[produce.PartitionProduceData(index=0, records=b"")])
        for n in TOPICS
    ]
    made = wire.call(
        ProduceRequest(
            transactional_id=None, acks=1, timeout_ms=5_000, topic_data=rows, max_version=12
        )
    )
    yield "WRITE", ((t.name, p.error_code) for t in made.responses for p in t.partition_responses)
    fetch = FetchRequest.FetchTopic
    rows = [
        fetch(
            topic=n,
            partitions=[
                fetch.FetchPartition(
                    partition=0,
                    current_leader_epoch=-1,
                    fetch_offset=0,
                    last_fetched_epoch=-1,
                    log_start_offset=-1,
                    partition_max_bytes=1,
                )
            ],
        )
        for n in TOPICS
    ]
    read = wire.call(
        FetchRequest(
            replica_id=-1,
            max_wait_ms=0,
            min_bytes=0,
            max_bytes=1,
            isolation_level=0,
            session_id=0,
            session_epoch=-1,
            topics=rows,
            forgotten_topics_data=[],
            rack_id="",
            max_version=12,
        )
    )
    yield "READ", ((t.topic, p.error_code) for t in read.responses for p in t.partitions)
    configs = DescribeConfigsRequest.DescribeConfigsResource
    rows = [configs(resource_type=2, resource_name=n, configuration_keys=["x"]) for n in TOPICS]
    described = wire.call(DescribeConfigsRequest(resources=rows, include_synonyms=False))
    yield "DESCRIBE_CONFIGS", ((r.resource_name, r.error_code) for r in described.results)
    alter = IncrementalAlterConfigsRequest.AlterConfigsResource
    change = alter.AlterableConfig(name="retention.ms", config_operation=1, value=None)
    rows = [alter(resource_type=2, resource_name=n, configs=[change]) for n in TOPICS]
    altered = wire.call(IncrementalAlterConfigsRequest(resources=rows, validate_only=True))
    yield "ALTER_CONFIGS", ((r.resource_name, r.error_code) for r in altered.responses)
    delete = DeleteRecordsRequest.DeleteRecordsTopic
    rows = [
        delete(name=n, partitions=[delete.DeleteRecordsPartition(partition_index=0, offset=0)])
        for n in TOPICS
    ]
    deleted = wire.call(DeleteRecordsRequest(topics=rows, timeout_ms=5_000))
    yield "DELETE", ((t.name, p.error_code) for t in deleted.topics for p in t.partitions)
    more = CreatePartitionsRequest.CreatePartitionsTopic
    rows = [more(name=n, count=2, assignments=None) for n in TOPICS]
    grown = wire.call(CreatePartitionsRequest(topics=rows, timeout_ms=5_000, validate_only=True))
    yield "ALTER", ((r.name, r.error_code) for r in grown.results)


def on_groups(wire: Wire) -> Iterator[tuple[str, Rows]]:
    beats = (
        (
            name,
            wire.call(
                HeartbeatRequest(
                    group_id=name, generation_id=1, member_id="m", group_instance_id=None
                )
            ).error_code,
        )
        for name in GROUPS
    )
    yield "READ", beats
    one = OffsetFetchRequest.OffsetFetchRequestGroup
    asked = [one(group_id=name, topics=None) for name in GROUPS]
    fetched = wire.call(
        OffsetFetchRequest(groups=asked, require_stable=False, min_version=8, max_version=9)
    )
    yield "DESCRIBE", ((group.group_id, group.error_code) for group in fetched.groups)
    deleted = wire.call(DeleteGroupsRequest(groups_names=list(GROUPS)))
    yield "DELETE", ((row.group_id, row.error_code) for row in deleted.results)


EACH = 32 + 9 + 6 + 6 * len(TOPICS) + 3 * len(GROUPS) + 2 * len(IDS) + 3
"""Decisions of one round and login: by `authorizedOperations` of topics, groups and cluster, and by requests."""
