"""Blockers for safety: missing facts, ACLs that cannot be replayed, and privileges that would grow."""

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
from migrate.model.words import named
from migrate.plan import rule, topic_configs
from migrate.plan.accounting import fated
from migrate.plan.blocked import Blocker

_NEEDED = {
    (resource_type, operation)
    for resource_type, _, operation, _ in (*TARGET, *COPIER_TARGET, *WORKER)
}
_EXAMPLES = 5
_UNSAYABLE = ("", "*")
"""Names of groups and transactional ids that no ACL can mean alone: none, and all."""
_FAULTS = {
    "malformed": rule.PRINCIPAL_MALFORMED,
    "foreign": rule.PRINCIPAL_FOREIGN,
    "unknown": rule.ACL_UNKNOWN,
    "refused": rule.NOT_REPLAYABLE,
}
Granted = tuple[int, tuple[Acl, ...], tuple[Acl, ...]]
"""A wave's number, and the ACLs that it adds when it is prepared and when it is switched."""


def facts(estate: Estate) -> Iterator[Blocker]:
    """Yield sections that are neither complete nor acknowledged, and defaults that are not declared."""
    acknowledged = {a.section for a in estate.people.acknowledge}
    for name, section in estate.inventory.sections().items():
        if name in (*DERIVED, *EVIDENCE):
            continue  # made from other sections, which block themselves; or only the assessment needs it
        if section.standing != State.COMPLETE and name not in acknowledged:
            yield rule.INCOMPLETE.blocker(f"section {name} is {section.standing}: {section.error}")
    for side, site in (("source", estate.config.source), ("target", estate.config.target)):
        if site.allow_everyone_if_no_acl_found is not False:
            yield rule.OPEN_DEFAULT.blocker(
                f"kmig.yaml: `{side}.allow_everyone_if_no_acl_found` is not set to false"
            )


def hidden(estate: Estate) -> Iterator[tuple[str, str]]:
    """Yield the moving topics that MirrorMaker never copies under their names, with the reason.

    On AutoMQ BYOC there are none: kmig copies nothing there, its administrators do.
    """
    if estate.config.target.profile != "automq-byoc":
        yield from ((t, why) for t in estate.moving if (why := uncopied(t)))


def names(estate: Estate) -> Iterator[Blocker]:
    """Yield topics that MirrorMaker never copies, and groups that no fence can be made for.

    A cutover would stop their clients, and wait or fail for ever.
    """
    for topic, why in hidden(estate):
        yield rule.NAME_HIDDEN.blocker(f"topic {topic}: {why}")
    for name, workload in estate.workloads.items():
        every = {"group": workload.every_group, "transactional id": workload.transactional_ids}
        for kind, one in ((kind, one) for kind, ids in every.items() for one in ids):
            if one in _UNSAYABLE:
                yield rule.NAME_UNSAYABLE.blocker(f"workload {name}: {kind} {named(one)}")


def replayable(estate: Estate, accounts: list[Account]) -> Iterator[Blocker]:
    """Yield ACLs that cannot be replayed as they are, and DENYs that would stop kmig itself."""
    own = estate.own_target or estate.config.target.principal
    moving = moving_acls(accounts)
    for acl, mapped in zip(moving, renamed(moving, estate.config.principals), strict=True):
        for kind, why in faults(mapped):
            yield _FAULTS[kind].blocker(f"{acl}: {why}")
        hits = acl.operation == "ALL" or (acl.resource_type, acl.operation) in _NEEDED
        if acl.permission == "DENY" and mapped.principal in (ANYONE, own) and hits:
            yield rule.WOULD_STOP_KMIG.blocker(
                f"{acl}: on the target it would also deny {own or 'the principal that kmig uses'}"
            )


def configs(estate: Estate) -> Iterator[Blocker]:
    """Yield topic configs that the target refuses."""
    for name in estate.moving:
        configs = topic_configs.decide(
            estate.topics[name].configs, estate.config.target.profile, estate.topic_defaults
        )
        for config in configs.decided:
            if config.fate == "refused":
                yield rule.CONFIG_REFUSED.blocker(
                    f"topic {name}: {config.key}={config.value}: {config.because}"
                )


def no_growth(
    estate: Estate,
    granted: Iterable[Granted],
    moved: int,
    accepted_denies: frozenset[Acl] = frozenset(),
) -> Iterator[Blocker]:
    """Yield what the target would allow after each wave although the source denies it to the moving principals.

    Waves up to `moved` were judged when they moved: the source may have been cleaned up since. `accepted_denies` are
    DENYs that the target cannot express and that `widen` accepts.
    """
    names = estate.config.principals
    source = [a for a in estate.inventory.acls.found if a.principal not in estate.own]
    before = AuthorizerRules(frozenset(renamed(source, names)) - accepted_denies)
    moments = list(_moments(granted, accepted_denies))
    growing = AccessGrowth(before, [acl for _, _, acls in moments for acl in acls])
    for number, stage, acls in moments:
        grown = growing.adding(acls)
        if number <= moved:
            deque(grown, maxlen=0)  # what it granted counts, without being judged again
            continue
        for request in islice(grown, _EXAMPLES):
            yield rule.PRIVILEGE_GROWS.blocker(
                f"wave {number}, when {stage}, would allow {request}, which the source denies"
            )


def _moments(
    granted: Iterable[Granted], accepted_denies: frozenset[Acl]
) -> Iterator[tuple[int, str, list[Acl]]]:
    for number, prepared, switched in granted:
        yield number, "prepared", [acl for acl in prepared if acl not in accepted_denies]
        yield number, "switched", [acl for acl in switched if acl not in accepted_denies]


def by_waves(waves: Iterable[Wave]) -> Iterator[Granted]:
    """Yield what waves add on the target: when they are prepared, and when they are switched."""
    for wave in waves:
        yield wave.number, wave.granted, wave.grants


def moving_acls(accounts: list[Account]) -> list[Acl]:
    """Return the ACLs that a workload owns or that are shared and replayed."""
    return [a.acl for a in fated(accounts, "acl", "workload", "shared") if a.acl is not None]
