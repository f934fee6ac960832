"""The decision of Kafka's StandardAuthorizer as a pure function, and what follows from it.

Source: metadata/.../authorizer/StandardAuthorizerData.java. A matching DENY wins over any ALLOW; ALLOW of READ,
WRITE, DELETE or ALTER implies DESCRIBE and ALLOW of ALTER_CONFIGS implies DESCRIBE_CONFIGS; DENY implies nothing.
The default holds only where no ACL of anybody matches the resource.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrate.model.acl import ANYONE, OPERATIONS, Acl

_IMPLIED = {
    "DESCRIBE": {"READ", "WRITE", "DELETE", "ALTER"},
    "DESCRIBE_CONFIGS": {"ALTER_CONFIGS"},
}
_ASKABLE = tuple(name for name in OPERATIONS.values() if name not in ("ANY", "ALL"))
_STRANGER = "User:\u0001nobody"
_ELSEWHERE = "\u0001elsewhere"


@dataclass(frozen=True)
class Request:
    """One question to the authorizer."""

    principal: str
    host: str
    operation: str
    resource_type: str
    resource_name: str

    def __str__(self) -> str:
        who = "any other principal" if self.principal == _STRANGER else self.principal
        host = "any other host" if self.host == _ELSEWHERE else self.host
        name = self.resource_name.replace("\u0001", "…")
        return f"{who} may {self.operation} {self.resource_type.lower()} {name} from {host}"


@dataclass(frozen=True)
class Rules:
    """What one side's authorizer goes by: ACLs, super users, and the default where no ACL is found."""

    acls: frozenset[Acl]
    super_users: frozenset[str] = frozenset()
    allow_everyone: bool = False
    _by_resource: dict[tuple[str, str, str], list[Acl]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        for acl in self.acls:
            self._by_resource.setdefault(acl.resource, []).append(acl)

    def matching(self, resource_type: str, name: str) -> list[Acl]:
        """The ACLs whose pattern covers this resource."""
        found = list(self._by_resource.get((resource_type, "LITERAL", name), ()))
        if name != "*":
            found += self._by_resource.get((resource_type, "LITERAL", "*"), ())
        for end in range(len(name) + 1):
            found += self._by_resource.get((resource_type, "PREFIXED", name[:end]), ())
        return found

    def allows(self, request: Request) -> bool:
        """Whether the authorizer says yes."""
        if request.principal in self.super_users:
            return True
        matching = self.matching(request.resource_type, request.resource_name)
        return _decide(matching, request, default=self.allow_everyone)


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


def growth(before: Rules, after: Rules) -> Iterator[Request]:
    """Everything `after` allows that `before` denied, one representative per equivalence class.

    Names fall into finitely many classes: each literal name, and for each prefix a name that only this prefix and
    its own prefixes cover; so do principals and hosts. Asking one of each class is asking all (no super users).
    """
    for resource_type, name in _names(before, after):
        was, now = before.matching(resource_type, name), after.matching(resource_type, name)
        if set(was) == set(now) and before.allow_everyone == after.allow_everyone:
            continue
        both = was + now
        for principal in sorted({acl.principal for acl in both} - {ANYONE} | {_STRANGER}):
            for host in sorted({acl.host for acl in both} - {"*"} | {_ELSEWHERE}):
                for operation in _ASKABLE:
                    asked = Request(principal, host, operation, resource_type, name)
                    if _decide(now, asked, default=after.allow_everyone) and not _decide(
                        was, asked, default=before.allow_everyone
                    ):
                        yield asked


def _decide(matching: list[Acl], request: Request, *, default: bool) -> bool:
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


def _names(*rules: Rules) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for acl in _all(rules):
        fresh = (
            acl.resource_name + "\u0001" if acl.pattern_type == "PREFIXED" else acl.resource_name
        )
        if acl.resource_type != "CLUSTER":
            seen.add((acl.resource_type, "\u0001other"))
        seen |= {(acl.resource_type, fresh), (acl.resource_type, acl.resource_name)}
    yield from sorted(name for name in seen if name[1] != "*")


def _all(rules: Iterable[Rules]) -> Iterator[Acl]:
    for one in rules:
        yield from one.acls
