"""ACLs as they are replayed: DENY first, WRITE withheld, no privilege grows (promise 4)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.documents.plan import Plan
from migrate.model.acl import Acl, batches
from migrate.model.authorizer import AuthorizerRules
from migrate.model.growth import growth
from migrate.plan import replay
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from migrate.steps import CreateAcls
from tests.estate import acls, config, inventory, people, reads, topic, workload


def steps(made: Plan, wave: int) -> list[tuple[str, tuple[str, ...]]]:
    found = made.waves[wave - 1].prepare
    return [(s.part, tuple(map(str, s.acls))) for s in found if isinstance(s, CreateAcls)]


def test_write_on_topics_is_withheld_and_all_becomes_its_parts() -> None:
    done = replay.allows(
        acls(
            "ALLOW WRITE on topic prefixed t. to User:a",
            "ALLOW ALL on topic u to User:a",
            "ALLOW WRITE on transactional_id x to User:a",
            "ALLOW ALL on group g to User:a",
        ),
        {},
    )
    assert {str(a) for a in done.withheld} == {
        "ALLOW WRITE on topic prefixed t. to User:a",
        "ALLOW ALL on topic u to User:a",
    }
    granted = {str(a) for a in done.allow}
    assert "ALLOW WRITE on transactional_id x to User:a" in granted
    assert "ALLOW ALL on group g to User:a" in granted
    parts = {a.operation for a in done.allow if a.resource_name == "u"}
    assert parts == {
        *("READ", "CREATE", "DESCRIBE", "DELETE", "ALTER", "DESCRIBE_CONFIGS", "ALTER_CONFIGS")
    }


def test_every_deny_comes_with_the_first_wave_before_any_allow() -> None:
    found = inventory(
        topics=(topic("t"), topic("u")),
        acl=acls(
            "ALLOW READ on topic t to User:a",
            "DENY READ on topic u to User:b",
            "ALLOW READ on topic u to User:b",
        ),
    )
    who = people(
        workload("a", "public", reads=reads("t"), writes=reads("t")),
        workload("b", "secret", reads=reads("u"), writes=reads("u")),
    )
    made = build(config(), who, found)
    assert steps(made, 1) == [
        ("deny", ("DENY READ on topic u to User:b",)),
        ("allow", ("ALLOW READ on topic t to User:a",)),
    ]
    assert steps(made, 2) == [("allow", ("ALLOW READ on topic u to User:b",))]


def test_principals_are_renamed() -> None:
    found = inventory(acl=acls("ALLOW READ on group g to User:CN=a"))
    settings_ = config(principals={"User:CN=a": "User:a"})
    made = build(settings_, people(workload("a", principal="User:CN=a")), found)
    assert steps(made, 1) == [("allow", ("ALLOW READ on group g to User:a",))]
    assert made.waves[0].principals == ("User:a",)


def test_a_withheld_pattern_that_reaches_a_later_wave_is_not_granted_whole_before_it() -> None:
    found = inventory(
        topics=(topic("s.one"), topic("s.two")),
        acl=acls("ALLOW WRITE on topic prefixed s. to User:a"),
    )
    who = people(
        workload("a", "public", writes=reads("s.one")),
        workload("b", "secret", writes=reads("s.two")),
    )
    made = build(config(), who, found)
    (split,) = made.splits
    assert (split.parts, split.whole) == ({1: ("s.one",)}, 2)
    assert made.waves[0].grants == acls("ALLOW WRITE on topic s.one to User:a")
    assert made.waves[1].grants == acls("ALLOW WRITE on topic prefixed s. to User:a")


@pytest.mark.parametrize("keep", ["shared", "dropped"])
def test_a_deny_that_stays_while_what_it_cuts_moves_blocks(keep: str) -> None:
    found = inventory(
        topics=(topic("ref"),),
        acl=acls("ALLOW READ on topic ref to User:*", "DENY READ on topic ref to User:spy"),
    )
    stays: list[dict[str, Any]] = [{"acl": {"principal": "User:spy"}, "because": "retired"}]
    share: dict[str, Any] = {
        "acl": {"principal": "User:*"},
        "decision": "replay",
        "because": "public",
    }
    who = people(
        workload("w", writes=reads("ref")),
        shared=[share, *([{**stays[0], "decision": "replay"}] if keep == "shared" else [])],
        leave_behind=stays if keep == "dropped" else [],
    )
    if keep == "shared":
        assert build(config(), who, found).waves
    else:
        with pytest.raises(Blocked, match=r"privilege-grows.*User:spy may READ topic ref"):
            build(config(), who, found)


USERS = ["a", "b"]
ACL = st.builds(
    Acl,
    principal=st.sampled_from(["User:a", "User:b"]),
    host=st.sampled_from(["*", "h1"]),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=st.sampled_from(["READ", "WRITE", "DESCRIBE", "ALTER", "ALL"]),
    resource_type=st.just("TOPIC"),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED"]),
    resource_name=st.sampled_from(["x", "xy", "*"]),
)


@settings(max_examples=300, deadline=None)
@given(st.frozensets(ACL, max_size=8))
def test_no_privilege_grows_at_any_moment_of_the_replay(rules: frozenset[Acl]) -> None:
    who = people(workload("a", "public"), workload("b", "secret"))
    made = build(config(), who, inventory(acl=tuple(rules)))
    there: set[Acl] = set()
    for wave in made.waves:
        for step in wave.prepare:
            assert isinstance(step, CreateAcls)
            for acl in step.acls:
                there.add(acl)
                assert next(growth(AuthorizerRules(rules), frozenset(there)), None) is None
    for wave in made.waves:
        there |= set(wave.withheld)
    assert next(growth(AuthorizerRules(rules), frozenset(there)), None) is None
    assert next(growth(AuthorizerRules(frozenset(there)), rules), None) is None, "nothing is lost"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1_300), st.sampled_from("abcdef")), max_size=6))
def test_batches_hold_all_and_keep_a_resource_together(sizes: list[tuple[int, str]]) -> None:
    rules = tuple(
        Acl(
            principal=f"User:{n}",
            permission="ALLOW",
            operation="READ",
            resource_type="TOPIC",
            resource_name=f"{name}{at}",
        )
        for at, (many, name) in enumerate(sizes)
        for n in range(many)
    )
    some = list(batches(rules, 1_000))
    made = [acl for batch in some for acl in batch]
    assert sorted(map(str, made)) == sorted(map(str, rules))
    assert all(0 < len(batch) <= 1_000 for batch in some)
    for at, (many, name) in enumerate(sizes):
        holding = [b for b in some if any(a.resource_name == f"{name}{at}" for a in b)]
        assert len(holding) == 1 or many > 1_000 or len(rules) <= 1_000, "split though it fits"
