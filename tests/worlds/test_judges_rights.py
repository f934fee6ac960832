"""The judge of rights charges what kmig grants although the source had taken it by then."""

import pytest

from migrate.rehearse.worlds.estate import ADMIN, acl_of
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.judges import rights
from migrate.rehearse.worlds.timeline import HOUR
from tests.worlds.tale import KMIG, Tale

READ = "ALLOW READ on topic t to User:r"


def _granted(*, removed: float | None, by: str = KMIG) -> Tale:
    """`apply 1` begins after an hour, and creates on the target what the source allows until it is removed."""
    tale = Tale().typed("apply 1", at=HOUR)
    told = [("source", 0.0, ADMIN, "added"), ("target", HOUR + 5.0, by, "added")]
    if removed is not None:
        told.append(("source", removed, ADMIN, "removed"))
    tale.world.facts.changes += [
        Change(at, side, "acl", READ, who, (acl_of(READ), how))
        for side, at, who, how in sorted(told, key=lambda one: one[1])
    ]
    return tale


@pytest.mark.parametrize(
    ("tale", "charged"),
    [
        pytest.param(_granted(removed=None), False, id="the source allows it"),
        pytest.param(_granted(removed=HOUR - 1.0), True, id="removed before the command"),
        pytest.param(_granted(removed=HOUR), False, id="removed as the command begins"),
        pytest.param(_granted(removed=HOUR + 1.0), False, id="removed during the command"),
        pytest.param(_granted(removed=HOUR - 1.0, by=ADMIN), False, id="granted by somebody else"),
    ],
)
def test_a_privilege_that_grows_is_charged(tale: Tale, charged: bool) -> None:
    assert bool([*rights.grown(tale.told())]) is charged
