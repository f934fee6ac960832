"""The bench's estate on one local broker, made once and kept between runs.

2,000 topics of five partitions, a third of them with a config of their own; 20,000 ACLs of 500 principals; 2,000
groups with five commits each; 200 SCRAM users; 50 quotas.
"""

import json
import os
import time
from pathlib import Path

from kafka.protocol.admin import CreateTopicsRequest
from kafka.protocol.consumer import OffsetCommitRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.acl import Acl
from migrate.model.permissions import SOURCE, acls
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.ports import free
from migrate.rehearse.lab.local import archives, home, tools

TOPICS, PARTITIONS, PRINCIPALS, GROUPS, COMMITS, USERS, QUOTAS = 2_000, 5, 500, 2_000, 5, 200, 50
ACLS_EACH = 40
KMIG, MECHANISM = "kmig", "SCRAM-SHA-256"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"


def started(folder: Path, proxied: int) -> Cluster:
    """The broker, with the estate in it; its CLIENT listener is announced at `proxied` when that is not 0."""
    found = tools.find(os.environ)
    kafka = home.fetch("3.9.1", CACHE, found, print)
    archives.ensure(kafka, dict(os.environ), print)
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "made.json"
    made = json.loads(known.read_text()) if known.exists() else {}
    spec = ClusterSpec("bench", heap="2g", advertised=proxied, ports=tuple(free(4)))
    secrets = folder / "secrets.properties"
    cluster = Cluster(spec, kafka, folder, secrets, dict(os.environ))
    cluster.cluster_id = made.get("cluster_id", cluster.cluster_id)
    cluster.start()
    cluster.wait_ready()
    if not made.get("complete"):
        known.write_text(json.dumps({"cluster_id": cluster.cluster_id}))
        seed(cluster)
        known.write_text(json.dumps({"cluster_id": cluster.cluster_id, "complete": True}))
    wire = Wire("bench", cluster.admin_addresses, cluster.admin_login, timeout=120.0)
    KafkaWriter(wire).create_acls(acls(f"User:{KMIG}", SOURCE))  # the list may have grown
    _served(wire)
    wire.close()
    return cluster


def _served(wire: Wire) -> None:
    """Wait until every leader serves its partitions and every group is loaded: a broker says it is up before."""
    deadline = time.monotonic() + 120
    while True:
        survey = KafkaSurvey(wire)
        topics, groups = survey.topics(), survey.groups()
        if not topics.faults and len(groups.found) == GROUPS:
            return
        assert time.monotonic() < deadline, topics.faults
        time.sleep(0.5)


def seed(cluster: Cluster) -> None:
    """Make everything; kmig's principal gets exactly the documented ACLs."""
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
    assert len(KafkaReader(wire).topics()) > TOPICS
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
    """Every ACL of its principals; each has one DENY."""
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
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    keeper = coordinator.find(wire, "first")
    for number in range(GROUPS):
        name = f"team-{number % 40:02}.events-{number % TOPICS:04}"
        parts = [
            topic.OffsetCommitRequestPartition(
                partition_index=p,
                committed_offset=0,
                committed_leader_epoch=-1,
                committed_metadata="",
            )
            for p in range(COMMITS)
        ]
        request = OffsetCommitRequest(
            group_id=f"group-{number:04}",
            generation_id_or_member_epoch=-1,
            member_id="",
            group_instance_id=None,
            topics=[topic(name=name, partitions=parts)],
            max_version=8,
        )
        wire.call(request, keeper)
