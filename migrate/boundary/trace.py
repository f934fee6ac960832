"""The boundary of one credential, put together from its sections; and of all of them, by how far they reach."""

from collections import defaultdict
from collections.abc import Iterator

from migrate.boundary import ending, places, reach
from migrate.boundary.readers import readers
from migrate.boundary.runtimes import unknown_login
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Credential, Line, Reached
from migrate.documents.workloads import Workload
from migrate.model.words import count, first_of

_MOST = 50
"""So many other credentials of the same workers, or with the same secret, are named; those of workers that reach
furthest."""

NOT_LISTED = "kmig trace --all lists them"
"""Ends the evidence of a line that counts the others."""


def trace(view: View, credential: Credential) -> Boundary:
    """Return everything that is known of a credential, from its creation to its revocation."""
    return Boundary(
        credential=credential,
        accountable=tuple(_accountable(view, credential)),
        issued=tuple(places.issued(view, credential)),
        stored=tuple(places.stored(view, credential)),
        readers=tuple(readers(view, credential)),
        source=view.rights(credential),
        target=view.rights_on_target(credential),
        systems=tuple(_systems(view, credential)),
        beside=tuple(_beside(view, credential)),
        restarts=tuple(ending.restarts(view, credential)),
        death=tuple(ending.death(view, credential)),
        reach=reach.reach(view, credential),
        advice=reach.advice(view, credential),
    )


def reached(view: View) -> list[Reached]:
    """Return how far every credential reaches, the furthest first."""
    found = [
        Reached(credential=c, reach=reach.reach(view, c), advice=reach.advice(view, c))
        for c in view.credentials.by_name.values()
    ]
    return sorted(found, key=lambda one: reach.order(view, one.credential, one.reach))


def furthest(view: View, most: int) -> tuple[list[Reached], list[Boundary]]:
    """Return how far every credential reaches, the furthest first, and the whole boundary of the first of them."""
    found = reached(view)
    return found, [trace(view, one.credential) for one in found[:most]]


def _accountable(view: View, credential: Credential) -> Iterator[Line]:
    for name in credential.workloads:
        yield from _workload(view.estate.workloads[name])
    undeclared = [c for c in credential.connectors if c not in view.estate.connector_owner]
    for connector in undeclared:
        why = "no workload declares this connector"
        yield Line(what=f"owner of connector {connector}", evidence=why, known=False)
    whose = view.estate.own.get(credential.principal)
    if whose:
        yield Line(what=f"{credential.name} is {whose}", evidence="kmig.yaml")
    elif not credential.workloads and not undeclared:
        why = "no workload in workloads.yaml declares it"
        yield Line(what=f"owner of {credential.name}", evidence=why, known=False)


def _workload(workload: Workload) -> Iterator[Line]:
    facts = {
        "owner": workload.owner if workload.owned else "",
        "security owner": workload.security_owner.strip(),
        "sensitivity": workload.sensitivity,
        "zone": workload.zone,
    }
    known = ", ".join(f"{key} {value}" for key, value in facts.items() if value)
    yield Line(what=f"workload {workload.name}: {known}", evidence="workloads.yaml")
    for key in (key for key, value in facts.items() if not value):
        why = f"`{key.replace(' ', '_')}` is not set in workloads.yaml"
        yield Line(what=f"{key} of workload {workload.name}", evidence=why, known=False)


def _systems(view: View, credential: Credential) -> Iterator[Line]:
    if credential.kind == "external":
        yield from _opened(view, credential)
    yield from _same_secret(view, credential)
    for cluster, verb in view.by_config_topics(credential):
        topic = view.config_topics[cluster]
        evidence = f"{verb} on topic {first_of(topic.names, 3)}, config topic of Connect {cluster}"
        yield Line(
            what=_BY[verb].format(cluster), evidence=f"{evidence}: {topic.how}", known=topic.certain
        )


_BY = {
    "READ": "the secrets in clear in connectors' configs of Connect {}",
    "WRITE": "every secret that the workers of Connect {} resolve",
}
"""What a right on a config topic opens: to read literals, and to write a connector that resolves a reference."""


def _same_secret(view: View, credential: Credential) -> Iterator[Line]:
    """Yield what else a secret opens because another login or system has the same one."""
    opened: dict[str, str] = {}
    for secret in credential.secrets:
        for other in view.credentials.by_secret[secret]:
            if other.name != credential.name:
                names = (f"Kafka as {other.name}",) if other.kind == "kafka" else other.systems
                opened |= {name: secret for name in names if name not in credential.systems}
    for name, secret in list(opened.items())[:_MOST]:
        yield Line(what=f"{name}: it has the same secret", evidence=secret)
    if len(opened) > _MOST:
        more = count(len(opened) - _MOST, "more login or system", "more logins and systems")
        yield Line(what=f"{more} with the same secret", evidence="workloads.yaml")


def _opened(view: View, credential: Credential) -> Iterator[Line]:
    """Yield the systems of a secret that is no Kafka login."""
    declared = {
        external.system: name
        for name in credential.workloads
        for external in view.estate.workloads[name].external
        if external.secret in credential.secrets
    }
    for system in credential.systems:
        by = f"`external` of workload {declared[system]}" if system in declared else "its connector"
        yield Line(what=system, evidence=by)
    if not credential.systems:
        used = first_of(credential.connectors, 3)
        connectors = (view.estate.connectors[name] for name in credential.connectors)
        others = sorted({system for connector in connectors for system in connector.systems})
        why = (
            f"the config of {used} names only systems that other secrets in workloads.yaml open: "
            f"{first_of(others, 3)}"
            if others
            else f"the config of {used} names no system, and no `external` in workloads.yaml does"
        )
        yield Line(what="the system that it opens", evidence=why, known=False)


def _beside(view: View, credential: Credential) -> Iterator[Line]:
    """Yield what the same Connect workers reach besides, the most first: a shared worker is one boundary."""
    clusters = view.clusters_of(credential)
    for name in view.unread_connectors(credential) if not view.connect_unread else ():
        what = f"what the workers of connector {name} reach"
        yield Line(what=what, evidence=view.why_unread(name), known=False)
    for cluster in clusters:
        others = [c for c in view.beside[cluster] if c.name != credential.name]
        yield from (_other(view, cluster, other) for other in others[:_MOST])
        if len(others) > _MOST:
            yield _rest(view, cluster, len(others) - _MOST)
        yield from _worker_login(view, cluster)
    if why := view.connect_unread:
        yield Line(what="more credentials on the same workers", evidence=why, known=False)


def _other(view: View, cluster: str, other: Credential) -> Line:
    reached = view.extent(other)
    parts = [
        count(len(reached.writes), "topic") + " to write" if reached.writes else "",
        count(len(reached.reads), "topic") + " to read" if reached.reads else "",
        first_of(sorted(reached.systems), 2),
    ]
    classes = {view.estate.workloads[name].sensitivity for name in other.workloads}
    opens = ", ".join(filter(None, parts)) or "what it opens"
    return Line(
        what=f"{other.name} ({view.classes.highest(classes) or 'sensitivity unknown'}): {opens}",
        evidence=f"used by {first_of(other.connectors, 2)} on Connect {cluster}",
        known=bool(reached.size),
    )


def _rest(view: View, cluster: str, more: int) -> Line:
    total = count(view.extents[cluster].size, "topic or system", "topics and systems")
    return Line(
        what=f"{count(more, 'more credential')}: {total} in all",
        evidence=f"used by connectors on Connect {cluster}; {NOT_LISTED}",
    )


def _worker_login(view: View, cluster: str) -> Iterator[Line]:
    """Yield the login of the workers, where connectors have none of their own, and logins that are unknown."""
    without = view.without_login[cluster]
    if without:
        yield Line(
            what=f"the workers' own login of Connect {cluster}",
            evidence=f"{first_of(without, 3)} log in with it, and Connect does not tell its principal",
            known=False,
        )
    unknown: dict[str, list[str]] = defaultdict(list)
    for connector in view.connectors_of[cluster]:
        if connector.id not in without and (why := unknown_login(connector)):
            unknown[why].append(connector.id)
    for why, names in unknown.items():
        what = f"the login of connector {first_of(names, 3)}"
        yield Line(what=what, evidence=f"it {why}", known=False)
