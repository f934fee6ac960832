"""Rights by their use: keep, unused, narrower, missing; from the authorizer log of a window of time.

kmig removes no right by itself: a job that runs more rarely than the window is long does not show in it. Names are
grouped under a prefix only where enough of them share it and no other topic does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from migrate.assess.scope import Scope
from migrate.documents.assessment import Missing, Right
from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request, covers, grants
from migrate.model.use import Use
from migrate.model.words import count, listed

_ENOUGH = 3
"""From so many names under one prefix on, one prefixed ACL is proposed instead of literal ones."""


def rights(scope: Scope) -> tuple[Right, ...]:
    """Return the verdict on each ALLOW of a workload's principal; none if use was not observed in full."""
    if not scope.watched:
        return ()
    by_principal = {
        principal: [u for u in uses if u.allowed and u.ground in ("acl", "unsaid")]
        for principal, uses in scope.uses_by_principal.items()
    }
    return tuple(
        _right(scope, acl, by_principal.get(acl.principal, []))
        for acl in scope.acls
        if acl.permission == "ALLOW" and acl.principal in scope.estate.by_principal
    )


def _right(scope: Scope, acl: Acl, uses: list[Use]) -> Right:
    served = [
        u
        for u in uses
        if grants(acl, u.operation) and covers(acl, u.resource_type, u.resource_name)
    ]
    if not served:
        return Right(acl=acl, verdict="unused", because=f"not used from {scope.window}")
    by_name: dict[str, set[str]] = defaultdict(set)
    for use in served:
        by_name[use.resource_name].add(use.operation)
    names = sorted(by_name)
    operations = sorted(_needed({u.operation for u in served}))
    wide = acl.pattern_type == "PREFIXED" or acl.resource_name == "*" or acl.operation == "ALL"
    if not wide:
        return Right(acl=acl, verdict="keep", because=f"used {count(_times(served), 'time')}")
    proposed = tuple(_proposed(scope, acl, by_name))
    if set(proposed) == {acl}:
        return Right(acl=acl, verdict="keep", because=f"used on {count(len(names), 'name')}")
    used = f"{', '.join(operations)} on {listed(names, 'name', 3)}"
    because = f"used only for {used}, from {scope.window}"
    return Right(acl=acl, verdict="narrower", proposed=proposed, because=because)


def _times(uses: Iterable[Use]) -> int:
    return sum(use.allowed for use in uses)


_WHY = {
    "super": "allowed as a super user",
    "default": "allowed by the open default",
    "unsaid": "allowed for a reason that the log does not show",
}


def _granted(rules: AuthorizerRules, use: Use) -> bool:
    """Return whether the ACLs allow the use from at least one of its hosts."""
    kind, name = use.resource_type, use.resource_name
    requests = (Request(use.principal, h, use.operation, kind, name) for h in use.hosts or ("",))
    return any(map(rules.allows, requests))


def _needed(operations: set[str]) -> set[str]:
    """Return the operations without those that another of them implies."""
    implied = {"READ", "WRITE", "DELETE", "ALTER"} & operations
    redundant = {"DESCRIBE"} if implied else set()
    if "ALTER_CONFIGS" in operations:
        redundant |= {"DESCRIBE_CONFIGS"}
    return operations - redundant


def _proposed(scope: Scope, acl: Acl, by_name: Mapping[str, set[str]]) -> Iterator[Acl]:
    """Yield an ACL for each operation where it was used, prefixed only if enough names share the prefix."""
    every = set().union(*by_name.values())
    for operation in sorted(_needed(every)):
        names = sorted(n for n, used in by_name.items() if operation in used)
        if acl.pattern_type == "PREFIXED" and len(names) >= _ENOUGH:
            patterns = [("PREFIXED", acl.resource_name)]
        elif prefix := _prefix(scope, acl, names):
            patterns = [("PREFIXED", prefix)]
        else:
            patterns = [("LITERAL", name) for name in names]
        for pattern, name in patterns:
            changes = {"pattern_type": pattern, "resource_name": name, "operation": operation}
            yield acl.model_copy(update=changes)
    # an implied operation was left out above; on a name where the implying one was not used, it needs an ACL
    for name, used in sorted(by_name.items()):
        for operation in sorted(_needed(used) - _needed(every)):
            changes = {"pattern_type": "LITERAL", "resource_name": name, "operation": operation}
            yield acl.model_copy(update=changes)


def _prefix(scope: Scope, acl: Acl, names: list[str]) -> str:
    """Return a prefix, up to a separator, that all the names share and no unused topic has; empty if none."""
    if acl.resource_type != "TOPIC" or len(names) < _ENOUGH:
        return ""
    first, last = names[0], names[-1]
    shared = next((i for i, c in enumerate(first) if i >= len(last) or c != last[i]), len(first))
    cut = max(first.rfind(mark, 0, shared) for mark in ".-_")
    prefix = first[: cut + 1]
    if cut <= 0:
        return ""
    named = set(names)
    return prefix if all(t in named for t in scope.estate.topic_names.starting(prefix)) else ""


def missing(scope: Scope) -> tuple[Missing, ...]:
    """Return the uses that work today without an ACL: a super user's, or by an open default or an unlogged reason."""
    without_acl = []
    estate = scope.estate
    complete = estate.inventory.acls.standing == "complete"
    granted = AuthorizerRules(frozenset(estate.inventory.acls.found))
    for use in scope.uses:
        if not use.allowed or use.ground == "acl":
            continue
        if estate.mapped(use.principal) in estate.config.target.super_users:
            continue
        if _granted(granted, use) or (use.ground == "unsaid" and not complete):
            continue
        why = _WHY[use.ground]
        used = f"{use.operation} on {use.resource_type.lower()} {use.resource_name}"
        proposed = Acl(
            principal=use.principal,
            permission="ALLOW",
            operation=use.operation,
            resource_type=use.resource_type,
            resource_name=use.resource_name,
        )
        without_acl.append(
            Missing(
                principal=use.principal,
                because=f"{used}, {why}, {count(use.allowed, 'time')}",
                proposed=proposed,
            )
        )
    return tuple(without_acl)
