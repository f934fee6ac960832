"""Account for everything on the source exactly once; what has no fate, or two, blocks the plan.

A written decision (`shared`, `leave_behind`) outranks ownership by principal, because it names one thing. Two written
decisions about one thing are refused, and so is a decision that matches nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.documents.decisions import (
    DECIDABLE,
    AclFilter,
    Decision,
    QuotaFilter,
    SharedDecision,
    TopicSelector,
)
from migrate.documents.plan import Account
from migrate.estate import Estate
from migrate.model.acl import Acl, no_writes
from migrate.model.cluster import Quota, ScramCredential
from migrate.model.permissions import HEADS_GROUP_PREFIX
from migrate.model.words import named
from migrate.plan import rule
from migrate.plan.blocked import Blocker

_Kind = Literal["acl", "credential", "quota", "group", "transactional_id", "topic", "connector"]


@dataclass(frozen=True)
class Item:
    """One thing of the inventory, with the workloads that own it unless a decision overrides them."""

    kind: _Kind
    thing: Acl | ScramCredential | Quota | str
    owners: tuple[str, ...] = ()
    internal: str = ""

    @property
    def name(self) -> str:
        """Return the name that people use for it."""
        return str(self.thing)


def accounts(estate: Estate) -> tuple[list[Account], list[Blocker]]:
    """Return the fate of every item of the inventory, and blockers for items with no fate or with two."""
    decisions = (*estate.people.shared, *estate.people.leave_behind)
    index = _DecisionIndex(decisions)
    used: set[int] = set()
    accounted: list[Account] = []
    blockers: list[Blocker] = []
    for item in _items(estate):
        deciding = index.about(item)
        used.update(deciding)
        if len(deciding) > 1:
            both = " and ".join(f"`{decisions[i]}`" for i in deciding[:2])
            blockers.append(rule.DECIDED_TWICE.blocker(f"{item.kind} {item.name}: {both}"))
        elif deciding and item.owners and item.kind in ("group", "topic", "connector"):
            blockers.append(
                rule.DECIDED_AND_CLAIMED.blocker(
                    f"{item.kind} {item.name}: `{decisions[deciding[0]]}`, "
                    f"and workload {item.owners[0]}"
                )
            )
        elif deciding:
            accounted.append(_decided(decisions[deciding[0]], item))
        elif item.internal:
            accounted.append(_account(item, fate="internal", because=item.internal))
        elif item.owners:
            accounted.append(_account(item, fate="workload", owner=", ".join(item.owners)))
        else:
            blockers.append(_unaccounted(item))
    for i, decision in enumerate(decisions):
        if i not in used:
            blockers.append(
                rule.DECISION_ABOUT_NOTHING.blocker(
                    f"the decision `{decision}` matches nothing on the source"
                )
            )
    return accounted, blockers


def unaccounted(estate: Estate) -> Iterator[Item]:
    """Yield the items with neither an owner nor a decision."""
    index = _DecisionIndex((*estate.people.shared, *estate.people.leave_behind))
    for item in _items(estate):
        if not item.owners and not item.internal and not index.about(item):
            yield item


def matches(acl_filter: AclFilter, acl: Acl) -> bool:
    """Return whether the ACL has every value that the filter gives."""
    if acl_filter.resource is not None:
        kind, _, name = acl_filter.resource.partition(":")
        if kind.upper().replace("-", "_") != acl.resource_type:
            return False
        prefixed = name.endswith("*") and name != "*"
        if (name.removesuffix("*") if prefixed else name) != acl.resource_name:
            return False
        if prefixed != (acl.pattern_type == "PREFIXED"):
            return False
    of_type = acl_filter.resource_type
    given = (
        (acl_filter.principal, acl.principal),
        (of_type and of_type.upper().replace("-", "_"), acl.resource_type),
        (acl_filter.operation, acl.operation),
        (acl_filter.permission, acl.permission),
        (acl_filter.host, acl.host),
    )
    return all(wanted is None or wanted == actual for wanted, actual in given)


def _items(estate: Estate) -> Iterator[Item]:
    inventory = estate.inventory
    for acl in inventory.acls.found:
        own = estate.own.get(acl.principal, "")
        yield Item("acl", acl, estate.by_principal.get(acl.principal, ()), own)
    for credential in inventory.scram.found:
        own = estate.own.get(credential.principal, "")
        yield Item("credential", credential, _carriers(estate, credential), own)
    for quota in inventory.quotas.found:
        user = quota.entity.get("user")
        yield Item("quota", quota, estate.by_principal.get(f"User:{user}", ()))
    for group in inventory.groups.found:
        owner = estate.group_owner.get(group.name)
        own = "kmig's own" if group.name.startswith(HEADS_GROUP_PREFIX) else ""
        yield Item("group", group.name, (owner,) if owner else (), own)
    for transaction in inventory.transactions.found:
        owners = estate.transactional_owners(transaction.id)
        # without an ACL only a super user could use it
        idle = not transaction.open and not estate.transactional_holders(transaction.id)
        own = "no ACL allows its use, and no transaction is open" if idle and not owners else ""
        yield Item("transactional_id", transaction.id, owners, own)
    for topic in inventory.topics.found:
        own = "" if topic.name in estate.topics else "internal to the cluster or kmig"
        owners = estate.writers.get(topic.name, ())
        yield Item("topic", topic.name, owners, own)
    for connector in inventory.connect.found.connectors:
        name = estate.connector_owner.get(connector.id)
        yield Item("connector", connector.id, (name,) if name else ())


def _carriers(estate: Estate, credential: ScramCredential) -> tuple[str, ...]:
    names = estate.by_principal.get(credential.principal, ())
    named = ((n, estate.workloads[n].credential) for n in names)
    return tuple(n for n, ref in named if ref and ref.mechanism == credential.mechanism)


class _DecisionIndex:
    """Written decisions, indexed by the kind and the name, or the principal, of what they are about."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self._by_key: dict[tuple[str, str], list[tuple[int, Decision]]] = defaultdict(list)
        for number, decision in enumerate(decisions):
            for key in _keys(decision):
                self._by_key[key].append((number, decision))

    def about(self, item: Item) -> list[int]:
        """Return the positions of the decisions that name an item."""
        candidates = [
            candidate
            for name in {"", _name(item.thing)}
            for candidate in self._by_key.get((item.kind, name), ())
        ]
        return sorted(number for number, decision in candidates if _about(decision, item))


def _name(thing: Acl | ScramCredential | Quota | str) -> str:
    """Return the name under which decisions about a thing are found."""
    if isinstance(thing, str):
        return thing
    return (thing.entity.get("user") or "") if isinstance(thing, Quota) else thing.principal


def _keys(decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names under which a decision is found; no name where it is about several."""
    kind = next(k for k in DECIDABLE if getattr(decision, k) is not None)
    value = getattr(decision, kind)
    if isinstance(value, TopicSelector):
        yield kind, value.topic or ""
    elif isinstance(value, QuotaFilter):
        yield kind, value.entity.get("user") or ""
    else:
        yield kind, (value if isinstance(value, str) else value.principal) or ""
    if decision.connector is not None:
        yield "group", _group_of(decision.connector)


def _group_of(connector: str) -> str:
    """Return the group of a connector's tasks."""
    return f"connect-{connector.partition('/')[2]}"


def _about(decision: Decision, item: Item) -> bool:
    thing = item.thing
    if decision.acl is not None and isinstance(thing, Acl):
        return matches(decision.acl, thing)
    if decision.credential is not None and isinstance(thing, ScramCredential):
        mechanism = decision.credential.mechanism
        return decision.credential.principal == thing.principal and mechanism in (
            None,
            thing.mechanism,
        )
    if decision.quota is not None and isinstance(thing, Quota):
        return decision.quota.entity == thing.entity
    if decision.topic is not None and item.kind == "topic":
        return decision.topic.selects(item.name)
    if decision.connector is not None and item.kind == "group":
        return item.name == _group_of(decision.connector)
    named = {
        "group": decision.group,
        "connector": decision.connector,
        "transactional_id": decision.transactional_id,
    }.get(item.kind)
    return named is not None and named == item.name


def _decided(decision: Decision, item: Item) -> Account:
    if isinstance(decision, SharedDecision):
        fate: Literal["shared", "dropped"] = (
            "shared" if decision.decision == "replay" else "dropped"
        )
        return _account(item, fate=fate, because=decision.because)
    return _account(item, fate="left_behind", because=decision.because)


def _account(
    item: Item,
    fate: Literal["workload", "shared", "dropped", "left_behind", "internal"],
    owner: str = "",
    because: str = "",
) -> Account:
    acl = item.thing if isinstance(item.thing, Acl) else None
    name = "" if acl else item.name
    return Account(kind=item.kind, item=name, fate=fate, owner=owner, because=because, acl=acl)


_WITH_AN_OWNER = {
    "acl": "add a workload for its principal, or decide it under `shared` or `leave_behind`",
    "credential": "make it a workload's `credential`, or leave it behind",
    "quota": "add a workload for its user, or decide it under `shared` or `leave_behind`",
    "group": "add it to a workload's `groups`, or leave it behind",
    "transactional_id": "add it to a workload's `transactional_ids`, or leave it behind",
    "topic": "add it to a workload's `writes`, or share it (and add it to the `reads` of one), or leave it behind",
    "connector": "add a workload for it, or leave it behind",
}


def _unaccounted(item: Item) -> Blocker:
    remedy = f"{_WITH_AN_OWNER[item.kind]}: - {{{_decision(item)}, because: REASON}}"
    thing = item.thing
    if isinstance(thing, Acl) and thing == no_writes(thing.resource_name):
        # its journal is in another directory: this migration's own fences are no part of the inventory
        remedy = (
            "it looks like the fence of a cutover: `kmig status` in the directory that it was started from says how "
            f"to end it or to take it back; rerun `kmig inventory` then; otherwise {remedy}"
        )
    return rule.UNACCOUNTED.blocker(f"{item.kind} {named(item.name)}", remedy)


def _decision(item: Item) -> str:
    """Return the key of a decision about one thing, as workloads.yaml takes it."""
    thing = item.thing
    if isinstance(thing, Acl | ScramCredential):
        return f"{item.kind}: {{principal: {json.dumps(thing.principal)}}}"
    if isinstance(thing, Quota):
        entity = (f"{k}: {json.dumps(v or '<default>')}" for k, v in sorted(thing.entity.items()))
        return f"quota: {{{', '.join(entity)}}}"
    return f"{item.kind}: {json.dumps(item.name)}"


def fated(accounted: Iterable[Account], kind: _Kind, *fates: str) -> list[Account]:
    """Return the accounts of one kind with one of these fates."""
    return [account for account in accounted if account.kind == kind and account.fate in fates]
