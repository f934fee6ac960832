"""Hosts of clients and of Connect workers, as groups' members and authorizer logs show them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from migrate.documents.inventory import State
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.use import Use
from migrate.model.words import count, first_of

_NAMED = 3
_TASK = "connector-consumer-"
"""How the client id of a sink connector's task begins (Worker.baseConsumerConfigs)."""


def unseen(estate: Estate) -> tuple[str, ...]:
    """Return why clients may run on hosts that are not known, or beside those that are."""
    inventory, lines = estate.inventory, []
    if inventory.groups.standing is not State.COMPLETE:
        lines.append(f"section groups is {inventory.groups.standing}: {inventory.groups.error}")
    silent = [
        group.name
        for group in inventory.groups.found
        if group.members is None and group.name in estate.group_owner
    ]
    if silent:
        lines.append(
            f"the members of {count(len(silent), 'group')} are unknown: {first_of(silent, _NAMED)}"
        )
    observed = inventory.observed
    if observed is None:
        lines.append("no authorizer log was read: the hosts of clients without a group are unknown")
    elif observed.standing is not State.COMPLETE:
        lines.append(f"section observed is {observed.standing}: {observed.error}")
    return tuple(lines)


def of_workers(
    estate: Estate, workers: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, set[str]]]:
    """Return the workers' hosts with their clusters, and the workers seen there.

    A member of a sink connector's group is a worker's task, so its host is a worker's.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for cluster, seen in workers.items():
        for worker in seen:
            host = worker.rpartition(":")[0].strip("[]") or worker
            found[host].setdefault(cluster, set()).add(worker)
    for host, workload, is_task in _members(estate):
        if is_task:
            found[host].setdefault(workload.connect_cluster, set())
    return found


def clients(estate: Estate) -> Iterator[tuple[str, tuple[Workload, ...]]]:
    """Yield hosts with the workloads of a client there: several where they share the principal that was seen."""
    for host, workload, is_task in _members(estate):
        if not is_task:
            yield host, (workload,)
    for use in _uses(estate):
        some = tuple(estate.workloads[w] for w in estate.by_principal.get(use.principal, ()))
        for host in use.hosts if some else ():
            yield host.removeprefix("/"), some


def open_questions(estate: Estate) -> dict[str, dict[str, None]]:
    """Return by host what its members and its observed use leave open, each line once."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for group in estate.inventory.groups.found:
        if group.name not in estate.group_owner:
            for member in group.members or ():
                line = f"group {group.name} has members here and no workload"
                found[member.host.removeprefix("/")][line] = None
    for use in _uses(estate):
        names = estate.by_principal.get(use.principal, ())
        lines = []
        if len(names) > 1:
            several = first_of(names, _NAMED)
            lines.append(
                f"{use.principal} was seen here: which of its workloads is unknown ({several})"
            )
        if names and use.more_hosts:
            lines.append(f"{use.principal} was seen on more hosts than are kept")
        for host in use.hosts:
            found[host.removeprefix("/")] |= dict.fromkeys(lines)
    return found


def _members(estate: Estate) -> Iterator[tuple[str, Workload, bool]]:
    """Yield the host of each member of workloads' groups, the workload, and whether it is a sink connector's task."""
    for group in estate.inventory.groups.found:
        owner = estate.workloads.get(estate.group_owner.get(group.name, ""))
        if owner is None:
            continue
        for member in group.members or ():
            by_connect = group.name not in owner.groups or member.client_id.startswith(_TASK)
            yield member.host.removeprefix("/"), owner, bool(owner.connector) and by_connect


def _uses(estate: Estate) -> tuple[Use, ...]:
    observed = estate.inventory.observed
    return observed.found.uses if observed else ()
