"""Whether a principal sees every resource of a type: Kafka silently leaves out what one may not describe.

Metadata, ListGroups, OffsetFetch and ListTransactions filter without an error. Only the ACLs can prove that nothing
was left out: DESCRIBE for this principal on `*`, and no DENY that hides a part of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from migrate.documents.inventory import Section, State
from migrate.model.acl import ANYONE, Acl

_SHOWS = {"ALL", "DESCRIBE", "READ", "WRITE", "DELETE", "ALTER"}
_HIDES = {"ALL", "DESCRIBE"}


@dataclass(frozen=True)
class Visibility:
    """What the listed ACLs prove about the resources that kmig's own principal can see."""

    acls: Section[tuple[Acl, ...]]
    principal: str
    super_users: tuple[str, ...]

    def blind(self, resource_types: Iterable[str]) -> str:
        """Say why resources of these types may have been left out; empty when it is proven that none were."""
        if self.principal in self.super_users:
            return ""
        if self.acls.standing is State.REFUSED and "SECURITY_DISABLED" in self.acls.error:
            return ""
        if self.acls.standing is not State.COMPLETE:
            return "kmig may not list ACLs, so nothing proves that the list is complete"
        spots = (blind_spot(self.acls.found, self.principal, kind) for kind in resource_types)
        return next((spot for spot in spots if spot), "")


def blind_spot(acls: Iterable[Acl], principal: str, resource_type: str) -> str:
    """Say why this principal may not see every resource of the type; empty when it is proven that it does."""
    own = [
        a for a in acls if a.resource_type == resource_type and a.principal in (principal, ANYONE)
    ]
    kind = resource_type.lower().replace("_", " ")
    hidden = sorted(str(a) for a in own if a.permission == "DENY" and a.operation in _HIDES)
    if hidden:
        return f"a DENY hides some from {principal}: {hidden[0]}"
    for acl in own:
        everything = acl.resource_name == "*" and acl.pattern_type == "LITERAL" and acl.host == "*"
        if everything and acl.permission == "ALLOW" and acl.operation in _SHOWS:
            return ""
    return f"{principal} lacks DESCRIBE on {kind} `*`: the list may be incomplete"
