"""Every rule of an assessment, planted once on the estate of first-wave: found, and nothing else flagged."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml
from confluent_kafka import Consumer
from kafka.protocol.admin import DeleteGroupsRequest, DeleteRecordsRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.connection import Login
from migrate.adapters.secrets import Secrets
from migrate.assess.rule import RULES
from migrate.documents.workloads import Workloads
from migrate.model.acl import ANYONE, TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import covers
from migrate.model.cluster import Partition, Topic
from migrate.model.permissions import SOURCE, acls
from migrate.model.reference import parse
from migrate.rehearse.estate import KMIG
from migrate.rehearse.lab.data import produce
from migrate.rehearse.setup import Rehearsal
from tests import estate as build
from tests.live.conftest import Migration, Side

NOT_PLANTED = {
    "write-undeclared": "tests/assess; a cutover asks for it on real clusters (tests/moving/test_wave.py)",
    # why no real cluster here can hold an instance; all are in tests/assess/test_rules.py
    "acl-unknown": "a broker refuses to create an ACL with a number that it has no name for",
    "secret-unknown": "workers since Connect 3.2 say which keys are passwords",
}
ELSEWHERE = {
    # planted by looking in another way: each has a test of its own below
    "use-not-observed": "the same estate without a log",
    "section-incomplete": "kmig without one of its rights",
    "sessions-outlive": "a listener without a bound",
    "group-type-lacking": "a cluster with groups of KIP-848",
    "group-share": "a cluster with share groups, which are off before Kafka 4.2",
}
TRIMMED, INTERNAL_NAME = "planted.trimmed", "planted.internal"
HIDDEN_NAME = "planted.heartbeats"
GROUPS = {
    "planted-ahead": (INTERNAL_NAME, 7),
    "planted-behind": (TRIMMED, 1),
    "planted-nobody": (TRIMMED, 6),
}


def test_every_rule_is_planted_or_it_is_said_why_not() -> None:
    assert set(EXPECTED) | set(ELSEWHERE) | set(NOT_PLANTED) == set(RULES)
    assert len(EXPECTED) + len(ELSEWHERE) + len(NOT_PLANTED) == len(RULES)


def test_each_planted_instance_is_found_and_nothing_else(
    migration: Migration, source: Side, stage: Rehearsal, tmp_path: Path
) -> None:
    with planted(source, stage):
        log = observed(source, migration, tmp_path / "authorizer.log")
        scanned = deployment(tmp_path / "deploy", migration)
        written = (migration.folder / "workloads.yaml").read_text()
        migration.must("inventory", "--authorizer-log", str(log), "--scan", str(scanned))
        people(migration, written)  # without what was drafted: nobody is to own what was planted
        found = findings(migration)
    assert {
        rule: {s.replace(str(scanned), "deploy") for s in some} for rule, some in found.items()
    } == EXPECTED


def test_without_a_log_or_a_right_or_a_bound_the_estate_says_so(
    migration: Migration, source: Side
) -> None:
    migration.must("inventory")
    assert findings(migration) == AS_IT_IS
    (right,) = [a for a in acls(f"User:{KMIG}", SOURCE) if "DESCRIBE on transactional_id" in str(a)]
    with source.changed(remove=[right]):
        migration.must("inventory", code=3)
        found = findings(migration)
    assert found == {
        **AS_IT_IS,
        "section-incomplete": {"section transactions"},
        "exactly-once": {"workload order-api"},  # the other is only an id
    }
    # the administrators' listener is the one without a bound on its sessions
    properties = migration.folder / "secrets" / "source.properties"
    login = source.cluster.admin_login
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
    properties.write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
        f'sasl.jaas.config={plain} required username="{login.user}" password="{login.password}";\n'
    )
    config = yaml.safe_load((migration.folder / "kmig.yaml").read_text())
    config["source"]["bootstrap_servers"] = addresses(source)
    (migration.folder / "kmig.yaml").write_text(yaml.safe_dump(config))
    written = (migration.folder / "workloads.yaml").read_text()
    migration.must("inventory")
    (migration.folder / "workloads.yaml").write_text(written)
    assert findings(migration) == {
        **AS_IT_IS,
        "sessions-outlive": {"broker 1"},
        # it is not kmig's own here, but one more principal
        "principal-unowned": {f"User:{KMIG}"},
        "grant-escalating": {f"ALLOW READ on topic * to User:{KMIG}"},
    }


def test_groups_that_the_target_has_not_are_found(migration: Migration, target: Side) -> None:
    one = (Partition(index=0),)
    target.writer.create_topic(Topic(name="next.topic", replication_factor=1, partitions=one))
    of_next = {
        "bootstrap.servers": addresses(target),
        "group.id": "next",
        "group.protocol": "consumer",
    }
    with joined(target.cluster.admin_login, of_next, "next.topic"):
        migration.edit("kmig.yaml", "source.properties", "target.properties")
        config = yaml.safe_load((migration.folder / "kmig.yaml").read_text())
        config["source"]["bootstrap_servers"] = target.cluster.bootstrap
        config["target"]["profile"] = "automq-oss"
        config["connect"] = []
        (migration.folder / "kmig.yaml").write_text(yaml.safe_dump(config))
        body = {
            "workloads": [
                {**OURS, "name": "next", "principal": "User:next", "zone": "", "groups": ["next"]}
            ]
        }
        (migration.folder / "workloads.yaml").write_text(yaml.safe_dump(body))
        with target.changed(
            add=[a for a in acls(f"User:{KMIG}", SOURCE) if a not in target.reader.acls()]
        ):
            migration.must("inventory")
        assert findings(migration)["group-type-lacking"] == {"group next"}


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
        f"ALLOW WRITE on topic {INTERNAL_NAME} to User:ledger",
        f"ALLOW WRITE on topic {HIDDEN_NAME} to User:ledger",
        f"ALLOW WRITE on topic {TRIMMED} to User:ledger",
    ),
    Acl(
        principal="User:",
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
    ledger = Login("SCRAM-SHA-512", "ledger", stage.environ["REHEARSAL_LEDGER_PASSWORD"])
    of_ledger = {"bootstrap.servers": stage.source.bootstrap, "group.id": "ledger"}
    converted = {"message.timestamp.difference.max.ms": "1000000"}
    configs = {TRIMMED: {}, HIDDEN_NAME: {}, INTERNAL_NAME: converted}
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
        with source.changed(add=PLANTED), joined(ledger, of_ledger, "payments.settled"):
            yield
    finally:
        for name in CONNECTORS:
            httpx.delete(f"{url}/connectors/{name}", timeout=30)
        for group in GROUPS:
            keeper = coordinator.find(source.wire, group)
            source.wire.call(DeleteGroupsRequest(groups_names=[group]), keeper)
        for topic in configs:
            source.writer.delete_topic(topic)


OURS = {
    "kind": "service",
    "owner": "us",
    "security_owner": "us",
    "sensitivity": "public",
    "zone": "web",
}
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
def joined(login: Login, group: dict[str, str], topic: str) -> Iterator[None]:
    """A live member of a group, as a client on this machine."""
    consumer = Consumer(
        {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "enable.auto.commit": False,
            "log_level": 2,
            **group,
        }
    )
    try:
        consumer.subscribe([topic])
        deadline = time.monotonic() + 40
        while not consumer.assignment():
            assert time.monotonic() < deadline
            consumer.poll(0.2)
        yield
    finally:
        consumer.close()


def people(migration: Migration, written: str) -> None:
    """One fault in each of several workloads that have no other, and two workloads for planted connectors."""
    body = yaml.safe_load(written)
    mine = {one["name"]: one for one in body["workloads"]}
    mine["web-tracker"]["owner"] = "?"
    mine["catalog-service"]["security_owner"] = ""
    del mine["order-metrics"]["zone"]
    del mine["fraud-scorer"]["credential"]
    mine["session-builder"]["credential"]["secret"] = mine["web-tracker"]["credential"]["secret"]
    mine["order-api"]["reads"] = [{"topic": "catalog.products"}]
    mine["ledger"]["groups"] += ["planted-ahead", "planted-behind"]
    mine["ledger"]["writes"] += [{"topic": t} for t in (HIDDEN_NAME, INTERNAL_NAME, TRIMMED)]
    body["workloads"] += [
        {
            **OURS,
            "kind": "connector",
            "name": "planted-a",
            "principal": "User:planted-a",
            "connector": "main/planted-a",
        },
        {
            **OURS,
            "kind": "connector",
            "name": "planted-c",
            "principal": "User:planted-a",
            "connector": "main/planted-c",
            "sensitivity": "confidential",
        },
    ]
    (migration.folder / "workloads.yaml").write_text(yaml.safe_dump(body, sort_keys=False))


def observed(source: Side, migration: Migration, path: Path) -> Path:
    """A log in which each right of the estate is used as declared, but for one; and one use has no ACL."""
    topics = [topic.name for topic in source.reader.topics()]
    workloads = Workloads.model_validate(
        yaml.safe_load((migration.folder / "workloads.yaml").read_text())
    ).workloads
    owners = {one.principal for one in workloads}
    declared = {
        (one.principal, operation, topic)
        for one in workloads
        for operation, selectors in (("READ", one.reads), ("WRITE", one.writes))
        for topic in topics
        if topic.startswith("planted.") or any(s.selects(topic) for s in selectors)
    }
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
        lines += [
            line(acl, operation, name, rule)
            for operation in operations
            for name in names
            if operation not in ("READ", "WRITE")
            or acl.resource_type != "TOPIC"
            or (acl.principal, operation, name) in declared
            or acl.principal not in owners
        ]
    lines.append(line(PLANTED[0], "ALTER_CONFIGS", "orders.created", "SuperUser"))
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
    """Files of a deployment: a literal, a copy of a known secret, kmig's own, a worker with an open provider."""
    folder.mkdir()
    reference = parse("${file:secrets/clients.properties:web-tracker}")
    assert reference is not None
    secret = Secrets(migration.environ, migration.folder).resolve(reference)
    (folder / "app.env").write_text("LOG_LEVEL=info\nDB_PASSWORD=hunter2-planted\n")
    (folder / "notes.txt").write_text(f"first line\nlogin with {secret} please\n")
    (folder / "app.properties.kmig-before").write_text("sasl.password=hunter2-planted\n")
    (folder / "worker.properties").write_text(
        "config.providers=file\nconfig.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider\n"
    )
    return folder


AS_IT_IS: Mapping[str, set[str]] = {
    "secret-literal": {"connector main/legacy-export, key `upload.token`"},
    "use-not-observed": {"source"},
    "grant-everyone": {"ALLOW READ on topic prefixed reference. to User:*"},
    "host-scoped": {
        "ALLOW READ on topic payments.ledger to User:ledger from 127.0.0.1",
        "ALLOW WRITE on topic payments.ledger to User:ledger from 127.0.0.1",
        "DENY READ on topic catalog.prices to User:dashboard from 10.20.30.40",
    },
    "deny-carries": {
        "DENY DESCRIBE on topic prefixed payments. to User:dashboard",
        "DENY READ on topic catalog.prices to User:dashboard from 10.20.30.40",
        "DENY READ on topic orders.audit to User:fraud-scorer",
        "DENY WRITE on topic clickstream.sessions to User:web-tracker",
    },
    "no-rotation": {
        "workload catalog-service",
        "workload fraud-scorer",
        "workload ledger",
        "workload order-api",
        "workload order-metrics",
        "workload session-builder",
        "workload web-tracker",
    },
    "rotation-never-proven": {"workload dashboard", "workload order-enricher"},
    "exactly-once": {"transactional id kmig-estate", "workload order-api"},
    "offsets-expire": {
        "group dashboard",
        "group fraud-scorer",
        "group ledger",
        "group order-enricher",
        "group order-metrics",
        "group session-builder",
    },
    "group-idle": {
        "group dashboard",
        "group fraud-scorer",
        "group ledger",
        "group order-enricher",
        "group order-metrics",
        "group session-builder",
    },
}
"""What an assessment finds in first-wave itself, without a log of its use."""

EXPECTED: Mapping[str, set[str]] = {
    "no-owner": {"workload web-tracker"},
    "no-security-owner": {"workload catalog-service"},
    "principal-shared": {"User:planted-a"},
    "principals-several": {"connector main/planted-a"},
    "principal-unowned": {"Group:planted", "User:", "User:planted-stranger"},
    "group-unowned": {"group planted-nobody"},
    "connector-unowned": {"connector main/planted-b"},
    "worker-shared": {"Connect cluster main"},
    "secret-literal": {"connector main/legacy-export, key `upload.token`"},
    "secret-shared": {"${file:secrets/clients.properties:web-tracker}"},
    "secret-copy": {"deploy/app.env, line 2", "deploy/notes.txt, line 2"},
    "secret-left-over": {"deploy/app.properties.kmig-before, line 1"},
    "provider-open": {"deploy/worker.properties, line 2"},
    "use-without-acl": {"User:order-api"},
    "grant-unused": {
        "ALLOW DELETE on topic orders.audit to User:order-api",
        "ALLOW READ on topic payments.ledger to User:ledger from 127.0.0.1",
    },
    "grant-wider": {
        "ALLOW ALL on topic prefixed catalog. to User:catalog-service",
        "ALLOW DESCRIBE on topic * to User:dashboard",
        "ALLOW DESCRIBE on topic prefixed clickstream. to User:web-tracker",
        "ALLOW READ on group prefixed dashboard to User:dashboard",
        "ALLOW READ on topic prefixed catalog. to User:dashboard",
        "ALLOW READ on topic prefixed orders. to User:fraud-scorer",
        "ALLOW WRITE on topic prefixed clickstream. to User:web-tracker",
        "ALLOW WRITE on transactional_id prefixed order-api- to User:order-api",
    },
    "grant-escalating": {"ALLOW ALTER on cluster kafka-cluster to User:order-api"},
    "grant-everyone": {"ALLOW READ on topic prefixed reference. to User:*"},
    "host-scoped": {
        "ALLOW READ on topic payments.ledger to User:ledger from 127.0.0.1",
        "ALLOW WRITE on topic payments.ledger to User:ledger from 127.0.0.1",
        "DENY READ on topic catalog.prices to User:dashboard from 10.20.30.40",
    },
    "acl-inert": {"DENY READ on topic prefixed * to User:order-api"},
    "principal-malformed": {"ALLOW READ on topic planted.none to User:"},
    "principal-foreign": {"ALLOW READ on topic planted.none to Group:planted"},
    "deny-carries": {
        "DENY DESCRIBE on topic prefixed payments. to User:dashboard",
        "DENY READ on topic catalog.prices to User:dashboard from 10.20.30.40",
        "DENY READ on topic orders.audit to User:fraud-scorer",
        "DENY WRITE on topic clickstream.sessions to User:web-tracker",
    },
    "declaration-contradicted": {"topic catalog.products"},
    "system-outside-zone": {"elsewhere.example.com:5432"},
    "host-outside-zone": {"127.0.0.1"},
    "host-shared": {"10.9.9.9"},
    "no-zone": {"workload order-metrics"},
    "no-rotation": {
        "workload catalog-service",
        "workload fraud-scorer",
        "workload ledger",
        "workload order-api",
        "workload order-metrics",
        "workload planted-a",
        "workload planted-c",
        "workload session-builder",
        "workload web-tracker",
    },
    "rotation-never-proven": {"workload dashboard", "workload order-enricher"},
    "no-credential": {"workload fraud-scorer"},
    "exactly-once": {"transactional id kmig-estate", "workload order-api"},
    "topic-config-lost": {"topic planted.internal"},
    "name-hidden": {"topic planted.heartbeats"},
    "name-internal": {"topic planted.internal"},
    "read-undeclared": {"topic planted.internal", "topic planted.trimmed"},
    "offset-beyond-end": {"group planted-ahead"},
    "offset-before-start": {"group planted-behind"},
    "offsets-expire": {
        "group dashboard",
        "group fraud-scorer",
        "group order-enricher",
        "group order-metrics",
        "group planted-ahead",
        "group planted-behind",
        "group session-builder",
    },
    "group-idle": {
        "group dashboard",
        "group fraud-scorer",
        "group order-enricher",
        "group order-metrics",
        "group planted-ahead",
        "group planted-behind",
        "group session-builder",
    },
}
"""What it finds once everything was planted, and its use observed: nothing else."""
