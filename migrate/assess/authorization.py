"""What the ACLs grant, against what was used and declared: too much, too little, to the wrong ones, or nothing."""

from collections.abc import Iterable, Iterator

from migrate.assess import rule
from migrate.assess.scope import Scope
from migrate.documents.assessment import Finding, Missing, Right
from migrate.documents.workloads import Workload
from migrate.model.acl import ANYONE, Acl, faults, renamed
from migrate.model.authorizer import Request, covers
from migrate.model.cluster import INTERNAL_TOPICS

ANONYMOUS = "User:ANONYMOUS"
_SHORT = 2
"""A prefix of so few letters covers what nobody thought of."""

_FAULTS = {
    "malformed": rule.PRINCIPAL_MALFORMED,
    "foreign": rule.PRINCIPAL_FOREIGN,
    "unknown": rule.ACL_UNKNOWN,
}
_VERBS = {"READ": "reads", "WRITE": "writes"}
_ESCALATING = {
    ("CLUSTER", "ALTER"): "ALTER on the cluster grants anything to anybody: ACLs and SCRAM users",
    ("CLUSTER", "ALL"): "ALL on the cluster grants anything to anybody: ACLs and SCRAM users",
    ("CLUSTER", "CLUSTER_ACTION"): "CLUSTER_ACTION is for brokers: it reads and replaces all data",
    ("CLUSTER", "DELETE"): "DELETE on the cluster deletes any topic on KRaft",
    ("CLUSTER", "ALTER_CONFIGS"): "ALTER_CONFIGS on the cluster changes listeners and their logins",
    ("USER", "CREATE_TOKENS"): "CREATE_TOKENS logs in as somebody else",
    ("USER", "ALL"): "ALL on users logs in as somebody else",
}


def findings(
    scope: Scope, rights: Iterable[Right], missing: Iterable[Missing]
) -> Iterator[Finding]:
    """Every finding of the readiness test `authorization`."""
    if not scope.watched:
        observed = scope.estate.inventory.observed
        why = observed.error if observed else "no authorizer log was read"
        yield rule.USE_NOT_OBSERVED.found("source", why)
    for acl in scope.acls:
        yield from _about(scope, acl)
    for right in rights:
        made = {"unused": rule.GRANT_UNUSED, "narrower": rule.GRANT_WIDER}.get(right.verdict)
        if made:
            owner = scope.workload(right.acl.principal)
            yield made.found(str(right.acl), right.because, owner)
    yield from unpermitted(scope, missing)
    for name, workload in scope.estate.workloads.items():
        yield from _contradicted(scope, name, workload)


def unpermitted(scope: Scope, missing: Iterable[Missing]) -> Iterator[Finding]:
    """Uses without any ACL, once for each workload of the principal; the estate's where there is none."""
    for one in missing:
        for owner in scope.estate.by_principal.get(one.principal, ("",)):
            yield rule.USE_WITHOUT_ACL.found(one.principal, one.because, owner)


def _about(scope: Scope, acl: Acl) -> Iterator[Finding]:
    owner = scope.workload(acl.principal)
    (named,) = renamed([acl], scope.estate.config.principals)
    for kind, why in faults(named):
        if kind in _FAULTS:
            yield _FAULTS[kind].found(str(acl), why, owner)
    if acl.host != "*":
        yield rule.HOST_SCOPED.found(str(acl), f"from {acl.host} only", owner)
    if acl.pattern_type == "PREFIXED" and acl.resource_name == "*":
        yield rule.ACL_INERT.found(str(acl), "a prefix called `*` covers no name but such", owner)
    if acl.permission == "ALLOW" and acl.principal in (ANYONE, ANONYMOUS):
        who = "everybody" if acl.principal == ANYONE else "whoever has no login"
        yield rule.GRANT_EVERYONE.found(str(acl), f"granted to {who}", owner)
    if why := escalates(scope, acl):
        yield rule.GRANT_ESCALATING.found(str(acl), why, owner)
    if acl.permission == "DENY" and (cut := _cut(scope, acl)):
        yield rule.DENY_CARRIES.found(str(acl), f"it cuts {cut}", owner)


def escalates(scope: Scope, acl: Acl) -> str:
    """How a grant leads to rights beyond itself; empty when it does not."""
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
    return _internal(scope, acl)


def _internal(scope: Scope, acl: Acl) -> str:
    if acl.operation in ("WRITE", "ALL"):
        reached = [t for t in INTERNAL_TOPICS if covers(acl, "TOPIC", t)]
        if reached and acl.resource_name != "*":
            return f"WRITE on {reached[0]} moves any group's offsets"
    configs = [
        t for t in scope.estate.topics if t.endswith(("connect-configs", "-configs", "_configs"))
    ]
    reached = [t for t in configs if covers(acl, "TOPIC", t)]
    if reached and acl.operation in ("READ", "WRITE", "ALL") and not _a_worker(scope, acl):
        what = "reads every literal secret of" if acl.operation == "READ" else "takes over"
        return f"{acl.operation} on {reached[0]} {what} its Connect cluster's connectors"
    return ""


def _a_worker(scope: Scope, acl: Acl) -> bool:
    """Whether a grant is a worker's own, on the topics that its group keeps: it names them, and no more."""
    return acl.principal in scope.estate.own or acl.resource_name.rstrip("-_").endswith("connect")


def _cut(scope: Scope, deny: Acl) -> str:
    """The broader ALLOW of the same principal that a DENY cuts."""
    for acl in scope.acls:
        if acl.permission != "ALLOW" or acl.resource_type != deny.resource_type:
            continue
        same = acl.principal in (deny.principal, ANYONE)
        wide = acl.pattern_type == "PREFIXED" or acl.resource_name == "*"
        if (
            same
            and wide
            and acl.resource != deny.resource
            and covers(acl, acl.resource_type, deny.resource_name)
        ):
            return str(acl)
    return ""


def _contradicted(scope: Scope, name: str, workload: Workload) -> Iterator[Finding]:
    """Declared topics that the ACLs do not permit, and seen ones that nobody declared."""
    if scope.estate.inventory.acls.standing != "complete":
        return
    declared = {
        operation: {t for t in scope.estate.topics if any(s.selects(t) for s in selectors)}
        for operation, selectors in (("READ", workload.reads), ("WRITE", workload.writes))
    }
    for operation, topics in declared.items():
        for topic in sorted(topics):
            if not _permitted(scope, workload.principal, operation, topic):
                said = f"`{_VERBS[operation]}` names it, and no ACL allows it"
                yield rule.CONTRADICTED.found(f"topic {topic}", said, name)
    if scope.workload(workload.principal) != name:
        return
    for use in scope.uses:
        known = declared.get(use.operation)
        seen = use.principal == workload.principal and use.resource_type == "TOPIC" and use.allowed
        if seen and known is not None and use.resource_name in scope.estate.topics:
            if use.resource_name in known:
                continue
            said = f"seen in use, and `{_VERBS[use.operation]}` does not name it"
            yield rule.CONTRADICTED.found(f"topic {use.resource_name}", said, name)


def _permitted(scope: Scope, principal: str, operation: str, topic: str) -> bool:
    """Whether the authorizer allows it from some host at least."""
    hosts = {a.host for a in scope.rules.matching("TOPIC", topic)} - {"*"} | {"elsewhere"}
    return any(
        scope.rules.allows(Request(principal, host, operation, "TOPIC", topic)) for host in hosts
    )
