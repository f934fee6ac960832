"""Every rule of an assessment, planted once on the estate of first-wave: found, and nothing else flagged."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml
from confluent_kafka import Consumer
from kafka.protocol.admin import DeleteGroupsRequest, DeleteRecordsRequest

from migrate.adapters.data import produce
from migrate.adapters.kafka import coordinator
from migrate.assess.rule import RULES
from migrate.model.acl import ANYONE, TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import covers
from migrate.model.cluster import Partition, Topic
from migrate.rehearse.estate import KMIG
from migrate.rehearse.setup import Rehearsal
from tests import estate as build
from tests.live.conftest import Migration, Side

NOT_PLANTED = {
    # why no real cluster of today can hold an instance; both are in tests/assess/test_rules.py
    "acl-unknown": "a broker refuses to create an ACL with a number that it has no name for",
    "secret-unknown": "workers since Connect 3.2 say which keys are passwords",
}
ELSEWHERE = {
    # planted by looking in another way: each has a test of its own below
    "use-not-observed": "the same estate without a log",
    "section-incomplete": "kmig without one of its rights",
    "sessions-outlive": "a listener without a bound",
    "group-type-lacking": "a cluster with groups of KIP-848",
}
TRIMMED, HIDDEN_NAME = "planted.trimmed", "planted.internal"
GROUPS = {
    "planted-ahead": (HIDDEN_NAME, 7),
    "planted-behind": (TRIMMED, 1),
    "planted-nobody": (TRIMMED, 6),
}
COPIED = "a literal secret that is long enough to be searched for"


def test_every_rule_is_planted_or_it_is_said_why_not() -> None:
    assert set(EXPECTED) | set(ELSEWHERE) | set(NOT_PLANTED) == set(RULES)
    assert len(EXPECTED) + len(ELSEWHERE) + len(NOT_PLANTED) == len(RULES)


def test_each_planted_instance_is_found_and_nothing_else(
    migration: Migration, source: Side, stage: Rehearsal, tmp_path: Path
) -> None:
    with planted(source, stage):
        people(migration)
        log = observed(source, tmp_path / "authorizer.log")
        scanned = deployment(tmp_path / "deploy", migration)
        migration.must("inventory", "--authorizer-log", str(log), "--scan", str(scanned))
        found = findings(migration)
    for rule, subjects in found.items():
        print(f"{rule:26}{sorted(s.replace(str(scanned), 'deploy') for s in subjects)}")
    assert {
        rule: {s.replace(str(scanned), "deploy") for s in some} for rule, some in found.items()
    } == EXPECTED


def findings(migration: Migration) -> dict[str, set[str]]:
    ran = migration.kmig("-o", "json", "assess")
    assert ran.code in (0, 1), ran.err
    found: dict[str, set[str]] = defaultdict(set)
    for finding in json.loads(ran.out)["findings"]:
        found[finding["rule"]].add(finding["subject"])
    return dict(found)


PLANTED = (
    *build.acls(
        "ALLOW DELETE on topic orders.audit to User:order-api",
        "ALLOW READ on topic payments.ledger to User:planted-stranger",
        "ALLOW ALTER on cluster kafka-cluster to User:order-api",
        "DENY READ on topic prefixed * to User:order-api",
    ),
    Acl(
        principal="planted-nobody",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name="planted.none",
    ),
    Acl(
        principal="Group:planted",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name="planted.none",
    ),
)


@contextmanager
def planted(source: Side, stage: Rehearsal) -> Iterator[None]:
    """ACLs, topics, groups, connectors and one live member; all of it taken away again."""
    assert stage.worker is not None
    url = stage.worker.url
    one = (Partition(index=0),)
    configs = {TRIMMED: {}, HIDDEN_NAME: {"message.timestamp.difference.max.ms": "1000000"}}
    try:
        for topic, values in configs.items():
            source.writer.create_topic(
                Topic(name=topic, replication_factor=1, partitions=one, configs=values)
            )
        login, bootstrap = source.cluster.admin_login, addresses(source)
        produce(bootstrap, login, ((TRIMMED, 0, b"k", b"v") for _ in range(9)))
        trim(source, TRIMMED, 4)
        for group, (topic, offset) in GROUPS.items():
            source.writer.commit_offsets(group, {(topic, 0): (offset, "")})
        for name, config in CONNECTORS.items():
            body = {"name": name, "config": config, "initial_state": "STOPPED"}
            assert httpx.post(f"{url}/connectors", json=body, timeout=30).status_code == 201
        with source.changed(add=PLANTED), member(stage):
            yield
    finally:
        for name in CONNECTORS:
            httpx.delete(f"{url}/connectors/{name}", timeout=30)
        for group in GROUPS:
            keeper = coordinator.find(source.wire, group)
            source.wire.call(DeleteGroupsRequest(groups_names=[group]), keeper)
        for topic in configs:
            source.writer.delete_topic(topic)


SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
JAAS = f'{LOGIN} required username="planted-other" password="${{file:x:y}}";'
CONNECTORS: dict[str, dict[str, str]] = {
    "planted-a": {
        "connector.class": SINK,
        "topics": "legacy.export",
        "file": "/dev/null",
        "consumer.override.sasl.jaas.config": JAAS,
        "connection.url": "jdbc:postgresql://elsewhere.example.com:5432/x",
    },
    "planted-b": {"connector.class": SINK, "topics": "legacy.export", "file": "/dev/null"},
    "planted-c": {"connector.class": SINK, "topics": "legacy.export", "file": "/dev/null"},
}


def addresses(side: Side) -> str:
    return ",".join(f"{host}:{port}" for host, port in side.cluster.admin_addresses)


def trim(side: Side, topic: str, before: int) -> None:
    row = DeleteRecordsRequest.DeleteRecordsTopic
    asked = row(
        name=topic, partitions=[row.DeleteRecordsPartition(partition_index=0, offset=before)]
    )
    side.wire.call(DeleteRecordsRequest(topics=[asked], timeout_ms=10_000))


@contextmanager
def member(stage: Rehearsal) -> Iterator[None]:
    """The ledger's consumer, on a host outside its zone."""
    consumer = Consumer(
        {
            "bootstrap.servers": stage.source.bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "ledger",
            "sasl.password": stage.environ["REHEARSAL_LEDGER_PASSWORD"],
            "group.id": "ledger",
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    try:
        consumer.subscribe(["payments.settled"])
        deadline = time.monotonic() + 40
        while not consumer.assignment():
            assert time.monotonic() < deadline
            consumer.poll(0.2)
        yield
    finally:
        consumer.close()


def people(migration: Migration) -> None:
    """One fault in each of several workloads that have no other, and three workloads for the planted connectors."""
    path = migration.folder / "workloads.yaml"
    body = yaml.safe_load(path.read_text())
    mine = {one["name"]: one for one in body["workloads"]}
    mine["web-tracker"]["owner"] = "?"
    mine["catalog-service"]["security_owner"] = ""
    del mine["order-metrics"]["zone"]
    del mine["fraud-scorer"]["credential"]
    mine["session-builder"]["credential"]["secret"] = mine["web-tracker"]["credential"]["secret"]
    mine["order-api"]["reads"] = [{"topic": "catalog.products"}]
    mine["ledger"]["groups"] += ["planted-ahead", "planted-behind"]
    mine["ledger"]["writes"] += [{"topic": HIDDEN_NAME}, {"topic": TRIMMED}]
    base = {
        "kind": "connector",
        "owner": "us",
        "security_owner": "us",
        "sensitivity": "public",
        "zone": "web",
    }
    body["workloads"] += [
        {**base, "name": "planted-a", "principal": "User:planted-a", "connector": "main/planted-a"},
        {
            **base,
            "name": "planted-c",
            "principal": "User:planted-a",
            "connector": "main/planted-c",
            "sensitivity": "confidential",
        },
    ]
    path.write_text(yaml.safe_dump(body, sort_keys=False))


def observed(source: Side, path: Path) -> Path:
    """A log in which each right of the estate is used, but for those that were planted, and one use has no ACL."""
    topics = [topic.name for topic in source.reader.topics()]
    lines = []
    for acl in sorted(source.reader.acls() - {PLANTED[0]}, key=str):
        if (
            acl.permission == "DENY"
            or acl.principal in (ANYONE, f"User:{KMIG}")
            or ":" not in acl.principal
        ):
            continue
        names = [t for t in topics if covers(acl, "TOPIC", t)] or [acl.resource_name]
        operations = TOPIC_OPERATIONS if acl.operation == "ALL" else (acl.operation,)
        rule = "MatchingAcl(acl=x)"
        lines += [line(acl, operation, name, rule) for operation in operations for name in names]
    lines.append(line(PLANTED[0], "WRITE", "orders.enriched", "SuperUser"))
    path.write_text("".join(lines))
    return path


def line(acl: Acl, operation: str, name: str, rule: str) -> str:
    host = "10.9.9.9" if acl.host == "*" else acl.host
    kind = "".join(part.capitalize() for part in acl.resource_type.split("_"))
    what = f"operation = {operation} from host = {host} on resource = {kind}:LITERAL:{name}"
    return (
        f"[2026-01-02 03:04:05,006] DEBUG Principal = {acl.principal} is Allowed {what} "
        f"for request = X with resourceRefCount = 1 based on rule {rule} (kafka.authorizer.logger)\n"
    )


def deployment(folder: Path, migration: Migration) -> Path:
    """Files of a deployment: one literal, one copy of a known secret, one worker whose provider is open."""
    folder.mkdir()
    known = (migration.folder / "secrets" / "clients.properties").read_text()
    secret = next(
        row.partition("=")[2] for row in known.splitlines() if row.startswith("web-tracker=")
    )
    (folder / "app.env").write_text("LOG_LEVEL=info\nDB_PASSWORD=hunter2-planted\n")
    (folder / "notes.txt").write_text(f"first line\nlogin with {secret} please\n")
    (folder / "worker.properties").write_text(
        "config.providers=file\nconfig.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider\n"
    )
    return folder


EXPECTED: Mapping[str, Sequence[str] | set[str]] = {}
