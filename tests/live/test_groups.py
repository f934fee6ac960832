"""Groups of the newer protocol, on a real 4.3.1 broker: listed with their type, state and commits (KIP-848)."""

import json
import time

import pytest
import yaml
from confluent_kafka import Consumer
from kafka.protocol.admin import DeleteGroupsRequest

from migrate.adapters.data import produce
from migrate.adapters.kafka import coordinator
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from tests.live.conftest import Migration, Side

NAME, TOPIC = "next-generation", "next.topic"


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_a_live_group_is_read_with_its_type_and_commits(protocol: str, target: Side) -> None:
    one = (Partition(index=0),)
    target.writer.create_topic(Topic(name=TOPIC, replication_factor=1, partitions=one))
    login = target.cluster.admin_login
    bootstrap = ",".join(f"{host}:{port}" for host, port in target.cluster.admin_addresses)
    produce(bootstrap, login, ((TOPIC, 0, b"k", b"v") for _ in range(5)))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "group.id": f"{NAME}-{protocol}",
            "group.protocol": protocol,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    try:
        consumer.subscribe([TOPIC])
        read = 0
        deadline = time.monotonic() + 40
        while read < 3:
            assert time.monotonic() < deadline
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                read += 1
                consumer.commit(message, asynchronous=False)
        (group,) = [g for g in target.reader.groups() if g.name == f"{NAME}-{protocol}"]
    finally:
        consumer.close()
    assert (group.type, group.state, group.error) == (protocol, "Stable", "")
    assert [(c.topic, c.partition, c.offset, c.end, c.lag) for c in group.commits] == [
        (TOPIC, 0, 3, 5, 2)
    ]
    members = group.members
    assert members is not None
    assert [(m.client_id, m.host) for m in members] == [("rdkafka", "/127.0.0.1")]


STRANGE = (
    "a=b",
    "with a space",
    "line\nbreak",
    "gr\u00fc\u00dfe-\u6d4b\u8bd5",
    'tab\tand "quotes"',
    "# ? no comment",
    "-",
)


def test_strange_names_come_through_whole_and_break_no_file(
    migration: Migration, source: Side
) -> None:
    rules = [
        acl
        for name in STRANGE
        for acl in (
            Acl(
                principal=f"User:{name}",
                permission="ALLOW",
                operation="READ",
                resource_type="GROUP",
                resource_name=name,
            ),
            Acl(
                principal=f"User:{name}",
                permission="DENY",
                operation="WRITE",
                resource_type="TOPIC",
                resource_name="orders.audit",
                host="10.0.0.1",
            ),
        )
    ]
    for name in STRANGE:
        source.writer.commit_offsets(name, {("orders.audit", 0): (1, f"meta {name}")})
        source.writer.set_quota({"client-id": name}, {"consumer_byte_rate": 1e6})
    try:
        with source.changed(add=rules):
            table = migration.must("inventory").out
            found = json.loads((migration.folder / "inventory.json").read_text())
            again = migration.must("inventory").err
            migration.kmig("assess", "--all")
    finally:
        for name in STRANGE:
            keeper = coordinator.find(source.wire, name)
            source.wire.call(DeleteGroupsRequest(groups_names=[name]), keeper)
            source.writer.set_quota({"client-id": name}, {"consumer_byte_rate": None})
    commits = {g["name"]: g["commits"] for g in found["groups"]["found"]}
    assert {n: commits[n][0]["metadata"] for n in STRANGE} == {n: f"meta {n}" for n in STRANGE}
    assert {a["principal"] for a in found["acls"]["found"]} >= {f"User:{n}" for n in STRANGE}
    assert {q["entity"].get("client-id") for q in found["quotas"]["found"]} >= set(STRANGE)
    assert len(table.splitlines()) < 25
    drafted = yaml.safe_load((migration.folder / "workloads.yaml").read_text())["workloads"]
    groups = {one["principal"]: one.get("groups") for one in drafted}
    assert {n: groups[f"User:{n}"] for n in STRANGE} == {n: [n] for n in STRANGE}
    assert " new" not in again.partition("workloads.yaml:")[2].replace("nothing new", "")
