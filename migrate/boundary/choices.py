"""The table of boundary choices: for each workload which of five boundaries holds, and why.

What was found decides `no`. What could not be looked at makes the rest `unknown`, so that `yes` is earned.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.boundary.credentials import UNREAD, Credentials, names_of
from migrate.boundary.namespace import Answer, Namespaces
from migrate.boundary.runtimes import as_worker, unknown_login, unread
from migrate.documents.boundary import BoundaryChoice, Choice, Credential, Rights, Runtime
from migrate.documents.inventory import State
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import ANYONE
from migrate.model.connector import Connector
from migrate.model.words import count, first_of

_NAMED = 3
_NOBODY = (ANYONE, "User:ANONYMOUS")
_Kind = tuple[str, str, str]
"""Sensitivity, zone and owner of a workload; empty where it declares none."""

_TRUST = "truststore"
"""In keys with the password of a trust store: it opens no account, and many share it."""


def choices(
    estate: Estate,
    credentials: Credentials,
    runtimes: Iterable[Runtime],
    rights: Callable[[str], Rights],
) -> tuple[BoundaryChoice, ...]:
    """Return five answers for each workload, by name; `rights` are those of a principal on the source."""
    table = _Table(estate, credentials, tuple(runtimes), rights)
    return tuple(
        BoundaryChoice(workload=name, choice=choice, holds=holds, because=because)
        for name, workload in estate.workloads.items()
        for choice, (holds, because) in table.answers(workload)
    )


@dataclass(frozen=True)
class _Table:
    estate: Estate
    credentials: Credentials
    runtimes: tuple[Runtime, ...]
    rights: Callable[[str], Rights]

    @cached_property
    def _namespaces(self) -> Namespaces:
        return Namespaces(self.estate, self.rights)

    def answers(self, workload: Workload) -> Iterator[tuple[Choice, Answer]]:
        """Yield the answer to each choice."""
        yield "application", self._application(workload)
        yield "connector runtime", self._runtime(workload)
        yield "principal", self._principal(workload)
        yield "namespace", self._namespaces.answer(workload)
        yield "customer account", self._account(workload)

    def _application(self, workload: Workload) -> Answer:
        mine = self._mine(workload)
        for credential in mine:
            if others := self._others(workload, credential):
                return "no", f"{credential.name} is also used by {_first(others)}"
        if lacking := [c.name for c in mine if not c.secrets]:
            return "unknown", f"nothing names the secret of {_first(lacking)}"
        if doubt := self._unread_connectors or self._unread_own(workload):
            return "unknown", doubt
        names = _first([c.name for c in mine])
        return (
            "yes",
            f"{count(len(mine), 'credential')}, used by no other workload or connector: {names}",
        )

    def _runtime(self, workload: Workload) -> Answer:
        if not workload.connector:
            return "–", "it runs no connector"
        cluster, mine = workload.connect_cluster, _kind(workload)
        kinds = self._kinds.get(cluster, {})
        if apart := [kind for kind in kinds if _differ(mine, kind)]:
            # one of each kind, then the others
            each = [_known_as(kinds[kind][0], *kind) for kind in apart]
            others = [name for kind in apart for name in kinds[kind][1:]]
            return "no", f"Connect cluster {cluster} also runs {_first([*each, *others])}"
        if doubt := unread(self.estate, cluster):
            return "unknown", doubt[0]
        if unowned := self._unowned.get(cluster):
            return (
                "unknown",
                f"Connect cluster {cluster} also runs {_first(unowned)}, of no workload",
            )
        others = [name for names in kinds.values() for name in names if name != workload.name]
        if not others:
            return "yes", f"Connect cluster {cluster} runs no other workload's connector"
        if lacking := [name for kind in kinds if not all(kind) for name in kinds[kind]]:
            return (
                "unknown",
                f"Connect cluster {cluster}: owner or zone is not set of {_first(lacking)}",
            )
        same = count(len(others), "other workload")
        return (
            "yes",
            f"Connect cluster {cluster} runs {same}, of the same owner, sensitivity and zone",
        )

    def _principal(self, workload: Workload) -> Answer:
        principal = workload.principal
        if principal in _NOBODY:
            return "no", f"{principal} is no identity"
        if others := [n for n in self.estate.by_principal[principal] if n != workload.name]:
            return "no", f"{principal} is also the principal of {_first(others)}"
        login = self.credentials.by_name[principal]
        if foreign := [c for c in login.connectors if c != workload.connector]:
            return "no", f"{principal} is also used by connector {_first(foreign)}"
        connector = self.estate.connectors.get(workload.connector or "")
        if connector and (answer := _login(connector, principal)):
            return answer
        if doubt := self._unread_connectors or self._unread_own(workload):
            return "unknown", doubt
        return "yes", f"no other workload or connector logs in as {principal}"

    def _account(self, workload: Workload) -> Answer:
        outside = [c for c in self._mine(workload) if c.kind == "external"]
        for credential in outside:
            if others := self._others(workload, credential):
                return "no", f"{credential.name} is also used by {_first(others)}"
        systems = sorted({system for c in outside for system in c.systems})
        zone = self.estate.people.zones.get(workload.zone)
        if zone and (off := [one for one in systems if one not in zone.reaches]):
            return "no", f"{_first(off)}: missing from `reaches` of zone {workload.zone}"
        if lacking := [c.name for c in outside if not c.systems]:
            return "unknown", f"nothing names the system that {_first(lacking)} opens"
        if doubt := self._unread_own(workload):
            return "unknown", doubt
        if not outside:
            return "–", "it opens no account outside Kafka"
        if not zone:
            return "unknown", f"its zone is not set: whether it may reach {_first(systems)}"
        if self._unread_connectors:
            return "unknown", self._unread_connectors
        accounts = count(len(outside), "account")
        return "yes", f"{accounts} of its own, within zone {workload.zone}: {_first(systems)}"

    def _mine(self, workload: Workload) -> list[Credential]:
        """Return what a workload logs in with, to Kafka and outside it."""
        mine = self.credentials.by_workload.get(workload.name, ())
        return [c for c in mine if c.name not in self._trusts]

    def _others(self, workload: Workload, credential: Credential) -> list[str]:
        """Return who else uses a credential or has its secret: workloads, and what belongs to none."""
        same = {credential.name: credential}
        for secret in set(credential.secrets) - self._trusts:
            same |= {c.name: c for c in self.credentials.by_secret.get(secret, ())}
        owners = self.estate.connector_owner
        workloads = {name for c in same.values() for name in c.workloads} - {workload.name}
        unowned = {one for c in same.values() for one in c.connectors if one not in owners}
        return [*sorted(workloads), *(f"connector {one}" for one in sorted(unowned))]

    @cached_property
    def _trusts(self) -> set[str]:
        """The passwords of trust stores that are no credential of a workload."""
        uses = [(c, use) for c in self.estate.connectors.values() for use in c.secrets]
        trusts = {name for c, use in uses if _TRUST in use.key for name in names_of(c, use)}
        other = {name for c, use in uses if _TRUST not in use.key for name in names_of(c, use)}
        return trusts - other - {s for w in self.estate.workloads.values() for s in w.secrets}

    @cached_property
    def _unread_connectors(self) -> str:
        """Why connectors that nobody saw may use any credential; empty if all were read."""
        section = self.estate.inventory.connect
        whole = section.standing is State.COMPLETE
        return "" if whole else f"section connect is {section.standing}: {section.error}"

    def _unread_own(self, workload: Workload) -> str:
        """Return why a workload's own connector may use more credentials than are known."""
        if not workload.connector:
            return ""
        connector = self.estate.connectors.get(workload.connector)
        if connector is None:
            return f"connector {workload.connector} was not read"
        keys = [f"`{use.key}`" for use in connector.secrets if use.secrecy == "unknown"]
        return f"connector {connector.id} may hold a credential: key {_first(keys)}" if keys else ""

    @cached_property
    def _kinds(self) -> dict[str, dict[_Kind, list[str]]]:
        """The workloads of each Connect cluster by sensitivity, zone and owner."""
        found: dict[str, dict[_Kind, list[str]]] = defaultdict(lambda: defaultdict(list))
        for runtime in self.runtimes:
            for name in runtime.workloads if runtime.kind == "connect" else ():
                found[runtime.name][_kind(self.estate.workloads[name])].append(name)
        return found

    @cached_property
    def _unowned(self) -> dict[str, list[str]]:
        """The connectors without a workload, by Connect cluster."""
        found: dict[str, list[str]] = defaultdict(list)
        for connector in self.estate.connectors.values():
            if connector.id not in self.estate.connector_owner:
                found[connector.cluster].append(connector.id)
        return found


def _login(connector: Connector, principal: str) -> Answer | None:
    """Return why a connector does not log in as this principal; None if it does."""
    if others := [p for p in connector.principals if p not in (principal, UNREAD)]:
        return "no", f"connector {connector.id} logs in as {_first(others)}"
    if doubt := unknown_login(connector):
        return "no" if as_worker(connector) else "unknown", f"connector {connector.id} {doubt}"
    return None


def _kind(workload: Workload) -> _Kind:
    return workload.sensitivity, workload.zone, workload.owner if workload.owned else ""


def _differ(one: _Kind, other: _Kind) -> bool:
    """Return whether two kinds differ in what both declare."""
    return any(a != b for a, b in zip(one, other, strict=True) if a and b)


def _known_as(name: str, sensitivity: str, zone: str, owner: str) -> str:
    return f"{name} ({sensitivity}, {f'zone {zone}' if zone else 'no zone'}, {owner or 'no owner'})"


def _first(names: Sequence[str]) -> str:
    return first_of(names, _NAMED)
