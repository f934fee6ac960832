"""What the source denies by now: found where asking everything finds it, and told in the source's own words."""

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules
from migrate.model.rights import SourceView, denied_now, listed
from tests.estate import acls
from tests.model.test_growth import ACL, grown

SOME = st.frozensets(ACL, max_size=5)


@settings(max_examples=400, deadline=None)
@given(SOME, SOME, SOME)
def test_it_is_found_where_asking_everything_finds_it(
    source: frozenset[Acl], there: frozenset[Acl], granted: frozenset[Acl]
) -> None:
    found = denied_now(SourceView(), source, there, granted)
    target = granted | {acl for acl in there if acl.permission == "DENY"}
    assert bool(found) is grown(source, target)
    for one in found:
        assert one.grant in granted
        assert AuthorizerRules(target).allows(one.example)
        assert not AuthorizerRules(source).allows(one.example)
        assert all(acl in source and acl.permission == "DENY" for acl in one.by)


def test_grants_are_listed_once_each_and_only_the_first_of_them() -> None:
    granted = acls(*(f"ALLOW WRITE on topic t{n} to User:new" for n in range(7)))
    view = SourceView(names={"User:old": "User:new"})
    deny = acls("DENY ALL on topic prefixed t to User:old")
    lines = listed(denied_now(view, deny, (), granted))
    assert lines[0] == (
        "  ALLOW WRITE on topic t0 to User:new: the source has DENY ALL on topic prefixed t to User:old, "
        "the target does not (User:new may WRITE topic t0 from any other host)"
    )
    assert len(lines) == 6
    assert lines[5] == "  and 2 more"
