"""What is different between two plans, in words."""

from typing import Any

from migrate.documents.plan import Plan
from migrate.plan.build import build
from migrate.plan.differences import differences
from tests.estate import acls, config, inventory, people, reads, topic, workload

RULES = acls(
    "ALLOW WRITE on topic t to User:writer",
    "ALLOW READ on topic t to User:reader",
    "ALLOW READ on topic u to User:other",
)


def plan(*workloads: dict[str, Any], left: tuple[dict[str, Any], ...] = (), **changes: Any) -> Plan:
    found = inventory(topics=(topic("t"), topic("u", **changes)), acl=RULES)
    u = {"topic": {"topic": "u"}, "because": "nobody uses it"}
    other = {"acl": {"principal": "User:other"}, "because": "nobody uses it"}
    return build(config(), people(*workloads, leave_behind=[u, other, *left]), found)


WRITER = workload("writer", writes=reads("t"))
READER = workload("reader", reads=reads("t"))


def test_the_same_plan_has_no_difference() -> None:
    assert list(differences(plan(WRITER, READER), plan(WRITER, READER))) == []


def test_a_workload_that_moves_takes_what_it_owns_with_it_and_says_why() -> None:
    secret = {**READER, "sensitivity": "secret"}
    lines = list(differences(plan(WRITER, READER), plan(WRITER, secret)))
    assert lines[0] == "inputs that changed: workloads.yaml"
    assert (
        "workload writer: wave 1 public-1 → wave 1 secret-1: sensitivity public (lowest of 3); "
        "reader reads t, which writer writes: readers move first; reader is secret"
    ) in lines
    assert "the copy of topic t: wave 1 public-1 → wave 1 secret-1" in lines
    assert (
        "withheld until the switch: ALLOW WRITE on topic t to User:writer: wave 1 public-1 → wave 1 secret-1"
    ) in lines


def test_what_is_new_gone_or_decided_otherwise() -> None:
    left = ({"acl": {"principal": "User:reader"}, "because": "it is retired"},)
    lines = list(differences(plan(WRITER, READER), plan(WRITER, left=left)))
    assert "- workload reader (was in wave 1 public-1)" in lines
    fate = "acl ALLOW READ on topic t to User:reader: moves with workload reader → left behind"
    assert fate in lines
    back = list(differences(plan(WRITER, left=left), plan(WRITER, READER)))
    assert any(
        line.startswith("+ workload reader in wave 1 public-1: sensitivity") for line in back
    )
