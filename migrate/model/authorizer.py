"""The decision of Kafka's StandardAuthorizer as a pure function.

Source: metadata/.../authorizer/StandardAuthorizerData.java. A matching DENY wins over any ALLOW; ALLOW of READ,
WRITE, DELETE or ALTER implies DESCRIBE and ALLOW of ALTER_CONFIGS implies DESCRIBE_CONFIGS; DENY implies nothing.
The default decides only where no ACL of any principal matches the resource.
"""

from collections.abc import Iterable, Iterator, Sequence
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
    """One request to the authorizer: may this principal do the operation on the resource, from this host?"""

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
    """ACLs, indexed by their patterns to find those that cover a resource."""

    def __init__(self, acls: Iterable[Acl] = ()) -> None:
        self._by_resource: dict[tuple[str, str, str], dict[Acl, None]] = {}
        for acl in acls:
            self.add(acl)

    def add(self, acl: Acl) -> bool:
        """Add an ACL; return whether it is new."""
        same_pattern = self._by_resource.setdefault(acl.resource, {})
        if acl in same_pattern:
            return False
        same_pattern[acl] = None
        return True

    def matching(self, resource_type: str, name: str) -> list[Acl]:
        """Return the ACLs whose pattern covers this resource."""
        acls = list(self._by_resource.get((resource_type, "LITERAL", name), ()))
        if name != "*":
            acls += self._by_resource.get((resource_type, "LITERAL", "*"), ())
        for end in range(len(name) + 1):
            acls += self._by_resource.get((resource_type, "PREFIXED", name[:end]), ())
        return acls


@dataclass(frozen=True)
class AuthorizerRules:
    """What one site's authorizer decides by: ACLs, super users, and `allow.everyone.if.no.acl.found`."""

    acls: frozenset[Acl]
    super_users: frozenset[str] = frozenset()
    allow_everyone: bool = False

    @cached_property
    def _patterns(self) -> AclIndex:
        return AclIndex(self.acls)

    def matching(self, resource_type: str, name: str) -> list[Acl]:
        """Return the ACLs whose pattern covers this resource."""
        return self._patterns.matching(resource_type, name)

    @cached_property
    def _by_principal(self) -> dict[str, AclIndex]:
        found: dict[str, AclIndex] = {}
        for acl in self.acls:
            found.setdefault(acl.principal, AclIndex()).add(acl)
        return found

    def about(self, principal: str, resource_type: str, name: str) -> list[Acl]:
        """Return the ACLs of a principal, and of everyone, whose pattern covers this resource."""
        indexes = (self._by_principal.get(who) for who in {principal, ANYONE})
        return [acl for index in indexes if index for acl in index.matching(resource_type, name)]

    def allows(self, request: Request) -> bool:
        """Whether the authorizer allows the request."""
        if request.principal in self.super_users:
            return True
        kind, name = request.resource_type, request.resource_name
        if mine := self.about(request.principal, kind, name):
            return decide(mine, request)
        # any ACL on the resource, whoever it names, ends the default
        return self.allow_everyone and not self.matching(kind, name)


def covers(acl: Acl, resource_type: str, name: str) -> bool:
    """Whether the pattern of `acl` covers the resource."""
    if acl.resource_type != resource_type:
        return False
    if acl.pattern_type == "PREFIXED":
        return name.startswith(acl.resource_name)
    return acl.resource_name in (name, "*")


Pattern = tuple[str, bool, str]
"""What `covers` looks at: the resource type, whether the pattern is a prefix, and its name."""


def pattern(acl: Acl) -> Pattern:
    """Return the pattern of an ACL."""
    return acl.resource_type, acl.pattern_type == "PREFIXED", acl.resource_name


def covering(resource_type: str, name: str) -> Iterator[Pattern]:
    """Yield every pattern that covers the resource: an ACL `covers` it exactly if its pattern is among them."""
    yield from ((resource_type, False, one) for one in {name, "*"})
    yield from ((resource_type, True, name[:end]) for end in range(len(name) + 1))


def grants(acl: Acl, operation: str) -> bool:
    """Whether an ALLOW grants the operation: by name, by ALL, or because it implies it."""
    return acl.permission == "ALLOW" and (
        acl.operation in (operation, "ALL") or acl.operation in _IMPLIED.get(operation, set())
    )


def askable(acl: Acl) -> Sequence[str]:
    """Return the operations that an ALLOW grants."""
    return [name for name in _ASKABLE if grants(acl, name)]


def decide(matching: list[Acl], request: Request, *, default: bool = False) -> bool:
    """Return the decision from the ACLs whose pattern covers the resource; `default` where there are none."""
    if not matching:
        return default
    applicable = [
        acl
        for acl in matching
        if acl.principal in (request.principal, ANYONE) and acl.host in (request.host, "*")
    ]
    wanted = {request.operation, "ALL"}
    if any(acl.permission == "DENY" and acl.operation in wanted for acl in applicable):
        return False
    enough = wanted | _IMPLIED.get(request.operation, set())
    return any(acl.permission == "ALLOW" and acl.operation in enough for acl in applicable)


def classes(acls: Iterable[Acl]) -> set[tuple[str, str]]:
    """Return (type, name) of one resource from each class of resources that these ACLs treat alike.

    The classes are finitely many: each literal name; for each prefix, the names that only it and its own prefixes
    cover; and the names that only `*` covers. A test of one resource of each class is a test of all resources.
    """
    resources: set[tuple[str, str]] = set()
    for acl in acls:
        under_prefix = f"{acl.resource_name}\u0001"
        name = under_prefix if acl.pattern_type == "PREFIXED" else acl.resource_name
        resources.add((acl.resource_type, name))
        resources.add((acl.resource_type, acl.resource_name))
        if acl.resource_type != "CLUSTER":
            resources.add((acl.resource_type, "\u0001other"))
    return {resource for resource in resources if resource[1] != "*"}
