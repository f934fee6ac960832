"""The table of boundary choices: each value of each column on the smallest estate that has it."""

from collections.abc import Sequence
from typing import Any

import pytest

from migrate.boundary.choices import choices
from migrate.boundary.credentials import Credentials
from migrate.boundary.runtimes import runtimes
from migrate.boundary.sides import on_source
from migrate.documents.boundary import CHOICES, BoundaryChoice
from migrate.documents.inventory import ConnectInfo, State
from migrate.estate import Estate
from migrate.journal.standing import Journal
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from tests import estate as build

MAIN = ConnectCluster(name="main", url="http://w:8083")
JAAS = "consumer.override.sasl.jaas.config"
REFERENCE_DATA = {
    "acl": {"principal": "User:*", "resource": "topic:x.*"},
    "decision": "replay",
    "because": "reference data is public",
}
DB = {"secret": "${file:/s:db}", "system": "db:1"}


def login(secret: str = "${file:/s:a}") -> dict[str, Any]:
    return {"mechanism": "SCRAM-SHA-256", "secret": secret}


def workload(name: str = "a", sensitivity: str = "secret", **more: Any) -> dict[str, Any]:
    facts = {"zone": "z", "credential": login(f"${{file:/s:{name}}}"), **more}
    return build.workload(name, sensitivity, **facts)


def connector(name: str, **facts: Any) -> Connector:
    values = {
        "type": "sink",
        "connector_class": "x.Sink",
        "state": "RUNNING",
        "principals": (f"User:{name}",),
        **facts,
    }
    return Connector(name=name, cluster="main", **values)


def uses(key: str = "k", *references: str, **more: Any) -> SecretUse:
    values = {"secrecy": "reference", "references": references, **more}
    return SecretUse(key=key, **values)


def estate(
    *workloads: dict[str, Any],
    connectors: tuple[Connector, ...] = (),
    acls: tuple[str, ...] = (),
    topics: tuple[str, ...] = ("t", "x.1", "y.1"),
    super_users: tuple[str, ...] = ("User:admin",),
    cluster: ConnectCluster = MAIN,
    state: State = State.COMPLETE,
    shared: Sequence[dict[str, Any]] = (),
) -> Estate:
    found = ConnectInfo(clusters=(cluster,), connectors=connectors)
    inventory = build.inventory(
        topics=tuple(build.topic(name) for name in topics),
        acl=build.acls(*acls),
        connect=build.section(found, state, "" if state is State.COMPLETE else "lost"),
    )
    zones = {"zones": {"z": {"reaches": ["db:1"]}, "y": {}}}
    config = build.config(source={**build.SITE, "super_users": super_users})
    return Estate(config, inventory, build.people(*workloads, **zones, shared=shared))


def table(made: Estate) -> tuple[BoundaryChoice, ...]:
    credentials = Credentials(made)
    return choices(
        made, credentials, runtimes(made, credentials), on_source(made, Journal()).rights
    )


SILENT: dict[str, Any] = {
    "cluster": ConnectCluster(name="main", url="", error="no answer"),
    "state": State.REFUSED,
}
MINE = workload(connector="main/a")
OWN = connector("a", secrets=(uses(JAAS, "${file:/s:a}"),))
BESIDE = workload("b", connector="main/b")
READS = ("ALLOW READ on topic t to User:a",)

CASES: dict[str, tuple[str, Estate, str, str]] = {
    # what is planted: the choice, the estate, and what the table says of workload `a`
    "alone": (
        "application",
        estate(workload()),
        "yes",
        "1 credential, used by no other workload or connector: User:a",
    ),
    "principal of two": (
        "application",
        estate(workload(), workload("b", principal="User:a")),
        "no",
        "User:a is also used by b",
    ),
    "secret of two logins": (
        "application",
        estate(workload(), workload("b", credential=login())),
        "no",
        "User:a is also used by b",
    ),
    "secret in another's connector": (
        "application",
        estate(
            workload(),
            BESIDE,
            connectors=(connector("b", secrets=(uses("k", "${file:/s:a}"),)),),
        ),
        "no",
        "User:a is also used by b",
    ),
    "secret in a connector of no workload": (
        "application",
        estate(workload(), connectors=(connector("c", secrets=(uses("k", "${file:/s:a}"),)),)),
        "no",
        "User:a is also used by connector main/c",
    ),
    "trust store of many": (
        "application",
        estate(
            MINE,
            BESIDE,
            connectors=tuple(
                connector(
                    n, secrets=(uses("consumer.override.ssl.truststore.password", "${env:T}"),)
                )
                for n in "ab"
            ),
        ),
        "yes",
        "1 credential, used by no other workload or connector: User:a",
    ),
    "password that is a trust store's too": (
        "application",
        estate(
            MINE,
            BESIDE,
            connectors=(
                connector("a", secrets=(uses("k", "${env:T}"),)),
                connector("b", secrets=(uses("database.ssl.truststore.password", "${env:T}"),)),
            ),
        ),
        "no",
        "${env:T} is also used by b",
    ),
    "secret not named": (
        "application",
        estate(workload(credential=None)),
        "unknown",
        "nothing names the secret of User:a",
    ),
    "other connectors not read": (
        "application",
        estate(workload(), **SILENT),
        "unknown",
        "section connect is refused: lost",
    ),
    "own connector may hold more": (
        "application",
        estate(MINE, connectors=(connector("a", secrets=(uses("k", secrecy="unknown"),)),)),
        "unknown",
        "connector main/a may hold a credential: key `k`",
    ),
    "no connector": ("connector runtime", estate(workload()), "–", "it runs no connector"),
    "cluster of its own": (
        "connector runtime",
        estate(MINE, connectors=(OWN,)),
        "yes",
        "Connect cluster main runs no other workload's connector",
    ),
    "cluster of one owner and class": (
        "connector runtime",
        estate(MINE, BESIDE, connectors=(OWN, connector("b"))),
        "yes",
        "Connect cluster main runs 1 other workload, of the same owner, sensitivity and zone",
    ),
    "cluster of two owners": (
        "connector runtime",
        estate(MINE, {**BESIDE, "owner": "others"}, connectors=(OWN, connector("b"))),
        "no",
        "Connect cluster main also runs b (secret, zone z, others)",
    ),
    "cluster of two classes": (
        "connector runtime",
        estate(MINE, {**BESIDE, "sensitivity": "public", "zone": "", "owner": "?"}),
        "no",
        "Connect cluster main also runs b (public, no zone, no owner)",
    ),
    "cluster of two zones, of which one did not answer": (
        "connector runtime",
        estate(MINE, {**BESIDE, "zone": "y"}, **SILENT),
        "no",
        "Connect cluster main also runs b (secret, zone y, team)",
    ),
    "cluster of many: one of each kind first": (
        "connector runtime",
        estate(
            MINE,
            workload("b", "public", connector="main/b"),
            workload("c", "public", connector="main/c"),
            workload("d", zone="y", connector="main/d"),
            workload("e", zone="y", connector="main/e"),
        ),
        "no",
        "Connect cluster main also runs b (public, zone z, team), d (secret, zone y, team), c … and 1 more",
    ),
    "cluster silent": (
        "connector runtime",
        estate(MINE, **SILENT),
        "unknown",
        "Connect cluster main was not read in full: no answer",
    ),
    "cluster with a connector of no workload": (
        "connector runtime",
        estate(MINE, connectors=(OWN, connector("c"))),
        "unknown",
        "Connect cluster main also runs main/c, of no workload",
    ),
    "cluster without a zone": (
        "connector runtime",
        estate(MINE, {**BESIDE, "zone": ""}, connectors=(OWN, connector("b"))),
        "unknown",
        "Connect cluster main: owner or zone is not set of b",
    ),
    "cluster without owners": (
        "connector runtime",
        estate({**MINE, "owner": "?"}, {**BESIDE, "owner": "?"}, connectors=(OWN, connector("b"))),
        "unknown",
        "Connect cluster main: owner or zone is not set of a, b",
    ),
    "identity of its own": (
        "principal",
        estate(workload()),
        "yes",
        "no other workload or connector logs in as User:a",
    ),
    "connector with its own login": (
        "principal",
        estate(MINE, connectors=(OWN,)),
        "yes",
        "no other workload or connector logs in as User:a",
    ),
    "identity of two": (
        "principal",
        estate(workload(), workload("b", principal="User:a")),
        "no",
        "User:a is also the principal of b",
    ),
    "identity of a stranger's connector": (
        "principal",
        estate(workload(), connectors=(connector("c", principals=("User:a",)),)),
        "no",
        "User:a is also used by connector main/c",
    ),
    "connector with the worker's login": (
        "principal",
        estate(MINE, connectors=(connector("a", principals=()),)),
        "no",
        "connector main/a logs in as the worker: Connect does not tell the worker's principal",
    ),
    "connector with another's login": (
        "principal",
        estate(MINE, connectors=(connector("a", principals=("User:x",)),)),
        "no",
        "connector main/a logs in as User:x",
    ),
    "no identity": (
        "principal",
        estate(workload(principal="User:ANONYMOUS")),
        "no",
        "User:ANONYMOUS is no identity",
    ),
    "login behind a reference": (
        "principal",
        estate(MINE, connectors=(connector("a", principals=("?",)),)),
        "unknown",
        "connector main/a logs in as a principal that stands behind a reference",
    ),
    "connector not read": (
        "principal",
        estate(MINE),
        "unknown",
        "connector main/a was not read",
    ),
    "rights as declared": (
        "namespace",
        estate(workload(reads=build.reads("t")), acls=READS),
        "yes",
        "READ and WRITE on no topic that it does not declare",
    ),
    "rights on what Streams keeps": (
        "namespace",
        estate(
            workload(kind="streams", reads=build.reads("t"), groups=["app"]),
            topics=("t", "app-x-changelog"),
            acls=(*READS, "ALLOW ALL on topic prefixed app- to User:a"),
        ),
        "yes",
        "READ and WRITE on no topic that it does not declare",
    ),
    "rights beyond": (
        "namespace",
        estate(
            workload(reads=build.reads("t")),
            acls=(
                "ALLOW READ on topic * to User:a",
                "ALLOW WRITE on topic t to User:a from 10.0.0.1",
            ),
        ),
        "no",
        "READ on 2 topics not declared: x.1, y.1; WRITE on 1 topic not declared: t",
    ),
    "rights of everyone": (
        "namespace",
        estate(
            workload(reads=build.reads("t")),
            acls=(*READS, "ALLOW READ on topic prefixed x. to User:*"),
        ),
        "no",
        "READ on 1 topic not declared, as everyone may: x.1",
    ),
    "rights of everyone by decision": (
        "namespace",
        estate(
            workload(reads=build.reads("t")),
            acls=(*READS, "ALLOW READ on topic prefixed x. to User:*"),
            shared=[REFERENCE_DATA],
        ),
        "yes",
        "READ and WRITE on no topic that it does not declare, but those that `shared` opens to everyone",
    ),
    "rights of everyone beyond the decision": (
        "namespace",
        estate(
            workload(reads=build.reads("t")),
            acls=(
                *(*READS, "ALLOW READ on topic prefixed x. to User:*"),
                "ALLOW READ on topic y.1 to User:*",
            ),
            shared=[REFERENCE_DATA],
        ),
        "no",
        "READ on 1 topic not declared, as everyone may: y.1",
    ),
    "rights of everyone that are dropped": (
        "namespace",
        estate(
            workload(reads=build.reads("t")),
            acls=(*READS, "ALLOW READ on topic prefixed x. to User:*"),
            shared=[{**REFERENCE_DATA, "decision": "drop"}],
        ),
        "no",
        "READ on 1 topic not declared, as everyone may: x.1",
    ),
    "rights for names to come": (
        "namespace",
        estate(
            workload(reads=build.reads("t"), groups=["new"]),
            acls=(*READS, "ALLOW WRITE on topic prefixed new- to User:a"),
        ),
        "no",
        "topics that do not exist yet, beyond its declaration: WRITE on topic prefix new-",
    ),
    "declared prefix over another's topics": (
        "namespace",
        estate(
            workload(writes=[{"prefix": "x."}]),
            workload("b", writes=build.reads("x.1")),
            acls=("ALLOW WRITE on topic prefixed x. to User:a",),
        ),
        "no",
        "WRITE on topic prefix x. covers topics of others: x.1",
    ),
    "super user": (
        "namespace",
        estate(workload(), super_users=("User:a",)),
        "no",
        "User:a: a super user of the source, as kmig.yaml declares: no ACL can deny it anything",
    ),
    "super users not declared": (
        "namespace",
        estate(workload(reads=build.reads("t")), acls=READS, super_users=()),
        "unknown",
        "whether User:a is a super user: kmig.yaml declares no `super_users` of the source",
    ),
    "no account": (
        "customer account",
        estate(MINE, connectors=(OWN,)),
        "–",
        "it opens no account outside Kafka",
    ),
    "trust store is no account": (
        "customer account",
        estate(
            MINE,
            connectors=(
                connector("a", secrets=(uses("database.ssl.truststore.password", "${env:T}"),)),
            ),
        ),
        "–",
        "it opens no account outside Kafka",
    ),
    "account of its own": (
        "customer account",
        estate(workload(external=[DB])),
        "yes",
        "1 account of its own, within zone z: db:1",
    ),
    "account of a connector's secret": (
        "customer account",
        estate(
            MINE, connectors=(connector("a", systems=("db:1",), secrets=(uses("k", "${env:X}"),)),)
        ),
        "yes",
        "1 account of its own, within zone z: db:1",
    ),
    "account of two": (
        "customer account",
        estate(workload(external=[DB]), workload("b", external=[DB])),
        "no",
        "${file:/s:db} is also used by b",
    ),
    "account outside its zone": (
        "customer account",
        estate(workload(zone="y", external=[DB])),
        "no",
        "db:1: missing from `reaches` of zone y",
    ),
    "account of an unknown system": (
        "customer account",
        estate(MINE, connectors=(connector("a", secrets=(uses("k", secrecy="literal"),)),)),
        "unknown",
        "nothing names the system that main/a, key `k` opens",
    ),
    "account without a zone": (
        "customer account",
        estate(workload(zone="", external=[DB])),
        "unknown",
        "its zone is not set: whether it may reach db:1",
    ),
    "account that unread connectors may use": (
        "customer account",
        estate(workload(external=[DB]), **SILENT),
        "unknown",
        "section connect is refused: lost",
    ),
    "accounts of a connector that was not read": (
        "customer account",
        estate(MINE),
        "unknown",
        "connector main/a was not read",
    ),
}


@pytest.mark.parametrize("planted", CASES)
def test_the_table_says_what_was_planted(planted: str) -> None:
    choice, made, holds, because = CASES[planted]
    (cell,) = [one for one in table(made) if (one.workload, one.choice) == ("a", choice)]
    assert (cell.holds, cell.because) == (holds, because)


def test_every_value_of_every_column_is_planted() -> None:
    planted = {(choice, holds) for choice, _, holds, _ in CASES.values()}
    assert planted == {
        *((choice, holds) for choice in CHOICES for holds in ("yes", "no", "unknown")),
        ("connector runtime", "–"),
        ("customer account", "–"),
    }


def test_every_workload_has_every_choice_in_order() -> None:
    made = estate(workload("b"), workload("a"), MINE | {"name": "c", "principal": "User:c"})
    cells = [(one.workload, one.choice) for one in table(made)]
    assert cells == [(name, choice) for name in "abc" for choice in CHOICES]
