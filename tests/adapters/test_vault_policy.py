"""Policies of Vault and OpenBao: what is understood, which rule decides, and that anything else is an error."""

import time

import pytest

from migrate.adapters.vault_policy import matches, may_read, rules

READ = '{ capabilities = ["read"] }'
SECRET = "secret/data/payments"


def policy(*lines: str) -> str:
    """`PATH: read list` as HCL."""
    made = []
    for line in lines:
        path, _, some = line.partition(": ")
        capabilities = ", ".join(f'"{one}"' for one in some.split())
        made.append(f'path "{path}" {{ capabilities = [{capabilities}] }}')
    return "\n".join(made)


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        pytest.param((f"{SECRET}: read",), True, id="exact"),
        pytest.param((f"/{SECRET}: read",), True, id="a slash before it"),
        pytest.param((f"{SECRET}: list",), False, id="list is no read"),
        pytest.param((f"{SECRET}: create update delete patch",), False, id="writes are no read"),
        pytest.param((f"{SECRET}: sudo",), False, id="sudo alone is no read"),
        pytest.param((f"{SECRET}: sudo read",), True, id="sudo and read"),
        pytest.param((f"{SECRET}: READ",), True, id="capitals"),
        pytest.param((f"{SECRET}: read deny",), False, id="deny beside read"),
        pytest.param((f"{SECRET}: read", f"{SECRET}: deny"), False, id="deny in another rule"),
        pytest.param((f"{SECRET}: list", f"{SECRET}: read"), True, id="rules of one path add up"),
        pytest.param(("secret/*: read",), True, id="glob"),
        pytest.param(("*: read",), True, id="glob of everything"),
        pytest.param(("secret/data/pay*: read",), True, id="glob within a segment"),
        pytest.param(("secret/data/payments/*: read",), False, id="glob below"),
        pytest.param(("secret/data/payment: read",), False, id="a prefix without a glob"),
        pytest.param(("secret/metadata/payments: read",), False, id="metadata"),
        pytest.param(("secret/payments: read",), False, id="without data/"),
        pytest.param(("secret/+/payments: read",), True, id="plus"),
        pytest.param(("+/data/payments: read",), True, id="plus first"),
        pytest.param(("secret/data/+: read",), True, id="plus last"),
        pytest.param(("secret/+: read",), False, id="plus is one segment"),
        pytest.param(("secret/data/pay+: read",), False, id="plus within a segment is a letter"),
        pytest.param(("secret/+/pay*: read",), True, id="plus and glob"),
        pytest.param(("secret/*: read", f"{SECRET}: deny"), False, id="exact before glob"),
        pytest.param(("secret/*: deny", f"{SECRET}: read"), True, id="and the other way"),
        pytest.param(("secret/*: read", "secret/data/*: deny"), False, id="the longer glob"),
        pytest.param(("secret/*: deny", "secret/data/*: read"), True, id="also if it allows"),
        pytest.param(
            ("secret/data/*: deny", "secret/+/payments: read"), False, id="later wildcard"
        ),
        pytest.param(("secret/data/*: read", "secret/data/+: deny"), False, id="plus before glob"),
        pytest.param(("+/+/payments: read", "+/data/payments: deny"), False, id="fewer plus"),
        pytest.param(("+/data/*: deny", "+/data/payments: read"), True, id="no glob before glob"),
        pytest.param(("secret/+/pay*: deny", "secret/+/p*: read"), False, id="the longer of two"),
        pytest.param((), False, id="no rule"),
    ],
)
def test_the_rule_of_the_highest_priority_decides(lines: tuple[str, ...], allowed: bool) -> None:
    assert may_read([rules(policy(*lines))], SECRET) is allowed
    apart = [rules(policy(line)) for line in lines]
    assert may_read(apart, SECRET) is allowed, "also as policies of one holder"
    assert may_read(reversed(apart), SECRET) is allowed


@pytest.mark.parametrize(
    "text",
    [
        f'path "{SECRET}" {READ}',
        f'# a comment\n// another\n/* and\nmore */ path "{SECRET}" {{\n capabilities = ["read",]\n}}',
        f'path "a" {{ capabilities = ["list"] }} # path "b" {{\npath "{SECRET}" {READ}',
        f'path "{SECRET}" {{ policy = "read" }}',
        f'path "{SECRET}" {{ policy = "write" }}',
        f'path = {{ "{SECRET}" = {READ} }}',
        f'name = "old"\npath "{SECRET}" {READ}',
        f'path "{SECRET}" {{ capabilities = ["read"] min_wrapping_ttl = "1s" max_wrapping_ttl = 90 }}',
        f'path "{SECRET}" {{ allowed_parameters = {{ "a" = ["b"] "*" = [] }} capabilities = ["read"] }}',
        f'path "{SECRET}" {{ capabilities = ["read"] comment = "a }} \\" # {{" }}',
        f'path "{SECRET}" {{ capabilities = ["read"] comment = <<EOT\n}}\nEOT\n }}',
        f'{{"path": {{"{SECRET}": {{"capabilities": ["read"]}}}}}}',
        f'{{"path": [{{"{SECRET}": [{{"capabilities": ["list", "read"]}}]}}]}}',
        f'{{"path": {{"{SECRET}": {{"policy": "read"}}}}}}',
    ],
)
def test_every_form_of_a_policy_is_read(text: str) -> None:
    assert may_read([rules(text)], SECRET)


def test_the_old_deny_and_an_empty_policy_allow_nothing() -> None:
    assert not may_read([rules(f'path "{SECRET}" {{ policy = "deny" }}')], SECRET)
    assert rules("") == rules("# nothing\n") == ()


@pytest.mark.parametrize(
    "text",
    [
        f'path "{SECRET}" {{ capabilities = ["read"]',
        f'path "{SECRET}" {{ capabilities = ["read" "list"] }}',
        f'path "{SECRET}" {{ capabilities = "read" }}',
        f"path '{SECRET}' {READ}",
        f'path "{SECRET}" {READ} }}',
        f'path "{SECRET}" "more" {READ}',
        f'paths "{SECRET}" {READ}',
        f'path "{SECRET}" {{ policy = "admin" }}',
        f'path "{SECRET}" {{ capabilities = [upper("read")] }}',
        f'path "{SECRET}" {{ capabilities = ["read"] control_group = {{ ttl = "1h" }} }}',
        'path "secret/+*" { capabilities = ["read"] }',
        '{"path": {"a": {"capabilities": ["read"]}, "a": {"capabilities": ["deny"]}}}',
        '{"path": "a"}',
        '{"path": {"a": {"capabilities": "read"}}}',
        "{",
        "path",
        "[" * 5000,
        'path "a" ' + "{ b = " * 5000,
    ],
)
def test_what_is_not_understood_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^kmig does not know its syntax$"):
        rules(text)


def test_a_template_matches_nothing_and_is_seen() -> None:
    (rule,) = rules(policy("secret/data/{{identity.entity.name}}/*: read"))
    assert rule.templated
    assert rule.may_match("secret/data/alice/db")
    assert not rule.may_match("secret/metadata/alice/db")
    assert not may_read([(rule,)], "secret/data/alice/db")


@pytest.mark.parametrize("path", ["", "a", "a/b", "a/b/", "+", "a//b"])
def test_a_path_matches_itself_and_everything(path: str) -> None:
    assert matches(path, path)
    assert matches("*", path)
    assert matches(f"{path}*", path)


@pytest.mark.parametrize("repeated", ["{{a}}", "{{a}}a", "{{a}}+", "{{a}}+a+"])
def test_no_policy_makes_the_match_last(repeated: str) -> None:
    (rule,) = rules(policy(f"{repeated * 30}/z: read"))
    began = time.monotonic()
    assert not rule.may_match("secret/data/" + "a" * 60)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("secret/data/{{x}}", True),
        ("secret/{{x}}/payments", True),
        ("secret/+/{{x}}", True),
        ("+/{{x}}", True),
        ("+{{x}}s", True),
        ("secret/{{x}}*", True),
        ("+/payments{{x}}", False),
        ("secret/data/{{x}}/db", False),
    ],
)
def test_a_templated_path_stands_for_every_name(pattern: str, allowed: bool) -> None:
    (rule,) = rules(policy(f"{pattern}: read"))
    assert rule.may_match(SECRET) is allowed
