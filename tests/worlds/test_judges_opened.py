"""Judges of the write gate charge a grant that comes too early, and a client that is started before its rights."""

from collections.abc import Callable

import pytest

from migrate.rehearse.worlds.estate import ADMIN, acl_of
from migrate.rehearse.worlds.judges import opened
from tests.worlds.tale import KMIG, Tale

Told = Callable[[], Tale]
_WRITE, _FENCE = "ALLOW WRITE on topic t to User:w", "DENY WRITE on topic t to User:*"
_COPIER = "ALLOW WRITE on topic t to User:copier"


def _estate() -> Tale:
    """A writer on the source, a copy on the target with its copier's right."""
    tale = Tale()
    tale.world.target.note("topic", "t", KMIG, ("created", "id"))
    tale.world.source.change_acls([acl_of(_WRITE)], by=ADMIN)
    tale.world.target.change_acls([acl_of(_COPIER)], by=KMIG)
    return tale


def _fenced() -> Tale:
    tale = _estate().until(10.0)
    tale.world.source.change_acls([acl_of(_FENCE)], by=KMIG)
    return tale


def _ended() -> Tale:
    tale = _fenced().until(20.0)
    tale.world.target.change_acls(remove=[acl_of(_COPIER)], by=KMIG)
    return tale


def _granted(tale: Tale, acl: str = _WRITE, by: str = KMIG) -> Tale:
    tale.until(30.0).world.target.change_acls([acl_of(acl)], by=by)
    return tale


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(lambda: _granted(_ended()), "", id="fenced, and the copy has ended"),
        pytest.param(lambda: _granted(_fenced()), "copier", id="the copier may write"),
        pytest.param(lambda: _granted(_estate()), "source", id="no fence"),
        pytest.param(lambda: _granted(_estate(), by=ADMIN), "", id="by an administrator"),
        pytest.param(
            lambda: _granted(_fenced(), "ALLOW READ on topic t to User:w"), "", id="only READ"
        ),
        pytest.param(
            lambda: _granted(_estate(), "ALLOW ALL on topic prefixed t to User:w"),
            "source",
            id="in another ACL",
        ),
    ],
)
def test_write_is_granted_when_nobody_else_writes(told: Told, why: str) -> None:
    charged = list(opened.opened_early(told().told()))
    assert len(charged) == bool(why)
    assert all(why in broken.told for broken in charged)


def _refused(after: float, by: str = KMIG, born: float = 31.0) -> Told:
    def told() -> Tale:
        tale = _granted(_ended(), by=by)
        tale.runs(born=born, name="w")
        refusal = (30.0 + after, "target", "User:w", "WRITE", "t")
        tale.world.facts.denied.append(refusal)
        return tale

    return told


@pytest.mark.parametrize(
    ("told", "charged"),
    [
        pytest.param(_refused(5.0), True, id="a broker does not know it"),
        pytest.param(_refused(-5.0), False, id="before it was granted"),
        pytest.param(_refused(5.0, born=10.0), False, id="it ran before, without the right"),
        pytest.param(_refused(5.0, by=ADMIN), False, id="an administrator granted it"),
    ],
)
def test_a_client_is_not_started_before_its_rights(told: Told, charged: bool) -> None:
    assert bool(list(opened.started_early(told().told()))) is charged
