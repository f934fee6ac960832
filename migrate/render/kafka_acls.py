"""ACLs as command lines of Kafka's `kafka-acls`, for a target on which only its administrators may grant."""

import shlex
from collections.abc import Iterable, Iterator

from migrate.model.acl import TOPIC_OPERATIONS, Acl
from migrate.render.plain import escaped

_OF = {
    "TOPIC": ("--topic", frozenset(TOPIC_OPERATIONS)),
    "GROUP": ("--group", frozenset({"READ", "DESCRIBE", "DELETE"})),
    "CLUSTER": (
        "--cluster",
        frozenset({"CREATE", "CLUSTER_ACTION", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"})
        | {"IDEMPOTENT_WRITE", "ALTER", "DESCRIBE"},
    ),
    "TRANSACTIONAL_ID": ("--transactional-id", frozenset({"DESCRIBE", "WRITE"})),
    "DELEGATION_TOKEN": ("--delegation-token", frozenset({"DESCRIBE"})),
    "USER": ("--user-principal", frozenset({"CREATE_TOKENS", "DESCRIBE_TOKENS"})),
}
"""The tool's option for each resource type, and the operations that it accepts beside ALL (AclEntry)."""


def why_inexpressible(acl: Acl) -> str:
    """Return why kafka-acls cannot express an ACL; empty if it can."""
    if "\0" in f"{acl.principal}{acl.host}{acl.resource_name}":
        return "a command-line argument cannot hold a NUL character"
    if acl.resource_type not in _OF:
        return f"kafka-acls has no option for a {acl.resource_type.lower()}"
    if acl.operation not in {"ALL", *_OF[acl.resource_type][1]}:
        return f"kafka-acls does not accept {acl.operation} on a {acl.resource_type.lower()}"
    return ""


def commands(acls: Iterable[Acl]) -> Iterator[str]:
    """Yield a line for each resource, principal and host, DENY first; names are quoted for a shell.

    The address and login of the tool are variables: `$BOOTSTRAP` and `$COMMAND_CONFIG`.
    """
    operations_of: dict[tuple[str, ...], list[str]] = {}
    for acl in sorted(acls, key=lambda a: a.permission == "ALLOW"):
        key = (acl.permission, *acl.resource, acl.principal, acl.host)
        operations_of.setdefault(key, []).append(acl.operation)
    for (permission, kind, pattern, name, principal, host), operations in operations_of.items():
        kind_of = permission.lower()
        words = ["--add", f"--{kind_of}-principal", principal, f"--{kind_of}-host", host]
        for operation in operations:
            words += ["--operation", operation.title().replace("_", "")]
        option = _OF[kind][0]
        if kind == "CLUSTER":
            words += [option]
        else:  # a name that begins like an option goes into the same word
            words += [f"{option}={name}"] if name.startswith("-") else [option, name]
        words += ["--resource-pattern-type", pattern.lower()]
        tool = 'kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config "$COMMAND_CONFIG"'
        yield f"{tool} {' '.join(map(_word, words))}"


def _word(text: str) -> str:
    """Return an argument quoted for a shell, invisible characters as octal bytes (for bash, zsh and ksh)."""
    if text.isprintable():
        return shlex.quote(text)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    octal = escaped(quoted, lambda c: "".join(f"\\{byte:03o}" for byte in c.encode()))
    return f"$'{octal}'"
