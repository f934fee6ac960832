"""Reasons not to plan: what people wrote, and the source does not bear out or cannot have."""

from collections.abc import Container, Iterator

from migrate.documents.plan import Account
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.plan import rule
from migrate.plan.accounting import fated
from migrate.plan.blocked import Blocker
from migrate.plan.coupling import Coupling


def owners(estate: Estate) -> Iterator[Blocker]:
    """Workloads that nobody answers for, as kmig drafts them."""
    for name, workload in estate.workloads.items():
        if not workload.owned:
            yield rule.NO_OWNER.found(f"workload {name}")


def claims(estate: Estate, moved: Container[str] = ()) -> Iterator[Blocker]:
    """What workloads say that the source does not bear out; of those that moved source need not know any more."""
    groups = {g.name for g in estate.inventory.groups.found}
    scram = {(c.principal, c.mechanism) for c in estate.inventory.scram.found}
    for name, w in estate.workloads.items():
        if w.sensitivity not in estate.config.sensitivity:
            yield rule.UNKNOWN_CLASS.found(
                f"workload {name}: sensitivity `{w.sensitivity}`",
                f"use one that kmig.yaml lists: {', '.join(estate.config.sensitivity)}",
            )
        if name not in moved:
            for kind, missing in _missing(estate, w, groups, scram):
                yield rule.UNKNOWN_NAME.found(
                    f"workload {name} names {kind} `{missing}`, which the source does not have"
                )
        if w.credential and not (w.credential.carry or w.credential.issue):
            yield rule.NOT_CARRIED.found(
                f"workload {name}: its credential is neither carried nor issued"
            )


def _missing(
    estate: Estate, w: Workload, groups: set[str], scram: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """What a workload names and the source does not have."""
    for group in w.groups:
        if group not in groups:
            yield "group", group
    if w.connector and w.connector not in estate.connectors:
        yield "connector", w.connector
    for selector in (*w.reads, *w.writes):
        if selector.topic and selector.topic not in estate.topics:
            yield "topic", selector.topic
    if w.credential and (w.principal, w.credential.mechanism) not in scram:
        yield "credential", f"{w.principal} {w.credential.mechanism}"


def issued_twice(estate: Estate) -> Iterator[Blocker]:
    """One new secret for two users: neither could be taken back without the other."""
    holders: dict[str, list[str]] = {}
    for name, w in estate.workloads.items():
        if w.credential and w.credential.issue:
            holders.setdefault(w.credential.secret, []).append(name)
    for secret, names in holders.items():
        if len({estate.workloads[n].principal for n in names}) > 1:
            yield rule.ISSUED_TWICE.found(
                f"{secret} is issued for several principals: {', '.join(names)}"
            )


def wishes(estate: Estate, bound: Coupling) -> Iterator[Blocker]:
    """Pilots that are no workload, and wishes that a dependency forbids."""
    for name in estate.config.policy.pilots:
        if name not in estate.workloads:
            yield rule.UNKNOWN_NAME.found(
                f"kmig.yaml: `policy.pilots` names an unknown workload: `{name}`",
                "correct policy.pilots",
            )
    if any(w.sensitivity not in estate.config.sensitivity for w in estate.workloads.values()):
        return  # said already, and without classes there is no order
    for edge, facts in bound.contradictions():
        yield rule.WISH_CONTRADICTED.found(f"{edge.fact}, but must not: {'; '.join(facts)}")


def left_behind_readers(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """Groups and connectors that stay, on topics that move: after the switch they would read nothing new."""
    staying = {a.item for a in fated(accounts, "group", "left_behind", "dropped")}
    moving = set(estate.moving)
    for group in estate.inventory.groups.found:
        if group.name in staying:
            for topic in sorted({c.topic for c in group.commits} & moving):
                yield _reader_stays(f"group {group.name}", topic)
    for account in fated(accounts, "topic", "left_behind", "dropped"):
        for name in estate.readers.get(account.item, ()):
            yield rule.READS_WHAT_STAYS.found(
                f"workload {name} reads topic {account.item}, which is left behind"
            )
    connectors = {a.item for a in fated(accounts, "connector", "left_behind", "dropped")}
    for connector in estate.inventory.connect.found.connectors:
        for topic in sorted(set(connector.topics) & moving):
            if connector.id in connectors:
                yield _reader_stays(f"connector {connector.id}", topic)


def unread(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """Topics that are to be replayed although no workload reads or writes them: nobody's wave would copy them."""
    moving = set(estate.moving)
    for account in fated(accounts, "topic", "shared"):
        if account.item not in moving:
            yield rule.READ_BY_NOBODY.found(
                f"topic {account.item} is shared, but no workload reads it"
            )


def merges(estate: Estate) -> Iterator[Blocker]:
    """Names that `principals` gives to somebody although another principal of the source has them."""
    found = estate.inventory
    there = {a.principal for a in found.acls.found} | {c.principal for c in found.scram.found}
    there |= {f"User:{q.entity['user']}" for q in found.quotas.found if q.entity.get("user")}
    there |= {w.principal for w in estate.workloads.values()}
    config = estate.config
    own = {estate.own_target, config.target.principal or "", *config.target.super_users}
    own |= {config.replication.principal} if config.replication else set()
    for old, new in sorted(config.principals.items()):
        if new in own:
            yield rule.PRINCIPALS_MERGE.found(
                f"kmig.yaml maps {old} to {new}, who serves the migration or runs the target",
                "choose a name of its own",
            )
        if new in there and new not in config.principals:
            yield rule.PRINCIPALS_MERGE.found(
                f"kmig.yaml maps {old} to {new}, which the source has too"
            )


def _reader_stays(reader: str, topic: str) -> Blocker:
    return rule.READER_STAYS.found(f"{reader} is left behind, but its topic {topic} moves")
