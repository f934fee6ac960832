"""ACLs as lines for Kafka's own tool, `kafka-acls`, for a target whose administrators type them themselves."""

import shlex
from collections.abc import Iterable, Iterator

from migrate.model.acl import TOPIC_OPERATIONS, Acl
from migrate.render.plain import spelled

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
"""The tool's option for each type, and the operations that it takes there beside ALL (AclEntry)."""


def unspeakable(acl: Acl) -> str:
    """Why the tool has no words for an ACL, or nothing."""
    if "\0" in f"{acl.principal}{acl.host}{acl.resource_name}":
        return "no argument can hold a NUL"
    if acl.resource_type not in _OF:
        return f"kafka-acls knows no {acl.resource_type.lower()}"
    if acl.operation not in {"ALL", *_OF[acl.resource_type][1]}:
        return f"kafka-acls takes no {acl.operation} on a {acl.resource_type.lower()}"
    return ""


def commands(acls: Iterable[Acl]) -> Iterator[str]:
    """One line for each resource, principal and host, DENY first; names are quoted for a shell.

    The address and login of the tool are variables: `$BOOTSTRAP` and `$COMMAND_CONFIG`.
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for acl in sorted(acls, key=lambda a: a.permission == "ALLOW"):
        key = (acl.permission, *acl.resource, acl.principal, acl.host)
        alike.setdefault(key, []).append(acl.operation)
    for (permission, kind, pattern, name, principal, host), operations in alike.items():
        who = permission.lower()
        words = ["--add", f"--{who}-principal", principal, f"--{who}-host", host]
        for operation in operations:
            words += ["--operation", operation.title().replace("_", "")]
        option = _OF[kind][0]
        if kind == "CLUSTER":
            words += [option]
        else:  # a name may begin like an option
            words += [f"{option}={name}"] if name.startswith("-") else [option, name]
        words += ["--resource-pattern-type", pattern.lower()]
        tool = 'kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config "$COMMAND_CONFIG"'
        yield f"{tool} {' '.join(map(_word, words))}"


def _word(text: str) -> str:
    """An argument, quoted for a shell; what cannot be seen as its bytes, as bash, zsh and ksh take them back."""
    if text.isprintable():
        return shlex.quote(text)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    octal = spelled(quoted, lambda c: "".join(f"\\{byte:03o}" for byte in c.encode()))
    return f"$'{octal}'"
