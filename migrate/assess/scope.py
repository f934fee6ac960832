"""The part of the ACLs that an assessment is about: what moves, or has no fate yet; and by whom it is used."""

from dataclasses import dataclass
from functools import cached_property

from migrate.estate import Estate
from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules
from migrate.model.use import Use
from migrate.plan.accounting import accounts

_STAYING = ("left_behind", "dropped", "internal")


@dataclass(frozen=True)
class Scope:
    """The estate, its ACLs that count, and what was seen in use."""

    estate: Estate

    @cached_property
    def acls(self) -> tuple[Acl, ...]:
        """ACLs that are not left behind, dropped, or kmig's own."""
        found, _ = accounts(self.estate)
        staying = {a.acl for a in found if a.acl and a.fate in _STAYING}
        return tuple(a for a in self.estate.inventory.acls.found if a not in staying)

    @cached_property
    def rules(self) -> AuthorizerRules:
        """What the source's authorizer goes by."""
        site = self.estate.config.source
        return AuthorizerRules(
            frozenset(self.estate.inventory.acls.found),
            frozenset(site.super_users),
            allow_everyone=bool(site.allow_everyone_if_no_acl_found),
        )

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Uses of principals that are part of the estate, and not of the brokers, kmig or the copier."""
        observed = self.estate.inventory.observed
        own = {*self.estate.own, *self._operators}
        return tuple(u for u in (observed.found.uses if observed else ()) if u.principal not in own)

    @cached_property
    def _operators(self) -> frozenset[str]:
        """Super users that are no workload: brokers and administrators."""
        supers = set(self.estate.config.source.super_users)
        return frozenset(supers - set(self.estate.by_principal))

    @property
    def window(self) -> str:
        """The time that the logs show, and its limit."""
        observed = self.estate.inventory.observed
        if observed is None:
            return ""
        return f"{observed.found.first} to {observed.found.last}"

    @property
    def watched(self) -> bool:
        """Whether use was observed in full: only then does a right that was not seen count as unused."""
        observed = self.estate.inventory.observed
        return observed is not None and observed.standing == "complete"

    def workload(self, principal: str) -> str:
        """The workload of a principal, where there is exactly one."""
        names = self.estate.by_principal.get(principal, ())
        return names[0] if len(names) == 1 else ""
