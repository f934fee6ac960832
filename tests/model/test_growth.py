"""Growth: what is asked finds exactly what asking everything finds."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.growth import AccessGrowth, growth
from migrate.model.sorted_names import SortedNames

OPERATIONS = ("READ", "WRITE", "DESCRIBE", "ALTER", "ALTER_CONFIGS", "DESCRIBE_CONFIGS", "ALL")
ACL = st.builds(
    Acl,
    principal=st.sampled_from(["User:a", "User:b", "User:*"]),
    host=st.sampled_from(["*", "h1"]),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=st.sampled_from(OPERATIONS),
    resource_type=st.just("TOPIC"),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED"]),
    resource_name=st.sampled_from(["x", "xy", "xyz", "*"]),
)
REQUESTS = [
    Request(*each)
    for each in product(
        ("User:a", "User:b", "User:c"),
        ("h1", "h2"),
        (o for o in OPERATIONS if o != "ALL"),
        ("TOPIC",),
        ("x", "xy", "xyz", "xyzz", "xq", "xyq", "q", "*q"),
    )
]
"""Many more names, principals and hosts than `growth` asks about."""


def grown(before: frozenset[Acl], after: frozenset[Acl]) -> bool:
    was, now = AuthorizerRules(before), AuthorizerRules(after)
    return any(now.allows(r) and not was.allows(r) for r in REQUESTS)


@settings(max_examples=400, deadline=None)
@given(st.frozensets(ACL, max_size=6), st.frozensets(ACL, max_size=6))
def test_growth_is_found_where_asking_everything_finds_it(
    before: frozenset[Acl], after: frozenset[Acl]
) -> None:
    found = list(growth(AuthorizerRules(before), after))
    assert bool(found) is grown(before, after)
    was, now = AuthorizerRules(before), AuthorizerRules(after)
    assert all(now.allows(r) and not was.allows(r) for r in found)


@settings(max_examples=400, deadline=None)
@given(st.frozensets(ACL, max_size=6), st.lists(st.frozensets(ACL, max_size=3), max_size=4))
def test_growth_is_found_at_the_moment_when_it_comes(
    before: frozenset[Acl], added: list[frozenset[Acl]]
) -> None:
    """Each moment adds to the one before; what grew already is not new, and DENY added later takes nothing back."""
    ever = [acl for some in added for acl in some]
    growing, there, grew = AccessGrowth(AuthorizerRules(before), ever), frozenset[Acl](), False
    for some in added:
        there |= some
        found = bool(list(growing.adding(some)))
        had_grown, grew = grew, grown(before, there)
        if grew and not had_grown:
            assert found
        if not grew:
            assert not found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("xy*", max_size=4), max_size=8), ACL)
def test_names_are_found_as_the_authorizer_finds_them(names: list[str], acl: Acl) -> None:
    from migrate.model.authorizer import covers

    found = SortedNames(names).covered(acl)
    assert list(found) == sorted({n for n in names if covers(acl, "TOPIC", n)})
