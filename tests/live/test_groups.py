"""Groups of the newer protocol, on a real 4.3.1 broker: listed with their type, state and commits (KIP-848)."""

import importlib
import json
import time
import types
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
import yaml
from confluent_kafka import Consumer
from kafka.protocol.admin import DeleteGroupsRequest
from kafka.protocol.api_message import ApiMessage

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from migrate.rehearse.lab.data import produce
from migrate.rehearse.lab.local.home import Home
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
    assert [(c.topic, c.partition, c.offset) for c in group.commits] == [(TOPIC, 0, 3)]
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


@pytest.fixture
def heartbeats(
    homes: dict[str, Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """kafka-python's classes for the heartbeats of newer groups, made from the JSON in Kafka's own jar."""
    package = tmp_path / "heartbeat_messages"
    package.mkdir()
    (package / "__init__.py").touch()
    (jar,) = (homes["4.3.1"].folder / "libs").glob("kafka-clients-4.*.jar")
    names = [
        f"{kind}GroupHeartbeat{way}"
        for kind in ("Share", "Streams")
        for way in ("Request", "Response")
    ]
    with ZipFile(jar) as opened:
        for name in names:
            (package / f"{name}.json").write_bytes(opened.read(f"common/message/{name}.json"))
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("heartbeat_messages")
    return {n: types.new_class(n, (ApiMessage,), {"load_json": module}) for n in names}


@pytest.mark.parametrize("kind", ["Share", "Streams"])
def test_share_and_streams_groups_are_read_with_their_members(
    kind: str, heartbeats: dict[str, Any], target: Side
) -> None:
    one = (Partition(index=0),)
    target.writer.create_topic(Topic(name=TOPIC, replication_factor=1, partitions=one))
    name = f"{NAME}-{kind.lower()}"
    joining = {"group_id": name, "member_id": str(uuid4()), "member_epoch": 0}
    if kind == "Share":
        joining |= {"subscribed_topic_names": [TOPIC]}
    else:
        request = heartbeats["StreamsGroupHeartbeatRequest"]
        part = request.Topology.Subtopology(
            subtopology_id="0",
            source_topics=[TOPIC],
            source_topic_regex=[],
            state_changelog_topics=[],
            repartition_sink_topics=[],
            repartition_source_topics=[],
            copartition_groups=[],
        )
        joining |= {
            "endpoint_information_epoch": 0,
            "rebalance_timeout_ms": 60_000,
            "topology": request.Topology(epoch=0, subtopologies=[part]),
            "active_tasks": [],
            "standby_tasks": [],
            "warmup_tasks": [],
            "process_id": "p",
            "client_tags": [],
        }
    beat = heartbeats[f"{kind}GroupHeartbeatRequest"](**joining)
    answer = coordinator.while_coordinator_moves(
        lambda: target.wire.call(beat, coordinator.find(target.wire, name)),
        lambda said: said.error_code in coordinator.MOVING,
    )
    assert answer.error_code == 0, answer.error_message
    (group,) = [g for g in target.reader.groups() if g.name == name]
    assert (group.type, group.error) == (kind.lower(), "")
    assert group.members is not None
    assert [(m.client_id, m.host) for m in group.members] == [("kmig", "/127.0.0.1")]
    (looked,) = [g for g in KafkaSurvey(target.wire).groups().found if g.name == name]
    assert (looked.type, looked.members, looked.commits) == (group.type, group.members, ())
