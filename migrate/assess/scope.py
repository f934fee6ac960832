"""The ACLs that an assessment is about (those that move, or are not decided yet), and how they are used."""

from dataclasses import dataclass
from functools import cached_property

from migrate.estate import Estate
from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Pattern, covering, pattern
from migrate.model.use import Use
from migrate.plan.accounting import accounts

_STAYING = ("left_behind", "dropped", "internal")
_CONFIGS = ("connect-configs", "-configs", "_configs")


@dataclass(frozen=True)
class Scope:
    """An estate, the ACLs that an assessment judges, and the use that was observed."""

    estate: Estate

    @cached_property
    def acls(self) -> tuple[Acl, ...]:
        """Return the ACLs that are not left behind, dropped, or kmig's own."""
        accounted, _ = accounts(self.estate)
        staying = {a.acl for a in accounted if a.acl and a.fate in _STAYING}
        return tuple(a for a in self.estate.inventory.acls.found if a not in staying)

    @cached_property
    def rules(self) -> AuthorizerRules:
        """Return what the source's authorizer decides by."""
        site = self.estate.config.source
        return AuthorizerRules(
            frozenset(self.estate.inventory.acls.found),
            frozenset(site.super_users),
            allow_everyone=bool(site.allow_everyone_if_no_acl_found),
        )

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Return the uses by principals of the estate, without those of brokers, kmig and the copier."""
        observed = self.estate.inventory.observed
        own = {*self.estate.own, *self._operators}
        return tuple(u for u in (observed.found.uses if observed else ()) if u.principal not in own)

    @cached_property
    def uses_by_principal(self) -> dict[str, list[Use]]:
        """Return `uses` by principal."""
        found: dict[str, list[Use]] = {}
        for use in self.uses:
            found.setdefault(use.principal, []).append(use)
        return found

    @cached_property
    def config_topics(self) -> dict[Pattern, str]:
        """Return the first topic with connector configs that each pattern covers."""
        found: dict[Pattern, str] = {}
        for topic in self.estate.topics:
            if topic.endswith(_CONFIGS):
                for one in covering("TOPIC", topic):
                    found.setdefault(one, topic)
        return found

    @cached_property
    def wide_allows(self) -> dict[tuple[str, Pattern], list[tuple[int, Acl]]]:
        """Return the ALLOWs on many names, numbered, by principal and pattern."""
        found: dict[tuple[str, Pattern], list[tuple[int, Acl]]] = {}
        for number, acl in enumerate(self.acls):
            wide = acl.pattern_type == "PREFIXED" or acl.resource_name == "*"
            if acl.permission == "ALLOW" and wide:
                found.setdefault((acl.principal, pattern(acl)), []).append((number, acl))
        return found

    @cached_property
    def _operators(self) -> frozenset[str]:
        """Return super users without a workload: brokers and administrators."""
        supers = set(self.estate.config.source.super_users)
        return frozenset(supers - set(self.estate.by_principal))

    @property
    def window(self) -> str:
        """Return the time that the logs cover; empty if none were read."""
        observed = self.estate.inventory.observed
        if observed is None:
            return ""
        return f"{observed.found.first} to {observed.found.last}"

    @property
    def watched(self) -> bool:
        """Return whether use was observed in full: only then does a right without any use count as unused."""
        observed = self.estate.inventory.observed
        return observed is not None and observed.standing == "complete"

    def workload(self, principal: str) -> str:
        """Return the workload of a principal if there is exactly one, else an empty name."""
        names = self.estate.by_principal.get(principal, ())
        return names[0] if len(names) == 1 else ""
