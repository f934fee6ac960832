"""The authorizer's decision, on hand-written cases; tests/live/test_authorizer.py asks real brokers the same."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request, covering, covers, decide, pattern
from tests.estate import acls


def allowed(rules: tuple[Acl, ...], who: str, operation: str, name: str, host: str = "h") -> bool:
    request = Request(f"User:{who}", host, operation, "TOPIC", name)
    return AuthorizerRules(frozenset(rules)).allows(request)


@pytest.mark.parametrize(
    ("rules", "who", "operation", "name", "expected"),
    [
        pytest.param([], "a", "READ", "t", False, id="no ACL, closed default"),
        pytest.param(["ALLOW READ on topic t to User:a"], "a", "READ", "t", True, id="literal"),
        pytest.param(
            ["ALLOW READ on topic t to User:a"], "b", "READ", "t", False, id="another user"
        ),
        pytest.param(["ALLOW READ on topic * to User:a"], "a", "READ", "x", True, id="every topic"),
        pytest.param(
            ["ALLOW READ on topic prefixed t. to User:a"], "a", "READ", "t.x", True, id="prefix"
        ),
        pytest.param(
            ["ALLOW READ on topic prefixed t. to User:a"], "a", "READ", "t", False, id="shorter"
        ),
        pytest.param(
            ["ALLOW READ on topic prefixed * to User:a"], "a", "READ", "x", False, id="star prefix"
        ),
        pytest.param(["ALLOW READ on topic t to User:*"], "b", "READ", "t", True, id="everyone"),
        pytest.param(
            ["ALLOW READ on topic t to User:a"], "a", "DESCRIBE", "t", True, id="READ implies"
        ),
        pytest.param(["ALLOW ALL on topic t to User:a"], "a", "DELETE", "t", True, id="ALL"),
        pytest.param(
            ["ALLOW ALTER_CONFIGS on topic t to User:a"],
            "a",
            "DESCRIBE_CONFIGS",
            "t",
            True,
            id="configs",
        ),
        pytest.param(
            ["ALLOW READ on topic t to User:a", "DENY READ on topic * to User:a"],
            *("a", "READ", "t", False),
            id="DENY anywhere wins",
        ),
        pytest.param(
            ["ALLOW READ on topic t to User:a", "DENY READ on topic t to User:a"],
            *("a", "DESCRIBE", "t", True),
            id="DENY implies nothing",
        ),
        pytest.param(
            ["ALLOW READ on topic t to User:a", "DENY ALL on topic t to User:*"],
            *("a", "DESCRIBE", "t", False),
            id="DENY ALL to everyone",
        ),
        pytest.param(
            ["ALLOW READ on topic t to User:a from 1.2.3.4"],
            "a",
            "READ",
            "t",
            False,
            id="another host",
        ),
    ],
)
def test_decision(rules: list[str], who: str, operation: str, name: str, expected: bool) -> None:
    assert allowed(acls(*rules), who, operation, name) is expected


def test_the_first_acl_closes_a_resource_that_was_open() -> None:
    rules = frozenset(acls("ALLOW READ on topic t to User:a"))
    request = Request("User:b", "h", "READ", "TOPIC", "t")
    other = Request("User:b", "h", "READ", "TOPIC", "u")
    assert not AuthorizerRules(rules, allow_everyone=True).allows(request)
    assert AuthorizerRules(rules, allow_everyone=True).allows(other)


def test_nothing_stops_a_super_user() -> None:
    rules = AuthorizerRules(frozenset(acls("DENY ALL on topic * to User:*")), frozenset({"User:a"}))
    assert rules.allows(Request("User:a", "h", "READ", "TOPIC", "t"))


NAMES = ["", "a", "ab", "abc", "b", "*", "*a"]
ACLS = st.builds(
    Acl,
    principal=st.sampled_from(["User:a", "User:b", "User:*"]),
    host=st.sampled_from(["*", "h1"]),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=st.sampled_from(["READ", "DESCRIBE", "ALL"]),
    resource_type=st.sampled_from(["TOPIC", "GROUP"]),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED", "MATCH"]),
    resource_name=st.sampled_from(NAMES),
)


@settings(max_examples=200, deadline=None)
@given(ACLS, st.sampled_from(["TOPIC", "GROUP"]), st.sampled_from(NAMES))
def test_the_patterns_that_cover_a_resource_are_those_of_the_acls_that_cover_it(
    acl: Acl, kind: str, name: str
) -> None:
    assert (pattern(acl) in set(covering(kind, name))) is covers(acl, kind, name)


@settings(max_examples=200, deadline=None)
@given(st.frozensets(ACLS, max_size=6), st.booleans())
def test_a_principals_own_acls_decide_as_all_of_them_do(
    some: frozenset[Acl], allow_everyone: bool
) -> None:
    rules = AuthorizerRules(some, allow_everyone=allow_everyone)
    for principal, host, kind, name in product(
        ("User:a", "User:c", "User:*"), ("h1", "h2"), ("TOPIC",), NAMES
    ):
        request = Request(principal, host, "DESCRIBE", kind, name)
        decided = decide(rules.matching(kind, name), request, default=allow_everyone)
        assert rules.allows(request) is decided
