"""Runtimes: which credentials, classes, zones and systems a Connect cluster or a host holds, and who shares it."""

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.boundary import hosts
from migrate.boundary.credentials import Credentials, names_of
from migrate.boundary.runtimes import parted, runtimes
from migrate.documents.boundary import Runtime
from migrate.documents.inventory import ConnectInfo, Section, State
from migrate.estate import Estate
from migrate.model.cluster import Group, Member
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.use import Observed, Use
from tests import estate as build

JAAS = "consumer.override.sasl.jaas.config"
MAIN = ConnectCluster(name="main", url="http://w:8083", workers=("10.9.0.1:8083", "[fd00::9]:8083"))
WHOLE = {"observed": build.section(Observed())}
"""A log that was read in full and shows nothing: nothing is unknown of hosts."""


def connector(id: str, **facts: Any) -> Connector:
    cluster, _, name = id.partition("/")
    values = {"type": "sink", "connector_class": "x.Sink", "state": "RUNNING", **facts}
    return Connector(name=name, cluster=cluster, **values)


def referenced(key: str, *references: str) -> SecretUse:
    return SecretUse(key=key, secrecy="reference", references=references)


def connects(
    *connectors: Connector, clusters: tuple[ConnectCluster, ...] = (MAIN,)
) -> Section[Any]:
    return build.section(ConnectInfo(clusters=clusters, connectors=connectors))


def group(name: str, *hosts: str, client: str = "c", kind: str = "consumer") -> Group:
    members = tuple(Member(client_id=client, host=f"/{host}") for host in hosts)
    return Group(name=name, type="classic", protocol_type=kind, state="Stable", members=members)


def seen(principal: str, *hosts: str, **more: Any) -> Use:
    topic = {"operation": "READ", "resource_type": "TOPIC", "resource_name": "t", "allowed": 1}
    return Use(principal=principal, hosts=hosts, **topic, **more)


def estate(
    *workloads: dict[str, Any], config: dict[str, Any] | None = None, **found: Any
) -> Estate:
    zones: dict[str, Any] = {"zones": {"web": {}, "payments": {}}}
    inventory = build.inventory(**{**WHOLE, **found})
    return Estate(build.config(**(config or {})), inventory, build.people(*workloads, **zones))


def found_in(made: Estate) -> dict[str, Runtime]:
    return {one.name: one for one in runtimes(made, Credentials(made))}


PAYMENTS = build.workload(
    "cdc",
    "secret",
    zone="payments",
    connector="main/payments-cdc",
    external=[{"secret": "${file:/s:db}", "system": "ledger-db:5432"}],
)
CLICKS = build.workload("clicks", zone="web", connector="main/clicks")
PLANTED = (
    connector(
        "main/payments-cdc",
        type="source",
        principals=("User:cdc",),
        systems=("ledger-db:5432",),
        secrets=(
            referenced("database.password", "${file:/s:db}"),
            referenced(JAAS, "${file:/s:cdc}"),
        ),
    ),
    connector(
        "main/clicks",
        principals=("User:clicks",),
        systems=("lake:443",),
        secrets=(SecretUse(key="lake.key", secrecy="literal"),),
    ),
)


def test_a_connect_cluster_holds_what_each_of_its_connectors_uses() -> None:
    made = estate(PAYMENTS, CLICKS, connect=connects(*PLANTED))
    assert runtimes(made, Credentials(made)) == (
        Runtime(
            name="main",
            kind="connect",
            workers=("10.9.0.1:8083", "[fd00::9]:8083"),
            workloads=("cdc", "clicks"),
            credentials=("${file:/s:db}", "User:cdc", "User:clicks", "main/clicks, key `lake.key`"),
            lowest="public",
            highest="secret",
            zones=("payments", "web"),
            systems=("lake:443", "ledger-db:5432"),
        ),
    )


def test_a_connector_without_a_workload_is_in_the_cluster_with_its_secrets() -> None:
    found = found_in(estate(CLICKS, connect=connects(*PLANTED)))["main"]
    assert "User:cdc" in found.credentials
    assert found.workloads == ("clicks",)
    line = "connector main/payments-cdc has no workload: its sensitivity is unknown"
    assert found.unknown == (line,)


def test_a_login_whose_secret_another_connector_holds_is_in_that_one_s_cluster_too() -> None:
    thief = connector(
        "main/thief", principals=("User:x",), secrets=(referenced("k", "${file:/s:cdc}"),)
    )
    owner = connector(
        "east/cdc", principals=("User:cdc",), secrets=(referenced(JAAS, "${file:/s:cdc}"),)
    )
    found = found_in(estate(connect=connects(thief, owner)))
    assert found["main"].credentials == ("User:cdc", "User:x")
    assert found["east"].credentials == ("User:cdc",)


def test_the_password_of_a_trust_store_makes_no_login_another_s() -> None:
    trust = referenced("consumer.override.ssl.truststore.password", "${file:/s:trust}")
    some = (
        connector("main/a", principals=("User:a",), secrets=(trust,)),
        connector("east/b", principals=("User:b",), secrets=(trust,)),
    )
    found = found_in(estate(connect=connects(*some)))
    assert (found["main"].credentials, found["east"].credentials) == (("User:a",), ("User:b",))


def test_a_secret_of_an_outside_system_that_is_a_login_s_too_is_both() -> None:
    both = connector("main/a", principals=("User:a",), secrets=(referenced("k", "${file:/s:x}"),))
    made = estate(
        build.workload(
            "a", connector="main/a", external=[{"secret": "${file:/s:x}", "system": "db:1"}]
        ),
        build.workload("b", credential={"mechanism": "SCRAM-SHA-256", "secret": "${file:/s:x}"}),
        connect=connects(both),
    )
    assert found_in(made)["main"].credentials == ("${file:/s:x}", "User:a", "User:b")


def test_the_same_question_of_many_connectors_is_counted() -> None:
    many = [connector(f"main/c{n}", principals=("User:x",)) for n in range(5)]
    assert found_in(estate(connect=connects(*many)))["main"].unknown == (
        "connector main/c0 has no workload: its sensitivity is unknown",
        "connector main/c1 has no workload: its sensitivity is unknown",
        "connector main/c2 has no workload: its sensitivity is unknown",
        "2 more connectors: each has no workload: its sensitivity is unknown",
    )


def test_what_a_connector_does_not_say_is_unknown() -> None:
    some = (
        connector("main/clicks"),
        connector("main/behind", principals=("?",)),
        connector(
            "main/tls", secrets=(referenced("producer.override.ssl.key.password", "${env:K}"),)
        ),
        connector(
            "main/odd", principals=("User:x",), secrets=(SecretUse(key="k", secrecy="unknown"),)
        ),
        connector("main/broken", principals=("User:x",), error="500"),
    )
    lines = found_in(estate(CLICKS, connect=connects(*some)))["main"].unknown
    assert {line for line in lines if "has no workload" not in line} == {
        "connector main/clicks logs in as the worker: Connect does not tell the worker's principal",
        "connector main/behind logs in as a principal that stands behind a reference",
        "connector main/tls logs in with a certificate: its principal is unknown",
        "connector main/odd may hold a credential: key `k`",
        "connector main/broken was not read in full: 500",
    }


def test_a_cluster_that_did_not_answer_is_unknown_and_keeps_its_declared_workloads() -> None:
    silent = ConnectCluster(name="main", url="", error="connection refused")
    section = build.section(ConnectInfo(clusters=(silent,)), State.REFUSED, "connection refused")
    found = found_in(estate(PAYMENTS, connect=section))["main"]
    assert (found.workloads, found.highest, found.credentials) == (("cdc",), "secret", ())
    assert found.unknown == (
        "Connect cluster main was not read in full: connection refused",
        "connector main/payments-cdc was not read: its credentials are unknown",
    )


def test_a_cluster_that_only_files_name_is_unknown_and_not_absent() -> None:
    config = {"connect": [{"name": "east", "source": "http://e:8083"}]}
    refused = build.section(ConnectInfo(), State.REFUSED, "no")
    assert found_in(estate(config=config, connect=refused))["east"].unknown == (
        "Connect cluster east is not in the inventory",
        "section connect is refused: no",
    )
    assert found_in(estate(PAYMENTS))["main"].unknown[0] == (
        "Connect cluster main is not in the inventory"
    )


def test_an_error_that_is_of_no_cluster_may_be_of_any() -> None:
    partial = build.section(ConnectInfo(clusters=(MAIN,)), State.PARTIAL, "lost")
    assert found_in(estate(connect=partial))["main"].unknown == (
        "section connect is partial: lost",
    )
    other = ConnectCluster(name="other", url="", error="lost")
    both = build.section(ConnectInfo(clusters=(MAIN, other)), State.PARTIAL, "lost")
    assert found_in(estate(connect=both))["main"].unknown == ()


def test_a_sensitivity_that_is_not_in_the_list_is_unknown() -> None:
    found = found_in(
        estate(build.workload("a", "odd", groups=["g"]), groups=(group("g", "10.0.0.1"),))
    )
    assert (found["10.0.0.1"].lowest, found["10.0.0.1"].highest) == ("", "")
    assert found["10.0.0.1"].unknown == (
        "workload a: its sensitivity `odd` is not in `sensitivity` of kmig.yaml",
    )


def test_a_host_holds_the_logins_of_the_clients_seen_on_it() -> None:
    billing = {"external": [{"secret": "${env:X}", "system": "db:1"}], "zone": "payments"}
    made = estate(
        build.workload("billing", "secret", groups=["g"], **billing),
        build.workload("clicks"),
        build.workload("elsewhere", groups=["h"]),
        groups=(group("g", "10.0.0.1"), group("h", "10.0.0.2"), group("stray", "10.0.0.2")),
        observed=build.section(
            Observed(uses=(seen("User:clicks", "10.0.0.1"), seen("User:who", "1.1.1.1")))
        ),
    )
    first, second = runtimes(made, Credentials(made))
    assert first == Runtime(
        name="10.0.0.1",
        kind="host",
        workloads=("billing", "clicks"),
        credentials=("User:billing", "User:clicks"),
        lowest="public",
        highest="secret",
        zones=("payments",),
        systems=("db:1",),
    )
    assert (second.name, second.workloads) == ("10.0.0.2", ("elsewhere",))
    assert second.unknown == ("group stray has members here and no workload",)


def test_the_hosts_of_sink_tasks_are_workers_and_not_clients() -> None:
    made = estate(
        {**CLICKS, "groups": ["own-group"]},
        connect=connects(*PLANTED),
        groups=(
            group("connect-clicks", "10.9.0.1", "10.9.0.2"),
            group("own-group", "10.9.0.3", client="connector-consumer-clicks-0"),
        ),
        observed=build.section(
            Observed(uses=(seen("User:clicks", "10.9.0.1", "10.9.0.2", "10.9.0.3", "6.6.6.6"),))
        ),
    )
    assert set(found_in(made)) == {"main", "6.6.6.6"}, "a login used elsewhere is not hidden"
    unseen = made.inventory.model_copy(update={"observed": None})
    assert list(hosts.clients(Estate(made.config, unseen, made.people))) == []


def test_a_client_on_a_worker_s_host_shares_it_with_all_connectors() -> None:
    made = estate(
        PAYMENTS,
        build.workload("batch", groups=["g"]),
        connect=connects(PLANTED[0]),
        groups=(group("g", "10.9.0.1"),),
    )
    found = found_in(made)
    host = found["10.9.0.1"]
    assert (host.workers, host.workloads) == (("10.9.0.1:8083",), ("batch", "cdc"))
    assert set(host.credentials) == {"User:batch", "User:cdc", "${file:/s:db}"}
    assert found["main"].workloads == ("cdc",)


def test_a_loopback_address_says_that_the_machine_is_unknown_and_shares_no_worker() -> None:
    local = ConnectCluster(name="main", url="http://w:8083", workers=("127.0.0.1:8083",))
    made = estate(
        PAYMENTS,
        build.workload("batch", groups=["g"]),
        connect=connects(PLANTED[0], clusters=(local,)),
        groups=(group("g", "127.0.0.1"),),
    )
    host = found_in(made)["127.0.0.1"]
    assert host.workloads == ("batch",)
    assert host.unknown == ("each machine calls itself 127.0.0.1: which one is unknown",)


def test_a_login_of_several_workloads_leaves_open_whose_client_it_is() -> None:
    made = estate(
        build.workload("a", principal="User:both"),
        build.workload("b", principal="User:both", connector="main/b"),
        connect=connects(connector("main/b", principals=("User:both",))),
        observed=build.section(
            Observed(uses=(seen("User:both", "10.9.0.1", "10.0.0.5", more_hosts=True),))
        ),
    )
    found = found_in(made)
    assert set(found) == {"main", "10.0.0.5"}, "on a worker's host it is the connector's"
    assert found["10.0.0.5"].workloads == ("a", "b")
    assert found["10.0.0.5"].credentials == ("User:both",)
    assert found["10.0.0.5"].unknown == (
        "User:both was seen here: which of its workloads is unknown (a, b)",
        "User:both was seen on more hosts than are kept",
    )


def test_a_host_says_which_clients_could_not_be_seen() -> None:
    refused = {"standing": State.REFUSED, "error": "no"}
    silent = group("h").model_copy(update={"members": None})
    groups = build.section((group("g", "10.0.0.1"), silent), State.PARTIAL, "no broker 3")
    made = estate(build.workload("a", groups=["g"]), build.workload("b", groups=["h"]), groups=())
    inventory = made.inventory.model_copy(update={"groups": groups, "observed": None})
    lines = found_in(Estate(made.config, inventory, made.people))["10.0.0.1"].unknown
    assert lines == (
        "section groups is partial: no broker 3",
        "the members of 1 group are unknown: h",
        "no authorizer log was read: the hosts of clients without a group are unknown",
    )
    observed = build.section(Observed()).model_copy(update=refused)
    inventory = inventory.model_copy(update={"observed": observed})
    lines = found_in(Estate(made.config, inventory, made.people))["10.0.0.1"].unknown
    assert "section observed is refused: no" in lines


def sentences(
    *workloads: dict[str, Any], connectors: tuple[Connector, ...] = PLANTED
) -> tuple[str, ...]:
    made = estate(*workloads, connect=connects(*connectors))
    return parted(made, found_in(made)["main"])


def test_the_highest_class_is_named_against_the_lowest_and_is_to_move() -> None:
    assert sentences(PAYMENTS, CLICKS) == (
        "source `main/payments-cdc` (secret, zone payments) and sink `main/clicks` (public, zone web) "
        "share this boundary",
        "move main/payments-cdc to a Connect cluster of its own",
    )


def test_the_pair_is_of_different_zones_where_there_is_one() -> None:
    near = build.workload("a-near", zone="payments", connector="main/near")
    share, _ = sentences(PAYMENTS, CLICKS, near)
    assert "sink `main/clicks` (public, zone web)" in share


def test_of_one_class_the_rarer_zone_is_to_move() -> None:
    more = build.workload("more", "secret", zone="web", connector="main/more")
    share, move = sentences(PAYMENTS, {**CLICKS, "sensitivity": "secret"}, more)
    assert share.startswith(
        "source `main/payments-cdc` (secret, zone payments) and sink `main/clicks`"
    )
    assert move == "move main/payments-cdc to a Connect cluster of its own"


def test_many_connectors_to_move_are_counted_after_the_first() -> None:
    more = [build.workload(f"w{n}", "secret", connector=f"main/c{n}") for n in range(5)]
    assert sentences(CLICKS, *more)[1] == (
        "move main/c0, main/c1, main/c2 … and 2 more to a Connect cluster of their own"
    )


def test_a_zone_that_is_not_set_is_asked_for_and_nothing_is_to_move() -> None:
    assert sentences({**PAYMENTS, "zone": ""}, {**CLICKS, "sensitivity": "secret"}) == (
        "sink `main/clicks` (secret, zone web) and source `main/payments-cdc` (secret, no zone) "
        "share this boundary",
        "set the `zone` of cdc: without one it is unknown which boundary it needs",
    )


def test_one_class_and_zone_is_nothing_to_say() -> None:
    assert sentences(PAYMENTS, {**CLICKS, "sensitivity": "secret", "zone": "payments"}) == ()
    assert sentences() == ()


def test_workloads_on_one_host_are_to_run_on_hosts_of_their_own() -> None:
    made = estate(
        build.workload("billing", "secret", groups=["g"]),
        build.workload("ledger", "secret", groups=["h"]),
        build.workload("clicks", groups=["i"], kind="consumer"),
        groups=tuple(group(name, "10.0.0.1") for name in "ghi"),
    )
    assert parted(made, found_in(made)["10.0.0.1"]) == (
        "service `billing` (secret, no zone) and consumer `clicks` (public, no zone) share this boundary",
        "run billing, ledger on hosts of their own",
    )


NAMES = st.sampled_from(["a", "b", "c"])
USES = st.one_of(
    st.builds(referenced, st.sampled_from(["k", JAAS]), NAMES.map("${{file:/s:{}}}".format)),
    st.builds(SecretUse, key=NAMES, secrecy=st.sampled_from(["literal", "empty", "unknown"])),
)
CONNECTORS = st.dictionaries(
    st.builds("{}/{}".format, st.sampled_from(["main", "east"]), NAMES),
    st.tuples(
        st.lists(NAMES.map("User:{}".format), max_size=2, unique=True),
        st.lists(USES, max_size=3, unique_by=lambda use: use.key),
    ),
    max_size=6,
)
OWNERS = st.dictionaries(NAMES, st.tuples(NAMES, st.booleans()), max_size=3)


@settings(max_examples=300, deadline=None)
@given(CONNECTORS, OWNERS)
def test_a_cluster_holds_every_credential_that_its_connectors_use_and_no_other(
    shapes: dict[str, Any], owners: dict[str, tuple[str, bool]]
) -> None:
    connectors = tuple(
        connector(id, principals=tuple(principals), secrets=tuple(uses))
        for id, (principals, uses) in shapes.items()
    )
    workloads = [
        build.workload(
            name,
            connector=f"main/{name}",
            credential={"mechanism": "SCRAM-SHA-256", "secret": f"${{file:/s:{of}}}"}
            if login
            else None,
            external=[] if login else [{"secret": f"${{file:/s:{of}}}", "system": "db:1"}],
        )
        for name, (of, login) in owners.items()
    ]
    clusters = tuple(ConnectCluster(name=name, url="http://w") for name in ("east", "main"))
    made = estate(*workloads, connect=connects(*connectors, clusters=clusters))
    credentials = Credentials(made)
    found = {one.name: one for one in runtimes(made, credentials)}
    for cluster in ("east", "main"):
        mine = [c for c in connectors if c.cluster == cluster]
        secrets = {name for c in mine for use in c.secrets for name in names_of(c, use)}
        expected = {
            credential.name
            for credential in credentials.by_name.values()
            if secrets & set(credential.secrets)
            or {credential.principal} & {p for c in mine for p in c.principals}
        }
        assert set(found[cluster].credentials) == expected


def test_the_runtimes_of_a_large_estate_take_less_than_a_second() -> None:
    workloads = [
        build.workload(
            f"w{n}",
            ("public", "internal", "secret")[n % 3],
            zone=("web", "payments")[n % 2],
            **({"connector": f"c{n % 4}/w{n}"} if n < 2000 else {"groups": [f"g{n}"]}),
        )
        for n in range(5000)
    ]
    connectors = [
        connector(
            f"c{n % 4}/w{n}",
            principals=(f"User:w{n}",),
            secrets=(referenced("k", f"${{file:/s:{n}}}"),),
        )
        for n in range(2000)
    ]
    clusters = tuple(ConnectCluster(name=f"c{n}", url="http://w") for n in range(4))
    hosts = [f"10.{n // 250}.0.{n % 250}" for n in range(5000)]
    groups = [group(f"g{n}", hosts[n], hosts[n - 1], hosts[n - 2]) for n in range(2000, 5000)]
    uses = [seen(f"User:w{n}", hosts[n]) for n in range(5000)]
    made = estate(
        *workloads,
        connect=connects(*connectors, clusters=clusters),
        groups=tuple(groups),
        observed=build.section(Observed(uses=tuple(uses))),
    )
    credentials = Credentials(made)
    assert credentials.by_connector
    began = time.process_time()
    found = runtimes(made, credentials)
    told = [parted(made, one) for one in found]
    assert time.process_time() - began < 1.0
    assert len(found) == len(told) == 5004
