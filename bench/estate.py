"""The bench's estate on one local broker, made once and kept between runs.

2,000 topics of five partitions, a third of them with a config of their own; 20,000 ACLs of 500 principals; 2,000
groups with five commits each; 200 SCRAM users; 50 quotas.
"""

import json
import os
import shutil
import time
from pathlib import Path

from kafka.protocol.admin import CreateTopicsRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import Refused, StepFailed
from migrate.folder import Folder
from migrate.model.acl import Acl
from migrate.model.permissions import SOURCE, acls
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.ports import free
from migrate.rehearse.lab.local import archives, home, tools

TOPICS, PARTITIONS, PRINCIPALS, GROUPS, COMMITS, USERS, QUOTAS = 2_000, 5, 500, 2_000, 5, 200, 50
ACLS_EACH = 40
KMIG, MECHANISM = "kmig", "SCRAM-SHA-256"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"


_BEGUN, _WHOLE = "begun.json", "whole.json"
"""Written before an estate is made, and after all of it was seen: with the first alone it is made again."""

SECONDS = 300.0
"""Bound of a broker with 10,000 partitions on a busy machine, for each of: loading them, making its offsets topic,
loading groups, and stopping."""


def started(folder: Path, proxied: int) -> Cluster:
    """Start the broker with the estate in it; announce its CLIENT listener at port `proxied` unless that is 0."""
    java = tools.find(os.environ)
    kafka = home.fetch("3.9.1", CACHE, java, print)
    archives.ensure(kafka, dict(os.environ), print)
    known = kept(folder)
    spec = ClusterSpec("bench", heap="2g", advertised=proxied, ports=tuple(free(4)))
    secrets = folder / "secrets.properties"
    cluster = Cluster(spec, kafka, folder, secrets, dict(os.environ))
    cluster.cluster_id = known or cluster.cluster_id
    try:
        cluster.start()
        cluster.wait_ready(SECONDS)
        if not known:
            seed(cluster)
        wire = Wire("bench", cluster.admin_addresses, cluster.admin_login, timeout=120.0)
        KafkaWriter(wire).create_acls(acls(f"User:{KMIG}", SOURCE))  # the list may have grown
        _served(wire)
        wire.close()
        if not known:
            Folder(folder).write(_WHOLE, json.dumps({"cluster_id": cluster.cluster_id}))
    except BaseException:
        cluster.stop()
        raise
    return cluster


def home_of(cluster: Cluster) -> home.Home:
    """Return the Kafka of a bench's cluster: its jars, and the Java that runs them."""
    assert isinstance(cluster.kafka, home.Home)
    return cluster.kafka


def kept(folder: Path) -> str:
    """Return the cluster id of the estate kept in the folder; prepare it for a new one where none is complete."""
    whole = folder / _WHOLE
    if whole.exists():
        return str(json.loads(whole.read_text())["cluster_id"])
    if folder.exists() and any(folder.iterdir()):
        if not any((folder / name).exists() for name in (_BEGUN, "made.json")):
            raise Refused(
                f"folder {folder} holds files, and no estate of the bench", "name an empty --folder"
            )
        print(f"{folder} holds a part of an estate: making it again")
        shutil.rmtree(folder)
    Folder(folder).write(_BEGUN, "{}")
    return ""


def _served(wire: Wire) -> None:
    """Wait until the broker serves the whole estate: it answers before its partitions and groups are loaded."""
    deadline = time.monotonic() + SECONDS
    while left := _missing(wire):
        if time.monotonic() > deadline:
            raise StepFailed(
                f"the bench's broker serves no complete estate after {SECONDS:.0f} s: {left}",
                "remove the estate's folder, and rerun the bench",
            )
        time.sleep(0.5)


def _missing(wire: Wire) -> str:
    """Return what of the estate the broker does not show; empty when it shows everything."""
    survey, reader = KafkaSurvey(wire), KafkaReader(wire)
    topics, groups = survey.topics(), survey.groups()
    if topics.faults:
        return f"unread: {topics.faults[0]}"
    counts = {
        "topics": (sum(not topic.internal for topic in topics.found), TOPICS),
        "groups": (sum(len(group.commits) == COMMITS for group in groups.found), GROUPS),
        "ACLs": (len(reader.acls() & set(some_acls())), len(set(some_acls()))),
        "SCRAM users": (len({c.user for c in reader.scram_credentials()} - {KMIG}), USERS),
        "quotas": (len(reader.quotas()), QUOTAS),
    }
    short = [f"{has:,} of {all_:,} {what}" for what, (has, all_) in counts.items() if has < all_]
    return ", ".join(short)


def seed(cluster: Cluster) -> None:
    """Make the estate; kmig's principal gets exactly the documented ACLs."""
    began = time.monotonic()
    wire = Wire("bench", cluster.admin_addresses, cluster.admin_login, timeout=120.0)
    writer = KafkaWriter(wire)
    _topics(wire)
    print(f"{TOPICS * PARTITIONS:,} partitions after {time.monotonic() - began:.0f} s")
    writer.create_acls([*some_acls(), *acls(f"User:{KMIG}", SOURCE)])
    print(f"{PRINCIPALS * ACLS_EACH:,} ACLs after {time.monotonic() - began:.0f} s")
    writer.set_password(KMIG, MECHANISM, KMIG)
    for number in range(USERS):
        writer.set_password(f"svc-{number:03}", MECHANISM, "bench")
    for number in range(QUOTAS):
        entity: dict[str, str | None] = {"user": f"svc-{number:03}"}
        if number % 5 == 0:
            entity["client-id"] = "loader"
        writer.set_quota(entity, {"producer_byte_rate": 1_048_576.0 + number})
    _groups(wire)
    print(f"{GROUPS:,} groups after {time.monotonic() - began:.0f} s")
    wire.close()


def _topics(wire: Wire) -> None:
    row = CreateTopicsRequest.CreatableTopic
    config = row.CreatableTopicConfig
    for begin in range(0, TOPICS, 200):
        wanted = [
            row(
                name=f"team-{n % 40:02}.events-{n:04}",
                num_partitions=PARTITIONS,
                replication_factor=1,
                assignments=[],
                configs=[config(name="retention.ms", value="86400000")] if n % 3 == 0 else [],
            )
            for n in range(begin, begin + 200)
        ]
        answer = wire.call(
            CreateTopicsRequest(topics=wanted, timeout_ms=100_000, validate_only=False)
        )
        assert not {t.error_code for t in answer.topics} - {0, 36}


def some_acls() -> list[Acl]:
    """Return every ACL of the estate's principals; each principal has one DENY."""
    operations = ("READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS")
    return [
        Acl(
            principal=f"User:svc-{p:03}",
            permission="DENY" if n == 39 else "ALLOW",
            operation=operations[n % 4],
            resource_type="GROUP" if n % 8 == 7 else "TOPIC",
            pattern_type="PREFIXED" if n % 10 == 0 else "LITERAL",
            resource_name=f"team-{p % 40:02}.events-{(p * 4 + n // 4) % TOPICS:04}",
        )
        for p in range(PRINCIPALS)
        for n in range(ACLS_EACH)
    ]


def _groups(wire: Wire) -> None:
    await_coordinator(wire, SECONDS)
    writer = KafkaWriter(wire)
    for number in range(GROUPS):
        name = f"team-{number % 40:02}.events-{number % TOPICS:04}"
        writer.commit_offsets(f"group-{number:04}", {(name, p): (0, "") for p in range(COMMITS)})


def await_coordinator(wire: Wire, seconds: float) -> None:
    """Wait until a broker coordinates groups: after 10,000 partitions the offsets topic may take minutes."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            coordinator.find(wire, "first")
            return
        except StepFailed:
            if time.monotonic() > deadline:
                raise
