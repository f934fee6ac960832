"""A site into an inventory: every section asked, each with its own standing.

The order matters: the ACLs come first, because they decide whether what follows can be all there is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory, Section, State
from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.inventory.rights import blind_spot
from migrate.model.acl import Acl
from migrate.model.cluster import Group
from migrate.model.connector import ConnectCluster, Connector
from migrate.ports import Clock, ClusterReader, ConnectReader

_Found = TypeVar("_Found")
_Item = TypeVar("_Item")
_HINT = "docs/permissions.md lists what kmig's principal needs on source"


@dataclass(frozen=True)
class Look:
    """Whom to ask, as whom, and what the operator declared about it."""

    reader: ClusterReader
    connects: Mapping[str, ConnectReader]
    clock: Clock
    principal: str
    bootstrap_servers: str
    super_users: tuple[str, ...] = ()


def take(
    look: Look, show: Callable[[str], None], fences: frozenset[Acl] = frozenset()
) -> Inventory:
    """Ask everything; a section that is refused does not stop the others. Raises when nobody answers.

    `fences` are ACLs that this migration itself put there: they are no part of the estate.
    """
    taken_at = look.clock.now()
    cluster = _section(look, ClusterInfo(), lambda: _cluster(look.reader))
    show("cluster")
    acls = _listed(look, lambda: tuple(sorted(look.reader.acls() - fences, key=str)))
    show("ACLs")
    scram = _listed(look, look.reader.scram_credentials)
    quotas = _listed(look, look.reader.quotas)
    show("SCRAM users, quotas")
    topics = _seen(look, acls, _listed(look, look.reader.topics), ("TOPIC",))
    show("topics")
    groups = _listed(look, look.reader.groups)
    groups = _seen(look, acls, _refusals(groups), ("GROUP", "TOPIC"))
    show("groups")
    connect = _connect(look)
    show("connectors")
    return Inventory(
        taken_at=taken_at,
        principal=look.principal,
        bootstrap_servers=look.bootstrap_servers,
        cluster=cluster,
        acls=acls,
        scram=scram,
        quotas=quotas,
        topics=topics,
        groups=groups,
        connect=connect,
    )


def _listed(look: Look, ask: Callable[[], tuple[_Item, ...]]) -> Section[tuple[_Item, ...]]:
    nothing: tuple[_Item, ...] = ()
    return _section(look, nothing, ask)


def _section(look: Look, nothing: _Found, ask: Callable[[], _Found]) -> Section[_Found]:
    asked, began = look.reader.requests(), look.clock.monotonic()
    standing, error, hint, found = State.COMPLETE, "", "", nothing
    try:
        found = ask()
    except NotAuthorized as refusal:
        standing, error, hint = State.REFUSED, refusal.message, refusal.hint or _HINT
    except Unsupported as refusal:
        off = "SECURITY_DISABLED" in refusal.message
        standing = State.REFUSED if off else State.UNSUPPORTED
        error = refusal.message
        hint = (
            "no authorizer is configured: there is nothing to replay, and nothing is denied"
            if off
            else ""
        )
    return Section(
        standing=standing,
        error=error,
        hint=hint,
        requests=look.reader.requests() - asked,
        seconds=round(look.clock.monotonic() - began, 3),
        found=found,
    )


def _cluster(reader: ClusterReader) -> ClusterInfo:
    facts = reader.describe()
    return ClusterInfo(
        cluster_id=facts.cluster_id,
        controller=facts.controller,
        brokers=facts.brokers,
        features=dict(facts.features),
    )


def _seen(
    look: Look,
    acls: Section[tuple[Acl, ...]],
    section: Section[_Found],
    resource_types: Iterable[str],
) -> Section[_Found]:
    """The section, `partial` unless it is proven that nothing was left out of the answers."""
    if section.standing is not State.COMPLETE or look.principal in look.super_users:
        return section
    if acls.standing is State.REFUSED and "SECURITY_DISABLED" in acls.error:
        return section
    if acls.standing is not State.COMPLETE:
        blind = "kmig may not list ACLs, so nothing proves that it was shown all there is"
    else:
        spots = (blind_spot(acls.found, look.principal, kind) for kind in resource_types)
        blind = next((spot for spot in spots if spot), "")
    if not blind:
        return section
    return section.model_copy(update={"standing": State.PARTIAL, "error": blind, "hint": _HINT})


def _refusals(section: Section[tuple[Group, ...]]) -> Section[tuple[Group, ...]]:
    refused = [group for group in section.found if group.error]
    if not refused:
        return section
    error = f"{len(refused)} of {len(section.found)} not described, such as {refused[0].name}: "
    return section.model_copy(
        update={"standing": State.PARTIAL, "error": error + refused[0].error, "hint": _HINT}
    )


def _connect(look: Look) -> Section[ConnectInfo]:
    began = look.clock.monotonic()
    clusters: list[ConnectCluster] = []
    connectors: list[Connector] = []
    errors: list[str] = []
    for name, connect in sorted(look.connects.items()):
        try:
            clusters.append(connect.describe())
            connectors += connect.connectors()
        except KmigError as error:
            clusters.append(ConnectCluster(name=name, url="", error=error.message))
            errors.append(error.message)
    standing = State.COMPLETE
    if errors:
        standing = State.REFUSED if len(errors) == len(look.connects) else State.PARTIAL
    return Section[ConnectInfo](
        standing=standing,
        error="; ".join(errors),
        hint="start Connect's REST interface, or correct `connect` in kmig.yaml" if errors else "",
        seconds=round(look.clock.monotonic() - began, 3),
        found=ConnectInfo(
            clusters=tuple(clusters), connectors=tuple(sorted(connectors, key=lambda c: c.id))
        ),
    )
