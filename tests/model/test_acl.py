import pytest

from migrate.model.acl import OPERATIONS, Acl, code_of, fault, name_of


@pytest.mark.parametrize("code", [*OPERATIONS, 99])
def test_a_code_survives_also_when_it_has_no_name(code: int) -> None:
    assert code_of(name_of(code, OPERATIONS), OPERATIONS) == code


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"principal": "alice"}, "Type:name"),
        ({"principal": "Group:a"}, "type User"),
        ({"resource_name": ""}, "empty"),
        ({"resource_type": "#9"}, "resource type"),
        ({"operation": "#15"}, "operation"),
        ({"operation": "ANY"}, "operation"),
        ({"pattern_type": "MATCH"}, "pattern"),
        ({"resource_type": "CLUSTER", "resource_name": "mine"}, "kafka-cluster"),
    ],
)
def test_what_cannot_be_replayed_says_why(change: dict[str, str], reason: str) -> None:
    good = Acl(
        principal="User:a",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name="t",
    )
    assert fault(good) is None
    assert reason in (fault(good.model_copy(update=change)) or "")
