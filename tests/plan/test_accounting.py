"""Promise 3: everything is accounted for exactly once, or blocks the plan with its remedy."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.documents.decisions import Decision
from migrate.documents.inventory import ConnectInfo, State
from migrate.model.cluster import Quota, ScramCredential, Transaction
from migrate.model.connector import Connector
from migrate.plan.accounting import Item, _about, _DecisionIndex
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from tests.estate import acls, config, group, inventory, people, reads, section, topic, workload

FENCE = "DENY WRITE on topic t to User:*"
INTERNAL = topic("__consumer_offsets").model_copy(update={"internal": True})
A = "ALLOW READ on topic t to User:a"
SCRAM = ScramCredential(user="a", mechanism="SCRAM-SHA-512", iterations=4096)


def blockers(found: Any, who: Any, settings: Any = None) -> list[str]:
    with pytest.raises(Blocked) as blocked:
        build(settings or config(), who, found)
    return [f"{b.rule}: {b.subject}" for b in blocked.value.blockers]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (inventory(acl=acls(A)), f"unaccounted: acl {A}"),
        (inventory(scram=(SCRAM,)), "unaccounted: credential User:a SCRAM-SHA-512"),
        (
            inventory(quotas=(Quota(entity={"user": "a"}, values={"x": 1}),)),
            "unaccounted: quota user=a",
        ),
        (inventory(groups=(group("g"),)), "unaccounted: group g"),
        (inventory(topics=(topic("t"),)), "unaccounted: topic t"),
        (
            inventory(
                connect=section(
                    ConnectInfo(
                        connectors=(
                            Connector(
                                name="s",
                                cluster="main",
                                type="sink",
                                connector_class="c",
                                state="RUNNING",
                            ),
                        )
                    )
                )
            ),
            "unaccounted: connector main/s",
        ),
    ],
)
def test_what_nobody_owns_blocks(found: Any, says: str) -> None:
    assert says in blockers(found, people())


def test_the_fence_of_another_directory_is_told_apart() -> None:
    with pytest.raises(Blocked) as blocked:
        build(config(), people(), inventory(acl=acls(FENCE, "DENY READ on topic t to User:*")))
    other, fence = (str(b.remedy) for b in blocked.value.blockers)
    assert fence.startswith("it looks like the fence of a cutover: `kmig status` in the")
    assert "fence" not in other


def test_each_thing_has_one_fate() -> None:
    found = inventory(
        topics=(topic("t"), topic("old"), INTERNAL, topic("_kmig")),
        acl=acls(
            A, "ALLOW READ on topic prefixed ref. to User:*", "ALLOW READ on topic old to User:old"
        ),
        groups=(group("g", "t"),),
        scram=(SCRAM,),
    )
    secret = {"mechanism": "SCRAM-SHA-512", "secret": "${env:A}", "carry": True}
    who = people(
        workload("a", reads=reads("t"), writes=reads("t"), groups=["g"], credential=secret),
        shared=[{"acl": {"principal": "User:*"}, "decision": "replay", "because": "public"}],
        leave_behind=[
            {"topic": {"topic": "old"}, "because": "retired"},
            {"acl": {"principal": "User:old"}, "because": "retired"},
        ],
    )
    made = build(config(), who, found)
    fates = {account.name: account.fate for account in made.accounts}
    assert fates == {
        "t": "workload",
        "old": "left_behind",
        "__consumer_offsets": "internal",
        "_kmig": "internal",
        A: "workload",
        "ALLOW READ on topic prefixed ref. to User:*": "shared",
        "ALLOW READ on topic old to User:old": "left_behind",
        "g": "workload",
        "User:a SCRAM-SHA-512": "workload",
    }


def test_two_decisions_about_one_thing_block() -> None:
    who = people(
        leave_behind=[
            {"acl": {"principal": "User:a"}, "because": "retired"},
            {"acl": {"resource": "topic:t"}, "because": "retired"},
        ]
    )
    assert any(text.startswith("decided-twice") for text in blockers(inventory(acl=acls(A)), who))


ITEMS = [
    *(Item("acl", one) for one in acls(A, "DENY READ on group g to User:b")),
    *(Item("credential", SCRAM.model_copy(update={"user": user})) for user in ("a", "b")),
    *(
        Item("quota", Quota(entity=entity, values={"x": 1}))
        for entity in ({"user": "a"}, {"user": None}, {"user": "a", "client-id": "c"}, {"ip": "1"})
    ),
    *(Item("group", name) for name in ("g", "connect-c", "")),
    *(Item("topic", name) for name in ("t", "tt", "u")),
    *(Item("connector", name) for name in ("main/c", "other/c")),
    Item("transactional_id", "x"),
]
DECIDED = (
    {"acl": {"principal": "User:a"}},
    {"acl": {"principal": "User:b", "permission": "DENY"}},
    {"acl": {"resource": "topic:t"}},
    {"credential": {"principal": "User:a"}},
    {"credential": {"principal": "User:b", "mechanism": "SCRAM-SHA-256"}},
    {"quota": {"user": "a"}},
    {"quota": {"user": "<default>"}},
    {"quota": {"user": "a", "client-id": "c"}},
    {"quota": {"ip": "1"}},
    *({"group": name} for name in ("g", "connect-c", "")),
    *({"topic": {"topic": name}} for name in ("t", "u")),
    *({"topic": {"prefix": name}} for name in ("t", "")),
    *({"connector": name} for name in ("main/c", "other/c")),
    {"transactional_id": "x"},
)


@settings(max_examples=200, deadline=None)
@given(st.permutations(DECIDED))
def test_a_decision_is_found_by_name_where_a_look_at_all_of_them_finds_it(
    decided: list[dict[str, Any]],
) -> None:
    decisions = [Decision.model_validate({**one, "because": "retired"}) for one in decided]
    index = _DecisionIndex(decisions)
    for item in ITEMS:
        naming = [number for number, one in enumerate(decisions) if _about(one, item)]
        assert index.about(item) == naming
        assert naming or item.kind == "credential"


def test_a_decision_about_nothing_blocks() -> None:
    who = people(leave_behind=[{"group": "gone", "because": "retired"}])
    assert (
        "decision-about-nothing: the decision `group gone` matches nothing on the source"
        in blockers(inventory(), who)
    )


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"groups": ["nope"]}, "group `nope` does not exist on the source"),
        ({"reads": reads("nope")}, "topic `nope` does not exist"),
        ({"connector": "main/nope"}, "connector `main/nope` does not exist"),
        ({"sensitivity": "cosmic"}, "unknown `sensitivity`: `cosmic`"),
        (
            {"credential": {"mechanism": "SCRAM-SHA-512", "secret": "${env:A}", "carry": True}},
            "credential `User:a SCRAM-SHA-512` does not exist",
        ),
    ],
)
def test_a_workload_that_names_what_is_not_there_blocks(fields: dict[str, Any], says: str) -> None:
    found = blockers(inventory(), people(workload("a", **fields)))
    assert any(says in text for text in found)


@pytest.mark.parametrize("owner", ["?", "", " "])
def test_a_workload_that_nobody_owns_blocks(owner: str) -> None:
    found = inventory(acl=acls(A), topics=(topic("t"),))
    who = people(workload("a", owner=owner, writes=reads("t")))
    assert "no-owner: workloads.yaml: workload a" in blockers(found, who)


def test_an_incomplete_section_blocks_until_it_is_acknowledged() -> None:
    found = inventory(groups=(), connect=section(ConnectInfo(), State.REFUSED, "no answer"))
    assert "incomplete: section connect is refused: no answer" in blockers(found, people())
    who = people(acknowledge=[{"section": "connect", "because": "switched off"}])
    assert "switched off" in build(config(), who, found).notes[0]


def test_a_left_behind_reader_of_a_moving_topic_blocks() -> None:
    found = inventory(topics=(topic("t"),), groups=(group("g", "t"),))
    who = people(
        workload("w", writes=reads("t")), leave_behind=[{"group": "g", "because": "retired"}]
    )
    assert "reader-stays: group g is left behind, but its topic t moves" in blockers(found, who)


def test_a_workload_that_reads_what_stays_blocks() -> None:
    found = inventory(topics=(topic("t"),))
    who = people(
        workload("r", reads=reads("t")),
        leave_behind=[{"topic": {"topic": "t"}, "because": "retired"}],
    )
    assert "reads-what-stays: workload r reads topic t, which is left behind" in blockers(
        found, who
    )


def test_a_topic_with_underscores_is_not_the_clusters_own_for_that() -> None:
    found = inventory(topics=(topic("__debezium-heartbeat.shop"),))
    assert "unaccounted: topic __debezium-heartbeat.shop" in blockers(found, people())


def test_a_shared_topic_that_nobody_reads_blocks() -> None:
    who = people(shared=[{"topic": {"topic": "t"}, "decision": "replay", "because": "for all"}])
    found = blockers(inventory(topics=(topic("t"),)), who)
    assert "read-by-nobody: topic t is shared, but no workload reads or writes it" in found


def test_a_dropped_connector_on_a_moving_topic_blocks() -> None:
    sink = Connector(
        name="s", cluster="main", type="sink", connector_class="c", state="RUNNING", topics=("t",)
    )
    found = inventory(topics=(topic("t"),), connect=section(ConnectInfo(connectors=(sink,))))
    who = people(
        workload("w", writes=reads("t")),
        shared=[{"connector": "main/s", "decision": "drop", "because": "retired"}],
    )
    assert "reader-stays: connector main/s is left behind, but its topic t moves" in blockers(
        found, who
    )


def test_a_principal_renamed_to_one_that_is_there_blocks() -> None:
    found = inventory(
        acl=acls("ALLOW READ on topic t to User:old", "ALLOW READ on topic u to User:app")
    )
    who = people(workload("a", principal="User:old"), workload("b", principal="User:app"))
    settings = config(principals={"User:old": "User:app"})
    assert any(t.startswith("principals-merge") for t in blockers(found, who, settings))


def test_an_open_or_undeclared_default_blocks() -> None:
    for declared in (None, True):
        site = {"bootstrap_servers": "s:9092", "allow_everyone_if_no_acl_found": declared}
        found = blockers(inventory(), people(), config(source=site))
        assert any(text.startswith("open-default: kmig.yaml: `source.allow") for text in found)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("ALLOW READ on topic t to Group:x", "only principals of type User"),
        ("ALLOW #15 on topic t to User:a", "unknown to kmig"),
    ],
)
def test_an_acl_that_cannot_be_replayed_blocks(rule: str, says: str) -> None:
    operation = rule.split()[1]
    principal = rule.split()[-1]
    acl = acls(A)[0].model_copy(update={"operation": operation, "principal": principal})
    who = people(workload("w", principal=principal))
    assert any(says in text for text in blockers(inventory(acl=(acl,)), who))


@pytest.mark.parametrize(
    "rule",
    [
        "DENY ALTER on cluster kafka-cluster to User:*",
        "DENY DESCRIBE_CONFIGS on topic prefixed x to User:*",
        "DENY DELETE on topic * to User:*",
        "DENY ALL on group prefixed _kmig to User:*",
    ],
)
def test_a_deny_to_everyone_that_would_stop_kmig_blocks(rule: str) -> None:
    who = people(
        shared=[{"acl": {"principal": "User:*"}, "decision": "replay", "because": "as it is"}]
    )
    assert any(t.startswith("would-stop-kmig") for t in blockers(inventory(acl=acls(rule)), who))


def test_transactional_ids_are_declared_or_known_by_the_pattern_of_an_acl_or_decided() -> None:
    ids = {"till-1": "Empty", "app-4f-1": "Empty", "stray": "Ongoing", "old-1": "Ongoing"}
    ids |= {"nobody-may": "CompleteCommit"}
    found = inventory(
        acl=acls("ALLOW WRITE on transactional_id prefixed app- to User:app"),
        transactions=section(
            tuple(Transaction(id=i, state=s, producer_id=1) for i, s in ids.items())
        ),
    )
    rows = (workload("till", transactional_ids=["till-1"]), workload("app"))
    retired = {"transactional_id": "old-1", "because": "retired"}
    (stray,) = blockers(found, people(*rows, leave_behind=[retired]))
    assert stray.startswith("unaccounted: transactional_id stray")
    stays = {"transactional_id": "stray", "because": "a test's"}
    made = build(config(), people(*rows, leave_behind=[retired, stays]), found)
    assert {a.name: a.owner or a.fate for a in made.accounts if a.kind == "transactional_id"} == {
        "till-1": "till",
        "app-4f-1": "app",
        "old-1": "left_behind",
        "stray": "left_behind",
        "nobody-may": "internal",
    }


@pytest.mark.parametrize(
    "found",
    [
        inventory(acl=acls(A)),
        inventory(scram=(SCRAM,)),
        inventory(quotas=(Quota(entity={"user": None, "client-id": 'a"b'}, values={"x": 1}),)),
        inventory(groups=(group("g: {odd} #"),)),
        inventory(topics=(topic("t"),)),
    ],
    ids=["acl", "credential", "quota", "group", "topic"],
)
def test_the_remedy_shows_the_decision_that_would_leave_it_behind(found: Any) -> None:
    with pytest.raises(Blocked) as blocked:
        build(config(), people(), found)
    (blocker,) = blocked.value.blockers
    form = blocker.remedy.partition(": - ")[2].replace("REASON", '"it is retired"')
    decision = yaml.safe_load(form)
    assert build(config(), people(leave_behind=[decision]), found).accounts


def test_a_topic_of_a_decision_may_be_a_bare_name() -> None:
    decision = Decision.model_validate({"topic": "t", "because": "it is retired"})
    assert decision.topic is not None
    assert decision.topic.selects("t")
    assert not decision.topic.selects("t2")
