"""Planned beside there: conservation under any two sets, and what can never match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.model.acl import Acl
from migrate.model.difference import difference, inert

ACL = st.builds(
    Acl,
    principal=st.sampled_from(["User:a", "User:b"]),
    host=st.sampled_from(["*", "10.0.0.1"]),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=st.sampled_from(["READ", "WRITE"]),
    resource_type=st.just("TOPIC"),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED"]),
    resource_name=st.sampled_from(["t", "u"]),
)
SETS = st.frozensets(ACL, max_size=12)


@given(SETS, SETS)
def test_every_acl_of_one_side_only_is_told_once(
    planned: frozenset[Acl], there: frozenset[Acl]
) -> None:
    found = difference(planned, there)
    assert sorted([*found.missing, *(a for a, _ in found.different)], key=str) == sorted(
        planned - there, key=str
    )
    assert sorted([*found.extra, *(b for _, b in found.different)], key=str) == sorted(
        there - planned, key=str
    )
    for a, b in found.different:
        unlike = [k for k in Acl.model_fields if getattr(a, k) != getattr(b, k)]
        assert len(unlike) == 1
        assert unlike[0] in ("permission", "host", "pattern_type")


@pytest.mark.parametrize(
    ("fields", "idle"),
    [
        ({}, False),
        ({"principal": "User:*"}, False),
        ({"principal": "Group:a"}, True),
        ({"host": "10.0.0.1"}, False),
        ({"host": "0:0:0:0:0:0:0:1"}, False),
        ({"host": "2001:db8:0:0:0:0:0:1"}, False),
        ({"host": "::1"}, True),
        ({"host": "10.0.0.0/8"}, True),
        ({"host": "app.example"}, True),
        ({"pattern_type": "PREFIXED", "resource_name": "*"}, True),
        ({"pattern_type": "PREFIXED", "resource_name": "*", "resource_type": "GROUP"}, False),
        ({"resource_name": "*"}, False),
    ],
)
def test_what_no_request_can_meet_is_inert(fields: dict[str, str], idle: bool) -> None:
    given = {"principal": "User:a", "permission": "ALLOW", "operation": "READ"}
    acl = Acl.model_validate({**given, "resource_type": "TOPIC", "resource_name": "t", **fields})
    assert bool(inert(acl)) is idle
