"""What a review names as changed: each difference that was made, and nothing else."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.boundary.changes import changes
from migrate.boundary.ending import TASKS
from migrate.boundary.review import review
from migrate.boundary.trace import trace
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Line, Review
from migrate.documents.inventory import ConnectInfo, Inventory, State
from migrate.model.connector import SecretUse
from migrate.model.stored import StoredSecret, StoreReader
from migrate.model.use import ExposedSecret
from tests.boundary.quarter import (
    ACLS,
    CLUSTER,
    CONNECT,
    CONNECTORS,
    DB,
    KEY,
    SITES,
    STORED,
    WORKLOADS,
    connector,
    facts,
    member,
    taken,
    view,
)
from tests.estate import acls, group, people, reads, section, topic, workload
from tests.thorough import examples

BEFORE = datetime(2026, 3, 31, 6, tzinfo=UTC)
NOW = datetime(2026, 6, 30, 6, tzinfo=UTC)


def changed(now: View, last: View | None = None) -> list[tuple[str, str, str, str]]:
    """Return credential, section, before and after of each change, with the file read back in between."""
    first = review(last or view(), (), None, BEFORE)
    kept = Review.model_validate_json(first.model_dump_json())
    made = review(now, (), kept, NOW)
    assert made.since == BEFORE.date()
    return [(c.credential, c.section, c.before, c.after) for c in made.changes]


def of(changes: list[tuple[str, str, str, str]], section: str) -> list[tuple[str, str]]:
    return [(before, after) for _, one, before, after in changes if one == section]


def connect(*connectors: Any, standing: State = State.COMPLETE, **cluster: Any) -> Any:
    found = ConnectInfo(clusters=(CONNECT.model_copy(update=cluster),), connectors=connectors)
    return section(found, standing, "" if standing is State.COMPLETE else "timed out")


def test_the_first_review_has_nothing_to_compare_with() -> None:
    first = review(view(), (), None, BEFORE)
    assert (first.since, first.since_as_of, first.changes) == (None, None, ())
    assert [len(one.boundaries) for one in first.reviewed] == [2, 1, 1, 1]


def test_the_same_inputs_twice_change_nothing() -> None:
    assert changed(view()) == []


def test_a_copy_that_was_found_is_named_with_who_can_read_it() -> None:
    exposed = ExposedSecret(file="/srv/1042.txt", line=3, found="equal to a secret", of=KEY)
    assert changed(view(taken(copies=section((exposed,))))) == [
        (
            "User:pay-in",
            "stored",
            "",
            "/srv/1042.txt, line 3: equal to a secret (kmig inventory --scan)",
        ),
        (
            "User:pay-in",
            "readers",
            "",
            "everybody who can read /srv/1042.txt (the secret is written there)",
        ),
    ]


def test_an_acl_that_was_widened_is_named_with_the_rights_that_it_gives() -> None:
    wider = "ALLOW READ on topic prefixed or to User:billing"
    found = changed(view(taken(acl=acls(*ACLS[:5], wider, *ACLS[6:]))))
    assert {(name, section) for name, section, _, _ in found} == {
        ("User:billing", "rights on the source"),
        ("User:billing", "reach"),
    }
    assert of(found, "rights on the source") == [
        ("ACL ALLOW READ on topic orders to User:billing", ""),
        ("", "READ on topic orders.audit"),
        ("", "DESCRIBE on topic orders.audit"),
        ("", f"ACL {wider}"),
    ]
    assert of(found, "reach")[0] == ("topics that it reads: 2", "topics that it reads: 3")
    assert of(found, "reach")[1][1].startswith("the change that shrinks it most: narrower rights")


def test_a_right_from_one_address_that_became_one_from_any_is_before_and_after() -> None:
    narrow = "ALLOW READ on topic orders to User:billing from 10.1.0.7"
    last = view(taken(acl=acls(*ACLS[:5], narrow, *ACLS[6:])))
    assert of(changed(view(), last), "rights on the source") == [
        ("READ from 10.1.0.7 on topic orders", "READ on topic orders"),
        ("DESCRIBE from 10.1.0.7 on topic orders", "DESCRIBE on topic orders"),
        (f"ACL {narrow}", ""),
        ("", "ACL ALLOW READ on topic orders to User:billing"),
    ]


def test_a_right_that_is_now_denied_from_one_address_is_before_and_after() -> None:
    deny = "DENY READ on topic orders to User:billing from 10.1.0.7"
    found = changed(view(taken(acl=acls(*ACLS, deny))))
    assert of(found, "rights on the source") == [
        ("READ on topic orders", "READ except from 10.1.0.7 on topic orders"),
        ("", f"ACL {deny}"),
    ]


def test_a_deny_for_everyone_that_was_there_before_is_no_new_one() -> None:
    fence = "DENY READ on topic orders.audit to User:*"
    wider = "ALLOW READ on topic prefixed orders to User:billing"
    found = changed(view(taken(acl=acls(*ACLS, fence, wider))), view(taken(acl=acls(*ACLS, fence))))
    assert of(found, "rights on the source") == [
        ("", "DESCRIBE on topic orders.audit"),
        ("", f"ACL {wider}"),
    ]
    last = view(taken(acl=acls(*ACLS, wider)))
    denied = changed(view(taken(acl=acls(*ACLS, wider, fence))), last)
    assert of(denied, "rights on the source") == [("READ on topic orders.audit", "")]


def test_of_more_credentials_than_a_page_lists_none_is_gone_or_new_by_its_place() -> None:
    def many(*wider: str) -> View:
        names = [f"c{number:02}" for number in range(60)]
        some = [connector(name, "sink", principals=(f"User:{name}",)) for name in names]
        rights = [f"ALLOW READ on topic web to User:{name}" for name in names]
        found = connect(*CONNECTORS, *some)
        return view(taken(acl=acls(*ACLS, *rights, *wider), connect=found))

    found = changed(many("ALLOW READ on topic orders to User:c59"), many())
    pushed = [
        (before.partition(" (")[0], after.partition(" (")[0])
        for before, after in of([one for one in found if one[0] == "User:pay-in"], "beside")
    ]
    count = "13 more credentials: {} topics and systems in all".format
    assert pushed == [
        (count(3), count(4)),
        ("User:c48", f"unknown: one of {count(4)}"),
        (f"unknown: one of {count(3)}", "User:c59"),
    ]


def test_a_super_user_has_one_line_for_everything() -> None:
    declared = {**SITES["source"], "super_users": ["User:admin", "User:billing"]}
    found = [one for one in changed(view(source=declared)) if one[0] == "User:billing"]
    why = "a super user of the source, as kmig.yaml declares: no ACL can deny it anything"
    assert of(found, "rights on the source") == [
        ("only 0 topics to write, 2 topics to read", f"everything: {why}")
    ]


def stores(first: StoredSecret) -> Any:
    return section((first, StoredSecret(reference=DB, place="/etc/kafka/db.properties")))


def test_a_reader_more_in_the_store_is_named_with_what_lets_it() -> None:
    more = (*STORED.readers, StoreReader(who="team web", through="policy web"))
    assert changed(view(taken(stores=stores(STORED.model_copy(update={"readers": more}))))) == [
        ("User:pay-in", "readers", "", "team web (policy web: vault secret/pay)")
    ]


def test_a_sink_that_shares_the_worker_is_named_for_each_credential_beside_it() -> None:
    sink = connector("log-out", "sink", principals=("User:log-out",), systems=("lake:443",))
    rights = acls(*ACLS, "ALLOW READ on topic web to User:log-out")
    found = changed(view(taken(acl=rights, connect=connect(*CONNECTORS, sink))))
    line = (
        "User:log-out (sensitivity unknown): 1 topic to read (used by main/log-out on Connect main)"
    )
    login = {"User:pay-in", "User:lake-out", DB}
    assert {name for name, *_ in found} == login
    assert of(found, "beside") == [("", line)] * 3
    assert {section for _, section, _, _ in found} == {"beside", "reach"}
    assert {text.partition(":")[0] for pair in of(found, "reach") for text in pair} == {
        "topics and systems that only its workers open"
    }


def test_an_owner_that_changed_is_before_and_after() -> None:
    other = [{**w, "owner": "risk"} if w["name"] == "billing" else w for w in WORKLOADS]
    assert changed(view(some=people(*other))) == [
        (
            *("User:billing", "accountable"),
            "workload billing: owner team, sensitivity secret (workloads.yaml)",
            "workload billing: owner risk, sensitivity secret (workloads.yaml)",
        )
    ]


def test_a_broker_that_announces_no_lifetime_any_more_is_named_for_each_login() -> None:
    endless = section(CLUSTER.model_copy(update={"facts": facts(300.0, 0.0)}))
    found = changed(view(taken(cluster=endless)))
    assert [name for name, *_ in found] == [
        *("User:pay-in", "User:lake-out", "User:tracker", "User:billing")
    ]
    for before, after in of(found, "death"):
        assert before.startswith("open sessions on the source end at most 300 s later")
        assert after.startswith("open sessions on the source end only with the restart of their")


def test_what_became_unknown_is_unknown_and_not_gone() -> None:
    sealed = StoredSecret(reference=KEY, unknown="Vault is sealed")
    assert changed(view(taken(stores=stores(sealed)))) == [
        (
            *("User:pay-in", "stored"),
            f"vault secret/pay ({KEY}: kmig inventory looked there)",
            f"unknown: {KEY} (Vault is sealed)",
        ),
        (
            *("User:pay-in", "readers"),
            "team pay (policy pay: vault secret/pay)",
            f"unknown: readers of {KEY} (Vault is sealed)",
        ),
    ]
    assert changed(view(), view(taken(stores=stores(sealed))))[0][2].startswith("unknown: ")


def test_why_something_is_unknown_and_how_much_is_no_change() -> None:
    undeclared = {**SITES["source"], "allow_everyone_if_no_acl_found": None}
    sealed = [StoredSecret(reference=KEY, unknown=f"Vault: timed out in {n} s") for n in (1, 2)]
    topics = taken().topics.found
    last = view(taken(stores=stores(sealed[0])), source=undeclared)
    now = taken(stores=stores(sealed[1]), topics=(*topics, topic("new-1"), topic("new-2")))
    assert changed(view(now, source=undeclared), last) == []


def test_a_broker_more_with_the_same_lifetime_is_no_change() -> None:
    more = section(CLUSTER.model_copy(update={"facts": facts(300.0, 300.0, 300.0)}))
    assert changed(view(taken(cluster=more))) == []


def test_a_restart_that_is_not_seen_in_a_part_of_the_connectors_is_unknown() -> None:
    use = SecretUse(key="api.token", secrecy="literal", of=KEY)
    literal = CONNECTORS[0].model_copy(update={"secrets": (*CONNECTORS[0].secrets, use)})
    last = view(taken(connect=connect(literal, *CONNECTORS[1:])))
    found = changed(view(taken(connect=connect(*CONNECTORS, standing=State.PARTIAL))), last)
    more = "unknown: more connectors that use it (section connect is partial: timed out)"
    first, *others = of(found, "restarts")
    assert first == (
        "connector main/pay-in: its config changes, key `api.token` "
        "(the secret is written there in clear)",
        f"{more}; unknown: section connect is partial",
    )
    assert set(others) == {("", more)}, "of each other credential"


def test_a_reader_that_is_not_seen_any_more_in_a_store_that_was_read_in_part_is_unknown() -> None:
    why = "members of group app: /etc/group could not be read"
    partial = STORED.model_copy(update={"unread": (why,)})
    found = changed(
        view(taken(stores=stores(partial.model_copy(update={"readers": ()})))),
        view(taken(stores=stores(partial))),
    )
    unknown = f"unknown: more readers of {KEY} ({why})"
    assert found == [("User:pay-in", "readers", "team pay (policy pay: vault secret/pay)", unknown)]
    other = partial.model_copy(update={"unread": (why, "members of group ops: no such group")})
    assert of(
        changed(view(taken(stores=stores(other))), view(taken(stores=stores(partial)))), "readers"
    ) == [("", f"unknown: more readers of {KEY} (members of group ops: no such group)")]


def test_a_right_that_is_not_seen_any_more_in_a_part_of_the_acls_is_unknown() -> None:
    some = section(acls(*ACLS[:5]), State.PARTIAL, "broker 2 did not answer")
    found = changed(view(taken(acls=some)))
    gone = [
        after for name, _, before, after in found if name == "User:billing" and "orders" in before
    ]
    assert gone
    assert set(gone) == {"unknown: section acls is partial (broker 2 did not answer)"}


def test_a_copy_that_is_not_seen_any_more_in_a_part_of_the_files_is_unknown() -> None:
    exposed = ExposedSecret(file="/srv/1042.txt", line=3, found="equal to a secret", of=KEY)
    last = view(taken(copies=section((exposed,), State.PARTIAL, "/srv/b: permission denied")))
    now = view(taken(copies=section((), State.PARTIAL, "/srv/b: permission denied")))
    found = changed(now, last)
    assert [(before[:14], after) for before, after in of(found, "stored")] == [
        ("/srv/1042.txt,", "unknown: more copies in files (/srv/b: permission denied)")
    ]
    assert [after for _, after in of(found, "readers")] == [
        "unknown: readers of more copies (/srv/b: permission denied)"
    ]
    whole = changed(view(), view(taken(copies=section((exposed,)))))
    assert [after for _, _, _, after in whole] == ["", ""]


def test_a_connector_that_could_not_be_read_is_not_gone() -> None:
    partial = connect(*CONNECTORS[1:], standing=State.PARTIAL)
    found = changed(view(taken(connect=partial)))
    assert of(found, "choice") == [("pay-in: the only one", "unknown: section connect is partial")]
    beside = [after for before, after in of(found, "beside") if before]
    assert beside
    assert all(after.startswith("unknown: ") for after in beside)


def test_a_credential_that_a_workload_uses_no_more_and_one_that_it_uses_now() -> None:
    other = [
        {**w, "external": [{"system": "db:5432", "secret": "${env:DB}"}]}
        if w["name"] == "pay-in"
        else w
        for w in WORKLOADS
    ]
    uses = (SecretUse(key="database.password", secrecy="reference", references=("${env:DB}",)),)
    moved = CONNECTORS[0].model_copy(update={"secrets": (*uses, CONNECTORS[0].secrets[1])})
    found = changed(view(taken(connect=connect(moved, *CONNECTORS[1:])), people(*other)))
    assert [one for one in found if one[1] == "credential"] == [
        ("${env:DB}", "credential", "", "used by workload pay-in"),
        (DB, "credential", "used by workload pay-in", ""),
    ]


def test_a_credential_is_not_gone_where_its_connector_was_not_read() -> None:
    token = SecretUse(key="api.token", secrecy="literal")
    literal = CONNECTORS[0].model_copy(update={"secrets": (*CONNECTORS[0].secrets, token)})
    last = view(taken(connect=connect(literal, *CONNECTORS[1:])))
    unread = connect(CONNECTORS[0], *CONNECTORS[1:], standing=State.PARTIAL)
    assert [
        one for one in changed(view(taken(connect=unread)), last) if one[1] == "credential"
    ] == [
        (
            *("main/pay-in, key `api.token`", "credential", "used by workload pay-in"),
            "unknown: section connect is partial",
        )
    ]


def test_a_measured_pause_and_a_number_of_tasks_are_no_change_and_an_unknown_pause_is() -> None:
    def restarting(*lines: Line) -> Boundary:
        found = trace(estate, estate.credentials.by_name["User:pay-in"])
        return found.model_copy(update={"restarts": lines})

    def compared(before: Boundary, after: Boundary) -> list[tuple[str, str]]:
        found = changes(estate, "source connector", before, after)
        return [(change.before, change.after) for change in found]

    estate = view()
    pause = Line(what="pause: 1.2 s", evidence="journal: rotation of wave 1")
    longer = Line(what="pause: 3.4 s", evidence="journal: rotation of wave 2")
    unknown = Line(what="pause", evidence="rotated none", known=False)
    tasks = Line(what="connector main/pay-in: 2 tasks", evidence=TASKS)
    more = Line(what="connector main/pay-in: 5 tasks", evidence=TASKS)
    assert compared(restarting(pause, tasks), restarting(more, longer)) == []
    assert compared(restarting(pause), restarting(unknown)) == [
        ("pause: 1.2 s (journal: rotation of wave 1)", "unknown: pause (rotated none)")
    ]


def test_a_workload_that_is_gone_from_the_estate_is_named_with_both_reasons() -> None:
    fewer = people(*(w for w in WORKLOADS if w["name"] != "billing"))
    assert changed(view(some=fewer)) == [
        (
            *("", "choice"),
            "billing: highest sensitivity (secret) of 3, then first by name of 2 alike",
            "fraud: highest sensitivity (secret) of 2; billing is gone from workloads.yaml",
        )
    ]


def test_a_choice_by_name_is_another_choice_and_nothing_else() -> None:
    first = review(view(), (), None, BEFORE)
    found = review(view(), ("fraud",), first, NOW).changes
    assert [(c.role, c.section, c.after) for c in found] == [
        ("most regulated consumer", "choice", "fraud: named on the command line")
    ]


def test_a_workload_of_two_roles_is_compared_once() -> None:
    some = [workload("pipe", "secret", reads=reads("web", "orders"), writes=reads("orders"))]
    other = [{**some[0], "owner": "risk"}]
    found = changed(view(some=people(*other)), view(some=people(*some)))
    assert [section for _, section, _, _ in found] == ["accountable"]


def test_another_worker_is_a_change_and_another_order_is_none() -> None:
    backwards = connect(*CONNECTORS, workers=tuple(reversed(CONNECT.workers)))
    assert changed(view(taken(connect=backwards))) == []
    other = connect(*CONNECTORS, workers=("10.0.0.1:8083", "10.0.0.9:8083"))
    found = changed(view(taken(connect=other)))
    assert {section for _, section, _, _ in found} == {"readers"}
    assert all("10.0.0.2" in before and "10.0.0.9" in after for _, _, before, after in found)


def moved(chance: random.Random) -> Inventory:
    """The same estate at another time: whatever moves by itself has moved, and every list has another order."""
    whole = taken(groups=(member("billing", "/10.1.0.1"), group("board"), group("fraud")))
    ends = tuple(
        one.model_copy(
            update={
                "partitions": tuple(
                    p.model_copy(update={"end": 10 + chance.randint(0, 2)}) for p in one.partitions
                )
            }
        )
        for one in whole.topics.found
    )
    connectors = [
        one.model_copy(
            update={
                "state": chance.choice(("RUNNING", "PAUSED")),
                "tasks": (*one.tasks, *("FAILED",) * (one.name == "lake-out")),
                "positions": chance.randint(0, 9),
            }
        )
        for one in whole.connect.found.connectors
    ]
    chance.shuffle(connectors)
    changes = {
        "topics": section(tuple(chance.sample(ends, len(ends)))),
        "acls": section(tuple(chance.sample(whole.acls.found, len(whole.acls.found)))),
        "scram": section(tuple(chance.sample(whole.scram.found, len(whole.scram.found)))),
        "groups": section(tuple(chance.sample(whole.groups.found, len(whole.groups.found)))),
        "connect": connect(*connectors, workers=tuple(chance.sample(CONNECT.workers, 2))),
        "taken_at": whole.taken_at + timedelta(days=chance.randint(0, 90)),
    }
    return whole.model_copy(update=changes)


@settings(max_examples=examples(50, 5), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_moves_by_itself_is_no_change(seed: int) -> None:
    chance = random.Random(seed)
    some = people(*chance.sample(WORKLOADS, len(WORKLOADS)))
    assert changed(view(moved(chance), some), view(moved(chance))) == []
