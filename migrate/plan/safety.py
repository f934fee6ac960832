"""Reasons not to plan: facts that are missing, ACLs that cannot be replayed, and privileges that would grow."""

from collections import deque
from collections.abc import Container, Iterable, Iterator
from itertools import islice

from migrate.documents.inventory import DERIVED, EVIDENCE, State
from migrate.documents.plan import Account, Wave
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl, faults, renamed
from migrate.model.authorizer import Rules
from migrate.model.growth import Growth
from migrate.model.mirrormaker import uncopied
from migrate.model.permissions import COPIER_TARGET, TARGET, WORKER
from migrate.plan import rule, topic_configs
from migrate.plan.accounting import fated
from migrate.plan.blocked import Blocker
from migrate.plan.coupling import Coupling

_NEEDED = {
    (resource_type, operation)
    for resource_type, _, operation, _ in (*TARGET, *COPIER_TARGET, *WORKER)
}
_EXAMPLES = 5
_FAULTS = {
    "malformed": rule.PRINCIPAL_MALFORMED,
    "foreign": rule.PRINCIPAL_FOREIGN,
    "unknown": rule.ACL_UNKNOWN,
    "refused": rule.NOT_REPLAYABLE,
}
Granted = tuple[int, tuple[Acl, ...], tuple[Acl, ...]]
"""A wave's number, and the ACLs that it adds when it is prepared and when it is switched."""


def facts(estate: Estate) -> Iterator[Blocker]:
    """Sections that are not complete and not acknowledged, and defaults that were not declared."""
    acknowledged = {a.section for a in estate.people.acknowledge}
    for name, section in estate.inventory.sections().items():
        if name in (*DERIVED, *EVIDENCE):
            continue  # what it is made from blocks, or it is for the assessment alone
        if section.standing != State.COMPLETE and name not in acknowledged:
            yield rule.INCOMPLETE.found(f"section {name} is {section.standing}: {section.error}")
    for side, site in (("source", estate.config.source), ("target", estate.config.target)):
        if site.allow_everyone_if_no_acl_found is not False:
            yield rule.OPEN_DEFAULT.found(
                f"{side}: allow_everyone_if_no_acl_found is not declared false in kmig.yaml"
            )


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


def unread(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """Topics that are to be replayed although no workload reads or writes them: nobody's wave would copy them."""
    moving = set(estate.moving)
    for account in fated(accounts, "topic", "shared"):
        if account.item not in moving:
            yield rule.READ_BY_NOBODY.found(
                f"topic {account.item} is shared, but no workload reads it"
            )


def hidden(estate: Estate) -> Iterator[tuple[str, str]]:
    """Topics that are to be copied, and that MirrorMaker never copies under their names; with the reason.

    On AutoMQ BYOC kmig copies nothing: how names fare there is for its administrators.
    """
    if estate.config.target.profile != "automq-byoc":
        yield from ((t, why) for t in estate.moving if (why := uncopied(t)))


def names(estate: Estate) -> Iterator[Blocker]:
    """Topics whose copy would wait for ever: its readers and writers would be stopped, and nothing would arrive."""
    for topic, why in hidden(estate):
        yield rule.NAME_HIDDEN.found(f"topic {topic}: {why}")


def replayable(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """ACLs that cannot be replayed as they are, and DENY to everyone that would stop kmig itself."""
    mine = estate.own_target or estate.config.target.principal
    moving = moving_acls(accounts)
    for acl, mapped in zip(moving, renamed(moving, estate.config.principals), strict=True):
        for kind, why in faults(mapped):
            yield _FAULTS[kind].found(f"{acl}: {why}")
        hits = acl.operation == "ALL" or (acl.resource_type, acl.operation) in _NEEDED
        if acl.permission == "DENY" and mapped.principal in (ANYONE, mine) and hits:
            yield rule.WOULD_STOP_KMIG.found(
                f"{acl}: on the target it would also deny {mine or 'the principal that kmig uses'}"
            )


def configs(estate: Estate) -> Iterator[Blocker]:
    """Topic configs that the target refuses."""
    for name in estate.moving:
        made = topic_configs.decide(estate.topics[name].configs, estate.config.target.profile)
        for one in made.decided:
            if one.fate == "refused":
                yield rule.CONFIG_REFUSED.found(
                    f"topic {name}: {one.key}={one.value}: {one.because}"
                )


def no_growth(
    estate: Estate, granted: Iterable[Granted], moved: int, borne: frozenset[Acl] = frozenset()
) -> Iterator[Blocker]:
    """After each wave the target must allow nothing that the source denies to the principals that move.

    What waves that moved have granted was judged then: source may have been cleaned up since. `borne` are DENYs that
    the target has no words for, and that somebody bears.
    """
    names = estate.config.principals
    source = [a for a in estate.inventory.acls.found if a.principal not in estate.own]
    before = Rules(frozenset(renamed(source, names)) - borne)
    moments = list(_moments(granted, borne))
    growing = Growth(before, [acl for _, _, acls in moments for acl in acls])
    for number, stage, acls in moments:
        found = growing.adding(acls)
        if number <= moved:
            deque(found, maxlen=0)
            continue
        for request in islice(found, _EXAMPLES):
            yield rule.PRIVILEGE_GROWS.found(
                f"wave {number}, {stage}: {request}, which the source denies"
            )


def _moments(
    granted: Iterable[Granted], borne: frozenset[Acl]
) -> Iterator[tuple[int, str, list[Acl]]]:
    for number, prepared, switched in granted:
        yield number, "prepared", [acl for acl in prepared if acl not in borne]
        yield number, "switched", [acl for acl in switched if acl not in borne]


def by_waves(waves: Iterable[Wave]) -> Iterator[Granted]:
    """What waves add on the target: when they are prepared, and when they are switched."""
    for wave in waves:
        yield wave.number, wave.granted, wave.grants


def moving_acls(accounts: list[Account]) -> list[Acl]:
    """ACLs that a workload owns or that are shared and replayed."""
    return [a.acl for a in fated(accounts, "acl", "workload", "shared") if a.acl is not None]


def _reader_stays(reader: str, topic: str) -> Blocker:
    return rule.READER_STAYS.found(f"{reader} is left behind, but its topic {topic} moves")
