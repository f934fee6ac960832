"""What a cluster's authorizer allows, broker by broker: a change of ACLs reaches one after the other."""

from collections.abc import Iterable

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.facts import Change, Facts
from migrate.rehearse.worlds.history import ClusterSpec
from migrate.rehearse.worlds.timeline import Timeline

ANYWHERE = "10.0.0.9"
"""The host that all clients of a world have."""

SUPER_USERS = frozenset({"User:admin"})
METADATA_SECONDS = 0.05
"""What a change of metadata takes to every broker, where nothing holds one back."""


class Rights:
    """The ACLs of one side, as each of its brokers knows them."""

    def __init__(self, side: str, timeline: Timeline, facts: Facts, spec: ClusterSpec) -> None:
        self.side, self.timeline, self.facts = side, timeline, facts
        self.broker_ids = tuple(range(1, spec.brokers + 1))
        self.super_users, self.allow_everyone = SUPER_USERS, spec.allow_everyone
        self.lag = dict.fromkeys(self.broker_ids, METADATA_SECONDS)
        self.lag[self.broker_ids[-1]] += spec.late
        self._known: dict[int, int] = {}
        self._acls: list[tuple[float, AuthorizerRules]] = [(-1e9, self._rules(frozenset()))]
        self._decided: dict[tuple[int, str, str, str, str], bool] = {}

    def _rules(self, acls: frozenset[Acl]) -> AuthorizerRules:
        return AuthorizerRules(acls, self.super_users, self.allow_everyone)

    @property
    def acls(self) -> frozenset[Acl]:
        """The ACLs as the controller has them."""
        return self._acls[-1][1].acls

    def acls_at(self, broker: int) -> frozenset[Acl]:
        """Return the ACLs as one broker has them by now."""
        return self._acls[self._version(broker)][1].acls

    def change_acls(
        self, add: Iterable[Acl] = (), remove: Iterable[Acl] = (), *, by: str = ""
    ) -> None:
        """Create and delete ACLs; brokers see it one after the other."""
        added, removed = tuple(add), tuple(remove)
        acls = (self.acls | frozenset(added)) - frozenset(removed)
        now = self.timeline.now
        for acl in added:
            if acl not in self.acls:
                self.note("acl", str(acl), by, (acl, "added"))
        for acl in removed:
            if acl in self.acls:
                self.note("acl", str(acl), by, (acl, "removed"))
        self._acls.append((now, self._rules(acls)))

    def forget_versions(self) -> None:
        """Let every broker have known the present ACLs for ever."""
        self._acls, self._known = [(-1e9, self._acls[-1][1])], {}
        self._decided.clear()

    def allows(self, principal: str, operation: str, kind: str, name: str, broker: int) -> bool:
        """Return what a broker's authorizer decides by what it has seen."""
        version = self._version(broker)
        asked = (version, principal, operation, kind, name)
        known = self._decided.get(asked)
        if known is None:
            request = Request(principal, ANYWHERE, operation, kind, name)
            known = self._decided[asked] = self._acls[version][1].allows(request)
        return known

    def allowed_since(
        self, began: float, principal: str, operation: str, kind: str, name: str
    ) -> bool:
        """Return whether a request has been allowed all the time since."""
        request = Request(principal, ANYWHERE, operation, kind, name)
        first = max(i for i, (at, _) in enumerate(self._acls) if at <= began)
        return all(rules.allows(request) for _, rules in self._acls[first:])

    def require(self, principal: str, operation: str, kind: str, name: str, broker: int) -> None:
        """Raise the authorization error of the resource's kind, unless the broker allows the request."""
        if self.allows(principal, operation, kind, name, broker):
            return
        self.facts.denied.append((self.timeline.now, self.side, principal, operation, name))
        raise BrokerError(f"{kind}_AUTHORIZATION_FAILED", name)

    def hold_back(self, broker: int, seconds: float) -> None:
        """Let a broker be late with what comes; what it knows it does not forget."""
        self._known[broker] = self._version(broker)
        self.lag[broker] = seconds

    def _version(self, broker: int) -> int:
        limit = self.timeline.now - self.lag[broker]
        version, known = len(self._acls) - 1, self._known.get(broker, 0)
        while version > known and self._acls[version][0] > limit:
            version -= 1
        return version

    def note(self, what: str, name: str, by: str, detail: tuple[object, ...] = ()) -> None:
        """Note a change for the judges."""
        self.facts.changes.append(Change(self.timeline.now, self.side, what, name, by, detail))
