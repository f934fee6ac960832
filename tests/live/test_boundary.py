"""`kmig trace` on a planted estate: each copy, reader, right, system and restart of a password, and nothing else.

One Connect cluster runs a payment source and an analytics sink. The source's password to Kafka stands in its own
properties file, a ticket, a backup, a Secret manifest and the connector's config, and hence in the config topic.
"""

import base64
import json
import os
import pwd
import re
import secrets as randomness
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import javaproperties
import pytest
import yaml
from confluent_kafka import Consumer, TopicPartition
from kafka.protocol.admin import DeleteGroupsRequest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka import coordinator
from migrate.documents.boundary import Boundary, BoundaryChoice, Reached, Runtime
from migrate.model.cluster import Partition, Topic
from migrate.model.permissions import SOURCE, acls
from migrate.rehearse.estate import KMIG
from migrate.rehearse.lab import connectors
from migrate.rehearse.setup import Rehearsal
from migrate.render import boundary as shown
from migrate.render.columns import columns_of
from migrate.steps.settle import settle
from tests import estate as build
from tests.live.conftest import Migration, Side

CONFIGS = "_connect-main-configs"
PAYMENTS, ANALYTICS = "planted-payments", "planted-analytics"
CARDS = tuple(
    f"planted.cards.{name}"
    for name in ("audit", "chargebacks", "disputes", "fees", "refunds", "settled")
)
CLICKS = "planted.clicks"
ACLS = build.acls(
    f"ALLOW WRITE on topic prefixed planted.cards. to User:{PAYMENTS}",
    f"DENY WRITE on topic planted.cards.audit to User:{PAYMENTS}",
    "ALLOW WRITE on topic planted.cards.refunds to User:planted-refunds",
    f"ALLOW READ on topic {CLICKS} to User:{ANALYTICS}",
    f"ALLOW READ on group connect-{ANALYTICS} to User:{ANALYTICS}",
)
AUDITOR = f"ALLOW READ on topic {CONFIGS} to User:planted-auditor"
ANYONE = f"ALLOW READ on topic {CONFIGS} to User:*"
_FILE = "org.apache.kafka.connect.file.FileStream"
_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass(frozen=True)
class Planted:
    """The secrets of the planted estate, and the file of those that the worker resolves."""

    payments: str
    ledger: str
    analytics: str
    warehouse: str
    store: Path

    @property
    def all(self) -> tuple[str, ...]:
        return self.payments, self.ledger, self.analytics, self.warehouse

    def reference(self, key: str) -> str:
        return f"${{file:{self.store}:{key}}}"


@pytest.fixture(scope="module")
def planted(stage: Rehearsal, source: Side) -> Iterator[Planted]:
    """Users, topics, ACLs and two connectors that run as these users; all of it taken away again."""
    assert stage.worker is not None
    made = Planted(
        secret(), secret(), secret(), secret(), stage.folder / "secrets" / "planted.properties"
    )
    values = {ANALYTICS: made.analytics, "warehouse": made.warehouse}
    private(made.store, javaproperties.dumps(values, timestamp=False))
    users = {PAYMENTS: made.payments, ANALYTICS: made.analytics}
    one = (Partition(index=0),)
    configs = connector_configs(stage, made)
    try:
        for user, password in users.items():
            source.writer.set_password(user, "SCRAM-SHA-512", password)
        for topic in (*CARDS, CLICKS):
            source.writer.create_topic(Topic(name=topic, replication_factor=1, partitions=one))
        with source.changed(add=ACLS):
            for name, config in configs.items():
                connectors.create(stage.worker.url, name, config)
            yield made
            for name in configs:
                httpx.delete(f"{stage.worker.url}/connectors/{name}", timeout=30)
            settle(SystemClock(), "the sink's group to be gone", lambda: forgotten(source))
    finally:
        for topic in (*CARDS, CLICKS):
            source.writer.delete_topic(topic)
        for user in users:
            source.writer.delete_scram(user, "SCRAM-SHA-512")
        made.store.unlink()


def secret() -> str:
    """A password with characters that files escape, and that Connect pastes into JAAS lines as they are."""
    return f"{randomness.token_urlsafe(12)}/+%&ü"


def private(path: Path, text: str) -> None:
    """kmig reads no secret from a file that every user of the machine can read."""
    path.touch(mode=0o600)
    path.write_text(text)


def forgotten(source: Side) -> bool:
    group = f"connect-{ANALYTICS}"
    keeper = coordinator.find(source.wire, group)
    source.wire.call(DeleteGroupsRequest(groups_names=[group]), keeper)
    return group not in {one.name for one in source.reader.groups()}


def connector_configs(stage: Rehearsal, made: Planted) -> dict[str, dict[str, str]]:
    """A source with two passwords in clear, a sink with references."""
    assert stage.worker is not None
    folder = stage.worker.folder
    (folder / "cards.txt").write_text("a payment\n")

    def login(prefix: str, user: str, password: str) -> dict[str, str]:
        return {
            f"{prefix}.override.sasl.mechanism": "SCRAM-SHA-512",
            f"{prefix}.override.sasl.jaas.config": f'{_MODULE} required username="{user}" '
            f'password="{password}";',
        }

    return {
        PAYMENTS: {
            "connector.class": f"{_FILE}SourceConnector",
            "file": str(folder / "cards.txt"),
            "topic": "planted.cards.settled",
            "connection.url": "jdbc:postgresql://ledger-db.internal:5432/cards",
            "connection.password": made.ledger,
            **login("producer", PAYMENTS, made.payments),
        },
        ANALYTICS: {
            "connector.class": f"{_FILE}SinkConnector",
            "file": "/dev/null",
            "topics": CLICKS,
            "connection.url": "jdbc:postgresql://warehouse.internal:5439/clicks",
            "connection.password": made.reference("warehouse"),
            **login("consumer", ANALYTICS, made.reference(ANALYTICS)),
        },
    }


def deployment(migration: Migration, made: Planted) -> None:
    """The folder that is searched: both stores, three copies of one password, one of the other, and neither."""
    folder = migration.folder / "deploy"
    for name in ("backup", "manifests", "tickets", "app"):
        (folder / name).mkdir(parents=True)
    own = javaproperties.dumps({"user": PAYMENTS, "password": made.payments}, timestamp=False)
    private(folder / "app" / "payments.properties", own)
    database = javaproperties.dumps({"password": made.ledger}, timestamp=False)
    private(folder / "app" / "db.properties", database)
    (folder / "backup" / "payments.properties.2024").write_text(f"# before the move\n{own}")
    encoded = base64.b64encode(made.payments.encode()).decode()
    manifest = (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: payments\ndata:\n  kafka: {encoded}\n"
    )
    (folder / "manifests" / "payments.yaml").write_text(manifest)
    ticket = f"PAY-17: the source cannot log in\ntried with {made.payments} by hand\n"
    (folder / "tickets" / "PAY-17.txt").write_text(ticket)
    (folder / "tickets" / "PAY-18.txt").write_text(f"PAY-18: database asks for {made.ledger}\n")
    (folder / "app" / "other.env").write_text("DB_PASSWORD=hunter2-planted\n")


OWN_FILE = "${file:deploy/app/payments.properties:password}"
OWN_DATABASE = "${file:deploy/app/db.properties:password}"


def people(migration: Migration, made: Planted) -> str:
    """The workloads of first-wave, and three planted ones; returns the text of the file."""
    body = yaml.safe_load((migration.folder / "workloads.yaml").read_text())
    body["zones"]["payments"]["reaches"].append("warehouse.internal:5439")
    scram: dict[str, Any] = {"mechanism": "SCRAM-SHA-512", "carry": True}
    issued = {"by": "payments-platform", "on": "2025-03-14"}
    common: dict[str, Any] = {
        "owner": "payments-team",
        "security_owner": "payments-security",
        "zone": "payments",
    }
    body["workloads"] += [
        {
            **common,
            "name": PAYMENTS,
            "kind": "connector",
            "sensitivity": "confidential",
            "principal": f"User:{PAYMENTS}",
            "writes": [{"topic": "planted.cards.settled"}],
            "connector": f"main/{PAYMENTS}",
            "credential": {**scram, "secret": OWN_FILE, "issued": issued},
            "external": [{"secret": OWN_DATABASE, "system": "ledger-db.internal:5432"}],
        },
        {
            **common,
            "owner": "insight-team",
            "name": ANALYTICS,
            "kind": "connector",
            "sensitivity": "public",
            "zone": "web",
            "principal": f"User:{ANALYTICS}",
            "reads": [{"topic": CLICKS}],
            "connector": f"main/{ANALYTICS}",
            "credential": {**scram, "secret": made.reference(ANALYTICS)},
            "external": [
                {"secret": made.reference("warehouse"), "system": "warehouse.internal:5439"}
            ],
        },
        {
            **common,
            "name": "planted-refunds",
            "kind": "producer",
            "sensitivity": "restricted",
            "principal": "User:planted-refunds",
            "writes": [{"topic": "planted.cards.refunds"}],
        },
    ]
    text = yaml.safe_dump(body, sort_keys=False)
    (migration.folder / "workloads.yaml").write_text(text)
    migration.edit("kmig.yaml", "- confidential\n", "- confidential\n- restricted\n")
    return text


Lines = set[tuple[str, str]]
UNKNOWN = "unknown: "
"""Before what kmig says that it does not know."""


@dataclass
class Looked:
    """A migration directory with an inventory of the planted estate, and all that kmig printed there."""

    migration: Migration
    stage: Rehearsal
    planted: Planted
    printed: list[str]

    def kmig(self, *arguments: str, code: int = 0) -> str:
        ran = self.migration.must(*arguments, code=code)
        self.printed += [ran.out, ran.err]
        return ran.out

    def named(self, text: str) -> str:
        """What differs from run to run, by another name: the worker's port, folders, this machine, the time."""
        assert self.stage.worker is not None
        text = text.replace(str(self.stage.worker.port), "PORT1")
        text = text.replace(str(self.stage.folder), "STAGE")
        text = text.replace(str(self.migration.folder), "HERE")
        text = text.replace(f" on {socket.gethostname()}", " on THIS")
        return re.sub(r"last written [\d: -]{16} UTC", "last written NOW", text)

    def inventory(self, code: int = 0) -> None:
        """Take one, without drafts for what is not planted."""
        written = people(self.migration, self.planted)
        self.kmig("inventory", "--scan", "deploy", code=code)
        (self.migration.folder / "workloads.yaml").write_text(written)

    def trace(self, *names: str, code: int = 0) -> dict[str, Boundary]:
        """The boundaries by their credentials; the table says the same."""
        out = self.kmig("-o", "json", "trace", *names, code=code)
        found = boundaries(out)
        table = self.kmig("trace", *names, code=code).splitlines()
        choices = [BoundaryChoice.model_validate(c) for c in json.loads(out)["choices"]]
        assert table == [*shown.text(found, leaked=False), *shown.chosen(choices)]
        assert max(map(columns_of, table)) <= 100
        return {one.credential.name: one for one in boundaries(self.named(out))}

    def reached(self) -> dict[str, Reached]:
        """How far all credentials reach; the table says the same."""
        out = self.kmig("-o", "json", "trace", "--all")
        same = shown.overview(reaches(out))
        assert self.kmig("trace", "--all").splitlines()[: len(same)] == same, "the runtimes follow"
        return {one.credential.name: one for one in reaches(self.named(out))}


def reaches(out: str) -> list[Reached]:
    return [Reached.model_validate(one) for one in json.loads(out)["credentials"]]


def boundaries(out: str) -> list[Boundary]:
    return [Boundary.model_validate(one) for one in json.loads(out)["boundaries"]]


@pytest.fixture
def looked(migration: Migration, planted: Planted, stage: Rehearsal) -> Iterator[Looked]:
    """Nothing that is printed or written there holds a secret: looked at when the test is over."""
    deployment(migration, planted)
    here = Looked(migration, stage, planted, [])
    yield here
    own = (migration.folder / "deploy", migration.folder / "secrets")
    files = [f for f in migration.folder.rglob("*") if f.is_file()]
    written = {f.name: f.read_bytes() for f in files if not any(o in f.parents for o in own)}
    assert "inventory.json" in written
    for secret in planted.all:
        for form in (secret.encode(), base64.b64encode(secret.encode()), ascii_of(secret)):
            assert not [name for name, text in written.items() if form in text]
            assert form not in "".join(here.printed).encode()


def ascii_of(secret: str) -> bytes:
    return json.dumps(secret)[1:-1].encode()


def lines(boundary: Boundary) -> dict[str, Lines]:
    return {
        name: {(("" if f.known else UNKNOWN) + f.what, f.evidence) for f in facts}
        for name, facts in boundary.sections().items()
    }


def test_each_copy_reader_right_system_and_restart_is_named_and_nothing_else(
    looked: Looked, source: Side
) -> None:
    with source.changed(add=build.acls(AUDITOR)):
        looked.inventory()
    assert holding(looked) == COPIES
    assert config_topic_holds(source, looked.planted.payments)
    found = looked.trace(PAYMENTS)
    login = found[f"User:{PAYMENTS}"]
    assert lines(login) == EXPECTED
    assert login.source is not None
    assert login.source.model_dump() == RIGHTS
    assert login.target is None, "nothing was changed there"
    assert [line.what for line in login.restarts] == [
        f"connector main/{PAYMENTS}: 1 task",
        f"connector main/{PAYMENTS}: its config changes, key `{JAAS}`",
        "pause",
    ]
    assert login.reach.model_dump() == {
        "writes": 5,
        "reads": 1,
        "systems": 0,
        "through_worker": 3,  # what the sink reads, and both databases
        "beyond": "restricted",
        "certain": True,
        "workers_certain": False,  # what the workers' own login opens is unknown
    }
    assert login.advice is not None
    assert (login.advice.change, login.advice.less) == ("narrower rights", 4)
    assert lines(found[OWN_DATABASE]) == DATABASE
    sink = looked.trace(ANALYTICS)[f"User:{ANALYTICS}"]
    assert lines(sink)["readers"] == SINK_READERS


def holding(looked: Looked) -> set[str]:
    """The files that hold the password in any form, found without kmig."""
    secret = looked.planted.payments
    forms = (secret.encode(), base64.b64encode(secret.encode()), ascii_of(secret))
    folder = looked.migration.folder / "deploy"
    files = (f for f in folder.rglob("*") if f.is_file())
    return {
        str(f.relative_to(folder)) for f in files if any(form in f.read_bytes() for form in forms)
    }


COPIES = {
    "app/payments.properties",
    "backup/payments.properties.2024",
    "manifests/payments.yaml",
    "tickets/PAY-17.txt",
}


def config_topic_holds(source: Side, secret: str) -> bool:
    login = source.cluster.admin_login
    consumer = Consumer(
        {
            "bootstrap.servers": ",".join(f"{h}:{p}" for h, p in source.cluster.admin_addresses),
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "group.id": "unused",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(CONFIGS, 0, 0)])
    found = False
    while (record := consumer.poll(30)) is not None and not record.error():
        found |= secret in json.dumps(json.loads(record.value() or b"0"), ensure_ascii=False)
    consumer.close()
    assert record is not None, "the end of the topic was not seen"
    return found


JAAS = "producer.override.sasl.jaas.config"
SUPER = "a super user of the source, as kmig.yaml declares: no ACL can deny it anything"
OWN_PLACE = "HERE/deploy/app/payments.properties on THIS (where kmig ran)"
REST = "everybody who reaches the REST API of Connect main at http://127.0.0.1:PORT1"
OPEN = "it answered kmig, which sends no credentials to Connect"
WORKERS = (
    "workers of Connect main: 127.0.0.1:PORT1",
    "each worker may run any connector of its cluster",
)


def reads(principal: str, evidence: str) -> tuple[str, str]:
    return f"{principal}: READ on topic {CONFIGS}: the literal is there", evidence


def writes(principal: str, evidence: str) -> tuple[str, str]:
    return f"{principal}: WRITE on topic {CONFIGS}: can make a connector that resolves it", evidence


def of_store(place: str) -> Lines:
    """Who reads a file of mode 0600, whose directories only its owner may enter."""
    owner = (f"user {pwd.getpwuid(os.getuid()).pw_name}", f"mode 0600, its owner: {place}")
    root = ("root", f"root reads every file: {place}")
    return {root, *((owner,) if os.getuid() else ())}


BY_FILES: Lines = of_store(OWN_PLACE) | {
    *(
        (f"everybody who can read deploy/{file}", "the secret is written there")
        for file in COPIES - {"app/payments.properties"}
    ),
}
BY_CONNECT: Lines = {
    WORKERS,
    (REST, f"it shows the config of main/{PAYMENTS} in clear; {OPEN}"),
}
WRITERS: Lines = {
    writes("User:admin", SUPER),
    writes("User:broker", SUPER),
    writes("User:connect", "ALLOW WRITE on topic prefixed _connect-main- to User:connect"),
}
BY_TOPIC: Lines = {
    *WRITERS,
    reads("User:admin", SUPER),
    reads("User:broker", SUPER),
    reads("User:connect", "ALLOW READ on topic prefixed _connect-main- to User:connect"),
    reads("User:kmig", "ALLOW READ on topic * to User:kmig"),
    reads("User:kmig-writer", "ALLOW READ on topic * to User:kmig-writer"),
    reads("User:planted-auditor", AUDITOR),
}
EXPECTED: dict[str, Lines] = {
    "accountable": {
        (
            f"workload {PAYMENTS}: owner payments-team, security owner payments-security, "
            "sensitivity confidential, zone payments",
            "workloads.yaml",
        )
    },
    "issued": {
        ("2025-03-14 by payments-platform", f"workloads.yaml, workload {PAYMENTS}"),
        ("last written NOW", f"its store: {OWN_PLACE}"),
    },
    "stored": {
        (OWN_PLACE, f"{OWN_FILE}: kmig inventory looked there"),
        (
            f"connector main/{PAYMENTS}, key `{JAAS}`: in clear: equal to {OWN_FILE}",
            "config that Connect main answered",
        ),
        (
            f"topic {CONFIGS}: the config of {PAYMENTS}",
            "config topic of Connect main: by its name",
        ),
        (
            f"{UNKNOWN}topic {CONFIGS}: older configs",
            "kmig does not read that topic; compaction keeps an old config for a time",
        ),
        (
            "deploy/backup/payments.properties.2024, line 3: the JSON-escaped value",
            "kmig inventory --scan",
        ),
        ("deploy/manifests/payments.yaml, line 6: the base64 value", "kmig inventory --scan"),
        ("deploy/tickets/PAY-17.txt, line 2: the value", "kmig inventory --scan"),
        ("brokers of the source: salted hash, SCRAM-SHA-512", "section scram"),
    },
    "readers": BY_FILES | BY_CONNECT | BY_TOPIC,
    "systems": set(),
    "beside": {
        (
            f"User:{ANALYTICS} (public): 2 topics to read",
            f"used by main/{ANALYTICS} on Connect main",
        ),
        (
            "${file:STAGE/secrets/planted.properties:warehouse} (public): warehouse.internal:5439",
            f"used by main/{ANALYTICS} on Connect main",
        ),
        (
            f"{OWN_DATABASE} (confidential): ledger-db.internal:5432",
            f"used by main/{PAYMENTS} on Connect main",
        ),
        # of first-wave: nobody says what these open
        (
            f"{UNKNOWN}${{file:STAGE/secrets/connectors.properties:archive}} "
            "(sensitivity unknown): what it opens",
            "used by main/legacy-import on Connect main",
        ),
        (
            f"{UNKNOWN}main/legacy-export, key `upload.token` (sensitivity unknown): what it opens",
            "used by main/legacy-export on Connect main",
        ),
        (
            f"{UNKNOWN}the workers' own login of Connect main",
            "main/legacy-export, main/legacy-import log in with it, "
            "and Connect does not tell its principal",
        ),
    },
    "restarts": {
        (
            f"connector main/{PAYMENTS}: 1 task",
            "tasks read their config when they start: POST /restart?includeTasks=true",
        ),
        (
            f"connector main/{PAYMENTS}: its config changes, key `{JAAS}`",
            "the secret is written there in clear",
        ),
        (f"{UNKNOWN}pause", "this migration has rotated none of its workloads"),
    },
    "death": {
        (
            f"at once: DENY ALL on topic * and group * to User:{PAYMENTS}, at its next request",
            "brokers ask the authorizer for each request",
        ),
        (
            f"on the source: delete SCRAM-SHA-512 of {PAYMENTS}, and new logins are refused",
            "section scram; brokers look their credentials up at each login. "
            "Delegation tokens that its holder made log in until they expire",
        ),
        (
            "open sessions on the source end at most 5 s later",
            "lifetime that broker 1 announced to kmig; another listener may have its own",
        ),
        (
            f"{UNKNOWN}whether a revocation was ever proven",
            "this migration has rotated none of its workloads",
        ),
    },
}
WRITING = ("WRITE", "DESCRIBE")
MAY: dict[str, tuple[str, ...]] = {
    "planted.cards.audit": ("DESCRIBE",),  # the DENY is of WRITE alone
    **dict.fromkeys(CARDS[1:], WRITING),
    "reference.countries": ("READ", "DESCRIBE"),
}
RIGHTS = {
    "side": "source",
    "complete": True,
    "unknown": (),
    "everything": "",
    "topics": MAY,
    "groups": {},
    "transactional_ids": {},
    "cluster": (),
    "users": {},
    "patterns": (
        {"operation": "WRITE", "resource_type": "TOPIC", "prefix": "planted.cards."},
        {"operation": "READ", "resource_type": "TOPIC", "prefix": "reference."},
    ),
    "evidence": (
        "ALLOW READ on topic prefixed reference. to User:*",
        f"ALLOW WRITE on topic prefixed planted.cards. to User:{PAYMENTS}",
        f"DENY WRITE on topic planted.cards.audit to User:{PAYMENTS}",
    ),
}
SINK_READERS: Lines = WRITERS | {
    *of_store("STAGE/secrets/planted.properties on THIS (where kmig ran)"),
    (
        f"{UNKNOWN}more readers of ${{file:STAGE/secrets/planted.properties:{ANALYTICS}}}",
        "its readers on the workers of main, unless these run on THIS",
    ),
    WORKERS,
    (REST, f"config/validate can return what a reference resolves to; {OPEN}"),
}


DB_PLACE = "HERE/deploy/app/db.properties on THIS (where kmig ran)"
DATABASE: dict[str, Lines] = {
    "accountable": EXPECTED["accountable"],
    "issued": {
        ("last written NOW", f"its store: {DB_PLACE}"),
        (f"{UNKNOWN}issued", "no store tells it, and workloads.yaml has no `issued` for it"),
    },
    "stored": {
        (DB_PLACE, f"{OWN_DATABASE}: kmig inventory looked there"),
        (
            f"connector main/{PAYMENTS}, key `connection.password`: in clear: equal to {OWN_DATABASE}",
            "config that Connect main answered",
        ),
        (
            f"topic {CONFIGS}: the config of {PAYMENTS}",
            "config topic of Connect main: by its name",
        ),
        (
            f"{UNKNOWN}topic {CONFIGS}: older configs",
            "kmig does not read that topic; compaction keeps an old config for a time",
        ),
        ("deploy/tickets/PAY-18.txt, line 1: the value", "kmig inventory --scan"),
    },
    "readers": {
        *of_store(DB_PLACE),
        ("everybody who can read deploy/tickets/PAY-18.txt", "the secret is written there"),
        *BY_CONNECT,
        *BY_TOPIC,
    },
    "systems": {("ledger-db.internal:5432", f"`external` of workload {PAYMENTS}")},
    "beside": EXPECTED["beside"]
    - {
        (
            f"{OWN_DATABASE} (confidential): ledger-db.internal:5432",
            f"used by main/{PAYMENTS} on Connect main",
        )
    }
    | {
        (
            f"User:{PAYMENTS} (confidential): 5 topics to write, 1 topic to read",
            f"used by main/{PAYMENTS} on Connect main",
        )
    },
    "restarts": {
        (
            f"connector main/{PAYMENTS}: 1 task",
            "tasks read their config when they start: POST /restart?includeTasks=true",
        ),
        (
            f"connector main/{PAYMENTS}: its config changes, key `connection.password`",
            "the secret is written there in clear",
        ),
        (f"{UNKNOWN}pause", "this migration has rotated none of its workloads"),
    },
    "death": {
        (
            f"{UNKNOWN}how ledger-db.internal:5432 revokes it, and ends open sessions",
            "kmig does not ask systems outside Kafka",
        )
    },
}
"""The other secret of the source: that of its database, which is in its config too."""

SAME = ("accountable", "issued", "stored", "systems", "restarts", "death")
"""What does not depend on who may read the config topic."""


def test_a_config_topic_that_everybody_may_read(looked: Looked, source: Side) -> None:
    with source.changed(add=build.acls(ANYONE)):
        looked.inventory()
    login = looked.trace(f"User:{PAYMENTS}")[f"User:{PAYMENTS}"]
    everybody = WRITERS | {
        reads("everybody who can log in", ANYONE),
        reads("User:admin", SUPER),
        reads("User:broker", SUPER),
    }
    assert lines(login)["readers"] == BY_FILES | BY_CONNECT | everybody
    others = {name: facts for name, facts in lines(login).items() if name in SAME}
    opened = {
        (
            "the secrets in clear in connectors' configs of Connect main",
            f"READ on topic {CONFIGS}, config topic of Connect main: by its name",
        )
    }
    assert others == {name: EXPECTED[name] for name in SAME} | {"systems": opened}
    assert login.source is not None
    assert login.source.topics == {**MAY, CONFIGS: ("READ", "DESCRIBE")}


def test_the_four_lines_for_a_leak_fit_one_screen(looked: Looked, source: Side) -> None:
    with source.changed(add=build.acls(AUDITOR)):
        looked.inventory()
    (login,) = boundaries(looked.kmig("-o", "json", "trace", f"User:{PAYMENTS}", "--leaked"))
    out = looked.kmig("trace", f"User:{PAYMENTS}", "--leaked")
    opens, _, rest = out.partition("held by   ")
    held, _, ends = rest.partition("restart   ")
    assert opens == OPENS
    assert ends == ENDS
    holders = [f.what for f in (*login.stored, *login.readers) if f.known]
    told = "".join(held.split())  # however long the names of folders are
    assert told.startswith("".join("".join(holders[:4]).split()))
    assert "unknown:topic_connect-main-configs:olderconfigs" in told
    for name in (PAYMENTS, ANALYTICS, "User:admin", "order-api"):
        found = boundaries(looked.kmig("-o", "json", "trace", name, "--leaked"))
        for one in found:
            screen = looked.kmig("trace", one.credential.name, "--leaked").splitlines()
            assert len(screen) <= 30, one.credential.name
            assert max(map(columns_of, screen)) <= 100


OPENS = """\
User:planted-payments  SCRAM-SHA-512
workload planted-payments: owner payments-team, security owner payments-security, sensitivity
  confidential, zone payments

opens     on the source: write 5 topics (planted.cards.chargebacks, planted.cards.disputes,
            planted.cards.fees, planted.cards.refunds … and 1 more); read 1 topic
            (reference.countries)
          through the workers of Connect main: at least 3 more topics and systems
"""
ENDS = """\
connector main/planted-payments: 1 task
          connector main/planted-payments: its config changes, key
            `producer.override.sasl.jaas.config`
          unknown: pause
dies      at once: DENY ALL on topic * and group * to User:planted-payments, at its next request
          on the source: delete SCRAM-SHA-512 of planted-payments, and new logins are refused
          open sessions on the source end at most 5 s later
          unknown: whether a revocation was ever proven
"""


def test_all_credentials_by_their_reach(looked: Looked, source: Side) -> None:
    with source.changed(add=build.acls(AUDITOR)):
        looked.inventory()
    found = looked.reached()
    first = ["User:admin", "User:broker", f"User:{PAYMENTS}"]
    assert list(found)[:3] == first
    users = {f"User:{c.user}" for c in source.reader.scram_credentials()}
    acls = {acl.principal for acl in source.reader.acls()}
    logins = users | acls | {"User:admin", "User:broker", "User:planted-auditor"}
    assert set(found) == (logins - {"User:*"}) | {
        OWN_DATABASE,
        "${file:STAGE/secrets/planted.properties:warehouse}",
        "${file:STAGE/secrets/connectors.properties:archive}",
        "main/legacy-export, key `upload.token`",
    }
    numbers = [(b.reach.writes, b.reach.reads, b.reach.systems) for b in found.values()]
    assert numbers == sorted(numbers, reverse=True)
    out = looked.kmig("-o", "json", "trace", "--all")
    runtimes = [Runtime.model_validate(r) for r in json.loads(looked.named(out))["runtimes"]]
    (worker,) = [one for one in runtimes if one.kind == "connect"]
    assert worker.name == "main"
    assert set(worker.credentials) == {
        f"User:{PAYMENTS}",
        f"User:{ANALYTICS}",
        OWN_DATABASE,
        "${file:STAGE/secrets/planted.properties:warehouse}",
        "${file:STAGE/secrets/connectors.properties:archive}",
        "main/legacy-export, key `upload.token`",
    }
    assert (worker.lowest, worker.highest) == ("public", "confidential")
    assert set(worker.zones) == {"payments", "web"}
    assert set(worker.workloads) == {PAYMENTS, ANALYTICS}
    assert set(worker.systems) == {"ledger-db.internal:5432", "warehouse.internal:5439"}
    assert (
        f"source `main/{PAYMENTS}` (confidential, zone payments) and sink `main/{ANALYTICS}` "
        f"(public, zone web) share this boundary; move main/{PAYMENTS} to a Connect cluster"
    ) in " ".join(looked.kmig("trace", "--all").split())


GRANTED = {str(acl)[6:].partition(" to ")[0]: acl for acl in acls(f"User:{KMIG}", SOURCE)}
"""What kmig may do on the source, by the words of each right."""

BLIND: dict[str, tuple[set[str], set[str]]] = {
    # without a right of kmig's own: sections that are incomplete for the rights, and lines that are unknown
    "DESCRIBE on group *": ({"groups"}, set()),
    "DESCRIBE on transactional_id *": ({"transactions"}, set()),
    "READ on topic *": ({"topics", "groups"}, set()),
    "DESCRIBE on cluster kafka-cluster": (
        {"acls", "topics", "groups", "transactions"},
        {
            "brokers of the source",
            "how new logins on the source end",
            f"more principals with rights on topic {CONFIGS}",
        },
    ),
}


@pytest.mark.parametrize("right", BLIND)
def test_without_a_right_of_its_own_what_is_missing_is_unknown(
    right: str, looked: Looked, source: Side
) -> None:
    incomplete, missing = BLIND[right]
    with source.changed(remove=[GRANTED[right]]):
        looked.inventory(code=3)
    found = looked.trace(f"User:{PAYMENTS}", code=3)[f"User:{PAYMENTS}"]
    assert found.source is not None
    assert {why.split()[1] for why in found.source.unknown} == incomplete
    assert not found.source.complete
    assert not found.reach.certain
    assert missing <= {line.what for part in found.sections().values() for line in part}
    assert missing <= unknown_lines(found)
    screen = looked.kmig("trace", f"User:{PAYMENTS}", "--leaked", code=3)
    told = " ".join(screen.split())
    assert f" unknown: source: section {found.source.unknown[0].split()[1]} is " in told
    assert "no topic" not in told
    nothing = not found.source.topics
    assert ("on the source: unknown" if nothing else "on the source, at least: ") in told


def unknown_lines(boundary: Boundary) -> set[str]:
    return {f.what for facts in boundary.sections().values() for f in facts if not f.known}


def test_a_connect_cluster_that_does_not_answer_is_unknown_in_each_section(
    looked: Looked, stage: Rehearsal
) -> None:
    assert stage.worker is not None
    looked.migration.edit("kmig.yaml", stage.worker.url, "http://127.0.0.1:1")
    looked.inventory(code=3)
    found = looked.trace(f"User:{PAYMENTS}", code=3)[f"User:{PAYMENTS}"]
    assert {
        "copies in connectors' configs",
        "workers and REST APIs of Connect",
        "more credentials on the same workers",
        "more connectors that use it",
    } <= unknown_lines(found)


def test_an_estate_without_connect_and_without_a_scan(looked: Looked) -> None:
    config = yaml.safe_load((looked.migration.folder / "kmig.yaml").read_text())
    people(looked.migration, looked.planted)
    (looked.migration.folder / "kmig.yaml").write_text(yaml.safe_dump({**config, "connect": []}))
    looked.kmig("inventory")
    found = looked.trace("User:order-api")["User:order-api"]
    assert unknown_lines(found) >= {
        "issued",
        "hosts of workload order-api",
        "copies in files",
        "readers of copies in files",
    }
    assert "Connect" not in found.model_dump_json()


def test_a_login_that_nobody_declared(looked: Looked, source: Side) -> None:
    with source.changed(add=build.acls(AUDITOR)):
        looked.inventory()
    found = looked.trace("User:planted-auditor")["User:planted-auditor"]
    assert {
        "owner of User:planted-auditor",
        "issued",
        "where its users keep the secret",
        "hosts of its clients",
        "what logs in with it",
        "pause",
    } <= unknown_lines(found)
    assert not [
        f for part in (found.accountable, found.readers, found.restarts) for f in part if f.known
    ]


def test_one_reference_of_two_workloads(looked: Looked) -> None:
    looked.inventory()
    mine = "${file:secrets/clients.properties:web-tracker}"
    looked.migration.edit(
        "workloads.yaml", "${file:secrets/clients.properties:session-builder}", mine
    )
    found = looked.trace(mine)
    assert set(found) == {"User:session-builder", "User:web-tracker"}
    for name, other in (("session-builder", "web-tracker"), ("web-tracker", "session-builder")):
        assert lines(found[f"User:{name}"])["systems"] == {
            (f"Kafka as User:{other}: it has the same secret", mine)
        }


def test_a_value_that_is_a_reference_and_a_provider_that_kmig_cannot_read(looked: Looked) -> None:
    nested, vault = "${file:deploy/app/nested.properties:password}", "${vault:kafka/web:password}"
    folder = looked.migration.folder
    private(folder / "deploy" / "app" / "nested.properties", "password=${env:KAFKA_PASSWORD}\n")
    (folder / "deploy" / "app" / "uses.env").write_text("KAFKA=${env:KAFKA_PASSWORD}\n")
    for name, reference in (("web-tracker", vault), ("session-builder", nested)):
        looked.migration.edit(
            "workloads.yaml", f"${{file:secrets/clients.properties:{name}}}", reference
        )
    looked.inventory(code=3)  # a file cannot be searched for a secret that was not read
    found = looked.trace("session-builder") | looked.trace("web-tracker")
    place = "HERE/deploy/app/nested.properties on THIS (where kmig ran)"
    builder = found["User:session-builder"]
    assert {
        (place, f"{nested}: kmig inventory looked there"),
        (
            f"{nested} holds the text ${{env:KAFKA_PASSWORD}}",
            "Kafka resolves a reference once: clients use that text as the secret",
        ),
    } <= lines(builder)["stored"]
    assert of_store(place) <= lines(builder)["readers"]
    assert "uses.env" not in builder.model_dump_json(), "it only names the other secret"
    tracker = found["User:web-tracker"]
    cannot = "kmig cannot read provider `vault`"
    assert (f"{UNKNOWN}{vault}", cannot) in lines(tracker)["stored"]
    assert (f"{UNKNOWN}readers of {vault}", cannot) in lines(tracker)["readers"]
    assert {"more copies in files", "readers of more copies", "issued"} <= unknown_lines(tracker)
