"""Estates seen only in part, and credentials in bad order: what kmig cannot know is `unknown`, never none."""

from typing import Any

import pytest

from migrate.boundary.trace import trace
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Line
from migrate.documents.inventory import ConnectInfo, Inventory, State
from migrate.estate import Estate
from migrate.model.cluster import Member, ScramCredential
from migrate.model.connector import ConnectCluster, Connector
from migrate.model.stored import StoredSecret
from migrate.model.use import ExposedSecret, Observed, Use
from migrate.render import boundary as shown
from migrate.render.columns import columns_of
from tests import estate as build
from tests.boundary.estates import connector, literal, referenced

FILE = "${file:/run/secrets/app.properties:password}"
SUPER = {"super_users": ["User:root"]}
MAIN = [{"name": "main", "source": "http://c:8083"}]
CONFIGS = "main-configs"


def connects(*connectors: Connector) -> ConnectInfo:
    cluster = ConnectCluster(name="main", url="http://c:8083", workers=("w:8083",))
    return ConnectInfo(clusters=(cluster,), connectors=connectors)


def scram(*users: str) -> tuple[ScramCredential, ...]:
    return tuple(
        ScramCredential(user=user, mechanism="SCRAM-SHA-512", iterations=4096) for user in users
    )


def seen(*uses: tuple[str, str]) -> Any:
    found = (
        Use(
            principal=principal,
            operation="READ",
            resource_type="TOPIC",
            resource_name="a",
            allowed=1,
            hosts=(host,),
        )
        for principal, host in uses
    )
    return build.section(Observed(uses=tuple(found)))


def view(inventory: Inventory, *workloads: dict[str, Any], **config: Any) -> View:
    source = {**build.SITE, **SUPER}
    made = build.config(**{"source": source, **config})
    return View(Estate(made, inventory, build.people(*workloads)))


def traced(view: View, name: str) -> Boundary:
    return trace(view, view.credentials.by_name[name])


def known(lines: tuple[Line, ...]) -> list[str]:
    return [line.what for line in lines if line.known]


def unknown(lines: tuple[Line, ...]) -> list[str]:
    return [line.what for line in lines if not line.known]


def logged(name: str, secret: str = FILE, **fields: Any) -> dict[str, Any]:
    credential = {"mechanism": "SCRAM-SHA-512", "secret": secret}
    return build.workload(name, credential=credential, **fields)


def test_a_credential_that_nobody_declared() -> None:
    found = traced(view(build.inventory(scram=scram("old"))), "User:old")
    assert unknown(found.accountable) == ["owner of User:old"]
    assert unknown(found.issued) == ["issued"]
    assert unknown(found.stored) == ["copies in files", "where its users keep the secret"]
    assert known(found.stored) == ["brokers of the source: salted hash, SCRAM-SHA-512"]
    assert unknown(found.readers) == ["readers of copies in files", "hosts of its clients"]
    assert unknown(found.restarts) == ["what logs in with it", "pause"]
    assert known(found.readers) == known(found.restarts) == []


def test_the_log_names_the_hosts_of_a_credential_that_nobody_declared() -> None:
    inventory = build.inventory(scram=scram("old"), observed=seen(("User:old", "/10.0.0.9")))
    found = traced(view(inventory), "User:old")
    assert known(found.readers) == ["host 10.0.0.9"]
    assert "hosts of its clients" not in unknown(found.readers)


def test_a_log_with_more_hosts_than_are_kept() -> None:
    observed = seen(("User:old", "/10.0.0.9"))
    uses = tuple(use.model_copy(update={"more_hosts": True}) for use in observed.found.uses)
    kept = observed.model_copy(update={"found": Observed(uses=uses)})
    found = traced(view(build.inventory(scram=scram("old"), observed=kept)), "User:old")
    assert known(found.readers) == ["host 10.0.0.9"]
    assert "more hosts of User:old" in unknown(found.readers)


def test_two_workloads_with_one_principal() -> None:
    inventory = build.inventory(scram=scram("app"), observed=seen(("User:app", "/10.0.0.9")))
    switch = {"command": {"stop": ["stop-it"], "start": ["start-it"]}}
    shared = (
        logged("one", principal="User:app", switch=switch),
        logged("two", principal="User:app", switch=switch),
    )
    found = traced(view(inventory, *shared), "User:app")
    assert found.credential.workloads == ("one", "two")
    assert [line.partition(":")[0] for line in known(found.restarts)] == [
        "workload one",
        "workload two",
    ]
    assert known(found.readers) == ["host 10.0.0.9"], "one login: its hosts are theirs together"
    assert [line.partition(":")[0] for line in known(found.accountable)] == [
        "workload one",
        "workload two",
    ]


def test_two_logins_with_one_secret_open_each_other() -> None:
    looked = view(build.inventory(scram=scram("one", "two")), logged("one"), logged("two"))
    assert known(traced(looked, "User:one").systems) == [
        "Kafka as User:two: it has the same secret"
    ]
    assert known(traced(looked, "User:two").systems) == [
        "Kafka as User:one: it has the same secret"
    ]
    alone = view(build.inventory(scram=scram("one", "two")), logged("one"))
    assert traced(alone, "User:one").systems == ()


def test_a_secret_of_another_system_that_is_a_login_to_kafka_too() -> None:
    external = [{"secret": FILE, "system": "db:5432"}]
    looked = view(build.inventory(), logged("one"), build.workload("two", external=external))
    assert known(traced(looked, "User:one").systems) == ["db:5432: it has the same secret"]
    assert known(traced(looked, FILE).systems) == [
        "db:5432",
        "Kafka as User:one: it has the same secret",
    ]


def test_a_super_user_is_a_credential_that_reaches_everything() -> None:
    looked = view(build.inventory(topics=(build.topic("a"),)))
    found = traced(looked, "User:root")
    assert found.source is not None
    assert found.source.topics_for("WRITE") == ("a",)
    assert "at once: not by an ACL" in known(found.death)
    assert unknown(found.accountable) == ["owner of User:root"]


def test_a_secret_of_another_system_restarts_the_clients_that_use_it() -> None:
    external = [{"secret": FILE, "system": "db:5432"}]
    switch = {"command": {"stop": ["stop-it"], "start": ["start-it"]}}
    with_switch = build.workload("one", external=external, switch=switch)
    without = build.workload("two", external=external)
    found = traced(view(build.inventory(), with_switch, without), FILE)
    assert known(found.restarts) == ["workload one: `stop-it`, then `start-it`"]
    assert unknown(found.restarts) == ["clients of workload two", "pause"]


@pytest.mark.parametrize("standing", [State.REFUSED, State.PARTIAL])
def test_connect_that_did_not_answer(standing: State) -> None:
    silent = ConnectInfo(clusters=(ConnectCluster(name="main", url="", error="cannot reach it"),))
    section = build.section(silent, standing, "cannot reach it")
    inventory = build.inventory(scram=scram("one"), connect=section)
    found = traced(view(inventory, logged("one"), connect=MAIN), "User:one")
    for part in (found.stored, found.readers, found.beside, found.restarts):
        because = [line.evidence for line in part if not line.known]
        assert f"section connect is {standing.value}: cannot reach it" in because


def test_connect_that_answered_leaves_no_doubt() -> None:
    inventory = build.inventory(scram=scram("one"), connect=build.section(connects()))
    found = traced(view(inventory, logged("one"), connect=MAIN), "User:one")
    for part in found.sections().values():
        assert not [line for line in part if "section connect" in line.evidence]


def test_rights_that_could_not_be_read_are_not_none() -> None:
    refused = build.section((), State.REFUSED, "not authorized")
    inventory = build.inventory(topics=(build.topic("a"),)).model_copy(update={"acls": refused})
    found = traced(view(inventory, logged("one")), "User:one")
    page = shown.text([found], leaked=False)
    assert "opens     on the source: unknown" in page
    assert not [line for line in page if "no topic" in line or "nothing" in line]
    complete = traced(view(build.inventory(), logged("one")), "User:one")
    page = shown.text([complete], leaked=False)
    assert "opens     on the source: write no topic; read no topic" in page
    assert "  nothing that exists" in page


def test_a_line_that_is_cut_fits_beside_wide_characters() -> None:
    name = f"User:{'字' * 200}"
    inventory = build.inventory(acl=build.acls(f"ALLOW READ on topic a to {name}"))
    screen = shown.text([traced(view(inventory), name)], leaked=True)
    assert screen[1].endswith(" …")
    assert max(map(columns_of, screen)) <= 100


def test_the_holders_have_the_room_that_the_other_lines_leave() -> None:
    copies = tuple(
        ExposedSecret(file=f"ticket-{number}", line=1, found="the value", of=FILE)
        for number in range(9)
    )
    inventory = build.inventory(copies=build.section(copies))
    screen = shown.text([traced(view(inventory, logged("one")), "User:one")], leaked=True)
    assert {f"{one.file}, line 1: the value" for one in copies} <= {
        line.removeprefix("held by").strip() for line in screen
    }
    assert len(screen) <= 30


def test_scram_users_that_were_refused() -> None:
    refused = build.section((), State.REFUSED, "not authorized")
    inventory = build.inventory().model_copy(update={"scram": refused})
    found = traced(view(inventory, logged("one")), "User:one")
    assert "brokers of the source" in unknown(found.stored)
    (ends,) = [line for line in found.death if line.what == "how new logins on the source end"]
    assert ends.evidence == "section scram is refused: not authorized"
    assert not ends.known


def test_hosts_without_a_log_are_those_of_this_moment() -> None:
    member = Member(client_id="c", host="/10.0.0.1")
    joined = build.group("g", "a").model_copy(update={"members": (member,)})
    inventory = build.inventory(groups=(joined,), scram=scram("one"))
    workload = logged("one", groups=["g"])
    found = traced(view(inventory, workload), "User:one")
    assert "host 10.0.0.1" in known(found.readers)
    assert "more hosts of workload one" in unknown(found.readers)
    observed = inventory.model_copy(update={"observed": seen(("User:one", "/10.0.0.1"))})
    found = traced(view(observed, workload), "User:one")
    assert "host 10.0.0.1" in known(found.readers)
    assert not [what for what in unknown(found.readers) if "hosts" in what]


def test_a_store_that_kmig_cannot_read() -> None:
    vault = "${vault:secret/app:password}"
    why = "kmig does not know the provider `vault`"
    stores = build.section((StoredSecret(reference=vault, unknown=why),))
    inventory = build.inventory(scram=scram("one"), stores=stores)
    found = traced(view(inventory, logged("one", vault)), "User:one")
    for part, what in ((found.stored, vault), (found.readers, f"readers of {vault}")):
        assert [line.evidence for line in part if line.what == what and not line.known] == [why]


def test_where_no_reference_is_there_is_none_to_resolve() -> None:
    acls = (
        f"ALLOW READ on topic {CONFIGS} to User:reader",
        f"ALLOW WRITE on topic {CONFIGS} to User:writer",
    )
    connectors = (
        connector("plain", literal("upload.token")),
        connector("referring", referenced("connection.password", FILE), systems=("db:5432",)),
    )
    inventory = build.inventory(
        topics=(build.topic(CONFIGS),),
        acl=build.acls(*acls),
        connect=build.section(connects(*connectors)),
    )
    looked = view(inventory, connect=MAIN)

    def by_topic(name: str) -> list[str]:
        found = known(traced(looked, name).readers)
        return [who.partition(" on topic")[0] for who in found if CONFIGS in who]

    assert by_topic("main/plain, key `upload.token`") == ["User:reader: READ", "User:root: READ"]
    assert by_topic(FILE) == ["User:root: WRITE", "User:writer: WRITE"]


def test_a_literal_beside_a_declared_secret_of_the_only_system() -> None:
    external = [{"secret": FILE, "system": "db:5432"}]
    owner = build.workload("one", kind="connector", connector="main/plain", external=external)
    inventory = build.inventory(
        connect=build.section(
            connects(connector("plain", literal("upload.token"), systems=("db:5432",)))
        )
    )
    found = traced(view(inventory, owner, connect=MAIN), "main/plain, key `upload.token`")
    (opens,) = found.systems
    assert not opens.known
    assert opens.evidence == (
        "the config of main/plain names only systems that other secrets in workloads.yaml open: db:5432"
    )
