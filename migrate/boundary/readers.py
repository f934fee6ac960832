"""Who can read a credential's secret: in its store, on workers and hosts, by Connect's REST API and config topic."""

from collections.abc import Iterator

from migrate.boundary.places import SCAN, literal_uses
from migrate.boundary.view import View
from migrate.documents.boundary import Credential, Line
from migrate.documents.inventory import State
from migrate.model.acl import ANYONE
from migrate.model.connector import ConnectCluster
from migrate.model.words import count, first_of

MORE_READERS = "more readers of"
"""Begins a line about a store that may have more readers than are listed."""

_OPEN = "it answered kmig, which sends no credentials to Connect"

_MOST = 200
"""So many principals with a right on a config topic are named."""


def readers(view: View, credential: Credential) -> Iterator[Line]:
    """Yield everybody who can read the secret, the many first, and what of it could not be found out."""
    for cluster in view.estate.inventory.connect.found.clusters:
        if cluster.name in credential.clusters:
            yield from _connect(view, credential, cluster)
    if why := view.connect_unread:
        yield Line(what="workers and REST APIs of Connect", evidence=why, known=False)
    for name in view.unread_connectors(credential) if not view.connect_unread else ():
        what = f"workers of connector {name}, and who reaches their REST API"
        yield Line(what=what, evidence=view.why_unread(name), known=False)
    yield from _files(view, credential)
    yield from _stores(view, credential)
    yield from _hosts(view, credential)


def _stores(view: View, credential: Credential) -> Iterator[Line]:
    for secret in credential.secrets:
        stored = view.stores.get(secret)
        if not secret.startswith("${"):
            continue
        if stored is None:
            why = "the store was not looked at: rerun kmig inventory"
            yield Line(what=f"readers of {secret}", evidence=why, known=False)
            continue
        if stored.unknown:
            yield Line(what=f"readers of {secret}", evidence=stored.unknown, known=False)
        for reader in stored.readers:
            yield Line(what=reader.who, evidence=f"{reader.through}: {stored.place}")
        for missing in stored.unread:
            yield Line(what=f"{MORE_READERS} {secret}", evidence=missing, known=False)


def _connect(view: View, credential: Credential, cluster: ConnectCluster) -> Iterator[Line]:
    literal = [c.id for c, _ in literal_uses(view, credential) if c.cluster == cluster.name]
    referred = any(secret.startswith("${") for secret in credential.secrets)
    if cluster.error:
        yield Line(
            what=f"Connect {cluster.name}: its workers and REST API",
            evidence=cluster.error,
            known=False,
        )
        return
    workers = (
        f"workers of Connect {cluster.name}: {', '.join(sorted(cluster.workers)) or 'unknown'}"
    )
    yield Line(
        what=workers,
        evidence="each worker may run any connector of its cluster",
        known=bool(cluster.workers),
    )
    how = (
        f"it shows the config of {first_of(literal, 3)} in clear"
        if literal
        else "config/validate can return what a reference resolves to"
    )
    rest = f"everybody who reaches the REST API of Connect {cluster.name}"
    if cluster.url:
        yield Line(what=f"{rest} at {cluster.url}", evidence=f"{how}; {_OPEN}")
    else:
        yield Line(what=rest, evidence="it was not asked: its address is unknown", known=False)
    yield from _config_topic(view, cluster, literal=bool(literal), referred=referred)


def _config_topic(
    view: View, cluster: ConnectCluster, *, literal: bool, referred: bool
) -> Iterator[Line]:
    """Yield who reads the literal in the config topic, and who can write a connector that resolves a reference."""
    topics, how, certain = view.config_topics[cluster.name]
    if not topics:
        what = f"who uses the config topic of Connect {cluster.name}"
        yield Line(what=what, evidence=how, known=False)
        return
    side = view.source
    for topic in topics:
        reading = side.allowed("READ", topic) if literal else ()
        writing = side.allowed("WRITE", topic) if referred else ()
        means = {"READ": "the literal is there", "WRITE": "can make a connector that resolves it"}
        for verb, principals in (("READ", reading), ("WRITE", writing)):
            for principal in principals[:_MOST]:
                who = "everybody who can log in" if principal == ANYONE else principal
                yield Line(
                    what=f"{who}: {verb} on topic {topic}: {means[verb]}",
                    evidence=side.grant(principal, verb, topic)
                    if certain
                    else f"perhaps the config topic of Connect {cluster.name}: {how}",
                    known=certain,
                )
            if more := len(principals[_MOST:]):
                yield Line(
                    what=f"{count(more, 'more principal')}: {verb} on topic {topic}",
                    evidence="ACLs of the source: `kmig show acls` lists them",
                )
        for why in side.doubts(topic):
            yield Line(
                what=f"more principals with rights on topic {topic}", evidence=why, known=False
            )


def _hosts(view: View, credential: Credential) -> Iterator[Line]:
    """Yield the hosts on which its clients were seen: each of them holds the secret."""
    seen: dict[str, str] = {}
    unseen: list[Line] = []
    for name in credential.workloads:
        workload = view.estate.workloads[name]
        if workload.connector in credential.connectors and not workload.groups:
            continue
        there = view.hosts.get(name, {})
        seen |= {
            h: f"a client of workload {name} was seen there" for h, own in there.items() if own
        }
        if credential.kind == "external":
            # the client of another workload with the same login holds no other secret of this one
            why = (
                f"a client with {workload.principal}, which several workloads share, was seen there"
            )
            perhaps = (h for h, own in there.items() if not own)
            unseen += [Line(what=f"host {h}", evidence=why, known=False) for h in perhaps]
        why = view.hosts_unseen if there else "no member of its groups and no observed use was seen"
        what = f"more hosts of workload {name}" if there else f"hosts of workload {name}"
        unseen += [Line(what=what, evidence=why, known=False)] if why else []
    by_log, more = view.hosts_of_principal.get(credential.principal, (frozenset(), False))
    for host in sorted(by_log - seen.keys()):
        seen[host] = f"a client with {credential.principal} was seen there"
    yield from (Line(what=f"host {host}", evidence=why) for host, why in seen.items())
    yield from unseen
    if more:
        why = "the inventory keeps the first hosts of each use in the authorizer log"
        yield Line(what=f"more hosts of {credential.principal}", evidence=why, known=False)
    if not credential.workloads and not credential.connectors and not seen:
        yield Line(what="hosts of its clients", evidence="no workload declares it", known=False)


def _files(view: View, credential: Credential) -> Iterator[Line]:
    section = view.estate.inventory.copies
    for file in dict.fromkeys(exposed.file for exposed in view.exposed(credential)):
        yield Line(what=f"everybody who can read {file}", evidence="the secret is written there")
    if section is None:
        yield Line(what="readers of copies in files", evidence=f"not searched: {SCAN}", known=False)
    elif section.standing is not State.COMPLETE:
        yield Line(what="readers of more copies", evidence=section.error, known=False)
