"""Reasons not to plan: facts that are missing, ACLs that cannot be replayed, and privileges that would grow."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from migrate.documents.inventory import DERIVED, EVIDENCE, State
from migrate.documents.plan import Account, Wave
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl, faults, renamed
from migrate.model.authorizer import AuthorizerRules
from migrate.model.growth import AccessGrowth
from migrate.model.mirrormaker import uncopied
from migrate.model.permissions import COPIER_TARGET, TARGET, WORKER
from migrate.plan import rule, topic_configs
from migrate.plan.accounting import fated
from migrate.plan.blocked import Blocker

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
    before = AuthorizerRules(frozenset(renamed(source, names)) - borne)
    moments = list(_moments(granted, borne))
    growing = AccessGrowth(before, [acl for _, _, acls in moments for acl in acls])
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
