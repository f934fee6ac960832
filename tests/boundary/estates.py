"""Planted estates for boundaries: a shared Connect worker, one password in several places, a prefix too wide."""

from typing import Any

from migrate.boundary.trace import furthest
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary
from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory
from migrate.estate import Estate
from migrate.journal.standing import Journal
from migrate.model.cluster import Broker, BrokerFacts, ScramCredential
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.stored import StoredSecret, StoreReader
from migrate.model.use import ExposedSecret
from tests.estate import acls, config, group, inventory, people, reads, section, topic, workload

LEDGER = "${file:/srv/pay.properties:ledger}"
DATABASE = "${file:/srv/pay.properties:db}"
SUPER = {
    "bootstrap_servers": "s:9092",
    "allow_everyone_if_no_acl_found": False,
    "super_users": ["User:admin"],
}
TOPICS = ("pay.out", "pay.in", "web.clicks", "main-configs")
GRANTS = (
    "ALLOW READ on topic prefixed pay. to User:ledger",
    "ALLOW READ on group connect-ledger to User:ledger",
    "ALLOW WRITE on topic web.clicks to User:clicks",
    "ALLOW READ on topic main-configs to User:auditor",
    "ALLOW ALL on topic main-configs to User:connect",
)


def connector(name: str, *uses: SecretUse, **fields: Any) -> Connector:
    made = {
        "cluster": "main",
        "type": "sink",
        "connector_class": "org.example.Sink",
        "state": "RUNNING",
        "tasks": ("RUNNING",),
        "workers": ("10.1.0.5:8083",),
        **fields,
    }
    return Connector(name=name, secrets=uses, **made)


def referenced(key: str, *references: str) -> SecretUse:
    return SecretUse(key=key, secrecy="reference", references=references)


def literal(key: str, *, of: str = "", same_as: str = "") -> SecretUse:
    return SecretUse(key=key, secrecy="literal", of=of, same_as=same_as)


LEDGER_SINK = connector(
    "ledger",
    referenced("consumer.override.sasl.jaas.config", LEDGER),
    literal("connection.password", of=DATABASE),
    topics=("pay.out",),
    principals=("User:ledger",),
    systems=("db.internal:5432",),
)
CLICKS = connector(
    "clicks", literal("upload.token"), type="source", principals=("User:clicks",), tasks=("A", "B")
)
MAIN = ConnectCluster(
    name="main", url="http://connect:8083", kafka_cluster_id="src", workers=("10.1.0.5:8083",)
)
STORED = (
    StoredSecret(
        reference=LEDGER,
        place="/srv/pay.properties",
        readers=(StoreReader(who="group pay-ops: ann, bo", through="mode 0640"),),
    ),
    StoredSecret(reference=DATABASE, unknown="/srv/pay.properties: key `db` does not exist"),
)
COPIES = (
    ExposedSecret(file="ticket.txt", line=4, found="the value", of=LEDGER),
    ExposedSecret(file="other.txt", line=1, found="the literal value of key `password`"),
)


def facts(lifetime: float = 60.0) -> ClusterInfo:
    return ClusterInfo(
        cluster_id="src",
        brokers=(Broker(id=1, host="s", port=9092),),
        facts=(BrokerFacts(id=1, lifetime=lifetime),),
    )


def taken(*grants: str, **sections: Any) -> Inventory:
    made = {
        "cluster": section(facts()),
        "connect": section(ConnectInfo(clusters=(MAIN,), connectors=(CLICKS, LEDGER_SINK))),
        "stores": section(STORED),
        "copies": section(COPIES),
        **sections,
    }
    return inventory(
        tuple(map(topic, TOPICS)),
        acls(*(grants or GRANTS)),
        (group("connect-ledger", "pay.out"),),
        (ScramCredential(user="ledger", mechanism="SCRAM-SHA-256", iterations=4096),),
        **made,
    )


def workloads() -> tuple[dict[str, Any], ...]:
    return (
        workload(
            "ledger",
            "secret",
            security_owner="sec",
            zone="pay",
            connector="main/ledger",
            reads=reads("pay.out"),
            credential={"mechanism": "SCRAM-SHA-256", "secret": LEDGER},
            external=[{"secret": DATABASE, "system": "db.internal:5432"}],
        ),
        workload("clicks", connector="main/clicks", writes=reads("web.clicks")),
    )


def view(
    found: Inventory | None = None, *some: dict[str, Any], journal: Journal | None = None
) -> View:
    declared = people(*(some or workloads()), zones={"pay": {"hosts": ["10.1.0.0/16"]}})
    settings = config(source=SUPER, connect=[{"name": "main", "source": MAIN.url}])
    return View(Estate(settings, found or taken(), declared), journal or Journal())


def everything(made: View) -> list[Boundary]:
    """Return the boundary of every credential, what reaches furthest first."""
    return furthest(made, len(made.credentials.by_name))[1]
