"""An inventory of the source: every section is read, each with its own state.

The order matters. ACLs come first: they decide whether the later lists can be complete. Groups come before topics:
consumers that keep reading commit beyond an end that was read earlier. A section that is refused, or a broker that
does not answer, does not stop the others.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from migrate.documents.inventory import ClusterInfo, Inventory, Section, State
from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.inventory import cluster, connect, links, stores
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.ends import beside_commits
from migrate.inventory.visibility import Visibility
from migrate.model.acl import Acl
from migrate.model.cluster import Group, Topic
from migrate.model.permissions import PROBE_PREFIX
from migrate.ports import Clock, ConnectReader
from migrate.ports.stores import SecretPlaces
from migrate.ports.survey import Survey, Surveyed

_Found = TypeVar("_Found")
_Item = TypeVar("_Item")
_HINT = (
    "grant kmig's principal what docs/permissions.md lists: kmig inventory --permissions prints it"
)
_OFF = "no authorizer is configured on the source: no ACLs to replay, and nothing is denied"


@dataclass(frozen=True)
class InventorySource:
    """What an inventory reads from: the cluster, its Connect clusters, and what the operator declared.

    `places` are where secrets are looked at; `references` those that workloads.yaml names.
    """

    survey: Survey
    connects: Mapping[str, ConnectReader]
    clock: Clock
    principal: str
    bootstrap_servers: str
    declared: DeclaredAuthorizer
    places: SecretPlaces | None = None
    references: tuple[str, ...] = ()


def take(
    source: InventorySource, show: Callable[[str], None], fences: frozenset[Acl] = frozenset()
) -> Inventory:
    """Read every section; raises when no broker answers.

    `fences` are ACLs that this migration itself created: they are no part of the estate and left out.
    """
    survey, taken_at = source.survey, source.clock.now()
    itself = _section(
        source, ClusterInfo(), lambda: cluster.info(survey.cluster(), source.declared)
    )
    show("cluster")
    acls = _listed(source, lambda: _without(survey.acls(), fences))
    visibility = Visibility(acls, source.principal, source.declared.super_users)
    show("ACLs")
    scram = _listed(source, survey.scram_credentials)
    quotas = _listed(source, survey.quotas)
    show("SCRAM users, quotas")
    groups = _refusals(_listed(source, lambda: _without_probes(survey.groups(), lambda g: g.name)))
    show("groups")
    topics = _unless_blind(
        visibility,
        _listed(source, lambda: _without_probes(survey.topics(), lambda t: t.name)),
        "TOPIC",
    )
    show("topics")
    groups = beside_commits(_unless_blind(visibility, groups, "GROUP", "TOPIC"), topics)
    groups = _measured(groups, topics)
    transactions = _unless_blind(
        visibility,
        _listed(source, lambda: _without_probes(survey.transactions(), lambda t: t.id)),
        "TRANSACTIONAL_ID",
    )
    producers = _unless_blind(visibility, _listed(source, survey.producers), "TOPIC")
    show("transactional ids, producers")
    known = stores.KnownSecrets(source.places, source.references)
    connectors = connect.section(source.connects, source.clock, known.reference_of)
    show("connectors")
    stored = stores.section(known, connectors.found.connectors, source.clock)
    show("secret stores")
    derived = links.LinkInputs(itself, groups, connectors)
    return Inventory(
        taken_at=taken_at,
        principal=source.principal,
        bootstrap_servers=source.bootstrap_servers,
        cluster=itself,
        acls=acls,
        scram=scram,
        quotas=quotas,
        topics=topics,
        groups=groups,
        transactions=transactions,
        producers=producers,
        connect=connectors,
        dependencies=links.dependencies(derived),
        registries=links.registries(derived),
        network=links.network(derived),
        stores=stored,
    )


def _without(read: Surveyed[tuple[Acl, ...]], fences: frozenset[Acl]) -> Surveyed[tuple[Acl, ...]]:
    if not fences:
        return read
    return Surveyed(tuple(acl for acl in read.found if acl not in fences), read.faults)


_PROBE = re.compile(rf"{PROBE_PREFIX}[0-9a-f]{{8,}}-")
"""A name of a run of probes; an application's own name that begins alike is part of the estate."""


def _without_probes(
    read: Surveyed[tuple[_Item, ...]], name: Callable[[_Item], str]
) -> Surveyed[tuple[_Item, ...]]:
    """Leave out what `kmig verify protocol` made on the source: brokers remember its transactional ids for a week."""
    estate = tuple(item for item in read.found if not _PROBE.match(name(item)))
    return Surveyed(estate, read.faults)


def _listed(
    source: InventorySource, ask: Callable[[], Surveyed[tuple[_Item, ...]]]
) -> Section[tuple[_Item, ...]]:
    nothing: tuple[_Item, ...] = ()
    return _section(source, nothing, ask)


def _section(
    source: InventorySource, nothing: _Found, ask: Callable[[], Surveyed[_Found]]
) -> Section[_Found]:
    requests_before, began = source.survey.requests(), source.clock.monotonic()
    standing, error, hint, found = State.COMPLETE, "", "", nothing
    try:
        read = ask()
        found, error = read.found, _joined(read.faults)
        standing = State.PARTIAL if error else State.COMPLETE
    except NotAuthorized as refusal:
        standing, error, hint = State.REFUSED, refusal.message, refusal.hint or _HINT
    except Unsupported as refusal:
        off = "SECURITY_DISABLED" in refusal.message
        standing = State.REFUSED if off else State.UNSUPPORTED
        error, hint = refusal.message, _OFF if off else ""
    except KmigError as failure:
        if nothing == ClusterInfo():
            raise  # without the cluster's id there is no inventory
        standing, error, hint = State.REFUSED, failure.message, failure.hint
    return Section(
        standing=standing,
        error=error,
        hint=hint,
        requests=source.survey.requests() - requests_before,
        seconds=round(source.clock.monotonic() - began, 3),
        answered=source.survey.answered(),
        found=found,
    )


def _joined(faults: tuple[str, ...]) -> str:
    """Return the first faults in one line; a broker that is down has many."""
    some = "; ".join(faults[:3])
    return f"{some}; and {len(faults) - 3:,} more" if len(faults) > 3 else some


def _unless_blind(
    visibility: Visibility, section: Section[_Found], *resource_types: str
) -> Section[_Found]:
    """Return the section as `partial`, unless it is proven that the brokers left nothing out."""
    if section.standing is not State.COMPLETE:
        return section
    blind = visibility.blind(resource_types)
    if not blind:
        return section
    return section.model_copy(update={"standing": State.PARTIAL, "error": blind, "hint": _HINT})


def _measured(
    groups: Section[tuple[Group, ...]], topics: Section[tuple[Topic, ...]]
) -> Section[tuple[Group, ...]]:
    """Return the groups as `partial` where no topic was read: their commits have no log ends then, and no lag."""
    read = topics.standing in (State.COMPLETE, State.PARTIAL)
    if read or groups.standing is not State.COMPLETE:
        return groups
    error = f"lag unknown, because topics were not read: {topics.error}"
    return groups.model_copy(
        update={"standing": State.PARTIAL, "error": error, "hint": topics.hint}
    )


def _refusals(section: Section[tuple[Group, ...]]) -> Section[tuple[Group, ...]]:
    refused = [group for group in section.found if group.error]
    if not refused:
        return section
    error = f"{len(refused)} of {len(section.found)} not described, such as {refused[0].name}: "
    return section.model_copy(
        update={"standing": State.PARTIAL, "error": error + refused[0].error, "hint": _HINT}
    )
