"""Whether a principal sees everything of a kind: Kafka leaves out in silence what one may not describe.

Metadata, ListGroups, OffsetFetch and ListTransactions filter without an error, so only the ACLs themselves can prove
that nothing was left out: DESCRIBE for this principal on `*`, and no DENY that could cut it anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from migrate.documents.inventory import Section, State
from migrate.model.acl import ANYONE, Acl

_SHOWS = {"ALL", "DESCRIBE", "READ", "WRITE", "DELETE", "ALTER"}
_HIDES = {"ALL", "DESCRIBE"}


@dataclass(frozen=True)
class Visibility:
    """What the ACLs, as far as they could be listed, prove about kmig's own sight."""

    acls: Section[tuple[Acl, ...]]
    principal: str
    super_users: tuple[str, ...]

    def blind(self, resource_types: Iterable[str]) -> str:
        """Why something of these types may have been left out; empty when it is proven that nothing was."""
        if self.principal in self.super_users:
            return ""
        if self.acls.standing is State.REFUSED and "SECURITY_DISABLED" in self.acls.error:
            return ""
        if self.acls.standing is not State.COMPLETE:
            return "kmig may not list ACLs, so nothing proves that it was shown all there is"
        spots = (blind_spot(self.acls.found, self.principal, kind) for kind in resource_types)
        return next((spot for spot in spots if spot), "")


def blind_spot(acls: Iterable[Acl], principal: str, resource_type: str) -> str:
    """Why this principal may not see every resource of the type; empty when it is proven that it does."""
    mine = [
        a for a in acls if a.resource_type == resource_type and a.principal in (principal, ANYONE)
    ]
    kind = resource_type.lower().replace("_", " ")
    hidden = sorted(str(a) for a in mine if a.permission == "DENY" and a.operation in _HIDES)
    if hidden:
        return f"hidden from {principal}: {hidden[0]}"
    for acl in mine:
        everything = acl.resource_name == "*" and acl.pattern_type == "LITERAL" and acl.host == "*"
        if everything and acl.permission == "ALLOW" and acl.operation in _SHOWS:
            return ""
    return f"{principal} has no DESCRIBE on every {kind}: others are left out of the answer"
