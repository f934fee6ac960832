import pytest

from migrate.model.acl import OPERATIONS, Acl, code_of, faults, name_of


@pytest.mark.parametrize("code", [*OPERATIONS, 99])
def test_a_code_survives_also_when_it_has_no_name(code: int) -> None:
    assert code_of(name_of(code, OPERATIONS), OPERATIONS) == code


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({"principal": "alice"}, "malformed", "Type:name"),
        ({"principal": "Group:a"}, "foreign", "type User"),
        ({"resource_name": ""}, "refused", "empty"),
        ({"resource_type": "#9"}, "unknown", "resource type"),
        ({"operation": "#15"}, "unknown", "operation"),
        ({"operation": "ANY"}, "unknown", "operation"),
        ({"pattern_type": "MATCH"}, "refused", "pattern"),
        ({"pattern_type": "#7"}, "unknown", "pattern"),
        ({"resource_type": "CLUSTER", "resource_name": "mine"}, "refused", "kafka-cluster"),
    ],
)
def test_what_cannot_be_replayed_says_why(change: dict[str, str], kind: str, reason: str) -> None:
    good = Acl(
        principal="User:a",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name="t",
    )
    assert faults(good) == ()
    (one,) = faults(good.model_copy(update=change))
    assert (kind, reason in one.why) == (one.kind, True)
