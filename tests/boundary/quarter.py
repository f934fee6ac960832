"""A small estate that a review looks at: a Connect cluster with a source and two sinks, and five clients."""

from typing import Any

from migrate.boundary.view import View
from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory
from migrate.documents.workloads import Workloads
from migrate.estate import Estate
from migrate.model.cluster import Broker, BrokerFacts, Group, Member, ScramCredential
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.stored import StoredSecret, StoreReader
from tests.estate import acls, config, group, inventory, people, reads, section, topic, workload

KEY = "${vault:secret/pay:kafka}"
DB = "${file:/etc/kafka/db.properties:password}"


def connector(name: str, kind: str, tasks: int = 1, **fields: Any) -> Connector:
    made = {"cluster": "main", "connector_class": "org.example.C", "state": "RUNNING", **fields}
    return Connector(name=name, type=kind, tasks=("RUNNING",) * tasks, **made)


def facts(*lifetimes: float) -> tuple[BrokerFacts, ...]:
    return tuple(BrokerFacts(id=n, lifetime=one) for n, one in enumerate(lifetimes, 1))


CLUSTER = ClusterInfo(
    cluster_id="src", brokers=(Broker(id=1, host="s", port=9092),), facts=facts(300.0, 300.0)
)
CONNECTORS = (
    connector(
        *("pay-in", "source", 2),
        principals=("User:pay-in",),
        systems=("db:5432",),
        secrets=(
            SecretUse(key="database.password", secrecy="reference", references=(DB,)),
            SecretUse(
                key="producer.override.sasl.jaas.config", secrecy="reference", references=(KEY,)
            ),
        ),
    ),
    connector("web-out", "sink", principals=("User:web-out",)),
    connector("lake-out", "sink", 3, principals=("User:lake-out",)),
)
WORKERS = ("10.0.0.1:8083", "10.0.0.2:8083")
CONNECT = ConnectCluster(name="main", url="http://connect:8083", workers=WORKERS)
WORKLOADS = (
    workload(
        *("pay-in", "secret"),
        kind="connector",
        connector="main/pay-in",
        writes=reads("pay.in"),
        credential={"mechanism": "SCRAM-SHA-512", "secret": KEY},
        external=[{"system": "db:5432", "secret": DB}],
    ),
    workload("web-out", kind="connector", connector="main/web-out", reads=reads("web")),
    workload("lake-out", kind="connector", connector="main/lake-out", reads=reads("web")),
    workload("api", "internal", writes=reads("orders", "orders.audit")),
    workload("tracker", writes=reads("web")),
    workload("billing", "secret", reads=reads("pay.in", "orders"), groups=["billing"]),
    workload("fraud", "secret", reads=reads("pay.in"), groups=["fraud"]),
    workload("board", reads=reads("web", "orders", "orders.audit"), groups=["board"]),
)
ACLS = (
    "ALLOW WRITE on topic pay.in to User:pay-in",
    "ALLOW WRITE on topic prefixed orders to User:api",
    "ALLOW READ on topic web to User:web-out",
    "ALLOW READ on topic web to User:lake-out",
    "ALLOW READ on topic pay.in to User:billing",
    "ALLOW READ on topic orders to User:billing",
    "ALLOW READ on group billing to User:billing",
)
STORED = StoredSecret(
    reference=KEY,
    place="vault secret/pay",
    readers=(StoreReader(who="team pay", through="policy pay"),),
)
SITES: dict[str, Any] = {
    "connect": [
        {"name": "main", "source": "http://connect:8083", "config_topic": "connect-configs"}
    ],
    "source": {
        "bootstrap_servers": "s:9092",
        "allow_everyone_if_no_acl_found": False,
        "super_users": ["User:admin"],
    },
}


def taken(**changes: Any) -> Inventory:
    names = ("pay.in", "orders", "orders.audit", "web", "connect-configs")
    made: dict[str, Any] = {
        "topics": tuple(topic(name, 3 if name == "web" else 1) for name in names),
        "acl": acls(*ACLS),
        "groups": (member("billing", "/10.1.0.1"), group("fraud"), group("board")),
        "scram": tuple(
            ScramCredential(user=w["name"], mechanism="SCRAM-SHA-512", iterations=8192)
            for w in WORKLOADS
        ),
        "cluster": section(CLUSTER),
        "connect": section(ConnectInfo(clusters=(CONNECT,), connectors=CONNECTORS)),
        "copies": section(()),
        "stores": section((STORED, StoredSecret(reference=DB, place="/etc/kafka/db.properties"))),
        **changes,
    }
    return inventory(**made)


def member(name: str, *hosts: str) -> Group:
    members = tuple(Member(client_id="c", host=host) for host in hosts)
    return group(name).model_copy(update={"members": members})


def view(found: Inventory | None = None, some: Workloads | None = None, **sites: Any) -> View:
    return View(Estate(config(**{**SITES, **sites}), found or taken(), some or people(*WORKLOADS)))
