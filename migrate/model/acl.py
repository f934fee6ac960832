"""One ACL binding, as the wire has it.

Operations, resource types and patterns are kept by Kafka's names (`READ`, `TOPIC`, `LITERAL`). A number that this
version has no name for survives as `#15`, so that reading and writing an ACL never loses it.
Codes: org.apache.kafka.common.acl.AclOperation, common.resource.ResourceType, PatternType.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Literal, NamedTuple

from migrate.model.base import Model

RESOURCE_TYPES = {
    2: "TOPIC",
    3: "GROUP",
    4: "CLUSTER",
    5: "TRANSACTIONAL_ID",
    6: "DELEGATION_TOKEN",
    7: "USER",
}
PATTERN_TYPES = {1: "ANY", 2: "MATCH", 3: "LITERAL", 4: "PREFIXED"}
OPERATIONS = {
    1: "ANY",
    2: "ALL",
    3: "READ",
    4: "WRITE",
    5: "CREATE",
    6: "DELETE",
    7: "ALTER",
    8: "DESCRIBE",
    9: "CLUSTER_ACTION",
    10: "DESCRIBE_CONFIGS",
    11: "ALTER_CONFIGS",
    12: "IDEMPOTENT_WRITE",
    13: "CREATE_TOKENS",
    14: "DESCRIBE_TOKENS",
    15: "TWO_PHASE_COMMIT",
}
PERMISSIONS = {2: "DENY", 3: "ALLOW"}
TOPIC_OPERATIONS = (
    "READ",
    "WRITE",
    "CREATE",
    "DESCRIBE",
    "DELETE",
    "ALTER",
    "DESCRIBE_CONFIGS",
    "ALTER_CONFIGS",
)
"""What `ALL` on a topic consists of (AclEntry.supportedOperations)."""

ANYONE = "User:*"
"""The one wildcard principal: it matches principals of every type."""

_TYPES = frozenset(RESOURCE_TYPES.values())
_PATTERNS = frozenset(PATTERN_TYPES.values())
_GRANTABLE = frozenset(OPERATIONS.values()) - {"ANY"}
_PRINCIPAL = re.compile(r"[^:]+:.+", re.DOTALL)


def name_of(code: int, names: dict[int, str]) -> str:
    """Kafka's name of a code, or `#code` for one that this version does not know."""
    return names.get(code, f"#{code}")


def code_of(name: str, names: dict[int, str]) -> int:
    """The inverse of `name_of`."""
    if name.startswith("#"):
        return int(name[1:])
    return next(code for code, known in names.items() if known == name)


class Acl(Model):
    """Who may, or may not, do what, from where, on which resources."""

    principal: str
    host: str = "*"
    permission: Literal["ALLOW", "DENY"]
    operation: str
    resource_type: str
    pattern_type: str = "LITERAL"
    resource_name: str

    def __str__(self) -> str:
        pattern = "" if self.pattern_type == "LITERAL" else f"{self.pattern_type.lower()} "
        host = "" if self.host == "*" else f" from {self.host}"
        resource = f"{self.resource_type.lower()} {pattern}{self.resource_name}"
        return f"{self.permission} {self.operation} on {resource} to {self.principal}{host}"

    @property
    def resource(self) -> tuple[str, str, str]:
        """(type, pattern, name): what `allow.everyone.if.no.acl.found` looks at."""
        return self.resource_type, self.pattern_type, self.resource_name


def order(acls: Iterable[Acl]) -> tuple[Acl, ...]:
    """ACLs without repetition, in the order that every document and request uses."""
    return tuple(
        sorted(
            set(acls),
            key=lambda a: (a.principal, *a.resource, a.operation, a.permission, a.host),
        )
    )


def renamed(acls: Iterable[Acl], names: Mapping[str, str]) -> list[Acl]:
    """The same ACLs for the principals' names on the target."""
    return [
        acl.model_copy(update={"principal": names[acl.principal]})
        if acl.principal in names
        else acl
        for acl in acls
    ]


def without_write(acl: Acl) -> tuple[Acl, ...]:
    """What of a grant is there before a write gate opens: WRITE on topics waits, and ALL becomes its other parts."""
    if (acl.resource_type, acl.permission) != ("TOPIC", "ALLOW"):
        return (acl,)
    if acl.operation == "ALL":
        parts = (operation for operation in TOPIC_OPERATIONS if operation != "WRITE")
        return tuple(acl.model_copy(update={"operation": operation}) for operation in parts)
    return () if acl.operation == "WRITE" else (acl,)


def batches(acls: Iterable[Acl], at_most: int) -> Iterator[list[Acl]]:
    """In the order given where one batch holds all; else by resource, one split only where it alone has too many.

    A resource's first ACL closes it where the default is open, so that those of one belong into one request.
    """
    every = list(acls)
    if len(every) <= at_most:
        yield from [every] if every else []
        return
    batch: list[Acl] = []
    for _, same in groupby(sorted(every, key=_resource), key=_resource):
        several = list(same)
        if batch and len(batch) + len(several) > at_most:
            yield batch
            batch = []
        batch += several
        while len(batch) > at_most:
            yield batch[:at_most]
            batch = batch[at_most:]
    if batch:
        yield batch


def _resource(acl: Acl) -> tuple[str, str, str]:
    return acl.resource


def well_formed(principal: str) -> bool:
    """Whether it is of the form `Type:name`, with both."""
    return bool(_PRINCIPAL.fullmatch(principal))


class Fault(NamedTuple):
    """Why an ACL cannot be replayed: its principal, a code without a name here, or a binding that brokers refuse."""

    kind: Literal["malformed", "foreign", "unknown", "refused"]
    why: str


def faults(acl: Acl) -> tuple[Fault, ...]:
    """Return everything that keeps this ACL from being replayed as it is.

    A principal without a type, where a broker before 4.0 let it in, breaks every authorization that meets it
    (KAFKA-18051; 3.9.1 refuses it, and takes one without a name); one of another type than `User` never matches
    under the default principal builder.
    """
    formed = well_formed(acl.principal)
    rules: tuple[tuple[object, Fault], ...] = (
        (formed, Fault("malformed", "the principal is not of the form Type:name")),
        (
            not formed or acl.principal.startswith("User:"),
            Fault("foreign", "only principals of type User can match on the target"),
        ),
        (acl.resource_name, Fault("refused", "the resource name is empty")),
        (acl.resource_type in _TYPES, Fault("unknown", "the resource type has no name here")),
        (
            acl.operation in _GRANTABLE,
            Fault("unknown", "the operation has no name here, or is ANY"),
        ),
        (acl.pattern_type in _PATTERNS, Fault("unknown", "the pattern has no name here")),
        (
            acl.pattern_type not in ("ANY", "MATCH"),
            Fault("refused", "the pattern is not LITERAL or PREFIXED"),
        ),
        (
            acl.resource_type != "CLUSTER" or acl.resource_name == "kafka-cluster",
            Fault("refused", "a cluster is always called kafka-cluster"),
        ),
    )
    return tuple(fault for holds, fault in rules if not holds)
