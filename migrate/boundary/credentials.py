"""The credentials of an estate: every Kafka login, and every secret of a system outside it; who uses which.

Secrets are known by their references, and literals by their place in a connector's config. A literal that equals the
secret behind a reference is a copy of that credential, not one of its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from migrate.documents.boundary import Credential, Kind
from migrate.estate import Estate
from migrate.model.acl import ANYONE
from migrate.model.connector import Connector, SecretUse

_LOGIN = re.compile(r"\.override\.(sasl\.|ssl\.)")
"""Keys with which a connector's own clients log in to Kafka (KIP-458)."""

_PROVES = re.compile(r"\.override\.(sasl\.|ssl\.key)")
"""Those of them that prove who logs in: many logins share the password of one trust store."""

UNREAD = "?"
"""Stands for a principal whose name is itself behind a reference."""


def place(connector: Connector, use: SecretUse) -> str:
    """Return the name of a literal: where it is written."""
    return f"{connector.id}, key `{use.key}`"


def names_of(connector: Connector, use: SecretUse) -> tuple[str, ...]:
    """Return the secrets that a config key holds: its references, and its literal under the name that is kept for it.

    A literal is named by the reference whose secret it is, or by the first place with the same literal.
    """
    if use.secrecy == "reference":
        return use.references
    literal = use.of or use.same_as or place(connector, use)
    return (*use.references, *((literal,) if use.secrecy in ("literal", "mixed") else ()))


@dataclass
class _Draft:
    """A credential while it is put together."""

    kind: Kind
    principal: str = ""
    mechanisms: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    systems: set[str] = field(default_factory=set)
    connectors: set[str] = field(default_factory=set)
    workloads: set[str] = field(default_factory=set)

    def named(self, name: str) -> Credential:
        return Credential(
            name=name,
            kind=self.kind,
            principal=self.principal,
            mechanisms=tuple(sorted(self.mechanisms)),
            secrets=tuple(sorted(self.secrets)),
            systems=tuple(sorted(self.systems)),
            connectors=tuple(sorted(self.connectors)),
            workloads=tuple(sorted(self.workloads)),
        )


@dataclass(frozen=True)
class Credentials:
    """Every credential of an estate, by name."""

    estate: Estate

    @cached_property
    def by_name(self) -> dict[str, Credential]:
        """Return the credentials by their names: Kafka logins first, each sorted."""
        found = self._logins()
        for name, draft in self._outside(found).items():
            found.setdefault(name, draft)
        ordered = sorted(found.items(), key=lambda item: (item[1].kind != "kafka", item[0]))
        return {name: draft.named(name) for name, draft in ordered}

    @cached_property
    def by_workload(self) -> dict[str, tuple[Credential, ...]]:
        """Return the credentials that each workload declares or uses."""
        return _grouped((w, c) for c in self.by_name.values() for w in c.workloads)

    @cached_property
    def by_secret(self) -> dict[str, tuple[Credential, ...]]:
        """Return the credentials by each of their references and places."""
        return _grouped((s, c) for c in self.by_name.values() for s in c.secrets)

    @cached_property
    def by_connector(self) -> dict[str, tuple[Credential, ...]]:
        """Return the credentials that each connector uses."""
        return _grouped((one, c) for c in self.by_name.values() for one in c.connectors)

    def _logins(self) -> dict[str, _Draft]:
        estate = self.estate
        found = {p: _Draft("kafka", p) for p in sorted(self._principals())}
        for credential in estate.inventory.scram.found:
            found[credential.principal].mechanisms.add(credential.mechanism)
        for workload in estate.workloads.values():
            draft = found[workload.principal]
            draft.workloads.add(workload.name)
            if workload.credential:
                draft.secrets.add(workload.credential.secret)
                draft.mechanisms.add(workload.credential.mechanism)
        self._of_connectors(found)
        return found

    def _of_connectors(self, logins: dict[str, _Draft]) -> None:
        """Add the connectors that log in to Kafka with overrides of their own, and their copies of known secrets."""
        proving = _by_secret(logins)
        for connector in self.estate.connectors.values():
            own = [logins[p] for p in connector.principals if p in logins]
            for draft in own:
                self._used(draft, connector)
            if len(own) == 1:
                _log_in(own[0], connector, proving)
        # only now are the secrets of all logins known: another connector may hold one under any key
        for connector in self.estate.connectors.values():
            for use in connector.secrets:
                for name in names_of(connector, use):
                    for draft in proving.get(name, ()):
                        self._used(draft, connector)

    def _principals(self) -> set[str]:
        estate = self.estate
        observed = estate.inventory.observed
        connectors = estate.connectors.values()
        named = {
            *(acl.principal for acl in estate.inventory.acls.found),
            *estate.config.source.super_users,
            *(principal for connector in connectors for principal in connector.principals),
            *(observed.found.principals if observed else ()),
        }
        return {
            *(named - {ANYONE, UNREAD}),
            # a user may be called `*`: who logs in as it is one credential, and everybody is none
            *(credential.principal for credential in estate.inventory.scram.found),
            *(workload.principal for workload in estate.workloads.values()),
        }

    def _outside(self, logins: dict[str, _Draft]) -> dict[str, _Draft]:
        """Return the secrets that are no Kafka login: of systems outside, as workloads and connectors name them."""
        logged = _by_secret(logins)
        found: dict[str, _Draft] = defaultdict(lambda: _Draft("external"))
        for workload in self.estate.workloads.values():
            for external in workload.external:
                draft = found[external.secret]
                draft.secrets.add(external.secret)
                draft.systems.add(external.system)
                draft.workloads.add(workload.name)
        declared = set(found)
        for connector in self.estate.connectors.values():
            for use in connector.secrets:
                for name in names_of(connector, use):
                    of_logins = any(connector.id in d.connectors for d in logged.get(name, ()))
                    if of_logins and name not in declared:
                        continue
                    draft = found[name]
                    draft.secrets.add(name)
                    self._used(draft, connector)
                    if name not in declared:
                        draft.systems |= self._undeclared_systems(connector)
        return dict(found)

    def _undeclared_systems(self, connector: Connector) -> set[str]:
        """Return the systems of a connector that no declared secret opens."""
        owner = self.estate.workloads.get(self.estate.connector_owner.get(connector.id, ""))
        return set(connector.systems) - {e.system for e in (owner.external if owner else ())}

    def _used(self, draft: _Draft, connector: Connector) -> None:
        draft.connectors.add(connector.id)
        owner = self.estate.connector_owner.get(connector.id)
        draft.workloads |= {owner} if owner else set()


def _by_secret(drafts: dict[str, _Draft]) -> dict[str, list[_Draft]]:
    found: dict[str, list[_Draft]] = defaultdict(list)
    for draft in drafts.values():
        for secret in draft.secrets:
            found[secret].append(draft)
    return found


def _log_in(draft: _Draft, connector: Connector, proving: dict[str, list[_Draft]]) -> None:
    """Add the secrets of a connector's overrides to its login; those that prove who it is also by their names."""
    for use in connector.secrets:
        for name in names_of(connector, use) if _LOGIN.search(use.key) else ():
            draft.secrets.add(name)
            if _PROVES.search(use.key):
                proving[name].append(draft)


def _grouped(pairs: Iterable[tuple[str, Credential]]) -> dict[str, tuple[Credential, ...]]:
    found: dict[str, list[Credential]] = defaultdict(list)
    for name, credential in pairs:
        found[name].append(credential)
    return {name: tuple(some) for name, some in found.items()}


def matching(credentials: Credentials, typed: str) -> Iterator[Credential]:
    """Yield the credentials that a typed name means: of a workload, a connector, a principal, a secret or its place.

    A reference may be typed without its `${}`, which a shell would expand; a user without its `User:`.
    """
    seen: set[str] = set()
    tables = (credentials.by_workload, credentials.by_connector, credentials.by_secret)
    for name in (typed, f"User:{typed}", f"${{{typed}}}"):
        exact = credentials.by_name.get(name)
        for found in ((exact,) if exact else (), *(table.get(name, ()) for table in tables)):
            for credential in found:
                if credential.name not in seen:
                    seen.add(credential.name)
                    yield credential
