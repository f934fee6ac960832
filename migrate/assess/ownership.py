"""Who answers for what: owners, one principal per workload, an owner for every group and connector."""

from collections import Counter
from collections.abc import Iterable, Iterator

from migrate.assess import rule
from migrate.boundary.runtimes import parted
from migrate.documents.assessment import Finding
from migrate.documents.boundary import Runtime
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl
from migrate.model.cluster import Group
from migrate.model.words import count
from migrate.plan.accounting import unaccounted


def findings(estate: Estate, runtimes: Iterable[Runtime]) -> Iterator[Finding]:
    """Yield every finding of the readiness test `owner`."""
    for name, workload in estate.workloads.items():
        yield from _named(name, workload)
        yield from _principals(estate, name, workload)
    for principal, names in sorted(estate.by_principal.items()):
        if len(names) > 1:
            for name in names:
                others = ", ".join(n for n in names if n != name)
                yield rule.PRINCIPAL_SHARED.finding(
                    principal, f"also the principal of {others}", name
                )
    yield from _unowned(estate)
    yield from _workers(estate, runtimes)


def _named(name: str, workload: Workload) -> Iterator[Finding]:
    if not workload.owned:
        yield rule.NO_OWNER.finding(f"workload {name}", f"`owner` is `{workload.owner}`", name)
    if not workload.security_owner.strip():
        yield rule.NO_SECURITY_OWNER.finding(f"workload {name}", "`security_owner` is empty", name)


def _principals(estate: Estate, name: str, workload: Workload) -> Iterator[Finding]:
    connector = estate.connectors.get(workload.connector or "")
    others = [p for p in connector.principals if p != workload.principal] if connector else []
    if others:
        subject = f"connector {workload.connector}"
        yield rule.PRINCIPALS_SEVERAL.finding(
            subject, f"logs in as {', '.join(others)}, not as {workload.principal}", name
        )


def _unowned(estate: Estate) -> Iterator[Finding]:
    """Yield what has neither an owner nor a decision; the ACLs of one principal are one finding."""
    principals: Counter[str] = Counter()
    groups = {group.name: group for group in estate.inventory.groups.found}
    for item in unaccounted(estate):
        subject = f"{item.kind} {item.name}"
        if isinstance(item.thing, Acl):
            principals[item.thing.principal] += 1
        elif item.kind == "group":
            yield rule.GROUP_UNOWNED.finding(subject, _clients(groups[item.name]))
        elif item.kind == "connector":
            connector_class = estate.connectors[item.name].connector_class
            yield rule.CONNECTOR_UNOWNED.finding(subject, connector_class)
    for principal, number in sorted(principals.items()):
        if principal != ANYONE:
            yield rule.PRINCIPAL_UNOWNED.finding(principal, count(number, "ACL"))


def _clients(group: Group) -> str:
    clients = sorted({f"{m.client_id} on {m.host}" for m in group.members or ()})
    return f"{group.state}; {', '.join(clients[:3]) or 'no members'}"


def _workers(estate: Estate, runtimes: Iterable[Runtime]) -> Iterator[Finding]:
    """Yield workloads on one Connect cluster that differ in sensitivity or zone: workers hold all secrets."""
    for runtime in runtimes:
        parting = parted(estate, runtime) if runtime.kind == "connect" else ()
        if parting:
            share, remedy = parting
            least = "at least " if runtime.unknown else ""
            held = count(len(runtime.credentials), "credential")
            evidence = f"{share}; each worker can resolve {least}{held}"
            for name in runtime.workloads:
                yield rule.WORKER_SHARED.finding(
                    f"Connect cluster {runtime.name}", evidence, name, remedy
                )
