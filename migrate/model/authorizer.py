"""The decision of Kafka's StandardAuthorizer as a pure function, and what follows from it.

Source: metadata/.../authorizer/StandardAuthorizerData.java. A matching DENY wins over any ALLOW; ALLOW of READ,
WRITE, DELETE or ALTER implies DESCRIBE and ALLOW of ALTER_CONFIGS implies DESCRIBE_CONFIGS; DENY implies nothing.
The default holds only where no ACL of anybody matches the resource.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.model.acl import ANYONE, OPERATIONS, Acl

_IMPLIED = {
    "DESCRIBE": {"READ", "WRITE", "DELETE", "ALTER"},
    "DESCRIBE_CONFIGS": {"ALTER_CONFIGS"},
}
_ASKABLE = tuple(name for name in OPERATIONS.values() if name not in ("ANY", "ALL"))
STRANGER = "User:\u0001nobody"
"""Stands for every principal that no ACL names."""

ELSEWHERE = "\u0001elsewhere"
"""Stands for every host that no ACL names."""


@dataclass(frozen=True)
class Request:
    """One question to the authorizer."""

    principal: str
    host: str
    operation: str
    resource_type: str
    resource_name: str

    def __str__(self) -> str:
        who = "any other principal" if self.principal == STRANGER else self.principal
        host = "any other host" if self.host == ELSEWHERE else self.host
        name = self.resource_name.replace("\u0001", "…")
        return f"{who} may {self.operation} {self.resource_type.lower()} {name} from {host}"


class AclIndex:
    """ACLs, found by the resources that their patterns cover; those that are there already are not added."""

    def __init__(self, acls: Iterable[Acl] = ()) -> None:
        self._by_resource: dict[tuple[str, str, str], dict[Acl, None]] = {}
        for acl in acls:
            self.add(acl)

    def add(self, acl: Acl) -> bool:
        """Take one more; whether it was not there yet."""
        there = self._by_resource.setdefault(acl.resource, {})
        if acl in there:
            return False
        there[acl] = None
        return True

    def matching(self, resource_type: str, name: str) -> list[Acl]:
        """The ACLs whose pattern covers this resource."""
        found = list(self._by_resource.get((resource_type, "LITERAL", name), ()))
        if name != "*":
            found += self._by_resource.get((resource_type, "LITERAL", "*"), ())
        for end in range(len(name) + 1):
            found += self._by_resource.get((resource_type, "PREFIXED", name[:end]), ())
        return found


@dataclass(frozen=True)
class AuthorizerRules:
    """What one side's authorizer goes by: ACLs, super users, and the default where no ACL is found."""

    acls: frozenset[Acl]
    super_users: frozenset[str] = frozenset()
    allow_everyone: bool = False

    @cached_property
    def _patterns(self) -> AclIndex:
        return AclIndex(self.acls)

    def matching(self, resource_type: str, name: str) -> list[Acl]:
        """The ACLs whose pattern covers this resource."""
        return self._patterns.matching(resource_type, name)

    def allows(self, request: Request) -> bool:
        """Whether the authorizer says yes."""
        if request.principal in self.super_users:
            return True
        matching = self.matching(request.resource_type, request.resource_name)
        return decide(matching, request, default=self.allow_everyone)


def covers(acl: Acl, resource_type: str, name: str) -> bool:
    """Whether the pattern of `acl` covers the resource."""
    if acl.resource_type != resource_type:
        return False
    if acl.pattern_type == "PREFIXED":
        return name.startswith(acl.resource_name)
    return acl.resource_name in (name, "*")


def grants(acl: Acl, operation: str) -> bool:
    """Whether an ALLOW gives the operation, by name, by ALL, or by what it implies."""
    return acl.permission == "ALLOW" and (
        acl.operation in (operation, "ALL") or acl.operation in _IMPLIED.get(operation, set())
    )


def askable(acl: Acl) -> Sequence[str]:
    """Operations that an ALLOW answers for."""
    return [name for name in _ASKABLE if grants(acl, name)]


def decide(matching: list[Acl], request: Request, *, default: bool = False) -> bool:
    """The decision, from the ACLs whose pattern covers the resource; the default holds where there are none."""
    if not matching:
        return default
    mine = [
        acl
        for acl in matching
        if acl.principal in (request.principal, ANYONE) and acl.host in (request.host, "*")
    ]
    wanted = {request.operation, "ALL"}
    if any(acl.permission == "DENY" and acl.operation in wanted for acl in mine):
        return False
    enough = wanted | _IMPLIED.get(request.operation, set())
    return any(acl.permission == "ALLOW" and acl.operation in enough for acl in mine)


def classes(acls: Iterable[Acl]) -> set[tuple[str, str]]:
    """Types and names, one of each class that no ACL tells apart.

    They are finitely many: each literal name, for each prefix a name that only it and its own prefixes cover, and one
    that only `*` covers. Asking one of each is asking all.
    """
    found: set[tuple[str, str]] = set()
    for acl in acls:
        fresh = f"{acl.resource_name}\u0001"
        found.add(
            (acl.resource_type, fresh if acl.pattern_type == "PREFIXED" else acl.resource_name)
        )
        found.add((acl.resource_type, acl.resource_name))
        if acl.resource_type != "CLUSTER":
            found.add((acl.resource_type, "\u0001other"))
    return {name for name in found if name[1] != "*"}
