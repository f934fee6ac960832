"""A site into an inventory: every section asked, each with its own standing.

The order matters: the ACLs come first, because they decide whether what follows can be all there is; the groups come
before the topics, because consumers that read on commit beyond an end that was read earlier. A section that is
refused, or a broker that is silent, does not stop the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from migrate.documents.inventory import ClusterInfo, Inventory, Section, State
from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.inventory import cluster, connect, links
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.ends import beside_commits
from migrate.inventory.visibility import Visibility
from migrate.model.acl import Acl
from migrate.model.cluster import Group, Topic
from migrate.ports import Clock, ConnectReader
from migrate.ports.survey import Survey, Surveyed

_Found = TypeVar("_Found")
_Item = TypeVar("_Item")
_HINT = "docs/permissions.md lists what kmig's principal needs on source"
_OFF = "no authorizer is configured: there is nothing to replay, and nothing is denied"


@dataclass(frozen=True)
class InventorySource:
    """Whom to ask, as whom, and what the operator declared about it."""

    survey: Survey
    connects: Mapping[str, ConnectReader]
    clock: Clock
    principal: str
    bootstrap_servers: str
    declared: DeclaredAuthorizer


def take(
    look: InventorySource, show: Callable[[str], None], fences: frozenset[Acl] = frozenset()
) -> Inventory:
    """Ask everything. Raises when nobody answers.

    `fences` are ACLs that this migration itself put there: they are no part of the estate.
    """
    survey, taken_at = look.survey, look.clock.now()
    itself = _section(look, ClusterInfo(), lambda: cluster.info(survey.cluster(), look.declared))
    show("cluster")
    acls = _listed(look, lambda: _without(survey.acls(), fences))
    rights = Visibility(acls, look.principal, look.declared.super_users)
    show("ACLs")
    scram = _listed(look, survey.scram_credentials)
    quotas = _listed(look, survey.quotas)
    show("SCRAM users, quotas")
    groups = _refusals(_listed(look, survey.groups))
    show("groups")
    topics = _seen(rights, _listed(look, survey.topics), "TOPIC")
    show("topics")
    groups = beside_commits(_seen(rights, groups, "GROUP", "TOPIC"), topics)
    groups = _measured(groups, topics)
    transactions = _seen(rights, _listed(look, survey.transactions), "TRANSACTIONAL_ID")
    producers = _seen(rights, _listed(look, survey.producers), "TOPIC")
    show("transactional ids, producers")
    connectors = connect.section(look.connects, look.clock)
    show("connectors")
    derived = links.LinkInputs(itself, groups, connectors)
    return Inventory(
        taken_at=taken_at,
        principal=look.principal,
        bootstrap_servers=look.bootstrap_servers,
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
    )


def _without(read: Surveyed[tuple[Acl, ...]], fences: frozenset[Acl]) -> Surveyed[tuple[Acl, ...]]:
    if not fences:
        return read
    return Surveyed(tuple(acl for acl in read.found if acl not in fences), read.faults)


def _listed(
    look: InventorySource, ask: Callable[[], Surveyed[tuple[_Item, ...]]]
) -> Section[tuple[_Item, ...]]:
    nothing: tuple[_Item, ...] = ()
    return _section(look, nothing, ask)


def _section(
    look: InventorySource, nothing: _Found, ask: Callable[[], Surveyed[_Found]]
) -> Section[_Found]:
    asked, began = look.survey.requests(), look.clock.monotonic()
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
            raise  # where nobody says what cluster this is, there is no inventory
        standing, error, hint = State.REFUSED, failure.message, failure.hint
    return Section(
        standing=standing,
        error=error,
        hint=hint,
        requests=look.survey.requests() - asked,
        seconds=round(look.clock.monotonic() - began, 3),
        answered=look.survey.answered(),
        found=found,
    )


def _joined(faults: tuple[str, ...]) -> str:
    """The first faults; a broker that is down has many."""
    some = "; ".join(faults[:3])
    return f"{some}; and {len(faults) - 3} more" if len(faults) > 3 else some


def _seen(rights: Visibility, section: Section[_Found], *resource_types: str) -> Section[_Found]:
    """The section, `partial` unless it is proven that nothing was left out of the answers."""
    if section.standing is not State.COMPLETE:
        return section
    blind = rights.blind(resource_types)
    if not blind:
        return section
    return section.model_copy(update={"standing": State.PARTIAL, "error": blind, "hint": _HINT})


def _measured(
    groups: Section[tuple[Group, ...]], topics: Section[tuple[Topic, ...]]
) -> Section[tuple[Group, ...]]:
    """`partial` where no topic was read: commits then have no ends beside them, and no lag."""
    read = topics.standing in (State.COMPLETE, State.PARTIAL)
    if read or groups.standing is not State.COMPLETE:
        return groups
    error = f"the ends of its logs are not known: {topics.error}"
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
