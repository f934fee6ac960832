"""verify acls, judged on hand-written clusters: one row per kind of fault."""

import pytest

from migrate.checks.acls import AclFacts, judge
from migrate.documents.plan import Plan
from migrate.model.acl import Acl
from migrate.model.check import Verdict
from migrate.plan.build import build
from migrate.steps import CreateAcls
from tests.estate import acls, config, inventory, people, reads, topic, workload

SOURCE = acls(
    "ALLOW READ on topic t to User:a",
    "ALLOW WRITE on topic t to User:a",
    "ALLOW ALL on topic prefixed u. to User:a",
    "DENY READ on topic u.secret to User:a",
    "ALLOW READ on topic prefixed ref. to User:*",
    "ALLOW READ on topic t to User:old",
)


def planned() -> Plan:
    who = people(
        workload("a", reads=reads("t"), writes=reads("t")),
        shared=[{"acl": {"principal": "User:*"}, "decision": "replay", "because": "public"}],
        leave_behind=[{"acl": {"principal": "User:old"}, "because": "retired"}],
    )
    return build(config(), who, inventory(topics=(topic("t"),), acl=SOURCE))


def replayed(made: Plan) -> frozenset[Acl]:
    steps = [s for w in made.waves for s in w.prepare if isinstance(s, CreateAcls)]
    return frozenset(acl for step in steps for acl in step.acls)


def verdicts(target: frozenset[Acl], source: frozenset[Acl] = frozenset(SOURCE)) -> dict[str, str]:
    made = planned()
    facts = AclFacts(source, {"b:1": replayed(made), "b:2": target})
    return {c.name: c.verdict.value for c in judge(made, made.waves, facts)}


PLANNED, GROWS, LOST, GATE = (
    "acls as planned on b:2",
    "no privilege grows on b:2",
    "no privilege is lost on b:2",
    "write gate closed on b:2",
)


def test_a_faithful_replay_passes() -> None:
    assert set(verdicts(replayed(planned())).values()) == {"pass"}


def test_acls_of_others_on_the_target_are_their_own_business() -> None:
    extra = acls("ALLOW ALL on topic * to User:kmig")
    assert set(verdicts(replayed(planned()) | set(extra)).values()) == {"pass"}


def without(text: str) -> frozenset[Acl]:
    return replayed(planned()) - set(acls(text))


@pytest.mark.parametrize(
    ("target", "failing"),
    [
        pytest.param(
            without("ALLOW READ on topic t to User:a"), {PLANNED, LOST}, id="a grant is missing"
        ),
        pytest.param(
            without("DENY READ on topic u.secret to User:a"),
            {PLANNED, GROWS, LOST},
            id="a DENY is missing",
        ),
        pytest.param(
            replayed(planned()) | set(acls("ALLOW WRITE on topic t to User:a")),
            {PLANNED, GATE},
            id="WRITE too early",
        ),
        pytest.param(
            replayed(planned()) | set(acls("ALLOW READ on topic x to User:a")),
            {PLANNED, GROWS},
            id="extra",
        ),
        pytest.param(
            replayed(planned()) | set(acls("ALLOW READ on topic prefixed re to User:*")),
            {PLANNED, GROWS},
            id="wider for everyone",
        ),
        pytest.param(
            replayed(planned()) | set(acls("DENY READ on topic * to User:a")),
            {PLANNED, LOST},
            id="extra DENY",
        ),
        pytest.param(frozenset(), {PLANNED, LOST}, id="nothing there"),
    ],
)
def test_each_fault_is_named_on_its_broker(target: frozenset[Acl], failing: set[str]) -> None:
    found = verdicts(target)
    assert {name for name, verdict in found.items() if verdict == "fail"} == failing


def test_a_pass_says_whose_rights_were_compared() -> None:
    """What other principals of the target may do was not asked."""
    made = planned()
    others = acls("ALLOW ALL on topic * to User:somebody")
    found = judge(
        made, made.waves, AclFacts(frozenset(SOURCE), {"b:2": replayed(made) | set(others)})
    )
    said = {check.name: check.evidence[0] for check in found}
    assert said[GROWS] == "2 principals: nothing is allowed that the source denies"
    assert said[LOST].startswith("1 moved principal: nothing is denied that the source allows")


def test_a_source_that_changed_since_the_inventory_fails() -> None:
    changed = frozenset((*SOURCE[1:], *acls("ALLOW READ on topic new to User:b")))
    made = planned()
    first, *_ = judge(made, made.waves, AclFacts(changed, {"b": replayed(made)}))
    assert first.verdict is Verdict.FAIL
    assert first.evidence == (
        "new on the source since the inventory: ALLOW READ on topic new to User:b",
        "deleted on the source since the inventory: ALLOW READ on topic t to User:a",
    )


def test_nothing_applied_is_unknown_and_not_a_pass() -> None:
    (only,) = judge(planned(), (), AclFacts(frozenset(SOURCE), {"b": frozenset()}))
    assert only.verdict is Verdict.UNKNOWN


def test_a_broker_that_is_down_leaves_it_unknown() -> None:
    made = planned()
    facts = AclFacts(frozenset(SOURCE), {"b:2": replayed(made)}, absent=(3,))
    last = judge(made, made.waves, facts)[-1]
    assert last.verdict is Verdict.UNKNOWN
    assert last.evidence == ("brokers 3 of the target are down and cannot be asked",)


def test_a_broker_that_does_not_answer_leaves_it_unknown() -> None:
    made = planned()
    facts = AclFacts(frozenset(SOURCE), {"b:2": replayed(made)}, silent={"b:3": "cannot reach b:3"})
    last = judge(made, made.waves, facts)[-1]
    assert (last.name, last.verdict) == ("acls on b:3", Verdict.UNKNOWN)
    assert last.evidence == ("cannot reach b:3",)


@pytest.mark.parametrize(
    ("extra", "made", "why"),
    [
        ("ALLOW READ on topic x to User:a", True, "this migration created it, under another plan"),
        ("ALLOW READ on topic x to User:a", False, "not created by kmig"),
        ("ALLOW READ on topic old to User:a", False, "MirrorMaker's ACL sync creates such ACLs"),
        ("DENY READ on topic old to User:a", False, "not created by kmig"),
        ("ALLOW WRITE on topic old to User:a", False, "not created by kmig"),
    ],
)
def test_an_extra_says_where_it_may_come_from(extra: str, made: bool, why: str) -> None:
    plan = planned()
    there = acls(extra)
    source = {*SOURCE, *acls("ALLOW ALL on topic old to User:a")}
    facts = AclFacts(frozenset(source), {"b:2": replayed(plan) | set(there)})
    known = frozenset(there if made else ())
    found = judge(plan, plan.waves, facts, made=known)
    (check,) = [c for c in found if c.name == PLANNED]
    assert check.evidence[0].startswith(f"extra: {extra}: {why}")


def test_what_differs_in_one_thing_is_said_as_one() -> None:
    made = planned()
    there = acls("ALLOW READ on topic t to User:a from 10.0.0.1")
    facts = AclFacts(
        frozenset(SOURCE), {"b:2": without("ALLOW READ on topic t to User:a") | set(there)}
    )
    (check,) = [c for c in judge(made, made.waves, facts) if c.name == PLANNED]
    assert check.evidence == (
        "different: ALLOW READ on topic t to User:a from 10.0.0.1; planned: ALLOW READ on topic t to User:a",
    )


def test_a_plan_that_dropped_a_grant_does_not_hide_it() -> None:
    """The judge looks at the source itself: a fault in the planner is not repeated here."""
    made = planned()
    step = next(s for s in made.waves[0].prepare if isinstance(s, CreateAcls) and s.part == "allow")
    poorer = step.model_copy(update={"acls": step.acls[1:]})
    prepare = tuple(poorer if s is step else s for s in made.waves[0].prepare)
    wave = made.waves[0].model_copy(update={"prepare": prepare})
    wrong = made.model_copy(update={"waves": (wave,)})
    facts = AclFacts(frozenset(SOURCE), {"b:2": replayed(wrong)})
    found = {c.name: c.verdict.value for c in judge(wrong, wrong.waves, facts)}
    assert found[PLANNED] == "pass"
    assert found[LOST] == "fail"
