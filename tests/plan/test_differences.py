"""What is different between two plans, in words."""

import json
from collections.abc import Callable
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


def test_a_changed_entry_of_a_workload_is_named() -> None:
    other = {**READER, "owner": "another-team"}
    assert "workload reader: its entry in workloads.yaml changed" in list(
        differences(plan(WRITER, READER), plan(WRITER, other))
    )


def edited(change: Callable[[dict[str, Any]], None]) -> list[str]:
    """What a plan that a hand has edited differs in from the one that would be made."""
    made = plan(WRITER, READER)
    raw = json.loads(made.model_dump_json())
    change(raw)
    return list(differences(Plan.model_validate(raw), made))


def test_what_a_hand_edited_is_named_by_its_keys() -> None:
    def partitions(raw: dict[str, Any]) -> None:
        raw["waves"][0]["prepare"][0]["partitions"] = 77

    assert "wave 1 public-1, prepare, create_topic t, partitions: 77 → 1" in edited(partitions)

    def gate(raw: dict[str, Any]) -> None:
        raw["waves"][0]["gates"][0]["owners"] = ["nobody"]

    lines = edited(gate)
    assert any(
        line.startswith("wave 1 public-1, gates, replicate, owners: nobody → ") for line in lines
    )

    def rotates(raw: dict[str, Any]) -> None:
        raw["waves"][0]["rotates"] = ["writer"]

    assert edited(rotates) == ["wave 1 public-1, rotates: writer → none"]

    def profile(raw: dict[str, Any]) -> None:
        raw["profile"] = "automq-oss"

    assert edited(profile) == ["profile: automq-oss → apache"]
