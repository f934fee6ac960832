"""One ACL binding.

Operations, resource types and patterns have Kafka's names (`READ`, `TOPIC`, `LITERAL`). A code without a known name
is kept as `#15`, so that reading and writing an ACL never loses it.
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
"""The operations that `ALL` on a topic grants (AclEntry.supportedOperations)."""

ANYONE = "User:*"
"""The only wildcard principal: it matches principals of every type, not only of type `User`."""

_TYPES = frozenset(RESOURCE_TYPES.values())
_PATTERNS = frozenset(PATTERN_TYPES.values())
_GRANTABLE = frozenset(OPERATIONS.values()) - {"ANY"}
_PRINCIPAL = re.compile(r"[^:]+:.+", re.DOTALL)


def name_of(code: int, names: dict[int, str]) -> str:
    """Return Kafka's name of a code, or `#code` for an unknown one."""
    return names.get(code, f"#{code}")


def code_of(name: str, names: dict[int, str]) -> int:
    """Return the code of a name: the inverse of `name_of`."""
    if name.startswith("#"):
        return int(name[1:])
    return next(code for code, known in names.items() if known == name)


class Acl(Model):
    """One binding: a principal is allowed or denied an operation on resources, from a host."""

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


def no_writes(topic: str, principal: str = ANYONE) -> Acl:
    """Return DENY WRITE on a topic; for every principal it is what a cutover fences a topic of the source with."""
    return Acl(
        principal=principal,
        permission="DENY",
        operation="WRITE",
        resource_type="TOPIC",
        resource_name=topic,
    )


def order(acls: Iterable[Acl]) -> tuple[Acl, ...]:
    """Return the ACLs without duplicates, in the order that every document and request uses."""
    return tuple(
        sorted(
            set(acls),
            key=lambda a: (a.principal, *a.resource, a.operation, a.permission, a.host),
        )
    )


def renamed(acls: Iterable[Acl], names: Mapping[str, str]) -> list[Acl]:
    """Return the ACLs with principals renamed as in `names`, which maps a name on the source to one on the target."""
    return [
        acl.model_copy(update={"principal": names[acl.principal]})
        if acl.principal in names
        else acl
        for acl in acls
    ]


def without_write(acl: Acl) -> tuple[Acl, ...]:
    """Return the part of a grant that exists before the write gate opens: without WRITE on topics.

    ALL on a topic becomes its other operations.
    """
    if (acl.resource_type, acl.permission) != ("TOPIC", "ALLOW"):
        return (acl,)
    if acl.operation == "ALL":
        parts = (operation for operation in TOPIC_OPERATIONS if operation != "WRITE")
        return tuple(acl.model_copy(update={"operation": operation}) for operation in parts)
    return () if acl.operation == "WRITE" else (acl,)


def batches(acls: Iterable[Acl], at_most: int) -> Iterator[list[Acl]]:
    """Yield the ACLs in batches: one batch in the order given where it suffices, else grouped by resource.

    Where the default is open, the first ACL of a resource closes it for all others: ACLs of one resource belong into
    one request. A resource is split only when it alone has too many.
    """
    every = list(acls)
    if len(every) <= at_most:
        yield from [every] if every else []
        return
    batch: list[Acl] = []
    for _, same in groupby(sorted(every, key=_resource), key=_resource):
        of_resource = list(same)
        if batch and len(batch) + len(of_resource) > at_most:
            yield batch
            batch = []
        batch += of_resource
        while len(batch) > at_most:
            yield batch[:at_most]
            batch = batch[at_most:]
    if batch:
        yield batch


def _resource(acl: Acl) -> tuple[str, str, str]:
    return acl.resource


def well_formed(principal: str) -> bool:
    """Whether a principal has the form `Type:name`, with neither part empty."""
    return bool(_PRINCIPAL.fullmatch(principal))


class Fault(NamedTuple):
    """Why an ACL cannot be replayed: its principal, an unknown code, or a binding that brokers refuse."""

    kind: Literal["malformed", "foreign", "unknown", "refused"]
    why: str


def faults(acl: Acl) -> tuple[Fault, ...]:
    """Return everything that keeps this ACL from being replayed as it is.

    A principal without a type, which brokers before 4.0 accepted, breaks every authorization that meets it
    (KAFKA-18051; 3.9.1 refuses it, and accepts one without a name). A principal of another type than `User` never
    matches under the default principal builder.
    """
    formed = well_formed(acl.principal)
    rules: tuple[tuple[object, Fault], ...] = (
        (formed, Fault("malformed", "the principal is not of the form Type:name")),
        (
            not formed or acl.principal.startswith("User:"),
            Fault("foreign", "only principals of type User can match on the target"),
        ),
        (acl.resource_name, Fault("refused", "the resource name is empty")),
        (acl.resource_type in _TYPES, Fault("unknown", "the resource type is unknown to kmig")),
        (
            acl.operation in _GRANTABLE,
            Fault("unknown", "the operation is unknown to kmig, or is ANY"),
        ),
        (acl.pattern_type in _PATTERNS, Fault("unknown", "the pattern type is unknown to kmig")),
        (
            acl.pattern_type not in ("ANY", "MATCH"),
            Fault("refused", "the pattern type is not LITERAL or PREFIXED"),
        ),
        (
            acl.resource_type != "CLUSTER" or acl.resource_name == "kafka-cluster",
            Fault("refused", "the name of a cluster resource must be kafka-cluster"),
        ),
    )
    return tuple(fault for holds, fault in rules if not holds)
