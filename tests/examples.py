"""The inventories of the example migrations whose clusters are made up: what a look at such an estate would find.

`python -m tests.examples` writes them anew, and then what kmig makes of them.
"""

import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrate.cli.main import main
from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory, Section, State
from migrate.documents.workloads import Workload, Workloads
from migrate.folder import INVENTORY, Folder
from migrate.inventory.links import LinkInputs, dependencies, network, registries
from migrate.model.acl import Acl
from migrate.model.cluster import (
    Broker,
    BrokerFacts,
    Commit,
    Group,
    Member,
    Partition,
    Quota,
    ScramCredential,
    Topic,
)
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.stored import StoredSecret, StoreReader
from migrate.rehearse.scenario import parse_acl

PLANS = Path(__file__).parents[1] / "plans"
MADE_UP = ("payments-to-automq", "byoc-export")

MORE_ACLS = {
    "payments-to-automq": (
        "ALLOW READ on topic prefixed catalog. to User:*",
        "DENY READ on topic catalog.drafts to User:price-cache",
        "DENY READ on topic payments.requested to User:audit-archive from 10.3.9.9",
        "ALLOW WRITE on topic prefixed catalog. to User:catalog",
        "ALLOW ALL on topic prefixed payments. to User:CN=settlement,OU=batch",
        "ALLOW DESCRIBE on topic * to User:trend-board",
        "ALLOW READ on topic fax.in to User:fax-gateway",
        "ALLOW READ on group fax-gateway to User:fax-gateway",
    ),
    "byoc-export": (
        "ALLOW DESCRIBE on topic * to User:meter-admin",
        "ALLOW ALTER_CONFIGS on topic meter.readings to User:meter-admin",
        "DENY WRITE on topic meter.readings to User:billing-run",
        "ALLOW READ on topic meter.readings to User:auditor from 10.9.0.7",
        "ALLOW READ on topic meter.readings to User:ops",
    ),
}
LEFTOVERS = {
    "payments-to-automq": ("fax.in", "_connect-main-configs", "_connect-main-offsets"),
    "byoc-export": (),
}
CONFIGS = {
    "catalog.products": {"cleanup.policy": "compact"},
    "catalog.prices": {"cleanup.policy": "compact,delete", "retention.ms": "604800000"},
    "customers.profile": {"cleanup.policy": "compact", "min.compaction.lag.ms": "60000"},
    "payments.requested": {"min.insync.replicas": "2", "retention.ms": "2592000000"},
    "payments.settled": {"min.insync.replicas": "2", "retention.ms": "-1"},
    "orders.audit": {"retention.bytes": "1073741824", "remote.storage.enable": "true"},
    "web.clicks": {"retention.ms": "86400000", "message.timestamp.type": "LogAppendTime"},
    "orders.created": {"confluent.value.schema.validation": "true"},
    "meter.readings": {"retention.ms": "2592000000", "min.insync.replicas": "2"},
    "meter.bills": {"retention.ms": "5184000000"},
}
LITERAL = {"search-indexer": ("connection.api.token",)}


def inventory(name: str, people: Workloads) -> Inventory:
    """What a look at the estate of these people would have found."""
    topics = tuple(_topics(name, people))
    ends = {t.name: t.partitions[0].end or 0 for t in topics}
    brokers = tuple(Broker(id=i, host=f"kafka-{i}.eu.example", port=9093) for i in range(1, 4))
    cluster = ClusterInfo(
        cluster_id=f"{name}-source",
        platform="Apache Kafka 3.9",
        controller=1,
        brokers=brokers,
        facts=tuple(BrokerFacts(id=i, lifetime=3600.0) for i in range(1, 4)),
        features={"metadata.version": 21},
        defaults={"offsets.retention.minutes": "10080"},
        super_users=("User:admin", "User:broker"),
        allow_everyone_if_no_acl_found=False,
    )
    groups = tuple(_groups(people, ends))
    connect = _connect(people)
    facts = LinkInputs(_whole(cluster), _whole(groups), _whole(connect))
    found = {w.principal for w in people.workloads}
    return Inventory(
        taken_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        principal="User:kmig",
        bootstrap_servers=",".join(map(str, brokers)),
        cluster=_whole(cluster),
        acls=_whole(tuple(sorted(_acls(name, people), key=str))),
        scram=_whole(tuple(_scram(name, people))),
        quotas=_whole(tuple(_quotas(found))),
        topics=_whole(topics),
        groups=_whole(groups),
        transactions=_whole(()),
        producers=_whole(()),
        connect=_whole(connect),
        dependencies=dependencies(facts),
        registries=registries(facts),
        network=network(facts),
        stores=_whole(tuple(map(_stored, people.references))),
    )


def _stored(reference: str) -> StoredSecret:
    """Where a reference leads: files of secrets that the group of their owners reads."""
    path = reference.removeprefix("${file:").rpartition(":")[0]
    team = "payments-ops" if "payments" in path else "platform-ops"
    return StoredSecret(
        reference=reference,
        place=f"/srv/migration/{path} on ops-1.eu.example (where kmig ran)",
        readers=(
            StoreReader(who="user kmig", through="owner, mode 0640"),
            StoreReader(who=f"group {team}: 3 users", through="mode 0640"),
            StoreReader(who="root", through="every file"),
        ),
        changed=datetime(2026, 9, 1 + _of(path, 28), 9, 30, tzinfo=UTC),
    )


def _member(workload: Workload) -> Member:
    """A client on a host of its zone; a sink connector's is a task on the worker."""
    if workload.connector:
        return Member(client_id=f"connector-consumer-{workload.name}-0", host="/10.2.0.5")
    network = {"web": 1, "core": 2, "payments": 3}.get(workload.zone, 4)
    host = f"/10.{network}.0.{10 + _of(workload.name, 200)}"
    return Member(client_id=f"{workload.name}-1", host=host)


def _topics(name: str, people: Workloads) -> Iterator[Topic]:
    named = {s.topic for w in people.workloads for s in (*w.reads, *w.writes) if s.topic}
    more = {"catalog.products", "catalog.prices"} if name == "payments-to-automq" else set()
    streams = [w for w in people.workloads if w.kind == "streams"]
    inner = {f"{w.name}-state-changelog" for w in streams}
    for topic in sorted({*named, *more, *inner, *LEFTOVERS[name]}):
        partitions = 1 + _of(topic, 6)
        end = 5_000 + _of(topic, 900_000)
        yield Topic(
            name=topic,
            replication_factor=3,
            configs=CONFIGS.get(topic, {}),
            partitions=tuple(
                Partition(index=i, start=0, end=end + i, stable=end + i, size=(end + i) * 640)
                for i in range(partitions)
            ),
        )


def _groups(people: Workloads, ends: dict[str, int]) -> Iterator[Group]:
    for workload in people.workloads:
        for group in workload.every_group:
            if workload.connector and not workload.reads:
                continue  # a source connector has no group
            read = sorted(t for t in ends if any(s.selects(t) for s in workload.reads))
            commits = tuple(
                Commit(
                    topic=t,
                    partition=0,
                    offset=ends[t] - _of(group + t, 3_000),
                    start=0,
                    end=ends[t],
                )
                for t in read
            )
            yield Group(
                name=group,
                type="classic",
                protocol_type="consumer",
                state="Empty" if workload.name == "stock-report" else "Stable",
                members=() if workload.name == "stock-report" else (_member(workload),),
                commits=commits,
            )
    if "connect-main" in {d.group for d in people.leave_behind}:
        yield Group(name="connect-main", type="classic", protocol_type="connect", state="Stable")


def _acls(name: str, people: Workloads) -> Iterator[Acl]:
    for w in people.workloads:
        for operation, selectors in (("READ", w.reads), ("WRITE", w.writes)):
            for s in selectors:
                pattern = s.topic if s.topic else f"prefixed {s.prefix}"
                yield parse_acl(f"ALLOW {operation} on topic {pattern} to {w.principal}")
        for group in w.every_group if w.reads else ():
            yield parse_acl(f"ALLOW READ on group {group} to {w.principal}")
        for one in w.transactional_ids:
            yield parse_acl(f"ALLOW WRITE on transactional_id {one} to {w.principal}")
        if w.kind == "streams":
            yield parse_acl(f"ALLOW ALL on topic prefixed {w.name}- to {w.principal}")
    yield from (parse_acl(text) for text in MORE_ACLS[name])


def _scram(name: str, people: Workloads) -> Iterator[ScramCredential]:
    for w in people.workloads:
        if w.credential:
            user = w.principal.partition(":")[2]
            yield ScramCredential(user=user, mechanism=w.credential.mechanism, iterations=8192)
    if name == "payments-to-automq":
        yield ScramCredential(user="fax-gateway", mechanism="SCRAM-SHA-256", iterations=4096)


def _quotas(principals: set[str]) -> Iterator[Quota]:
    if "User:click-tracker" in principals:
        yield Quota(entity={"user": "click-tracker"}, values={"producer_byte_rate": 10_485_760.0})
        yield Quota(entity={"user": None}, values={"request_percentage": 200.0})


def _connect(people: Workloads) -> ConnectInfo:
    made = [w for w in people.workloads if w.connector]
    if not made:
        return ConnectInfo()
    workers = ("connect-1.eu.example:8083",)
    cluster = ConnectCluster(
        name="main", url="http://connect-old.eu.example:8083", version="3.9.1", workers=workers
    )
    return ConnectInfo(clusters=(cluster,), connectors=tuple(map(_connector, made)))


def _connector(w: Workload) -> Connector:
    secrets = [
        SecretUse(key=f"secret.{n}", secrecy="reference", references=(reference,))
        for n, reference in enumerate(w.secrets)
    ]
    secrets += [SecretUse(key=key, secrecy="literal") for key in LITERAL.get(w.name, ())]
    sink = bool(w.reads)
    return Connector(
        name=w.name,
        cluster="main",
        type="sink" if sink else "source",
        connector_class=f"org.example.{'Sink' if sink else 'Source'}Connector",
        version="2.4.0",
        state="RUNNING",
        tasks=("RUNNING", "RUNNING"),
        topics=tuple(s.topic for s in (*w.reads, *w.writes) if s.topic),
        principals=(w.principal,),
        systems=tuple(one.system for one in w.external),
        workers=("connect-1.eu.example:8083",),
        secrets=tuple(secrets),
    )


def _whole(found: Any) -> Section[Any]:
    return Section(standing=State.COMPLETE, found=found)


def _of(text: str, most: int) -> int:
    """A number that looks like any other, and is always the same."""
    return zlib.crc32(text.encode()) % most


def write(folder: Path) -> None:
    """The inventory of an example, into its folder."""
    files = Folder(folder)
    files.save(INVENTORY, inventory(folder.name, files.workloads()))


if __name__ == "__main__":
    for one in MADE_UP:
        write(PLANS / one)
        for command in ("plan", "assess", "plan"):
            if (code := main(["-C", str(PLANS / one), command])) not in (0, 1):
                sys.exit(code)
