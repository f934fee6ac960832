"""What preflight says of rights and logins: who is fenced without moving, who lacks what, who may write too early."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.model.acl import Acl
from migrate.model.check import Verdict
from migrate.model.reference import parse
from migrate.model.rights import SourceView
from migrate.preflight import rights
from migrate.preflight.facts import Ahead, ClientAhead
from tests.estate import acls
from tests.execute.moving import TOPICS, World, world

SECRET = "${file:s:ledger}"
AHEAD = Ahead(
    wave=1,
    owned=TOPICS,
    copied=TOPICS,
    groups=(),
    clients=(
        ClientAhead(
            "ledger",
            "User:ledger",
            "ledger",
            "SCRAM-SHA-256",
            parse(SECRET),
            groups=("ledger",),
            reads=("paid",),
        ),
        ClientAhead("till", "User:till", writes=TOPICS),
    ),
    writers=dict.fromkeys(TOPICS, frozenset({"User:till"})),
    own=frozenset({"User:copier", "User:kmig"}),
)
SOURCE = acls(
    "ALLOW READ on group ledger to User:ledger",
    "ALLOW READ on topic paid to User:ledger",
    "ALLOW WRITE on topic paid to User:till",
    "ALLOW ALL on topic prefixed see to User:till",
)


def ready(folder: Path) -> World:
    here = world(folder, [])
    here.source.acl_set = set(SOURCE)
    return here


def faults(here: World, ahead: Ahead = AHEAD) -> dict[str, str]:
    found = [one.check for one in rights.ask(here.sites(), ahead)]
    assert len(found) == 9
    return {c.name: " ".join(c.evidence) for c in found if c.verdict is Verdict.FAIL}


def test_a_wave_that_is_ready_passes_all(tmp_path: Path) -> None:
    assert faults(ready(tmp_path)) == {}


def _writer(here: World) -> None:
    here.source.acl_set |= set(acls("ALLOW WRITE on topic paid to User:stray"))


def _revoked(here: World) -> None:
    here.source.acl_set -= set(acls("ALLOW READ on topic paid to User:ledger"))


def _denied(here: World) -> None:
    here.source.acl_set |= set(acls("DENY WRITE on topic seen to User:till"))


def _granted(here: World) -> None:
    here.target.acl_set |= set(acls("ALLOW WRITE on topic paid to User:till"))


def _deleted(here: World) -> None:
    here.target.scram.clear()


def _changed(here: World) -> None:
    known, _ = here.target.scram["ledger", "SCRAM-SHA-256"]
    here.target.scram["ledger", "SCRAM-SHA-256"] = (known, "another")


@pytest.mark.parametrize(
    ("done", "name", "said"),
    [
        (_writer, "every writer moves", "User:stray may write to paid, and no workload"),
        (
            _revoked,
            "clients may do what they do",
            "User:ledger of workload ledger lacks READ on topic paid",
        ),
        (
            _denied,
            "clients may do what they do",
            "User:till of workload till lacks WRITE on topic seen",
        ),
        (_granted, "nobody may write on the target", "User:till may write to paid on the target"),
        (
            _deleted,
            "credentials log in on the target",
            "User:ledger of workload ledger cannot log in",
        ),
        (
            _changed,
            "credentials log in on the target",
            "User:ledger of workload ledger cannot log in",
        ),
    ],
)
def test_each_fault_is_named_by_its_check_alone(
    done: Callable[[World], None], name: str, said: str, tmp_path: Path
) -> None:
    here = ready(tmp_path)
    done(here)
    found = faults(here)
    assert found.keys() == {name}
    assert said in found[name]


def test_a_prefix_counts_for_who_moves_later_unless_people_say_that_he_does_not_write(
    tmp_path: Path,
) -> None:
    here = ready(tmp_path)
    here.source.acl_set |= set(acls("ALLOW WRITE on topic prefixed pa to User:batch"))
    assert faults(here) == {}
    later = replace(AHEAD, later=frozenset({"User:batch"}))
    assert (
        "User:batch may write to paid, and no workload" in faults(here, later)["every writer moves"]
    )
    assert faults(here, replace(later, accepted=frozenset({"paid"}))) == {}


def test_what_was_taken_away_on_the_target_is_named(tmp_path: Path) -> None:
    here = ready(tmp_path)
    moved = tuple(replace(c, there=c.principal, ids=("tx",)) for c in AHEAD.clients)
    there = replace(AHEAD, clients=moved, shared=frozenset({"User:ledger", "User:till"}))
    here.source.acl_set |= set(
        acls(*(f"ALLOW WRITE on transactional_id tx to User:{u}" for u in ("ledger", "till")))
    )
    here.target.acl_set |= here.source.acl_set - set(acls("ALLOW WRITE on topic paid to User:till"))
    here.target.acl_set -= set(acls("ALLOW ALL on topic prefixed see to User:till"))
    assert faults(here, there) == {}
    here.target.acl_set -= set(acls("ALLOW READ on group ledger to User:ledger"))
    here.target.acl_set -= set(acls("ALLOW WRITE on transactional_id tx to User:till"))
    said = faults(here, there)["clients may do it there"]
    assert "User:ledger of workload ledger lacks READ on group ledger on the target" in said
    assert "User:till of workload till lacks WRITE on transactional_id tx on the target" in said
    here.source.acl_set -= set(acls("ALLOW WRITE on transactional_id tx to User:till"))
    assert (
        "WRITE on transactional_id tx on the source"
        in faults(here, there)["clients may do what they do"]
    )


GRANTED = replace(
    AHEAD,
    granted=acls(
        "ALLOW READ on topic paid to User:ledger", "ALLOW WRITE on topic paid to User:till"
    ),
    users=frozenset({"ledger"}),
)


def test_rights_that_were_planned_and_are_denied_now_are_named(tmp_path: Path) -> None:
    here = ready(tmp_path)
    here.source.scram = dict(here.target.scram)
    assert faults(here, GRANTED) == {}
    here.source.acl_set -= set(acls("ALLOW WRITE on topic paid to User:till"))
    here.source.scram.clear()
    said = faults(here, GRANTED)["rights are as planned"]
    assert "the source denies by now: ALLOW WRITE on topic paid to User:till" in said
    assert "User:ledger has no SCRAM credential on the source now" in said
    assert "kmig rollback 1" in said


def test_fences_that_this_migration_has_made_deny_nothing(tmp_path: Path) -> None:
    here = ready(tmp_path)
    fences = acls("DENY WRITE on topic paid to User:*", "DENY READ on group ledger to User:ledger")
    here.source.acl_set |= set(fences)
    assert "clients may do what they do" in faults(here)
    assert faults(here, replace(AHEAD, view=SourceView(fences=fences))) == {}


def test_rights_for_one_host_count_and_super_users_need_none(tmp_path: Path) -> None:
    here = ready(tmp_path)
    _revoked(here)
    here.source.acl_set |= set(acls("ALLOW READ on topic paid to User:ledger from 10.0.0.5"))
    assert faults(here) == {}
    here.source.acl_set = set()
    admins = replace(AHEAD, own=AHEAD.own | {"User:ledger", "User:till"})
    assert faults(here, admins) == {}
    assert faults(here, replace(AHEAD, open_default=True)) == {}


def test_a_kmig_that_may_not_change_acls_is_named_for_its_side(tmp_path: Path) -> None:
    here = ready(tmp_path)
    acting = replace(AHEAD, acting=("User:writer", "User:grantor"))
    said = faults(here, acting)["kmig may change ACLs"]
    assert "User:writer may not change ACLs on the source: it lacks ALTER on cluster" in said
    assert "User:grantor may not change ACLs on the target" in said
    right = "ALLOW ALTER on cluster kafka-cluster to"
    here.source.acl_set |= set(acls(f"{right} User:writer"))
    here.target.acl_set |= set(acls(f"{right} User:grantor"))
    assert faults(here, acting) == {}


OTHERS = "nobody else uses its principals"
THERE = acls(
    "ALLOW READ on topic paid to User:ledger-there",
    "DENY READ on topic seen to User:ledger-there from 10.0.0.7",
)


def _there(here: World, made: frozenset[Acl], name: str = OTHERS, **fields: Any) -> str:
    """What is said of a principal that has another name on the target, where it has these ACLs and a quota."""
    one = replace(AHEAD.clients[0], there="User:ledger-there")
    ahead = replace(AHEAD, clients=(one,), made=made, **fields)
    (asked,) = [q for q in rights.ask(here.sites(), ahead) if q.name == name]
    return " ".join(asked.check.evidence) if asked.faults else ""


def test_a_principal_that_others_use_on_the_target_is_named_until_that_is_accepted(
    tmp_path: Path,
) -> None:
    here = ready(tmp_path)
    here.target.acl_set |= set(THERE[:1])
    assert "has 1 ACL on the target that kmig did not make: ALLOW READ on topic paid" in _there(
        here, frozenset()
    )
    assert not _there(here, frozenset(THERE))
    assert not _there(here, frozenset(), shared=frozenset({"User:ledger-there"}))


def test_a_deny_for_a_host_is_named_though_kmig_made_it(tmp_path: Path) -> None:
    """The target sees its clients under the addresses of another network."""
    here, name = ready(tmp_path), "DENYs hold for no host alone"
    here.target.acl_set |= set(THERE)
    said = _there(here, frozenset(THERE), name)
    assert "the target may see the host under another address: DENY READ on topic seen" in said
    assert "as target-hosts of User:ledger-there" in said
    assert not _there(here, frozenset(THERE), name, bound=frozenset({"User:ledger-there"}))


def test_a_quota_that_kmig_did_not_set_is_named(tmp_path: Path) -> None:
    here = ready(tmp_path)
    limits = {"producer_byte_rate": 1000.0}
    here.target.set_quota({"user": "ledger-there"}, limits)
    assert "has a quota on the target that kmig did not set: user=ledger-there" in _there(
        here, frozenset()
    )
    assert not _there(here, frozenset(), quotas={"ledger-there": limits})
