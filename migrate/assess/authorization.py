"""Compare what the ACLs grant with what was used and declared: too much, too little, to the wrong principals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from migrate.assess import rule
from migrate.assess.scope import Scope
from migrate.documents.assessment import Finding, Missing, Right
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl, faults, renamed
from migrate.model.authorizer import Request, covering, covers, pattern
from migrate.model.cluster import INTERNAL_TOPICS

ANONYMOUS = "User:ANONYMOUS"
_SHORT = 2
"""A prefix of so few letters matches topics that its author did not have in mind."""

_FAULTS = {
    "malformed": rule.PRINCIPAL_MALFORMED,
    "foreign": rule.PRINCIPAL_FOREIGN,
    "unknown": rule.ACL_UNKNOWN,
}
_VERBS = {"READ": "reads", "WRITE": "writes"}
_ESCALATING = {
    ("CLUSTER", "ALTER"): "ALTER on the cluster can change every ACL and SCRAM user",
    ("CLUSTER", "ALL"): "ALL on the cluster can change every ACL and SCRAM user",
    (
        "CLUSTER",
        "CLUSTER_ACTION",
    ): "CLUSTER_ACTION is for brokers only: it can read and replace all data",
    ("CLUSTER", "DELETE"): "DELETE on the cluster can delete any topic on KRaft",
    (
        "CLUSTER",
        "ALTER_CONFIGS",
    ): "ALTER_CONFIGS on the cluster can change listeners and their logins",
    ("USER", "CREATE_TOKENS"): "CREATE_TOKENS lets its holder log in as another user",
    ("USER", "ALL"): "ALL on users lets its holder log in as another user",
}


def findings(
    scope: Scope, rights: Iterable[Right], missing: Iterable[Missing]
) -> Iterator[Finding]:
    """Yield every finding of the readiness test `authorization`."""
    if not scope.watched:
        observed = scope.estate.inventory.observed
        why = observed.error if observed else "no authorizer log was read"
        yield rule.USE_NOT_OBSERVED.finding("source", why)
    for acl in scope.acls:
        yield from _acl_findings(scope, acl)
    for right in rights:
        broken = {"unused": rule.GRANT_UNUSED, "narrower": rule.GRANT_WIDER}.get(right.verdict)
        if broken:
            owner = scope.workload(right.acl.principal)
            yield broken.finding(str(right.acl), right.because, owner)
    yield from unpermitted(scope, missing)
    for name, workload in scope.estate.workloads.items():
        yield from _contradicted(scope, name, workload)
    yield from undeclared(scope.estate)


def unpermitted(scope: Scope, missing: Iterable[Missing]) -> Iterator[Finding]:
    """Yield the uses without an ACL, for each workload of the principal, or for the estate if it has none."""
    for use in missing:
        for owner in scope.estate.by_principal.get(use.principal, ("",)):
            yield rule.USE_WITHOUT_ACL.finding(use.principal, use.because, owner)


def _acl_findings(scope: Scope, acl: Acl) -> Iterator[Finding]:
    owner = scope.workload(acl.principal)
    (named,) = renamed([acl], scope.estate.config.principals)
    for kind, why in faults(named):
        if kind in _FAULTS:
            yield _FAULTS[kind].finding(str(acl), why, owner)
    if acl.host != "*":
        yield rule.HOST_SCOPED.finding(str(acl), f"applies to host {acl.host} only", owner)
    if acl.pattern_type == "PREFIXED" and acl.resource_name == "*":
        why = "the prefixed pattern `*` matches only names that begin with `*`"
        yield rule.ACL_INERT.finding(str(acl), why, owner)
    if acl.permission == "ALLOW" and acl.principal in (ANYONE, ANONYMOUS):
        who = "every principal" if acl.principal == ANYONE else "clients without a login"
        yield rule.GRANT_EVERYONE.finding(str(acl), f"granted to {who}", owner)
    if why := escalates(scope, acl):
        yield rule.GRANT_ESCALATING.finding(str(acl), why, owner)
    if acl.permission == "DENY" and (wider := _wider_allow(scope, acl)):
        yield rule.DENY_CARRIES.finding(str(acl), f"overrides part of {wider}", owner)


def escalates(scope: Scope, acl: Acl) -> str:
    """Return how a grant leads to rights beyond itself; empty if it does not."""
    if acl.permission != "ALLOW":
        return ""
    if why := _ESCALATING.get((acl.resource_type, acl.operation), ""):
        return why
    if acl.resource_type != "TOPIC":
        return ""
    if acl.operation == "ALL":
        if acl.resource_name == "*" and acl.pattern_type == "LITERAL":
            return "ALL on every topic"
        if acl.pattern_type == "PREFIXED" and len(acl.resource_name) <= _SHORT:
            return f"ALL on every topic that begins with `{acl.resource_name}`"
    return _by_topic_content(scope, acl)


def _by_topic_content(scope: Scope, acl: Acl) -> str:
    """Return what may be done by reading or writing topics that hold offsets or connector configs."""
    if acl.operation in ("WRITE", "ALL"):
        reached = [t for t in INTERNAL_TOPICS if covers(acl, "TOPIC", t)]
        if reached and acl.resource_name != "*":
            return f"WRITE on {reached[0]} can move the offsets of any group"
    topic = scope.config_topics.get(pattern(acl))
    if topic and acl.operation in ("READ", "WRITE", "ALL") and not _of_worker(scope, acl):
        can = "read every literal secret of" if acl.operation == "READ" else "take over"
        return f"{acl.operation} on {topic} can {can} its Connect cluster's connectors"
    return ""


def _of_worker(scope: Scope, acl: Acl) -> bool:
    """Return whether a Connect worker needs the grant for its own group's topics, as its name tells."""
    return acl.principal in scope.estate.own or acl.resource_name.rstrip("-_").endswith("connect")


def _wider_allow(scope: Scope, deny: Acl) -> str:
    """Return the wider ALLOW of the same principal that a DENY overrides in part; empty if none."""
    allows = (
        numbered
        for one in covering(deny.resource_type, deny.resource_name)
        for principal in {deny.principal, ANYONE}
        for numbered in scope.wide_allows.get((principal, one), ())
        if numbered[1].resource != deny.resource
    )
    first = min(allows, key=itemgetter(0), default=None)
    return str(first[1]) if first else ""


def _contradicted(scope: Scope, name: str, workload: Workload) -> Iterator[Finding]:
    """Yield declared topics that the ACLs do not permit, and used topics that are not declared."""
    if scope.estate.inventory.acls.standing != "complete":
        return
    declared = {
        operation: {t for s in selectors for t in scope.estate.selected_by(s)}
        for operation, selectors in (("READ", workload.reads), ("WRITE", workload.writes))
    }
    for operation, topics in declared.items():
        for topic in sorted(topics):
            if not _permitted(scope, workload.principal, operation, topic):
                evidence = f"declared under `{_VERBS[operation]}`, but no ACL allows {operation}"
                yield rule.CONTRADICTED.finding(f"topic {topic}", evidence, name)
    if scope.workload(workload.principal) != name:
        return
    for use in scope.uses_by_principal.get(workload.principal, ()):
        known = declared.get(use.operation)
        on_topic = use.resource_type == "TOPIC" and use.allowed
        if on_topic and known is not None and use.resource_name in scope.estate.topics:
            if use.resource_name in known:
                continue
            evidence = f"{use.operation} observed, but not declared under `{_VERBS[use.operation]}`"
            yield rule.CONTRADICTED.finding(f"topic {use.resource_name}", evidence, name)


def undeclared(estate: Estate) -> Iterator[Finding]:
    """Yield what a workload may write by name, or has commits on, and does not say."""
    named: dict[str, set[str]] = defaultdict(set)
    for acl in estate.inventory.acls.found:
        if _writes_by_name(acl):
            named[acl.principal].add(acl.resource_name)
    for principal, names in sorted(estate.by_principal.items()):
        selectors = [s for name in names for s in estate.workloads[name].writes]
        for topic in sorted(named.get(principal, ())):
            if topic in estate.topics and not any(s.selects(topic) for s in selectors):
                evidence = f"{principal} may write to it by name, and `writes` does not say so"
                yield rule.WRITE_UNDECLARED.finding(f"topic {topic}", evidence, names[0])
    groups = {group.name: group for group in estate.inventory.groups.found}
    for name, workload in estate.workloads.items():
        for group in workload.every_group:
            known = groups.get(group)
            for topic in sorted({c.topic for c in known.commits}) if known else ():
                if topic in estate.topics and not any(s.selects(topic) for s in workload.reads):
                    evidence = f"group {group} has commits on it, and `reads` does not say so"
                    yield rule.READ_UNDECLARED.finding(f"topic {topic}", evidence, name)


def _writes_by_name(acl: Acl) -> bool:
    kind = (acl.permission, acl.resource_type, acl.pattern_type)
    return kind == ("ALLOW", "TOPIC", "LITERAL") and acl.operation in ("WRITE", "ALL")


def _permitted(scope: Scope, principal: str, operation: str, topic: str) -> bool:
    """Return whether the authorizer allows the operation from at least one host."""
    hosts = {a.host for a in scope.rules.about(principal, "TOPIC", topic)} - {"*"} | {"elsewhere"}
    return any(
        scope.rules.allows(Request(principal, host, operation, "TOPIC", topic)) for host in hosts
    )
