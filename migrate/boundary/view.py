"""What a boundary is made from: the estate, what was executed, and what is derived once for all credentials."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from migrate.boundary import hosts, sides
from migrate.boundary.choices import choices
from migrate.boundary.classes import Classes
from migrate.boundary.config_topics import ConfigTopics, config_topics
from migrate.boundary.credentials import Credentials
from migrate.boundary.extent import Extent, extent
from migrate.boundary.rights import Side
from migrate.boundary.runtimes import as_worker, runtimes, unknown_login, unread
from migrate.documents.boundary import BoundaryChoice, Credential, Rights, Runtime
from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.journal.standing import Journal
from migrate.model.authorizer import STRANGER
from migrate.model.connector import Connector
from migrate.model.stored import StoredSecret
from migrate.model.use import ExposedSecret

_Answer = TypeVar("_Answer")
_KEPT = 256
"""So many answers are kept: a credential is asked about several times in a row."""


@dataclass(frozen=True)
class View:
    """An estate and the journal of its migration, if there is one."""

    estate: Estate
    journal: Journal = field(default_factory=Journal)
    _rights: dict[str, Rights] = field(default_factory=dict)
    _extents: dict[str, Extent] = field(default_factory=dict)

    @cached_property
    def credentials(self) -> Credentials:
        """Every credential."""
        return Credentials(self.estate)

    @cached_property
    def source(self) -> Side:
        """The source's authorizer."""
        return sides.on_source(self.estate, self.journal)

    @cached_property
    def target(self) -> Side | None:
        """The target's authorizer; None before this migration has changed anything there."""
        return sides.on_target(self.estate, self.journal) if self.journal.states else None

    def rights(self, credential: Credential) -> Rights | None:
        """Return what the holder of a credential may do on the source; None for a secret of another system."""
        if credential.kind != "kafka":
            return None
        return self.rights_of(credential.principal)

    def rights_of(self, principal: str) -> Rights:
        """Return what whoever logs in as a principal may do on the source."""
        return _kept(self._rights, principal, self.source.rights)

    def rights_on_target(self, credential: Credential) -> Rights | None:
        """Return what the holder of a login may do on the target; None before this migration acted there."""
        if credential.kind != "kafka" or self.target is None:
            return None
        return self.target.rights(self.estate.mapped(credential.principal))

    def extent(self, credential: Credential) -> Extent:
        """Return what the holder of a credential reaches directly, on either side."""
        return _kept(self._extents, credential.name, lambda _: self._extent(credential))

    def _extent(self, credential: Credential) -> Extent:
        both = (self.rights(credential), self.rights_on_target(credential))
        return extent(credential, *filter(None, both))

    @cached_property
    def extents(self) -> dict[str, Extent]:
        """What all credentials of each Connect cluster open together."""
        found: dict[str, Extent] = defaultdict(Extent)
        for cluster, credentials in self.of_cluster.items():
            for credential in credentials:
                found[cluster] |= self.extent(credential)
        for connector in self.estate.connectors.values():
            found[connector.cluster] |= Extent(systems=frozenset(connector.systems))
        return found

    @cached_property
    def extent_of_anyone(self) -> Extent:
        """What everybody who can log in reaches on the source."""
        rights = self.source.rights(STRANGER)
        return Extent(frozenset(rights.topics_for("WRITE")), frozenset(rights.topics_for("READ")))

    @cached_property
    def of_cluster(self) -> dict[str, list[Credential]]:
        """The credentials that connectors of each Connect cluster use."""
        found: dict[str, list[Credential]] = defaultdict(list)
        for credential in self.credentials.by_name.values():
            for cluster in credential.clusters:
                found[cluster].append(credential)
        return found

    def unread_connectors(self, credential: Credential) -> tuple[str, ...]:
        """Return the connectors that its workloads declare and that the inventory lacks: they may use it."""
        declared = {self.estate.workloads[name].connector or "" for name in credential.workloads}
        return tuple(sorted(declared - self.estate.connectors.keys() - {""}))

    def clusters_of(self, credential: Credential) -> tuple[str, ...]:
        """Return the Connect clusters whose workers use a credential, or may: no connector of theirs was read."""
        names = (*credential.connectors, *self.unread_connectors(credential))
        return tuple(sorted({name.partition("/")[0] for name in names}))

    def why_unread(self, connector: str) -> str:
        """Return why a declared connector is not in the inventory."""
        return next(
            iter(unread(self.estate, connector.partition("/")[0])), "it is not in the inventory"
        )

    @cached_property
    def uncertain(self) -> frozenset[str]:
        """The Connect clusters whose workers may reach more than is known."""
        declared = {w.connect_cluster for w in self.estate.workloads.values() if w.connector}
        missing = {
            name.partition("/")[0]
            for c in self.credentials.by_name.values()
            for name in self.unread_connectors(c)
        }
        open_questions = {
            c.cluster
            for c in self.estate.connectors.values()
            if c.error or any(use.secrecy == "unknown" for use in c.secrets)
        }
        vague = {name for name, some in self.of_cluster.items() if any(map(self._vague, some))}
        partly = {
            name for name in declared | self.connectors_of.keys() if unread(self.estate, name)
        }
        logins = {c.cluster for c in self.estate.connectors.values() if unknown_login(c)}
        return frozenset(missing | open_questions | vague | partly | logins)

    def _vague(self, credential: Credential) -> bool:
        """Return whether a credential may open more than is known."""
        if credential.kind == "external":
            return not credential.systems
        both = (self.rights(credential), self.rights_on_target(credential))
        return any(not rights.complete for rights in both if rights)

    @cached_property
    def connectors_of(self) -> dict[str, list[Connector]]:
        """The connectors of each Connect cluster."""
        found: dict[str, list[Connector]] = defaultdict(list)
        for connector in self.estate.connectors.values():
            found[connector.cluster].append(connector)
        return found

    @cached_property
    def without_login(self) -> dict[str, list[str]]:
        """The connectors of each Connect cluster whose clients log in as the worker."""
        found: dict[str, list[str]] = defaultdict(list)
        for connector in self.estate.connectors.values():
            if as_worker(connector):
                found[connector.cluster].append(connector.id)
        return found

    @cached_property
    def beside(self) -> dict[str, list[Credential]]:
        """The credentials of each Connect cluster, what reaches furthest first."""
        found: dict[str, list[Credential]] = defaultdict(list)
        for cluster, some in self.of_cluster.items():
            found[cluster] = sorted(some, key=lambda c: (-self.extent(c).size, c.name))
        return found

    def exposed(self, credential: Credential) -> list[ExposedSecret]:
        """Return where files hold the secret of a credential, as far as they were searched."""
        return [e for secret in credential.secrets for e in self._exposed.get(secret, ())]

    @cached_property
    def _exposed(self) -> dict[str, list[ExposedSecret]]:
        found: dict[str, list[ExposedSecret]] = defaultdict(list)
        section = self.estate.inventory.copies
        for exposed in section.found if section else ():
            found[exposed.of].append(exposed)
        return found

    @cached_property
    def stores(self) -> dict[str, StoredSecret]:
        """What the inventory says of each reference's store."""
        section = self.estate.inventory.stores
        return {stored.reference: stored for stored in (section.found if section else ())}

    @cached_property
    def hosts(self) -> dict[str, dict[str, bool]]:
        """The hosts on which each workload's own clients were seen, sorted; false where only its login was.

        Of a login that several workloads share, the client may be another workload's.
        """
        found: dict[str, dict[str, bool]] = defaultdict(dict)
        for host, seen in hosts.clients(self.estate):
            for workload in seen if host else ():
                there = found[workload.name]
                there[host] = there.get(host, False) or len(seen) == 1
        return {name: dict(sorted(some.items())) for name, some in found.items()}

    @cached_property
    def runtimes(self) -> tuple[Runtime, ...]:
        """The Connect clusters and clients' hosts in which credentials are used."""
        return runtimes(self.estate, self.credentials)

    @cached_property
    def choices(self) -> tuple[BoundaryChoice, ...]:
        """Which of five boundaries hold for each workload."""
        return choices(self.estate, self.credentials, self.runtimes, self.rights_of)

    @cached_property
    def hosts_unseen(self) -> str:
        """Why clients may run on more hosts than were seen; empty where a log shows all of them."""
        return "; ".join(hosts.unseen(self.estate))

    @cached_property
    def hosts_of_principal(self) -> dict[str, tuple[frozenset[str], bool]]:
        """The hosts from which each principal was seen in an authorizer log, and whether there were more."""
        observed = self.estate.inventory.observed
        found: dict[str, tuple[frozenset[str], bool]] = {}
        for use in observed.found.uses if observed else ():
            seen, more = found.get(use.principal, (frozenset[str](), False))
            named = {host.removeprefix("/") for host in use.hosts}
            found[use.principal] = seen | named, more or use.more_hosts
        return found

    @property
    def connect_unread(self) -> str:
        """Why a Connect cluster of kmig.yaml may have more connectors than are known; empty if all were read."""
        section = self.estate.inventory.connect
        if section.standing is State.COMPLETE or not self.estate.config.connect:
            return ""
        return f"section connect is {section.standing.value}: {section.error}"

    @cached_property
    def classes(self) -> Classes:
        """The sensitivities of topics and systems."""
        return Classes(self.estate)

    @cached_property
    def config_topics(self) -> dict[str, ConfigTopics]:
        """The topics that may hold the configs of each Connect cluster in the inventory."""
        return config_topics(self.estate)

    def by_config_topics(self, credential: Credential) -> Iterator[tuple[str, str]]:
        """Yield the Connect clusters whose secrets a login reaches by their config topics, and READ or WRITE."""
        rights = self.rights(credential)
        if rights is None:
            return
        read, written = set(rights.topics_for("READ")), set(rights.topics_for("WRITE"))
        for cluster, topics in self.config_topics.items():
            if self._with_literals[cluster] and read.intersection(topics.names):
                yield cluster, "READ"
            if written.intersection(topics.names):
                yield cluster, "WRITE"

    @cached_property
    def _with_literals(self) -> dict[str, bool]:
        """Whether a connector of each Connect cluster has a secret in clear in its config."""
        found: dict[str, bool] = defaultdict(bool)
        for connector in self.estate.connectors.values():
            found[connector.cluster] |= any(
                u.secrecy in ("literal", "mixed") for u in connector.secrets
            )
        return found


def _kept(answers: dict[str, _Answer], name: str, ask: Callable[[str], _Answer]) -> _Answer:
    """Return the answer about a name, kept for a while: all of them would fill the memory of a large estate."""
    if name not in answers:
        if len(answers) >= _KEPT:
            answers.clear()
        answers[name] = ask(name)
    return answers[name]
