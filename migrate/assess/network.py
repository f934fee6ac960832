"""Whether what a workload reaches, and where it runs, lies within its zone, and who shares its host."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from migrate.assess import rule
from migrate.boundary.runtimes import parted
from migrate.documents.assessment import Finding
from migrate.documents.boundary import Runtime
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.address import only_here
from migrate.model.words import count


def findings(estate: Estate, runtimes: Iterable[Runtime]) -> Iterator[Finding]:
    """Yield every finding of the readiness test `network`."""
    hosts = _hosts(estate)
    for name, workload in estate.workloads.items():
        zone = estate.people.zones.get(workload.zone)
        systems = _systems(estate, workload)
        if zone is None:
            yield rule.NO_ZONE.finding(f"workload {name}", "`zone` is not set", name)
            continue
        for system in sorted(systems - set(zone.reaches)):
            yield rule.SYSTEM_OUTSIDE_ZONE.finding(
                system, f"missing from `reaches` of zone {workload.zone}", name
            )
        for host in sorted({h for group in workload.every_group for h in hosts[group]}):
            if zone.hosts and not zone.contains(host):
                yield rule.HOST_OUTSIDE_ZONE.finding(
                    host, f"outside the `hosts` of zone {workload.zone}", name
                )
    yield from _hosts_shared(estate, runtimes)


def _hosts_shared(estate: Estate, runtimes: Iterable[Runtime]) -> Iterator[Finding]:
    """Yield workloads that differ in sensitivity or zone and have clients on one host."""
    for runtime in runtimes:
        differ = runtime.lowest != runtime.highest or len(runtime.zones) > 1
        # a loopback address is another host for each machine; `worker-shared` is about connectors of one cluster
        if runtime.kind != "host" or not differ or only_here([runtime.name]):
            continue
        clusters = {estate.workloads[name].connect_cluster for name in runtime.workloads}
        if len(clusters) == 1 and clusters != {""}:
            continue
        share, remedy = parted(estate, runtime)
        evidence = f"{share}; {count(len(runtime.credentials), 'credential')} on this host"
        for name in runtime.workloads:
            yield rule.HOST_SHARED.finding(runtime.name, evidence, name, remedy)


def _systems(estate: Estate, workload: Workload) -> set[str]:
    connector = estate.connectors.get(workload.connector or "")
    return {*(connector.systems if connector else ()), *(e.system for e in workload.external)}


def _hosts(estate: Estate) -> dict[str, set[str]]:
    """Return the hosts of each group's members."""
    found: dict[str, set[str]] = defaultdict(set)
    for group in estate.inventory.groups.found:
        found[group.name] |= {member.host.removeprefix("/") for member in group.members or ()}
    return found
