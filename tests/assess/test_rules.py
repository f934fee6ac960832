"""Each rule on the smallest estate that breaks it: found where it should be, and nothing else of its kind."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate.assess.judge import assess
from migrate.assess.rule import RULES
from migrate.documents.assessment import Assessment
from migrate.documents.inventory import ClusterInfo, ConnectInfo, State
from migrate.estate import Estate
from migrate.model import automq
from migrate.model.acl import Acl
from migrate.model.cluster import (
    Broker,
    BrokerFacts,
    Commit,
    Group,
    Member,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.secrecy import Secrecy
from migrate.model.use import ExposedSecret, Observed, Use
from migrate.render.assessment import why
from tests import estate as build

GOOD: dict[str, Any] = {
    "security_owner": "security",
    "zone": "z",
    "credential": {"mechanism": "SCRAM-SHA-256", "secret": "${file:/s:a}", "carry": True},
    "rotation": {
        "strategy": "mechanism-overlap",
        "deliver": {"file": "/s", "key": "a", "mechanism_key": "m"},
    },
    "switch": {"command": {"stop": ["true"], "start": ["true"]}},
}
CLUSTER = ClusterInfo(
    cluster_id="src",
    brokers=(Broker(id=1, host="s", port=9092),),
    facts=(BrokerFacts(id=1, lifetime=300),),
    defaults={"offsets.retention.minutes": "100000"},
)


def use(principal: str, operation: str, name: str, **more: Any) -> Use:
    facts = {"resource_type": "TOPIC", "ground": "acl", "allowed": 5, **more}
    return Use(principal=principal, operation=operation, resource_name=name, **facts)


def group(name: str = "g", **facts: Any) -> Group:
    commit = Commit(topic="t", partition=0, offset=5, start=0, end=10)
    values: dict[str, Any] = {
        "type": "classic",
        "protocol_type": "consumer",
        "state": "Stable",
        "members": (Member(client_id="c", host="/10.0.0.1"),),
        "commits": (commit,),
        **facts,
    }
    return Group(name=name, **values)


def connector(name: str = "main/c", **facts: Any) -> Connector:
    cluster, _, own = name.partition("/")
    values = {"type": "sink", "connector_class": "x.Sink", "state": "RUNNING", **facts}
    return Connector(name=own, cluster=cluster, **values)


def judged(**parts: Any) -> Assessment:
    """An assessment of the estate; the rotation of `a` was proven."""
    return assess(an_estate(**parts), {}, frozenset({"a"}))


def an_estate(
    acls: tuple[str | Acl, ...] = ("ALLOW READ on topic t to User:a",),
    workloads: tuple[dict[str, Any], ...] | None = None,
    uses: tuple[Use, ...] = (use("User:a", "READ", "t"),),
    copies: tuple[ExposedSecret, ...] = (),
    connectors: tuple[Connector, ...] = (),
    groups: tuple[Group, ...] = (),
    topics: tuple[Topic, ...] = (build.topic("t"),),
    cluster: ClusterInfo = CLUSTER,
    profile: str = "apache",
    people: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    **sections: Any,
) -> Estate:
    """An estate without a finding, but for what is changed."""
    rules = tuple(a if isinstance(a, Acl) else build.acls(a)[0] for a in acls)
    clusters = (ConnectCluster(name="main", url="http://w:8083"),)
    found = build.inventory(
        topics=topics,
        acl=rules,
        groups=groups,
        cluster=build.section(cluster),
        connect=build.section(ConnectInfo(clusters=clusters, connectors=connectors)),
        **{
            "observed": build.section(Observed(first="1", last="2", decisions=5, uses=uses)),
            "copies": build.section(copies),
            **sections,
        },
    )
    owned = workloads if workloads is not None else (a_workload(),)
    zones = {"z": {"hosts": ["10.0.0.0/8"], "reaches": ["db:5432"]}}
    target = {**build.SITE, "bootstrap_servers": "t:9092", "profile": profile}
    who = build.people(*owned, **{"zones": zones, **(people or {})})
    return Estate(build.config(**{"target": target, **(settings or {})}), found, who)


def a_workload(name: str = "a", **changes: Any) -> dict[str, Any]:
    return build.workload(name, **{**GOOD, "reads": build.reads("t"), **changes})


def rules_of(assessment: Assessment) -> set[str]:
    return {finding.rule for finding in assessment.findings}


def named(name: str) -> dict[str, Any]:
    """What to change so that the one topic has this name."""
    return {
        "topics": (build.topic(name),),
        "acls": (f"ALLOW READ on topic {name} to User:a",),
        "uses": (use("User:a", "READ", name),),
        "workloads": (a_workload(reads=build.reads(name)),),
    }


LITERAL = SecretUse(key="p", secrecy="literal")
MINE = {"connector": "main/c"}
RAW = {"permission": "ALLOW", "operation": "READ", "resource_type": "TOPIC", "resource_name": "t"}

CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    # rule: what to change in an estate without a finding, and which other rules that breaks as well
    "no-owner": ({"workloads": (a_workload(owner=" "),)}, set()),
    "no-security-owner": ({"workloads": (a_workload(security_owner=""),)}, set()),
    "principal-shared": (
        {"workloads": (a_workload(), a_workload("b", principal="User:a"))},
        {"rotation-never-proven", "secret-shared"},
    ),
    "principals-several": (
        {
            "workloads": (a_workload(**MINE),),
            "connectors": (connector(principals=("User:other",)),),
        },
        set(),
    ),
    "principal-unowned": (
        {"acls": ("ALLOW READ on topic t to User:a", "ALLOW READ on topic t to User:x")},
        set(),
    ),
    "group-unowned": ({"groups": (group(),)}, set()),
    "connector-unowned": ({"connectors": (connector(),)}, set()),
    "worker-shared": (
        {
            "acls": ("ALLOW READ on topic t to User:a", "ALLOW READ on topic t to User:b"),
            "uses": (use("User:a", "READ", "t"), use("User:b", "READ", "t")),
            "workloads": (
                a_workload(**MINE),
                a_workload(
                    "b", sensitivity="secret", connector="main/d", credential=None, rotation=None
                ),
            ),
            "connectors": (connector(), connector("main/d")),
        },
        {"no-rotation"},
    ),
    "secret-literal": (
        {"workloads": (a_workload(**MINE),), "connectors": (connector(secrets=(LITERAL,)),)},
        set(),
    ),
    "secret-unknown": (
        {
            "workloads": (a_workload(**MINE),),
            "connectors": (connector(secrets=(SecretUse(key="p", secrecy="unknown"),)),),
        },
        set(),
    ),
    "secret-shared": (
        {
            "acls": ("ALLOW READ on topic t to User:a", "ALLOW READ on topic t to User:b"),
            "uses": (use("User:a", "READ", "t"), use("User:b", "READ", "t")),
            "workloads": (a_workload(), a_workload("b")),
        },
        {"rotation-never-proven"},
    ),
    "secret-copy": ({"copies": (ExposedSecret(file="f", line=1, found="a literal"),)}, set()),
    "secret-left-over": (
        {
            "copies": (
                ExposedSecret(file="etc/app.properties.kmig-before", line=1, found="a literal"),
            )
        },
        set(),
    ),
    "provider-open": (
        {"copies": (ExposedSecret(file="f", line=1, found="provider file without allowed.paths"),)},
        set(),
    ),
    "use-without-acl": (
        {"uses": (use("User:a", "READ", "t"), use("User:a", "CREATE", "t", ground="super"))},
        set(),
    ),
    "write-undeclared": (
        {
            "acls": ("ALLOW READ on topic t to User:a", "ALLOW WRITE on topic t to User:a"),
            "uses": (use("User:a", "READ", "t"), use("User:a", "WRITE", "t")),
        },
        {"declaration-contradicted"},
    ),
    "read-undeclared": (
        {
            "topics": (build.topic("t"), build.topic("u")),
            "workloads": (a_workload(groups=["g"], writes=build.reads("u")),),
            "acls": ("ALLOW READ on topic t to User:a", "ALLOW WRITE on topic u to User:a"),
            "uses": (use("User:a", "READ", "t"), use("User:a", "WRITE", "u")),
            "groups": (
                group(commits=(Commit(topic="u", partition=0, offset=5, start=0, end=10),)),
            ),
        },
        set(),
    ),
    "use-not-observed": (
        {"observed": build.section(Observed(), State.PARTIAL, "only refusals")},
        set(),
    ),
    "grant-unused": ({"uses": ()}, set()),
    "grant-wider": ({"acls": ("ALLOW READ on topic * to User:a",)}, set()),
    "grant-escalating": (
        {
            "acls": (
                "ALLOW READ on topic t to User:a",
                "ALLOW ALTER on cluster kafka-cluster to User:a",
            ),
            "uses": (
                use("User:a", "READ", "t"),
                use("User:a", "ALTER", "kafka-cluster", resource_type="CLUSTER"),
            ),
        },
        set(),
    ),
    "grant-everyone": (
        {"acls": ("ALLOW READ on topic t to User:a", "ALLOW READ on topic t to User:*")},
        set(),
    ),
    "host-scoped": ({"acls": ("ALLOW READ on topic t to User:a from 10.1.1.1",)}, set()),
    "acl-inert": (
        {
            "acls": (
                "ALLOW READ on topic t to User:a",
                "DENY READ on topic prefixed * to User:a",
            )
        },
        set(),
    ),
    "principal-malformed": (
        {"acls": ("ALLOW READ on topic t to User:a", Acl(principal="nobody", **RAW))},
        {"principal-unowned"},
    ),
    "principal-foreign": (
        {"acls": ("ALLOW READ on topic t to User:a", Acl(principal="Group:x", **RAW))},
        {"principal-unowned"},
    ),
    "acl-unknown": (
        {
            "acls": (
                "ALLOW READ on topic t to User:a",
                Acl(principal="User:a", **{**RAW, "permission": "DENY", "operation": "#99"}),
            )
        },
        set(),
    ),
    "deny-carries": (
        {
            "acls": (
                "ALLOW READ on topic * to User:a",
                "DENY READ on topic u to User:a",
            ),
            "topics": (build.topic("t"),),
        },
        {"grant-wider"},
    ),
    "declaration-contradicted": (
        {"workloads": (a_workload(writes=build.reads("t")),)},
        set(),
    ),
    "system-outside-zone": (
        {"workloads": (a_workload(external=[{"secret": "${env:X}", "system": "other:1"}]),)},
        set(),
    ),
    "host-outside-zone": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (group(members=(Member(client_id="c", host="/192.168.1.1"),)),),
        },
        set(),
    ),
    "host-shared": (
        {
            "acls": ("ALLOW READ on topic t to User:a", "ALLOW READ on topic t to User:b"),
            "uses": (use("User:a", "READ", "t"), use("User:b", "READ", "t", hosts=("10.0.0.1",))),
            "workloads": (
                a_workload(groups=["g"]),
                a_workload("b", sensitivity="secret", credential=None, rotation=None),
            ),
            "groups": (group(),),
        },
        {"no-rotation"},
    ),
    "no-zone": ({"workloads": (a_workload(zone=""),)}, set()),
    "no-credential": (
        {
            "workloads": (a_workload(credential=None, rotation=None),),
            "scram": (ScramCredential(user="a", mechanism="SCRAM-SHA-256", iterations=4096),),
        },
        {"no-rotation"},
    ),
    "no-rotation": ({"workloads": (a_workload(rotation=None),)}, set()),
    "rotation-never-proven": (
        {
            "acls": ("ALLOW READ on topic t to User:b",),
            "uses": (use("User:b", "READ", "t"),),
            "workloads": (a_workload("b"),),
        },
        set(),
    ),
    "sessions-outlive": (
        {"cluster": CLUSTER.model_copy(update={"facts": (BrokerFacts(id=1, lifetime=0),)})},
        set(),
    ),
    "section-incomplete": ({"transactions": build.section((), State.REFUSED, "no")}, set()),
    "group-type-lacking": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (group(type="consumer"),),
            "profile": "automq-oss",
        },
        set(),
    ),
    "exactly-once": ({"workloads": (a_workload(transactional_ids=["x"]),)}, set()),
    "topic-config-lost": (
        {
            "topics": (
                build.topic("t").model_copy(update={"configs": {"message.format.version": "2.8"}}),
            )
        },
        set(),
    ),
    "name-hidden": (named("__t"), set()),
    "name-internal": (named("t.internal"), set()),
    "group-share": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (group().model_copy(update={"type": "share"}),),
        },
        set(),
    ),
    "offset-beyond-end": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (
                group(commits=(Commit(topic="t", partition=0, offset=11, start=0, end=10),)),
            ),
        },
        set(),
    ),
    "offset-before-start": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (
                group(commits=(Commit(topic="t", partition=0, offset=1, start=3, end=10),)),
            ),
        },
        set(),
    ),
    "offsets-expire": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (group(state="Empty", members=()),),
            "cluster": CLUSTER.model_copy(
                update={"defaults": {"offsets.retention.minutes": "10080"}}
            ),
        },
        {"group-idle"},
    ),
    "group-idle": (
        {
            "workloads": (a_workload(groups=["g"]),),
            "groups": (group(state="Empty", members=()),),
        },
        set(),
    ),
}


def test_an_estate_in_order_has_no_finding() -> None:
    found = judged()
    assert found.findings == ()
    assert {s for r in found.readiness for s in r.signals.values()} == {"ready"}


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_found_and_nothing_else(rule: str) -> None:
    changes, also = CASES[rule]
    topics_unplanned = {"group-unowned", "connector-unowned", "principal-unowned"}
    found = rules_of(judged(**changes))
    assert rule in found
    assert found - also - {rule} <= topics_unplanned - {rule}
    assert found - also == {rule}


@pytest.mark.parametrize(
    ("secrecy", "evidence"),
    [
        ("literal", "the secret is in clear text; equal to main/d, key `p`"),
        ("mixed", "a part of the secret is in clear text; equal to main/d, key `p`"),
    ],
)
def test_a_literal_secret_is_evidence_in_words(secrecy: Secrecy, evidence: str) -> None:
    use = SecretUse(key="p", secrecy=secrecy, same_as="main/d, key `p`")
    found = judged(connectors=(connector(secrets=(use,)),), workloads=(a_workload(**MINE),))
    (finding,) = [f for f in found.findings if f.rule == "secret-literal"]
    assert finding.evidence == evidence


def test_a_signal_names_the_facts_that_decided_it() -> None:
    found = judged(workloads=(a_workload(security_owner="", zone=""),))
    (mine,) = [r for r in found.readiness if r.workload == "a"]
    assert (mine.signals["owner"], mine.signals["network"]) == ("warning", "unknown")
    assert mine.facts["owner"] == ("no-security-owner: workload a: `security_owner` is empty",)


def test_a_shared_worker_is_evidence_with_names_and_the_remedy_says_what_to_move() -> None:
    literal = SecretUse(key="p", secrecy="literal")
    found = judged(
        workloads=(a_workload(**MINE), a_workload("b", sensitivity="secret", connector="main/d")),
        connectors=(
            connector(principals=("User:a",), secrets=(literal,)),
            connector("main/d", type="source", principals=("User:b",)),
        ),
    )
    mine = [f for f in found.findings if f.rule == "worker-shared"]
    assert [(f.workload, f.subject) for f in mine] == [
        ("a", "Connect cluster main"),
        ("b", "Connect cluster main"),
    ]
    assert {f.evidence for f in mine} == {
        "source `main/d` (secret, zone z) and sink `main/c` (public, zone z) share this boundary; "
        "each worker can resolve 3 credentials"
    }
    assert {f.remedy for f in mine} == {"move main/d to a Connect cluster of its own"}
    (ready,) = [r for r in found.readiness if r.workload == "a"]
    assert ready.signals["owner"] == "warning"
    assert any(mine[0].evidence in fact for fact in ready.facts["owner"])
    assert why(found, "worker-shared")[-2] == f"remedy: {mine[0].remedy}"


def test_what_a_worker_can_resolve_is_a_least_number_where_something_was_not_read() -> None:
    found = judged(
        workloads=(a_workload(**MINE), a_workload("b", sensitivity="secret", connector="main/d")),
        connectors=(connector(principals=("User:a",)),),
    )
    (mine, _) = [f for f in found.findings if f.rule == "worker-shared"]
    assert "each worker can resolve at least 1 credential" in mine.evidence
    assert mine.evidence.startswith("connector `main/d` (secret, zone z) and sink `main/c`")


def shared_host(*hosts: str, **more: Any) -> Assessment:
    """Two workloads of different class whose groups have a member on each of these hosts."""
    members = tuple(Member(client_id="c", host=f"/{host}") for host in hosts)
    return judged(
        workloads=(
            a_workload(kind="consumer", groups=["g"], **more),
            a_workload("b", sensitivity="secret", groups=["h"], **more),
        ),
        groups=(group(members=members), group("h", members=members)),
    )


def test_a_shared_host_is_a_note_with_names_and_changes_no_signal() -> None:
    found = shared_host("10.0.0.1")
    mine = [f for f in found.findings if f.rule == "host-shared"]
    assert [(f.workload, f.subject, f.severity) for f in mine] == [
        ("a", "10.0.0.1", "note"),
        ("b", "10.0.0.1", "note"),
    ]
    assert {f.evidence for f in mine} == {
        "service `b` (secret, zone z) and consumer `a` (public, zone z) share this boundary; "
        "2 credentials on this host"
    }
    assert {f.remedy for f in mine} == {"run b on a host of its own"}
    (ready,) = [r for r in found.readiness if r.workload == "a"]
    assert ready.signals["network"] == "ready"
    assert [fact.partition(":")[0] for fact in ready.facts["network"]] == ["host-shared"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_loopback_address_is_no_shared_host(host: str) -> None:
    assert "host-shared" not in rules_of(shared_host(host))


def test_connectors_of_one_cluster_share_workers_not_hosts() -> None:
    """A worker whose address is not known: the log shows its connectors' principals on one host."""
    uses = (
        use("User:a", "READ", "t", hosts=("10.0.0.9",)),
        use("User:b", "READ", "t", hosts=("10.0.0.9",)),
    )
    found = judged(
        uses=uses,
        workloads=(a_workload(**MINE), a_workload("b", sensitivity="secret", connector="main/d")),
        connectors=(connector(type="source"), connector("main/d", type="source")),
    )
    assert rules_of(found) & {"worker-shared", "host-shared"} == {"worker-shared"}


def test_remedies_that_differ_are_shown_with_their_subjects() -> None:
    found = shared_host("10.0.0.1")
    one = next(f for f in found.findings if f.rule == "host-shared")
    more = tuple(
        one.model_copy(
            update={"subject": f"10.0.1.{n}", "remedy": f"run x{n} on a host of its own"}
        )
        for n in range(6)
    )
    lines = why(found.model_copy(update={"findings": (one, *more)}), "host-shared")
    said = [line for line in lines if "remed" in line]
    assert said[:2] == [
        "remedy for 10.0.0.1: run b on a host of its own",
        "remedy for 10.0.1.0: run x0 on a host of its own",
    ]
    assert said[5:] == ["and 2 more remedies (-o json)"]


@pytest.mark.parametrize(
    ("until", "suppressed"), [(date(2026, 1, 1), True), (date(2025, 12, 31), False)]
)
def test_a_suppression_ends_on_its_date_as_of_the_inventory(until: date, suppressed: bool) -> None:
    wanted = {
        "rule": "secret-copy",
        "subject": "f, line 1",
        "because": "a test file",
        "until": until,
    }
    copies = (ExposedSecret(file="f", line=1, found="a literal"),)
    found = judged(copies=copies, people={"suppress": [wanted]})
    assert found.as_of == datetime(2026, 1, 1, tzinfo=UTC)
    assert bool(found.blocking) is not suppressed
    assert bool(found.findings[0].suppressed) is suppressed


def test_rights_that_narrow_are_proposed_and_what_is_missing_is_granted() -> None:
    names = [f"t.{n}" for n in range(4)]
    found = judged(
        acls=("ALLOW ALL on topic * to User:a",),
        topics=tuple(build.topic(n) for n in names),
        workloads=(a_workload(reads=[{"prefix": "t."}]),),
        uses=(
            *(use("User:a", "READ", n) for n in names),
            *(use("User:a", "DESCRIBE", n) for n in names),
            use("User:a", "CREATE", "kafka-cluster", resource_type="CLUSTER", ground="default"),
        ),
    )
    (right,) = found.rights
    assert [str(acl) for acl in right.proposed] == ["ALLOW READ on topic prefixed t. to User:a"]
    (missing,) = found.missing
    assert str(missing.proposed) == "ALLOW CREATE on cluster kafka-cluster to User:a"


@pytest.mark.parametrize("profile", ["apache", "automq-oss", "automq-software", "automq-byoc"])
def test_bounded_sessions_are_not_advised_to_automq_without_what_they_do_there(
    profile: str,
) -> None:
    found = judged(
        cluster=CLUSTER.model_copy(update={"facts": (BrokerFacts(id=1, lifetime=0),)}),
        profile=profile,
    )
    (one,) = [f for f in found.findings if f.rule == "sessions-outlive"]
    assert "connections.max.reauth.ms" in one.remedy
    assert (automq.SESSIONS in one.remedy) is (profile != "apache")
    shown = " ".join(line.strip() for line in why(found, one.rule))
    assert f"remedy: {one.remedy}" in shown, "what --why shows is the finding's own"


def test_every_rule_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "assess.md").read_text()
    assert [line[5:] for line in text.splitlines() if line.startswith("#### ")] == list(RULES)


def test_what_could_not_be_looked_at_is_never_ready() -> None:
    sections = ("cluster", "acls", "scram", "topics", "groups", "transactions", "connect")
    found = build.inventory(topics=(build.topic("t"),))
    refused = {"standing": State.REFUSED, "error": "no"}
    seen = found.model_copy(
        update={name: getattr(found, name).model_copy(update=refused) for name in sections}
    )
    who = build.people(a_workload(**MINE, groups=["g"]), zones={"z": {}})
    made = assess(Estate(build.config(), seen, who), {}, frozenset({"a"}))
    for one in made.readiness:
        assert "ready" not in one.signals.values(), one
    (mine,) = [r for r in made.readiness if r.workload == "a"]
    assert "section connect is refused: no" in mine.facts["secret"]


def test_a_use_that_no_acl_allows_is_missing_also_where_the_log_does_not_say_why() -> None:
    found = judged(
        uses=(
            use("User:a", "READ", "t", ground="unsaid"),
            use("User:a", "CREATE", "x", ground="unsaid"),
        )
    )
    assert [str(one.proposed) for one in found.missing] == ["ALLOW CREATE on topic x to User:a"]


@pytest.mark.parametrize("ground", ["super", "default", "unsaid"])
def test_what_an_acl_allows_now_is_not_missing_however_the_log_has_it(ground: str) -> None:
    """A super user's decisions never name an ACL: the finding must end once the ACL is granted."""
    acls = ("ALLOW READ on topic t to User:a", "ALLOW CREATE on topic t to User:a")
    uses = (use("User:a", "READ", "t"), use("User:a", "CREATE", "t", ground=ground))
    assert [len(judged(acls=acls[:n], uses=uses).missing) for n in (1, 2)] == [1, 0]


def test_who_is_a_super_user_of_the_target_too_needs_no_acl_there() -> None:
    uses = (use("User:a", "READ", "t"), use("User:a", "CREATE", "t", ground="super"))
    target = {**build.SITE, "bootstrap_servers": "t:9092", "super_users": ["User:b"]}
    mapped = {"target": target, "principals": {"User:a": "User:b"}}
    assert [bool(judged(uses=uses, settings=s).missing) for s in ({}, mapped)] == [True, False]


def test_a_transactional_id_that_nobody_names_is_found() -> None:
    seen = Transaction(id="pay-1", state="Ongoing", producer_id=1)
    found = judged(transactions=build.section((seen,)))
    assert [f.subject for f in found.findings] == ["transactional id pay-1"]


NAMES = {
    "__billing": "name-hidden",
    ".dot": "name-hidden",
    "mm2-configs.east.internal": "name-hidden",
    "east.checkpoints.internal": "name-hidden",
    "shop.heartbeats": "name-hidden",
    "a-internal": "name-internal",
    "a.internal": "name-internal",
    "heartbeats.x": "",
    "mm2-configs.east": "",
    "x.replica": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_mirrormaker_takes_for_its_own(name: str) -> None:
    assert rules_of(judged(**named(name))) == {NAMES[name]} - {""}
    assert rules_of(judged(**named(name), profile="automq-byoc")) == set(), "kmig copies nothing"


def test_a_principal_that_is_mapped_is_foreign_no_more() -> None:
    found = judged(
        acls=("ALLOW READ on topic t to User:a", Acl(principal="Group:x", **RAW)),
        settings={"principals": {"Group:x": "User:x"}},
        people={
            "shared": [{"acl": {"principal": "Group:x"}, "decision": "replay", "because": "all"}]
        },
    )
    assert rules_of(found) == set()


def test_each_operation_is_proposed_where_it_was_used_and_nowhere_else() -> None:
    found = judged(
        acls=("ALLOW ALL on topic * to User:a",),
        topics=tuple(build.topic(n) for n in ("t", "x", "y")),
        workloads=(a_workload(writes=build.reads("x")),),
        uses=(
            use("User:a", "READ", "t"),
            use("User:a", "DESCRIBE", "t"),
            use("User:a", "WRITE", "x"),
            use("User:a", "DESCRIBE", "y"),
        ),
    )
    (right,) = found.rights
    assert sorted(map(str, right.proposed)) == [
        "ALLOW DESCRIBE on topic y to User:a",
        "ALLOW READ on topic t to User:a",
        "ALLOW WRITE on topic x to User:a",
    ]


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([(0, 400, 600), (1_000_000, 0, 51)], "no members, 200 records unread"),
        ([(5, 0, 10), (5, None, None)], "no members, 5 records unread, lag unknown on 1 partition"),
    ],
)
def test_an_idle_group_has_unread_what_it_can_still_read(
    ends: list[tuple[int, int | None, int | None]], said: str
) -> None:
    commits = tuple(
        Commit(topic="t", partition=number, offset=offset, start=start, end=end)
        for number, (offset, start, end) in enumerate(ends)
    )
    idle = group(state="Empty", members=(), commits=commits)
    found = judged(workloads=(a_workload(groups=["g"]),), groups=(idle,))
    (one,) = [f for f in found.findings if f.rule == "group-idle"]
    assert one.evidence == said
