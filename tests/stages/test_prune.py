"""What a prune may take: only the wave's own principals, never what a plan or an open gate has, never too many."""

import pytest

from migrate.errors import Refused
from migrate.model.acl import Acl
from migrate.stages.prune import extras, step
from tests.checks.test_acls import planned, replayed
from tests.estate import acls

MINE = acls("ALLOW READ on topic elsewhere to User:a", "DENY READ on topic t to User:a")
OTHERS = acls(
    "ALLOW READ on topic elsewhere to User:*",
    "ALLOW READ on topic t to User:old",
    "ALLOW ALL on topic * to User:kmig",
)
GATE = acls("ALLOW WRITE on topic t to User:a")


def found(there: set[Acl], gates: frozenset[Acl] = frozenset()) -> set[Acl]:
    plan = planned()
    return set(extras(plan, plan.waves[0], there, gates))


def test_only_what_its_principals_have_beyond_every_plan() -> None:
    there = {*replayed(planned()), *MINE, *OTHERS}
    assert found(there) == set(MINE)
    assert found(set(replayed(planned()))) == set()


def test_what_a_switch_granted_stays_and_what_came_too_early_goes() -> None:
    there = {*replayed(planned()), *GATE}
    assert found(there, frozenset(GATE)) == set()
    assert found(there) == set(GATE)


def test_more_than_the_maximum_is_refused() -> None:
    with pytest.raises(Refused, match="2 ACLs would be deleted, but at most 1 are allowed"):
        step(MINE, 1)
    assert set(step(MINE, 2).acls) == set(MINE)


def test_another_prune_is_another_step() -> None:
    assert step(MINE, 9).key != step(MINE[:1], 9).key
    assert step(MINE, 9).key == step(MINE, 9).key
