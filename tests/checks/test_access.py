"""verify access: rights on target as each workload is told them, beside what source lets it do."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from migrate.checks.access import judge
from migrate.checks.outsiders import (
    UNNAMED_GROUP,
    for_anybody,
    judge_anonymous,
    judge_names,
    judge_stranger,
)
from migrate.checks.workload_access import ScriptResults, gather
from migrate.documents.plan import Plan
from migrate.documents.probed import Probed
from migrate.documents.secrets import CredentialRef
from migrate.errors import NotAuthenticated
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.acl import TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.check import Check, Verdict
from migrate.model.cluster import ScramCredential
from migrate.model.login_rules import KEYS, named
from migrate.model.reference import Reference
from migrate.plan.build import build
from migrate.steps import CreateAcls
from tests.estate import acls, config, group, inventory, people, reads, topic, workload

HERE = "10.0.0.7"
OPERATIONS = {
    "TOPIC": TOPIC_OPERATIONS,
    "GROUP": ("READ", "DESCRIBE", "DELETE"),
    "CLUSTER": ("DESCRIBE", "ALTER", "CREATE"),
}


class Broker:
    """A side that answers by its rules, as a broker does; who is not in `logins` cannot log in."""

    def __init__(self, rules: Iterable[Acl], logins: Mapping[str, str]) -> None:
        self.rules = AuthorizerRules(frozenset(rules))
        self.logins = logins

    def of(
        self, user: str, mechanism: str, secret: Reference, asked: AccessQuestion
    ) -> EffectiveAccess:
        if self.logins.get(user) != mechanism:
            raise NotAuthenticated(f"{user}: SASL authentication failed (58)")
        return self.answers(user, asked)

    def answers(self, user: str, asked: AccessQuestion) -> EffectiveAccess:
        def on(kind: str, name: str) -> frozenset[str]:
            asks = (Request(f"User:{user}", HERE, o, kind, name) for o in OPERATIONS[kind])
            found = frozenset(r.operation for r in asks if self.rules.allows(r))
            return found if "DESCRIBE" in found else frozenset()

        cluster = on("CLUSTER", "kafka-cluster")
        ids = {
            i: self.rules.allows(Request(f"User:{user}", HERE, "DESCRIBE", "TRANSACTIONAL_ID", i))
            for i in asked.transactional_ids
        }
        return EffectiveAccess(
            topics={t: on("TOPIC", t) for t in asked.topics},
            groups={g: on("GROUP", g) for g in asked.groups},
            cluster=cluster,
            describes=ids,
            lists_acls="DESCRIBE" in cluster,
        )

    def anonymous(self, asked: AccessQuestion) -> EffectiveAccess | None:
        return None

    def stranger(self, asked: AccessQuestion) -> EffectiveAccess:
        return self.answers("stranger", asked)

    def mechanism(self, place: Reference, otherwise: str) -> str:
        return otherwise


RIGHTS = (
    "ALLOW READ on topic prefixed o to User:r",
    "DENY READ on topic o.secret to User:r",
    "ALLOW READ on group g to User:r",
    "ALLOW WRITE on topic o.one to User:w",
    "ALLOW WRITE on topic o.secret to User:w",
    "ALLOW WRITE on transactional_id w-1 to User:w",
    "ALLOW CREATE on cluster kafka-cluster to User:w",
)
LOGINS = {"r": "SCRAM-SHA-512", "w": "SCRAM-SHA-512"}


def login(name: str) -> dict[str, Any]:
    return {"mechanism": "SCRAM-SHA-512", "secret": f"${{file:s:{name}}}", "carry": True}


def estate(*rights: str) -> tuple[Plan, Any]:
    who = people(
        workload("r", reads=reads("o.one"), groups=["g"], credential=login("r")),
        workload(
            "w", writes=reads("o.one", "o.secret"), credential=login("w"), transactional_ids=["w-1"]
        ),
    )
    found = inventory(
        topics=(topic("o.one"), topic("o.secret")),
        groups=(group("g", "o.one"),),
        acl=acls(*rights),
        scram=tuple(
            ScramCredential(user=u, mechanism=m, iterations=4096) for u, m in LOGINS.items()
        ),
    )
    return build(config(), who, found), who


def replayed(plan: Plan, *, opened: bool = False) -> set[Acl]:
    made = {a for w in plan.waves for s in w.prepare if isinstance(s, CreateAcls) for a in s.acls}
    return made | ({a for w in plan.waves for a in w.grants} if opened else set())


def verdicts(
    target: Iterable[Acl], *rights: str, cut: bool = False, opened: bool = False, **more: Any
) -> dict[str, Check]:
    plan, who = estate(*(rights or RIGHTS))
    source = [] if cut else acls(*(rights or RIGHTS))
    sides = (Broker(source, LOGINS), Broker(target, more.get("logins", LOGINS)))
    told = gather(plan, plan.waves, who, frozenset({1} if cut else ()), sides)
    gates = frozenset(a for w in plan.waves for a in w.grants) if opened else frozenset()
    found = judge(plan, told, gates, more.get("super_users", ()))
    return {check.name.removeprefix("access of "): check for check in found}


def test_a_whole_replay_passes_before_and_after_the_cutover() -> None:
    plan, _ = estate(*RIGHTS)
    before = verdicts(replayed(plan))
    assert {c.verdict for c in before.values()} == {Verdict.PASS}
    assert "the source's own answers; listing ACLs was refused" in before["r"].evidence[0]
    after = verdicts(replayed(plan, opened=True), cut=True, opened=True)
    assert {c.verdict for c in after.values()} == {Verdict.PASS}
    assert "as the source is fenced" in after["w"].evidence[0]


BROKEN = {
    "a DENY is dropped": (
        "r",
        "DENY READ on topic o.secret to User:r",
        (),
        "may READ topic o.secret on the target, not on",
    ),
    "a READ is widened": (
        "r",
        "",
        ("ALLOW ALL on topic o.one to User:r",),
        "may DELETE topic o.one on the target, not on",
    ),
    "a READ is lost": (
        "r",
        "ALLOW READ on topic prefixed o to User:r",
        (),
        "may READ topic o.one on the source, not on",
    ),
    "a group is lost": (
        "r",
        "ALLOW READ on group g to User:r",
        (),
        "may READ group g on the source, not on the target",
    ),
    "WRITE comes early": (
        "w",
        "",
        ("ALLOW WRITE on topic o.one to User:w",),
        "on the target before the write gate opens",
    ),
    "an id is lost": (
        "w",
        "ALLOW WRITE on transactional_id w-1 to User:w",
        (),
        "may DESCRIBE transactional_id w-1",
    ),
    "the cluster is open": (
        "w",
        "",
        ("ALLOW ALTER on cluster kafka-cluster to User:*",),
        "may ALTER cluster",
    ),
}


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_replay_is_caught(name: str, cut: bool) -> None:
    who, less, more, says = BROKEN[name]
    plan, _ = estate(*RIGHTS)
    rules = replayed(plan, opened=cut and name != "WRITE comes early")
    target = {a for a in rules if str(a) != less} | set(acls(*more))
    check = verdicts(target, cut=cut, opened=cut and name != "WRITE comes early")[who]
    assert check.verdict is Verdict.FAIL, check
    assert any(says in line for line in check.evidence), check


def test_what_cannot_be_asked_is_unknown() -> None:
    plan, _ = estate(*RIGHTS)
    there = replayed(plan)
    lost = verdicts(there, logins={"w": "SCRAM-SHA-512"})
    assert (lost["r"].verdict, lost["w"].verdict) == (Verdict.UNKNOWN, Verdict.PASS)
    assert "authentication failed" in lost["r"].evidence[0]
    scoped = (*RIGHTS, "DENY READ on topic o.one to User:r from 10.9.9.9")
    elsewhere, _ = estate(*scoped)
    check = verdicts(replayed(elsewhere), *scoped)["r"]
    assert check.verdict is Verdict.UNKNOWN
    assert (
        "cannot be tried from this host, as the ACL names one host: DENY READ" in check.evidence[1]
    )
    open_ = (*RIGHTS, "ALLOW DESCRIBE on cluster kafka-cluster to User:r")
    free, _ = estate(*open_)
    check = verdicts(replayed(free), *open_)["r"]
    assert (check.verdict, "so no request was refused" in check.evidence[1]) == (
        Verdict.UNKNOWN,
        True,
    )


def test_a_super_user_of_target_is_no_workload() -> None:
    plan, _ = estate(*RIGHTS)
    check = verdicts(replayed(plan), super_users=("User:w",))["w"]
    assert check.verdict is Verdict.FAIL


def test_without_a_wave_nothing_is_proven() -> None:
    plan, _ = estate(*RIGHTS)
    assert [c.verdict for c in judge(plan, (), frozenset())] == [Verdict.UNKNOWN]


def elsewhere(acl: str, asked_from: str, **wrong: Any) -> Check:
    """The verdict over one workload whose result came from another host."""
    plan, who = estate(acl, "ALLOW WRITE on topic o.one to User:w")
    side = Broker(replayed(plan), LOGINS)
    asked = AccessQuestion(("o.one", "o.secret"), ("g",))
    rules = side.rules
    told = {
        t: frozenset(
            o
            for o in TOPIC_OPERATIONS
            if rules.allows(Request("User:r", asked_from, o, "TOPIC", t))
        )
        for t in asked.topics
    }
    answer = EffectiveAccess(topics=told, groups={"g": frozenset()})
    one = {"from_host": asked_from, "cluster_id": "here", "effective": answer}
    fields = {"workload": "r", "asked_at": NOW, "sides": {"target": one, "source": one}}
    results = {"r": Probed.model_validate({**fields, **wrong.get("fields", {})})}
    ids = (wrong.get("source", "here"), wrong.get("target", "here"))
    given = ScriptResults(results, *ids, wrong.get("since"))
    sides = (Broker(acls(acl), LOGINS), side)
    told_all = gather(plan, plan.waves, who, frozenset(), sides, given)
    return next(c for c in judge(plan, told_all, frozenset()) if c.name == "access of r")


NOW = datetime(2026, 1, 2, tzinfo=UTC)
SCOPED = "ALLOW READ on topic o.one to User:r from 10.9.9.9"


def test_what_holds_for_one_host_passes_when_it_was_asked_from_there() -> None:
    assert elsewhere(SCOPED, "10.9.9.9").verdict is Verdict.PASS


def test_asked_from_another_host_it_stays_unknown() -> None:
    found = elsewhere(SCOPED, "10.1.1.1")
    assert found.verdict is Verdict.UNKNOWN
    assert "cannot be tried from host 10.1.1.1" in found.evidence[-1]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"target": "another"}, "about another target"),
        ({"source": "another"}, "about another source"),
        ({"since": datetime(2026, 1, 3, tzinfo=UTC)}, "before the last change on the target"),
    ],
)
def test_a_result_of_another_target_or_time_is_no_proof(wrong: dict[str, Any], why: str) -> None:
    found = elsewhere(SCOPED, "10.9.9.9", **wrong)
    assert found.verdict is Verdict.UNKNOWN
    assert why in found.evidence[0]


def test_an_issued_secret_is_compared_with_what_source_s_acls_say() -> None:
    plan, who = estate(*RIGHTS)
    (reader, writer) = who.workloads
    ref = {"mechanism": "SCRAM-SHA-512", "secret": "${file:new:r}", "issue": True}
    issued = reader.model_copy(update={"credential": CredentialRef.model_validate(ref)})
    people_now = who.model_copy(update={"workloads": (issued, writer)})
    sides = (Broker([], {"w": LOGINS["w"]}), Broker(replayed(plan), LOGINS))
    told = gather(plan, plan.waves, people_now, frozenset(), sides)
    found = {c.name: c for c in judge(plan, told, frozenset())}
    assert found["access of r"].verdict is Verdict.PASS
    assert "the secret there is another one" in found["access of r"].evidence[0]


PUBLIC = (*RIGHTS, "ALLOW DESCRIBE on topic o.one to User:*")


def shared() -> Plan:
    _, who = estate(*RIGHTS)
    more = who.model_copy(
        update={
            "shared": people(
                shared=[{"acl": {"principal": "User:*"}, "decision": "replay", "because": "public"}]
            ).shared
        }
    )
    found = inventory(topics=(topic("o.one"), topic("o.secret")), acl=acls(*PUBLIC))
    bare = [w.model_copy(update={"credential": None, "groups": ()}) for w in more.workloads]
    return build(config(), more.model_copy(update={"workloads": tuple(bare)}), found)


def test_outsiders_may_do_what_everybody_may_and_nothing_more() -> None:
    plan = shared()
    asked = for_anybody(plan.waves)
    closed = Broker(replayed(plan), {})
    shut = judge_stranger(plan, closed.stranger(asked))
    assert shut.verdict is Verdict.PASS
    assert shut.evidence == (
        "2 topics, 1 group and the cluster: nothing is allowed beyond the ACLs of User:*",
    )
    wider = Broker({*replayed(plan), *acls("ALLOW READ on topic o.one to User:*")}, {})
    found = judge_stranger(plan, wider.stranger(asked))
    assert found.verdict is Verdict.FAIL
    assert found.evidence == ("may READ topic o.one",)
    nobody = judge_anonymous(plan, None)
    assert nobody.verdict is Verdict.PASS
    assert nobody.evidence == ("no broker of the target answers a connection without a login",)
    assert judge_anonymous(plan, wider.stranger(asked)).verdict is Verdict.FAIL


def test_an_open_default_shows_on_what_no_acl_names() -> None:
    plan = shared()
    asked = for_anybody(plan.waves)
    assert asked.groups == (UNNAMED_GROUP,)
    found = judge_stranger(
        plan, EffectiveAccess(groups={UNNAMED_GROUP: frozenset({"READ", "DESCRIBE"})})
    )
    assert found.verdict is Verdict.FAIL
    assert "the target allows everyone what no ACL names" in found.evidence[0]


DN = "CN=app,OU=old,O=Example"
RULE = r"RULE:^CN=([^,]+),.*$/$1/L,DEFAULT"


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ("DEFAULT", DN),
        (RULE, "app"),
        (r"RULE:^CN=(.*?),OU=(.*?),O=(.*?)$/$1@$2/U", "APP@OLD"),
        (r"RULE:^CN=none$/x/, RULE:^.*$/all/", "all"),
        (r"RULE:^CN=none$/x/", None),
    ],
)
def test_names_of_certificates_are_made_as_kafka_makes_them(rules: str, name: str | None) -> None:
    assert named(rules, DN) == name


@pytest.mark.parametrize(
    ("principal", "mapped", "target", "verdict"),
    [
        (f"User:{DN}", "User:app", RULE, Verdict.PASS),
        (f"User:{DN}", None, "DEFAULT", Verdict.PASS),
        (f"User:{DN}", None, RULE, Verdict.FAIL),
        (f"User:{DN}", "User:app", "DEFAULT", Verdict.FAIL),
        ("User:token", None, "DEFAULT", Verdict.PASS),
        ("User:token", "User:other", "DEFAULT", Verdict.UNKNOWN),
        ("User:token", None, RULE, Verdict.UNKNOWN),
        (f"User:{DN}", None, "RULE:broken", Verdict.UNKNOWN),
        (f"User:{DN}", None, r"RULE:^(/x/", Verdict.UNKNOWN),
        (f"User:{DN}", None, r"RULE:^CN=(?<cn>.*)$/$1/", Verdict.UNKNOWN),
        (f"User:{DN}", None, r"RULE:^CN=.*$/$2/", Verdict.UNKNOWN),
    ],
)
def test_a_login_without_scram_is_called_on_target_what_the_plan_says(
    principal: str, mapped: str | None, target: str, verdict: Verdict
) -> None:
    who = people(workload("x", principal=principal))
    names = {principal: mapped} if mapped else {}
    plan = build(config(principals=names), who, inventory())
    default = {key: frozenset({"DEFAULT"}) for key in KEYS}
    there = {**default, KEYS[0]: frozenset({target})}
    (found,) = judge_names(plan, plan.waves, who, default, there)
    assert found.verdict is verdict, found.evidence


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("left_out", ["topics", "groups"])
def test_what_a_result_does_not_cover_is_no_pass(side: str, left_out: str) -> None:
    whole = EffectiveAccess(
        topics=dict.fromkeys(("o.one", "o.secret"), frozenset()), groups={"g": frozenset()}
    )
    poorer = whole.model_copy(update={left_out: {}})
    sides = {
        name: {
            "from_host": "10.9.9.9",
            "cluster_id": "here",
            "effective": poorer if name == side else whole,
        }
        for name in ("source", "target")
    }
    found = elsewhere("ALLOW READ on topic x to User:r", "10.9.9.9", fields={"sides": sides})
    assert found.verdict is Verdict.UNKNOWN
    assert any(f"the {side} gave no answer about" in line for line in found.evidence)
