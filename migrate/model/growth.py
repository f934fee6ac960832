"""The requests that one site would allow and the other denies, while ACLs are added: only new ACLs are examined.

An ALLOW can only widen what is allowed, a DENY only narrow it. An ALLOW that the other site has too can therefore
widen nothing, except where a DENY of the other site is missing. Everything else is examined, by one request for each
class of requests that the ACLs treat alike.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import chain

from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import (
    ELSEWHERE,
    STRANGER,
    AclIndex,
    AuthorizerRules,
    Request,
    askable,
    classes,
    decide,
)
from migrate.model.sorted_names import SortedNames


class AccessGrowth:
    """What a site comes to allow beyond `before`, both denying where no ACL is found. `ever` are all ACLs to come."""

    def __init__(self, before: AuthorizerRules, ever: Collection[Acl]) -> None:
        self._before = before
        self._present = AclIndex()
        self._ever = ever
        self._missing = {acl for acl in before.acls if acl.permission == "DENY"}
        self._exposed: dict[str, SortedNames] = {}

    @cached_property
    def _names(self) -> dict[str, SortedNames]:
        return _by_type(classes(chain(self._before.acls, self._ever)))

    def adding(self, acls: Collection[Acl]) -> Iterator[Request]:
        """Add ACLs, all at once, and yield the requests that are allowed then and that `before` denies."""
        new = [acl for acl in acls if self._present.add(acl)]
        if denied := {acl for acl in new if acl.permission == "DENY"}:
            self._missing -= denied
        self._exposed = _by_type(
            (deny.resource_type, name) for deny in self._missing for name in self._covered(deny)
        )
        yielded: set[Request] = set()
        for acl in new:
            if acl.permission == "ALLOW":
                for request in self._grown(acl):
                    if request not in yielded:
                        yielded.add(request)
                        yield request

    def _grown(self, acl: Acl) -> Iterator[Request]:
        if acl in self._before.acls:
            exposed = self._exposed.get(acl.resource_type)
            names: Collection[str] = exposed.covered(acl) if exposed else ()
        else:
            names = self._covered(acl)
        for name in names:
            was = self._before.matching(acl.resource_type, name)
            now = self._present.matching(acl.resource_type, name)
            for request in _requests(acl, name, was + now):
                if decide(now, request) and not decide(was, request):
                    yield request

    def _covered(self, acl: Acl) -> Collection[str]:
        names = self._names.get(acl.resource_type)
        return names.covered(acl) if names else ()


def growth(before: AuthorizerRules, after: frozenset[Acl]) -> Iterator[Request]:
    """Yield the requests that these ACLs allow and `before` denies."""
    return AccessGrowth(before, after).adding(after)


def _requests(acl: Acl, name: str, beside: list[Acl]) -> Iterator[Request]:
    """Yield what an ALLOW grants on a name, one request for each class that the ACLs beside it treat alike."""
    principals, hosts = {acl.principal}, {acl.host}
    if acl.principal == ANYONE:
        principals = {a.principal for a in beside} - {ANYONE} | {STRANGER}
    if acl.host == "*":
        hosts = {a.host for a in beside} - {"*"} | {ELSEWHERE}
    for principal in sorted(principals):
        for host in sorted(hosts):
            for operation in askable(acl):
                yield Request(principal, host, operation, acl.resource_type, name)


def _by_type(names: Iterable[tuple[str, str]]) -> dict[str, SortedNames]:
    by_type: dict[str, list[str]] = defaultdict(list)
    for resource_type, name in names:
        by_type[resource_type].append(name)
    return {resource_type: SortedNames(some) for resource_type, some in by_type.items()}
