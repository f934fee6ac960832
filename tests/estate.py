"""A small estate for tests of pure logic."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from migrate.documents.config import Config
from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory, Section, State
from migrate.documents.workloads import Workloads
from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Commit, Group, Partition, Quota, ScramCredential, Topic
from migrate.rehearse.scenario import parse_acl

SITE = {"bootstrap_servers": "s:9092", "allow_everyone_if_no_acl_found": False}


def config(**changes: Any) -> Config:
    return Config.model_validate(
        {
            "version": 1,
            "name": "test",
            "source": SITE,
            "target": {**SITE, "bootstrap_servers": "t:9092"},
            "sensitivity": ["public", "internal", "secret"],
            **changes,
        }
    )


def acls(*texts: str) -> tuple[Acl, ...]:
    return tuple(parse_acl(text) for text in texts)


Change = Callable[[set[Acl]], None]
"""What somebody does to the ACLs of a cluster."""


def gone(*texts: str) -> Change:
    return lambda there: there.difference_update(acls(*texts))


def new(*texts: str) -> Change:
    return lambda there: there.update(acls(*texts))


def exchanged(old: str, by: str) -> Change:
    def exchange(there: set[Acl]) -> None:
        gone(old)(there)
        new(by)(there)

    return exchange


def topic(name: str, partitions: int = 1, **configs: str) -> Topic:
    parts = tuple(Partition(index=i, start=0, end=10) for i in range(partitions))
    return Topic(name=name, replication_factor=1, configs=configs, partitions=parts)


def group(name: str, *topics: str) -> Group:
    commits = tuple(Commit(topic=t, partition=0, offset=1, start=0, end=10) for t in topics)
    return Group(
        name=name, type="classic", protocol_type="consumer", state="Empty", commits=commits
    )


def section(found: Any, standing: State = State.COMPLETE, error: str = "") -> Section[Any]:
    return Section(standing=standing, found=found, error=error)


def inventory(
    topics: tuple[Topic, ...] = (),
    acl: tuple[Acl, ...] = (),
    groups: tuple[Group, ...] = (),
    scram: tuple[ScramCredential, ...] = (),
    quotas: tuple[Quota, ...] = (),
    **sections: Section[Any],
) -> Inventory:
    brokers = (Broker(id=1, host="s", port=9092),)
    made = {
        "cluster": section(ClusterInfo(cluster_id="src", brokers=brokers)),
        "acls": section(acl),
        "scram": section(scram),
        "quotas": section(quotas),
        "topics": section(topics),
        "groups": section(groups),
        "transactions": section(()),
        "producers": section(()),
        "connect": section(ConnectInfo()),
        "dependencies": section(()),
        "registries": section(()),
        "network": section(()),
        **sections,
    }
    return Inventory(
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        principal="User:kmig",
        bootstrap_servers="s:9092",
        **made,
    )


def workload(name: str, sensitivity: str = "public", **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "service",
        "owner": "team",
        "sensitivity": sensitivity,
        "principal": f"User:{name}",
        **fields,
    }


def people(*workloads: dict[str, Any], **more: Any) -> Workloads:
    return Workloads.model_validate({"workloads": workloads, **more})


def reads(*names: str) -> list[dict[str, str]]:
    return [{"topic": name} for name in names]
