"""Planned grants that the source denies by now, compared by their effect.

An ACL that was deleted on the source counts only if no other ACL grants the same, and a new DENY only if it affects a
planned grant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field

from migrate.model.acl import ANYONE, Acl, renamed
from migrate.model.authorizer import AclIndex, AuthorizerRules, Request, grants
from migrate.model.base import Model
from migrate.model.growth import AccessGrowth

_SHOWN = 5

TARGET_SHARED = "target-shared"
"""Under `suppress`: others use this principal on the target too."""

TARGET_HOSTS = "target-hosts"
"""Under `suppress`: a DENY that binds this principal to a host holds for the address that the target sees, too."""

PREFLIGHT_UNKNOWN = "preflight-unknown"
"""Under `suppress`: a question of preflight, by its name, that a cutover needs no answer to."""

OF_PREFLIGHT = (TARGET_SHARED, TARGET_HOSTS, PREFLIGHT_UNKNOWN)
"""What is accepted under `suppress` and no rule of an assessment finds."""


class SourceView(Model):
    """The source's ACLs as they are compared: without the migration's own, and with principals' names on the target.

    `fences` are ACLs that the migration created on the source, `own` the principals that serve it.
    """

    fences: tuple[Acl, ...] = ()
    own: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)

    def of(self, acls: Iterable[Acl]) -> frozenset[Acl]:
        """Return the estate's ACLs in the form that they have on the target."""
        # a principal on the source that has the new name of another one is not the same principal
        excluded = {*self.own, *(set(self.names.values()) - self.names.keys())}
        estate = (a for a in set(acls).difference(self.fences) if a.principal not in excluded)
        return frozenset(renamed(estate, self.names))

    def original(self, acl: Acl) -> Acl:
        """Return the ACL with its principal's name on the source."""
        (original,) = renamed([acl], {new: old for old, new in self.names.items()})
        return original


@dataclass(frozen=True)
class DeniedGrant:
    """A planned grant that the source does not allow now: its holder there, an example, and the DENYs against it."""

    grant: Acl
    holder: str
    example: Request
    by: tuple[Acl, ...]

    def __str__(self) -> str:
        if self.by:
            why = f"the source has {self.by[0]}, the target does not"
        else:
            why = f"{self.holder} no longer has an ALLOW for it on the source"
        return f"{self.grant}: {why} ({self.example})"


def denied_now(
    view: SourceView, source: Iterable[Acl], on_target: Iterable[Acl], granted: Iterable[Acl]
) -> tuple[DeniedGrant, ...]:
    """Return the grants that would allow what the source denies; the target has the DENYs of `on_target` too."""
    before, added = AuthorizerRules(view.of(source)), tuple(granted)
    after = [*(a for a in on_target if a.permission == "DENY"), *added]
    patterns = AclIndex(a for a in added if a.permission == "ALLOW")
    denied: dict[tuple[Acl, bool], DeniedGrant] = {}
    for request in AccessGrowth(before, after).adding(after):
        grant = next(a for a in _matching(patterns, request) if grants(a, request.operation))
        denies = [
            view.original(a)
            for a in _matching(before, request)
            if a.permission == "DENY" and a.operation in (request.operation, "ALL")
        ]
        by = tuple(sorted(denies, key=str))
        holder = view.original(grant).principal
        denied.setdefault((grant, bool(by)), DeniedGrant(grant, holder, request, by))
    return tuple(denied.values())


def listed(denied: Sequence[DeniedGrant]) -> list[str]:
    """Return the first grants, a line each, and a line with the number of the others."""
    lines = [f"  {grant}" for grant in denied[:_SHOWN]]
    more = len(denied) - _SHOWN
    return [*lines, *([f"  and {more:,} more"] if more > 0 else [])]


def _matching(side: AuthorizerRules | AclIndex, request: Request) -> list[Acl]:
    """Return the ACLs of a site that apply to the request's principal, host and resource."""
    return [
        acl
        for acl in side.matching(request.resource_type, request.resource_name)
        if acl.principal in (request.principal, ANYONE) and acl.host in (request.host, "*")
    ]
