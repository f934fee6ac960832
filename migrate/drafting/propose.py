"""Facts into drafted workloads: one per principal without a workload, and a question wherever there is doubt.

A topic, a group or a connector is given to a workload only where the ACLs, or observed use, name one principal and no
other. What people have written is not touched: what could belong to one of their workloads is a question, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrate.documents.inventory import Inventory
from migrate.drafting.proposal import Draft, Drafted
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl, well_formed
from migrate.model.authorizer import AuthorizerRules, grants
from migrate.model.cluster import ScramCredential
from migrate.model.use import Use
from migrate.model.words import named
from migrate.plan.accounting import unaccounted

_ANONYMOUS = "User:ANONYMOUS"


@dataclass
class _Open:
    """Names of the estate with neither an owner nor a decision."""

    principals: set[str] = field(default_factory=set)
    groups: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    connectors: list[str] = field(default_factory=list)


def draft(estate: Estate) -> Draft:
    """Return what to add to workloads.yaml, from the inventory."""
    opened = _opened(estate)
    made = _Making(estate, opened)
    new = tuple(made.workload(principal) for principal in sorted(opened.principals))
    return Draft(new, tuple(_gone(estate)), tuple(made.questions(new)))


def _opened(estate: Estate) -> _Open:
    opened = _Open()
    named = {"group": opened.groups, "topic": opened.topics, "connector": opened.connectors}
    for item in unaccounted(estate):
        if isinstance(item.thing, Acl | ScramCredential):
            opened.principals.add(item.thing.principal)
        elif item.kind in named:
            named[item.kind].append(item.name)
    # whoever has an ACL or a credential is open, or is not, by what was decided about those
    inventory = estate.inventory
    opened.principals |= {use.principal for use in _uses(estate)} - _there(inventory)
    nobody = {ANYONE, _ANONYMOUS, *estate.own, *estate.config.source.super_users}
    opened.principals -= nobody | set(estate.by_principal)
    # a malformed one is a finding; no workload can have it
    opened.principals = {one for one in opened.principals if well_formed(one)}
    return opened


def _uses(estate: Estate) -> tuple[Use, ...]:
    observed = estate.inventory.observed
    return tuple(u for u in (observed.found.uses if observed else ()) if u.allowed)


def _there(inventory: Inventory) -> set[str]:
    """Principals with an ACL or a credential."""
    return {a.principal for a in inventory.acls.found} | {
        c.principal for c in inventory.scram.found
    }


def _gone(estate: Estate) -> Iterator[str]:
    inventory = estate.inventory
    there = _there(inventory) | {use.principal for use in _uses(estate)}
    whole = {inventory.acls.standing, inventory.scram.standing} == {"complete"}
    for name, workload in estate.workloads.items():
        if whole and workload.principal not in there:
            yield f"workload {name}: {workload.principal} has no ACL, no credential and no use"


class _Making:
    """Drafts from one estate; each open thing is given away at most once."""

    def __init__(self, estate: Estate, opened: _Open) -> None:
        self._estate = estate
        self._opened = opened
        allows = [acl for acl in estate.inventory.acls.found if acl.permission == "ALLOW"]
        self._rules = AuthorizerRules(frozenset(allows))
        self._allows: dict[str, list[Acl]] = defaultdict(list)
        for acl in allows:
            self._allows[acl.principal].append(acl)
        self._used: dict[str, list[Use]] = defaultdict(list)
        self._seen: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for use in _uses(estate):
            self._used[use.principal].append(use)
            what = (use.resource_type, use.resource_name, use.operation)
            self._seen[what].add(use.principal)
        self._names: set[str] = set(estate.workloads)
        self._groups = self._only("GROUP", opened.groups, "READ")
        ids = [one.id for one in estate.inventory.transactions.found]
        self._ids = self._only("TRANSACTIONAL_ID", ids, "WRITE")

    def _only(self, kind: str, names: Iterable[str], operation: str) -> dict[str, list[str]]:
        """Names by the one principal that does this with them; those with another beside it are left out."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in names:
            holders = self._holders(kind, name, operation)
            if len(holders) == 1:
                found[holders.pop()].append(name)
        return found

    def workload(self, principal: str) -> Drafted:
        """Return the drafted workload of a principal."""
        reads, read_asks = self._topics(principal, "READ")
        writes, write_asks = self._topics(principal, "WRITE")
        connectors = [
            c.id
            for c in self._estate.connectors.values()
            if principal in c.principals and c.id in self._opened.connectors
        ]
        asks = [
            ("owner", "who answers for it"),
            ("sensitivity", "the most sensitive class, until you choose"),
        ]
        asks += [("reads", ask) for ask in read_asks] + [("writes", ask) for ask in write_asks]
        mechanisms = tuple(self._mechanisms(principal))
        asks += [("credential", f"where the secret of its {one} is") for one in mechanisms]
        if len(connectors) > 1:
            asks.append(
                (
                    "connector",
                    f"its principal logs in for {', '.join(connectors)}: draft one workload for each",
                )
            )
        return Drafted(
            name=self._name(principal),
            principal=principal,
            kind=_kind(bool(reads), bool(writes), bool(connectors)),
            sensitivity=self._estate.config.sensitivity[-1],
            reads=reads,
            writes=writes,
            groups=tuple(self._groups[principal]),
            transactional_ids=tuple(self._ids[principal]),
            connector=connectors[0] if len(connectors) == 1 else "",
            mechanisms=mechanisms,
            asks=tuple(asks),
        )

    def questions(self, new: tuple[Drafted, ...]) -> Iterator[str]:
        """Groups, topics and connectors that no draft took."""
        taken = {g for one in new for g in one.groups}
        for group in self._opened.groups:
            if group not in taken:
                yield f"group {named(group)}: {self._who(self._readers(group), 'may read it')}"
        drafted = {one.connector for one in new}
        for connector in self._opened.connectors:
            if connector not in drafted:
                yield f"connector {connector}: it has no principal of its own; whose is it"
        writes = [selector for one in new for selector in one.writes]
        literal = {name for how, name in writes if how == "topic"}
        prefixes = tuple(name for how, name in writes if how == "prefix")
        for topic in self._opened.topics:
            if topic not in literal and not topic.startswith(prefixes):
                yield f"topic {topic}: {self._who(self._writers(topic), 'may write it')}"

    def _name(self, principal: str) -> str:
        plain = "".join(
            c if c.isascii() and (c.isalnum() or c in "._-") else "-"
            for c in principal.partition(":")[2]
        )
        base = plain.strip("-") or "unnamed"
        name, number = base, 2
        while name in self._names:
            name, number = f"{base}-{number}", number + 1
        self._names.add(name)
        return name

    def _topics(
        self, principal: str, operation: str
    ) -> tuple[tuple[tuple[str, str], ...], list[str]]:
        """Selectors (`topic` or `prefix`, name), and questions where the ACL names every topic."""
        found: set[tuple[str, str]] = set()
        asks = []
        for acl in self._allows[principal]:
            if acl.resource_type != "TOPIC" or acl.operation not in (operation, "ALL"):
                continue
            if acl.pattern_type == "PREFIXED":
                found.add(("prefix", acl.resource_name))
            elif acl.resource_name == "*":
                asks.append(f"it may {operation} every topic; which ones")
            elif acl.resource_name in self._estate.topics:
                found.add(("topic", acl.resource_name))
        for use in self._used[principal]:
            same = (use.resource_type, use.operation) == ("TOPIC", operation)
            if (
                same
                and use.resource_name in self._estate.topics
                and not _named(found, use.resource_name)
            ):
                found.add(("topic", use.resource_name))
        return tuple(sorted(found, key=lambda s: s[1])), sorted(set(asks))

    def _readers(self, group: str) -> set[str]:
        return self._holders("GROUP", group, "READ")

    def _writers(self, topic: str) -> set[str]:
        return self._holders("TOPIC", topic, "WRITE")

    def _holders(self, kind: str, name: str, operation: str) -> set[str]:
        """Principals seen in this use; where none was, those whose ACLs allow it."""
        if seen := self._seen.get((kind, name, operation)):
            return set(seen)
        matching = self._rules.matching(kind, name)
        return {a.principal for a in matching if grants(a, operation)} - set(self._estate.own)

    def _mechanisms(self, principal: str) -> Iterator[str]:
        for credential in self._estate.inventory.scram.found:
            if credential.principal == principal:
                yield credential.mechanism

    @staticmethod
    def _who(principals: set[str], may: str) -> str:
        return (
            f"{', '.join(sorted(principals))} {may}; whose is it" if principals else "whose is it"
        )


def _named(selectors: tuple[tuple[str, str], ...] | set[tuple[str, str]], topic: str) -> bool:
    return any(topic == n if how == "topic" else topic.startswith(n) for how, n in selectors)


def _kind(reads: bool, writes: bool, connector: bool) -> str:  # noqa: FBT001
    if connector:
        return "connector"
    return {(True, False): "consumer", (False, True): "producer"}.get((reads, writes), "service")
