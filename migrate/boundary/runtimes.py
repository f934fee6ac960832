"""Runtimes: the Connect clusters and the clients' hosts in which credentials are used, and who shares one.

Any worker of a Connect cluster runs any of its connectors after a rebalance, so each resolves the credentials of all.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from migrate.boundary import hosts
from migrate.boundary.credentials import UNREAD, Credentials
from migrate.documents.boundary import Runtime
from migrate.documents.inventory import State
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.address import only_here
from migrate.model.connector import Connector
from migrate.model.words import count, first_of

_NAMED = 3
"""At most so many names in a sentence; the others are counted."""

_CERTIFICATE = ".override.ssl.key"
"""In the keys with which a connector's own clients show a certificate: it names the principal, not the config."""


@dataclass
class _Draft:
    """A runtime while it is put together."""

    kind: Literal["connect", "host"]
    workers: set[str] = field(default_factory=set)
    workloads: set[str] = field(default_factory=set)
    credentials: set[str] = field(default_factory=set)
    systems: set[str] = field(default_factory=set)
    unknown: dict[str, None] = field(default_factory=dict)

    def note(self, *lines: str) -> None:
        """Add what is unknown, each line once."""
        self.unknown |= dict.fromkeys(lines)

    def add(self, other: "_Draft") -> None:
        """Add the other's contents, but not its workers."""
        self.workloads |= other.workloads
        self.credentials |= other.credentials
        self.systems |= other.systems
        self.note(*other.unknown)


def runtimes(estate: Estate, credentials: Credentials) -> tuple[Runtime, ...]:
    """Return the estate's runtimes: its Connect clusters, then its clients' hosts, each sorted by name."""
    clusters = _clusters(estate, credentials)
    clients = _clients(estate, credentials, clusters)
    return tuple(
        _finished(estate, name, drafts[name])
        for drafts in (clusters, clients)
        for name in sorted(drafts)
    )


def _finished(estate: Estate, name: str, draft: _Draft) -> Runtime:
    workloads = [estate.workloads[one] for one in sorted(draft.workloads)]
    there = {w.sensitivity for w in workloads}
    classes = [one for one in estate.config.sensitivity if one in there]
    draft.note(
        *(
            f"workload {w.name}: its sensitivity `{w.sensitivity}` is not in `sensitivity` of kmig.yaml"
            for w in workloads
            if w.sensitivity not in classes
        )
    )
    return Runtime(
        name=name,
        kind=draft.kind,
        workers=tuple(sorted(draft.workers)),
        workloads=tuple(w.name for w in workloads),
        credentials=tuple(sorted(draft.credentials)),
        lowest=classes[0] if classes else "",
        highest=classes[-1] if classes else "",
        zones=tuple(sorted({w.zone for w in workloads} - {""})),
        systems=tuple(sorted({*draft.systems, *(e.system for w in workloads for e in w.external)})),
        unknown=tuple(draft.unknown),
    )


def _clusters(estate: Estate, credentials: Credentials) -> dict[str, _Draft]:
    known = estate.inventory.connect.found.clusters
    found = {one.name: _Draft("connect", workers=set(one.workers)) for one in known}
    for name in sorted(_named(estate) - found.keys()):
        found[name] = _Draft("connect")
    for name, draft in found.items():
        draft.note(*unread(estate, name))
    for workload in estate.workloads.values():
        if workload.connector:
            found[workload.connect_cluster].workloads.add(workload.name)
    for connector in estate.connectors.values():
        used = credentials.by_connector.get(connector.id, ())
        found[connector.cluster].systems |= set(connector.systems)
        found[connector.cluster].credentials |= {credential.name for credential in used}
    for name, questions in _open_questions(estate).items():
        found[name].note(
            *(line for reason, ids in questions.items() for line in _each(ids, reason))
        )
    return found


def _open_questions(estate: Estate) -> dict[str, dict[str, list[str]]]:
    """Return what is unknown of connectors: by cluster and reason, the connectors."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for connector in estate.connectors.values():
        reasons = found[connector.cluster]
        if connector.id not in estate.connector_owner:
            reasons["has no workload: its sensitivity is unknown"].append(connector.id)
        if connector.error:
            reasons[f"was not read in full: {connector.error}"].append(connector.id)
        for use in connector.secrets:
            if use.secrecy == "unknown":
                reasons[f"may hold a credential: key `{use.key}`"].append(connector.id)
        if login := unknown_login(connector):
            reasons[login].append(connector.id)
    for workload in estate.workloads.values():
        if workload.connector and workload.connector not in estate.connectors:
            reasons = found[workload.connect_cluster]
            reasons["was not read: its credentials are unknown"].append(workload.connector)
    return found


def _each(connectors: list[str], reason: str) -> list[str]:
    """Return a line for each of the first connectors, and one for the number of the others."""
    lines = [f"connector {one} {reason}" for one in connectors[:_NAMED]]
    more = len(connectors) - _NAMED
    return [*lines, f"{count(more, 'more connector')}: each {reason}"] if more > 0 else lines


def unread(estate: Estate, cluster: str) -> tuple[str, ...]:
    """Return why a Connect cluster may have more connectors and credentials than were read."""
    section = estate.inventory.connect
    errors = {one.name: one.error for one in section.found.clusters}
    if errors.get(cluster):
        return (f"Connect cluster {cluster} was not read in full: {errors[cluster]}",)
    missing = () if cluster in errors else (f"Connect cluster {cluster} is not in the inventory",)
    if section.standing is State.COMPLETE:
        return missing
    # an error that no cluster and no connector has may be about any of them
    blamed = any(errors.values()) or any(c.error for c in section.found.connectors)
    if blamed and not missing:
        return ()
    return (*missing, f"section connect is {section.standing}: {section.error}")


def _named(estate: Estate) -> set[str]:
    """Return the Connect clusters that files and connectors name."""
    return {
        *(cluster.name for cluster in estate.config.connect),
        *(connector.cluster for connector in estate.connectors.values()),
        *(w.connect_cluster for w in estate.workloads.values() if w.connector),
    }


def unknown_login(connector: Connector) -> str:
    """Return why it is unknown whom a connector logs in to Kafka as; empty if its overrides name a principal."""
    if UNREAD in connector.principals:
        return "logs in as a principal that stands behind a reference"
    if connector.principals:
        return ""
    if as_worker(connector):
        return "logs in as the worker: Connect does not tell the worker's principal"
    return "logs in with a certificate: its principal is unknown"


def as_worker(connector: Connector) -> bool:
    """Return whether a connector has no login of its own, and so uses the worker's."""
    return not connector.principals and not any(_CERTIFICATE in u.key for u in connector.secrets)


def _clients(
    estate: Estate, credentials: Credentials, clusters: dict[str, _Draft]
) -> dict[str, _Draft]:
    """Return the clients' hosts; a worker's host only where other clients than its connectors' run on it too."""
    found: dict[str, _Draft] = defaultdict(lambda: _Draft("host"))
    workers = hosts.of_workers(estate, {name: d.workers for name, d in clusters.items()})
    for host, workloads in hosts.clients(estate):
        by_worker = any(w.connect_cluster in workers.get(host, ()) for w in workloads)
        if host and not by_worker:
            found[host].workloads |= {w.name for w in workloads}
            found[host].credentials |= {w.principal for w in workloads} & credentials.by_name.keys()
    unseen, questions = hosts.unseen(estate), hosts.open_questions(estate)
    for host, draft in found.items():
        if only_here([host]):
            draft.note(f"each machine calls itself {host}: which one is unknown")
        else:
            for cluster, names in workers.get(host, {}).items():
                draft.workers |= names
                draft.add(clusters[cluster])
        draft.note(*questions.get(host, ()), *unseen)
    return found


def parted(estate: Estate, runtime: Runtime) -> tuple[str, ...]:
    """Return who shares a runtime with whom, and what to do about it; nothing if all are of one class and zone.

    The first sentence names the highest class against the lowest, or the rarest zone against the commonest.
    """
    order = {name: rank for rank, name in enumerate(estate.config.sensitivity)}
    there = [estate.workloads[name] for name in runtime.workloads]
    classes = sorted({w.sensitivity for w in there}, key=lambda name: (order.get(name, -1), name))
    zones = Counter(w.zone for w in there)
    named = sorted(zones.keys() - {""}, key=lambda zone: (zones[zone], zone))
    if len(classes) > 1:
        apart = [w for w in there if w.sensitivity == classes[-1]]
        others = [w for w in there if w.sensitivity == classes[0]]
    elif len(zones) > 1:
        apart = [w for w in there if w.zone == named[0]]
        others = [w for w in there if w.zone == (named[-1] if len(named) > 1 else "")]
    else:
        return ()
    one = apart[0]
    # the pair that says most: of different zones too, if there is one
    other = min(others, key=lambda w: w.zone == one.zone)
    share = f"{_described(estate, one)} and {_described(estate, other)} share this boundary"
    if len(classes) < 2 and len(named) < 2:
        lacking = _first([w.name for w in others])
        return (
            share,
            f"set the `zone` of {lacking}: without one it is unknown which boundary it needs",
        )
    return share, _remedy(runtime, apart)


def _remedy(runtime: Runtime, apart: list[Workload]) -> str:
    one = len(apart) == 1
    if runtime.kind == "connect":
        names = _first([w.connector or w.name for w in apart])
        return f"move {names} to a Connect cluster of {'its' if one else 'their'} own"
    names = _first([w.name for w in apart])
    return f"run {names} on {'a host of its' if one else 'hosts of their'} own"


def _described(estate: Estate, workload: Workload) -> str:
    connector = estate.connectors.get(workload.connector or "")
    kind = connector.type if connector else "connector" if workload.connector else workload.kind
    zone = f"zone {workload.zone}" if workload.zone else "no zone"
    return f"{kind} `{workload.connector or workload.name}` ({workload.sensitivity}, {zone})"


def _first(names: Sequence[str]) -> str:
    return first_of(names, _NAMED)
