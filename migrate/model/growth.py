"""What a side would come to allow beyond another, while ACLs are added to it: only what is new is asked about.

A decision grows with ALLOW and shrinks with DENY. An ALLOW that the other side has too can therefore grow nothing,
except where a DENY of the other side is not there; all else is asked, one representative per class of equal requests.
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
    """Both sides closed where no ACL is found. `ever` are the ACLs that may be added."""

    def __init__(self, before: AuthorizerRules, ever: Collection[Acl]) -> None:
        self._before = before
        self._there = AclIndex()
        self._ever = ever
        self._missing = {acl for acl in before.acls if acl.permission == "DENY"}
        self._exposed: dict[str, SortedNames] = {}

    @cached_property
    def _names(self) -> dict[str, SortedNames]:
        return _by_type(classes(chain(self._before.acls, self._ever)))

    def adding(self, acls: Collection[Acl]) -> Iterator[Request]:
        """Add ACLs, all at once; what is allowed then that the other side denies."""
        fresh = [acl for acl in acls if self._there.add(acl)]
        if denied := {acl for acl in fresh if acl.permission == "DENY"}:
            self._missing -= denied
        self._exposed = _by_type(
            (deny.resource_type, name) for deny in self._missing for name in self._covered(deny)
        )
        seen: set[Request] = set()
        for acl in fresh:
            if acl.permission == "ALLOW":
                for request in self._grown(acl):
                    if request not in seen:
                        seen.add(request)
                        yield request

    def _grown(self, acl: Acl) -> Iterator[Request]:
        if acl in self._before.acls:
            exposed = self._exposed.get(acl.resource_type)
            names: Collection[str] = exposed.covered(acl) if exposed else ()
        else:
            names = self._covered(acl)
        for name in names:
            was = self._before.matching(acl.resource_type, name)
            now = self._there.matching(acl.resource_type, name)
            for asked in _requests(acl, name, was + now):
                if decide(now, asked) and not decide(was, asked):
                    yield asked

    def _covered(self, acl: Acl) -> Collection[str]:
        names = self._names.get(acl.resource_type)
        return names.covered(acl) if names else ()


def growth(before: AuthorizerRules, after: frozenset[Acl]) -> Iterator[Request]:
    """Everything that these ACLs allow and `before` denies."""
    return AccessGrowth(before, after).adding(after)


def _requests(acl: Acl, name: str, beside: list[Acl]) -> Iterator[Request]:
    """What an ALLOW grants on a name, one request per class that the ACLs beside it tell apart."""
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
    found: dict[str, list[str]] = defaultdict(list)
    for resource_type, name in names:
        found[resource_type].append(name)
    return {resource_type: SortedNames(some) for resource_type, some in found.items()}
