"""Blockers from what people wrote in workloads.yaml and kmig.yaml that the source contradicts."""

from collections.abc import Container, Iterator

from migrate.documents.plan import Account
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.words import named
from migrate.plan import rule
from migrate.plan.accounting import fated
from migrate.plan.blocked import Blocker
from migrate.plan.coupling import Coupling


def owners(estate: Estate) -> Iterator[Blocker]:
    """Yield a blocker for each workload without an owner, as kmig drafts them."""
    for name, workload in estate.workloads.items():
        if not workload.owned:
            yield rule.NO_OWNER.blocker(f"workload {name}", workload=name)


def claims(estate: Estate, moved: Container[str] = ()) -> Iterator[Blocker]:
    """Yield what workloads name and the source does not have; a moved workload is not compared with the source."""
    groups = {g.name for g in estate.inventory.groups.found}
    scram = {(c.principal, c.mechanism) for c in estate.inventory.scram.found}
    for name, w in estate.workloads.items():
        if w.sensitivity not in estate.config.sensitivity:
            yield rule.UNKNOWN_CLASS.blocker(
                f"workload {name}: unknown `sensitivity`: `{w.sensitivity}`",
                f"use one from kmig.yaml: {', '.join(estate.config.sensitivity)}",
                name,
            )
        if name not in moved:
            for kind, missing in _missing(estate, w, groups, scram):
                yield rule.UNKNOWN_NAME.blocker(
                    f"workload {name}: {kind} `{missing}` does not exist on the source",
                    workload=name,
                )
        if w.credential and not (w.credential.carry or w.credential.issue):
            yield rule.NOT_CARRIED.blocker(
                f"workload {name}: `credential` sets neither `carry` nor `issue`", workload=name
            )


def switches(estate: Estate, moved: Container[str] = ()) -> Iterator[Blocker]:
    """Yield workloads of which a later stage would refuse to act, where kmig is to move clients at all.

    Without `replication` nothing is cut over, and on AutoMQ BYOC its administrators do it.
    """
    config = estate.config
    if config.replication is None or config.target.profile == "automq-byoc":
        return
    for name, workload in estate.workloads.items():
        if name not in moved and workload.switch is None:
            yield rule.NO_SWITCH.blocker(f"workload {name}", workload=name)
    groups = {g.name for g in estate.inventory.groups.found}
    rotated = {w.principal: w.name for w in estate.workloads.values() if w.rotation}
    for name, workload in estate.workloads.items():
        # the source may have lost the group of a moved workload: it is on the target
        known = {*groups, *workload.every_group} if name in moved else groups
        if workload.principal not in rotated or workload.switch is None or _shown(workload, known):
            continue
        whose = rotated[workload.principal]
        other = f", which workload {whose} rotates" if whose != name else ""
        yield rule.NO_HEALTH.blocker(
            f"workload {name}: nothing would show that it uses the new secret{other}",
            "give the batch job a principal of its own" if workload.is_batch else "",
            name,
        )


def _shown(workload: Workload, groups: set[str]) -> bool:
    """Whether a group or a health hook shows that its clients work."""
    return not workload.is_batch and bool(
        groups & set(workload.every_group) or (workload.switch and workload.switch.health)
    )


def _missing(
    estate: Estate, w: Workload, groups: set[str], scram: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of what a workload names and the source does not have."""
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
    """Yield new secrets that several principals would share: none could be revoked without the others."""
    holders: dict[str, list[str]] = {}
    for name, w in estate.workloads.items():
        if w.credential and w.credential.issue:
            holders.setdefault(w.credential.secret, []).append(name)
    for secret, names in holders.items():
        if len({estate.workloads[n].principal for n in names}) > 1:
            yield rule.ISSUED_TWICE.blocker(
                f"{secret} is issued for several principals, of workloads {', '.join(names)}"
            )


def wishes(estate: Estate, coupling: Coupling) -> Iterator[Blocker]:
    """Yield pilots that are no workload, and a `before` or `after` that a dependency forbids."""
    for name in estate.config.policy.pilots:
        if name not in estate.workloads:
            yield rule.UNKNOWN_NAME.blocker(
                f"kmig.yaml: `policy.pilots` names an unknown workload: `{name}`",
                "correct `policy.pilots` in kmig.yaml",
            )
    if any(w.sensitivity not in estate.config.sensitivity for w in estate.workloads.values()):
        return  # reported by `claims`; without a class there is no order
    for edge, facts in coupling.contradictions():
        yield rule.WISH_CONTRADICTED.blocker(f"{edge.fact}, but cannot: {'; '.join(facts)}")


def left_behind_readers(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """Yield groups and connectors that stay, on topics that move: they would read nothing new after the switch."""
    staying = {a.item for a in fated(accounts, "group", "left_behind", "dropped")}
    moving = set(estate.moving)
    for group in estate.inventory.groups.found:
        if group.name in staying:
            for topic in sorted({c.topic for c in group.commits} & moving):
                yield _reader_stays(f"group {named(group.name)}", topic)
    for account in fated(accounts, "topic", "left_behind", "dropped"):
        for name in estate.readers.get(account.item, ()):
            yield rule.READS_WHAT_STAYS.blocker(
                f"workload {name} reads topic {account.item}, which is left behind"
            )
    connectors = {a.item for a in fated(accounts, "connector", "left_behind", "dropped")}
    for connector in estate.inventory.connect.found.connectors:
        for topic in sorted(set(connector.topics) & moving):
            if connector.id in connectors:
                yield _reader_stays(f"connector {connector.id}", topic)


def unread(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """Yield topics shared as `replay` that no workload reads or writes: no wave would copy them."""
    moving = set(estate.moving)
    for account in fated(accounts, "topic", "shared"):
        if account.item not in moving:
            yield rule.READ_BY_NOBODY.blocker(
                f"topic {account.item} is shared, but no workload reads or writes it"
            )


def merges(estate: Estate) -> Iterator[Blocker]:
    """Yield mappings of `principals` to a name that another principal has already."""
    inventory = estate.inventory
    taken = {a.principal for a in inventory.acls.found}
    taken |= {c.principal for c in inventory.scram.found}
    taken |= {f"User:{q.entity['user']}" for q in inventory.quotas.found if q.entity.get("user")}
    taken |= {w.principal for w in estate.workloads.values()}
    config = estate.config
    own = {estate.own_target, config.target.principal or "", *config.target.super_users}
    own |= {config.replication.principal} if config.replication else set()
    for old, new in sorted(config.principals.items()):
        if new in own:
            yield rule.PRINCIPALS_MERGE.blocker(
                f"kmig.yaml maps {old} to {new}, which kmig, the copier or an administrator of the target uses",
                "choose another name in `principals`",
            )
        if new in taken and new not in config.principals:
            yield rule.PRINCIPALS_MERGE.blocker(
                f"kmig.yaml maps {old} to {new}, which is another principal on the source"
            )


def _reader_stays(reader: str, topic: str) -> Blocker:
    return rule.READER_STAYS.blocker(f"{reader} is left behind, but its topic {topic} moves")
