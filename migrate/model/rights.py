"""What the target would allow although the source denies it now, by effect.

An ACL that is gone from the source counts only if no other ACL gives the same right, and a DENY that is new there
counts only if it bears on what is granted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field

from migrate.model.acl import ANYONE, Acl, renamed
from migrate.model.authorizer import AclIndex, AuthorizerRules, Request, grants
from migrate.model.base import Model
from migrate.model.growth import AccessGrowth

_SHOWN = 5


class SourceView(Model):
    """How ACLs of the source are compared: without this migration's own, under the principals' names on the target.

    `fences` are ACLs that it put onto the source, `own` the principals that serve it.
    """

    fences: tuple[Acl, ...] = ()
    own: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)

    def of(self, acls: Iterable[Acl]) -> frozenset[Acl]:
        """The estate's ACLs, as they would be on the target."""
        # somebody who has by now, on the source, the name that a principal gets on the target is somebody else
        apart = {*self.own, *(set(self.names.values()) - self.names.keys())}
        estate = (a for a in set(acls).difference(self.fences) if a.principal not in apart)
        return frozenset(renamed(estate, self.names))

    def original(self, acl: Acl) -> Acl:
        """The ACL under its principal's name on the source."""
        (found,) = renamed([acl], {new: old for old, new in self.names.items()})
        return found


@dataclass(frozen=True)
class DeniedGrant:
    """A grant that the source does not allow now: in the source's words, with an example and the DENYs against it."""

    grant: Acl
    holder: str
    example: Request
    by: tuple[Acl, ...]

    def __str__(self) -> str:
        if self.by:
            why = f"the source has {self.by[0]}, the target does not"
        else:
            why = f"{self.holder} has no ALLOW for it on the source any more"
        return f"{self.grant}: {why} ({self.example})"


def denied_now(
    view: SourceView, source: Iterable[Acl], there: Iterable[Acl], granted: Iterable[Acl]
) -> tuple[DeniedGrant, ...]:
    """The grants that would allow what the source's ACLs deny, where the target has the DENYs of `there` too."""
    before, added = AuthorizerRules(view.of(source)), tuple(granted)
    after = [*(a for a in there if a.permission == "DENY"), *added]
    patterns = AclIndex(a for a in added if a.permission == "ALLOW")
    found: dict[tuple[Acl, bool], DeniedGrant] = {}
    for request in AccessGrowth(before, after).adding(after):
        grant = next(a for a in _matching(patterns, request) if grants(a, request.operation))
        denies = [
            view.original(a)
            for a in _matching(before, request)
            if a.permission == "DENY" and a.operation in (request.operation, "ALL")
        ]
        by = tuple(sorted(denies, key=str))
        holder = view.original(grant).principal
        found.setdefault((grant, bool(by)), DeniedGrant(grant, holder, request, by))
    return tuple(found.values())


def listed(denied: Sequence[DeniedGrant]) -> list[str]:
    """The first of them, a line each, and how many more there are."""
    lines = [f"  {one}" for one in denied[:_SHOWN]]
    more = len(denied) - _SHOWN
    return [*lines, *([f"  and {more} more"] if more > 0 else [])]


def _matching(side: AuthorizerRules | AclIndex, request: Request) -> list[Acl]:
    """The ACLs of a side that are about the request's principal, host and resource."""
    return [
        acl
        for acl in side.matching(request.resource_type, request.resource_name)
        if acl.principal in (request.principal, ANYONE) and acl.host in (request.host, "*")
    ]
