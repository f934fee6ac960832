"""Sections derived from other sections: secrets and the restarts they need, schema registries, network paths."""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from migrate.documents.inventory import ClusterInfo, ConnectInfo, Section, State
from migrate.model.cluster import Group
from migrate.model.connector import Connector
from migrate.model.dependency import Dependency, NetworkPath, Registry
from migrate.model.secrecy import Secrecy

_Found = TypeVar("_Found")
_RANK: tuple[Secrecy, ...] = ("literal", "mixed", "unknown", "reference")


@dataclass(frozen=True)
class LinkInputs:
    """The sections that the others are derived from."""

    cluster: Section[ClusterInfo]
    groups: Section[tuple[Group, ...]]
    connect: Section[ConnectInfo]

    @property
    def connectors(self) -> tuple[Connector, ...]:
        """Every connector of every Connect cluster."""
        return self.connect.found.connectors


def dependencies(facts: LinkInputs) -> Section[tuple[Dependency, ...]]:
    """Return each secret that connectors use, and the connectors that restart when it changes."""
    holders: dict[tuple[str, bool], set[Connector]] = {}
    for connector in facts.connectors:
        for use in connector.secrets:
            for reference in use.references:
                holders.setdefault((reference, False), set()).add(connector)
            if use.secrecy in ("literal", "mixed"):
                place = use.same_as or f"{connector.id}, key `{use.key}`"
                holders.setdefault((place, True), set()).add(connector)
    rows = (
        Dependency(
            secret=secret,
            literal=literal,
            user=_only({user for c in connectors for user in c.principals}),
            connectors=tuple(sorted(c.id for c in connectors)),
            tasks=sum(len(c.tasks) for c in connectors),
        )
        for (secret, literal), connectors in sorted(holders.items())
    )
    return _derived(tuple(rows), facts.connect)


def _only(users: set[str]) -> str:
    return next(iter(users)) if len(users) == 1 else ""


def registries(facts: LinkInputs) -> Section[tuple[Registry, ...]]:
    """Return the schema registries by address, with their users and the class of the credential used there."""
    used: dict[str, list[Connector]] = {}
    for connector in facts.connectors:
        for address in connector.registries:
            used.setdefault(address, []).append(connector)
    rows = (
        Registry(
            address=address,
            credential=_credential(connectors),
            used_by=tuple(c.id for c in connectors),
        )
        for address, connectors in sorted(used.items())
    )
    return _derived(tuple(rows), facts.connect)


def _credential(connectors: list[Connector]) -> Literal["none"] | Secrecy:
    classes = {
        use.secrecy
        for connector in connectors
        for use in connector.secrets
        if "basic.auth" in use.key or "schema.registry" in use.key
    }
    return next((secrecy for secrecy in _RANK if secrecy in classes), "none")


def network(facts: LinkInputs) -> Section[tuple[NetworkPath, ...]]:
    """Return the network paths: from kmig and group members to brokers, from workers to systems outside Kafka."""
    listener = "a listener of source"
    paths = {
        NetworkPath(origin="kmig", to=f"{b.host}:{b.port}", purpose="kmig's reads", seen=True)
        for b in facts.cluster.found.brokers
        if b.id in {answered.id for answered in facts.cluster.found.facts}
    }
    for group in facts.groups.found:
        for member in group.members or ():
            host = member.host.removeprefix("/")
            why = f"group {group.name}"
            paths.add(NetworkPath(origin=host, to=listener, purpose=why, seen=True))
    for connector in facts.connectors:
        for system in connector.systems:
            for worker in connector.workers or (f"a worker of {connector.cluster}",):
                why = f"connector {connector.id}"
                paths.add(NetworkPath(origin=worker, to=system, purpose=why, seen=False))
    ordered = tuple(sorted(paths, key=lambda p: (p.origin, p.to, p.purpose)))
    return _derived(ordered, facts.cluster, facts.groups, facts.connect)


def _derived(found: _Found, *sources: Section[Any]) -> Section[_Found]:
    """Return a section that is complete only if all sections it is derived from are."""
    incomplete = [s for s in sources if s.standing is not State.COMPLETE]
    error = f"derived from an incomplete section: {incomplete[0].error}" if incomplete else ""
    standing = State.PARTIAL if incomplete else State.COMPLETE
    return Section(standing=standing, error=error, found=found)
