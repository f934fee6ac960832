"""verify acls: the ACLs of the source, those of the plan, and those that every broker of the target has.

The plan is compared by name, and both clusters by effect: the authorizer's own decision over every class of request,
whatever rules the plan was made by.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from migrate.documents.plan import Plan, Wave
from migrate.errors import Unreachable
from migrate.model.acl import ANYONE, Acl, renamed, without_write
from migrate.model.authorizer import AuthorizerRules
from migrate.model.check import Check, Verdict, judged
from migrate.model.difference import difference, inert
from migrate.model.growth import growth
from migrate.model.words import count
from migrate.ports import Site

_MANY = 1_000
_SYNCED = ("TOPIC", "LITERAL")


@dataclass(frozen=True)
class AclFacts:
    """The ACLs of both sides now, on the target by broker.

    `absent` are brokers that are down, `silent` those that did not answer, with the error.
    """

    source: frozenset[Acl]
    target: Mapping[str, frozenset[Acl]]
    absent: tuple[int, ...] = ()
    silent: Mapping[str, str] = field(default_factory=dict)


def gather(source: Site, target: Site, fences: frozenset[Acl] = frozenset()) -> AclFacts:
    """Read the source's ACLs without this migration's own fences, and those of each target broker that answers."""
    by_broker: dict[str, frozenset[Acl]] = {}
    silent: dict[str, str] = {}
    for broker in target.reader.brokers():
        try:
            by_broker[str(broker)] = target.reader.acls(broker.id)
        except Unreachable as error:
            silent[str(broker)] = error.message
    own = source.reader.acls() - fences
    return AclFacts(own, by_broker, target.reader.absent_brokers(), silent)


def judge(
    plan: Plan,
    waves: tuple[Wave, ...],
    facts: AclFacts,
    gates: frozenset[Acl] = frozenset(),
    made: frozenset[Acl] = frozenset(),
) -> tuple[Check, ...]:
    """Return the checks over the prepared waves; `gates` are ACLs that write gates granted, `made` all of kmig's."""
    if not waves:
        nothing = "no wave has been applied, so there is nothing to compare"
        return (Check(name="acls on target", verdict=Verdict.UNKNOWN, evidence=(nothing,)),)
    scope = _Scope(plan, waves, gates)
    checks = [_unchanged(plan, facts.source)]
    source, owed = AuthorizerRules(scope.on_source(facts.source)), scope.owed(facts.source)
    for broker, acls in sorted(facts.target.items()):
        checks += [
            _as_planned(scope, broker, acls, AclOrigins(made, facts.source)),
            _no_growth(scope, broker, source, acls),
            _no_loss(scope, broker, owed, acls),
            _write_closed(scope, broker, acls),
        ]
    if facts.absent:
        names = ", ".join(map(str, facts.absent))
        down = f"brokers {names} of the target are down and cannot be asked"
        checks.append(Check(name="every broker asked", verdict=Verdict.UNKNOWN, evidence=(down,)))
    for broker, why in sorted(facts.silent.items()):
        checks.append(Check(name=f"acls on {broker}", verdict=Verdict.UNKNOWN, evidence=(why,)))
    return tuple(checks)


@dataclass(frozen=True)
class AclOrigins:
    """Where an unplanned ACL on the target may come from."""

    made: frozenset[Acl]
    source: frozenset[Acl]

    def of(self, acl: Acl) -> str:
        """Return the origin in words.

        MirrorMaker copies ALLOW on literal topics, WRITE not at all and ALL as READ (KIP-382).
        """
        if acl in self.made:
            return "this migration created it, under another plan"
        copied = (acl.permission, acl.resource_type, acl.pattern_type) == ("ALLOW", *_SYNCED)
        whole = acl.model_copy(update={"operation": "ALL"})
        if copied and (acl in self.source or (acl.operation == "READ" and whole in self.source)):
            return "MirrorMaker's ACL sync creates such ACLs: set sync.topic.acls.enabled=false"
        return "not created by kmig"


class _Scope:
    """The ACLs that the prepared waves are about, on either side."""

    def __init__(
        self, plan: Plan, waves: tuple[Wave, ...], gates: frozenset[Acl] = frozenset()
    ) -> None:
        self.gates = gates
        self.names = plan.principals
        self.principals = {name for wave in waves for name in wave.principals}
        self.staying = {
            a.acl
            for a in plan.accounts
            if a.acl is not None and a.fate in ("left_behind", "dropped", "internal")
        }
        self.shared = {a.acl for a in plan.accounts if a.acl is not None and a.fate == "shared"}
        self.planned = {acl for wave in waves for acl in wave.granted} | gates
        self.managed = self.principals | {ANYONE} | {acl.principal for acl in self.planned}

    def on_source(self, acls: frozenset[Acl]) -> frozenset[Acl]:
        """Return every ACL of the source that takes part in a decision, under the target's names."""
        return frozenset(renamed(acls, self.names))

    def owed(self, acls: frozenset[Acl]) -> frozenset[Acl]:
        """Return what the target must grant the moved principals now: all but what stays, and WRITE on topics."""
        due: set[Acl] = set()
        moving = list(acls - self.staying)
        for acl, on_target in zip(moving, renamed(moving, self.names), strict=True):
            mine = on_target.principal in self.principals or acl in self.shared
            if acl.permission == "DENY" or not mine:
                due |= {on_target} if acl.permission == "DENY" else set()
            else:
                due.update(without_write(on_target))
        return frozenset(due | self.gates)

    def managed_on_target(self, acls: frozenset[Acl]) -> frozenset[Acl]:
        """Return those ACLs of the target that are about principals of this migration."""
        return frozenset(acl for acl in acls if acl.principal in self.managed)


def _unchanged(plan: Plan, source: frozenset[Acl]) -> Check:
    planned = {a.acl for a in plan.accounts if a.acl is not None}
    new, deleted = _sorted(source - planned), _sorted(planned - source)
    faults = [f"new on the source since the inventory: {acl}" for acl in new]
    faults += [f"deleted on the source since the inventory: {acl}" for acl in deleted]
    return judged("acls on source as planned from", faults, f"{len(source)} ACLs, unchanged")


def _as_planned(scope: _Scope, broker: str, target: frozenset[Acl], origins: AclOrigins) -> Check:
    # a principal of a later wave may have a DENY here already; its ALLOWs are checked with that wave
    mine = scope.principals | {ANYONE}
    actual = {acl for acl in target if acl in scope.planned or acl.principal in mine}
    unlike = difference(scope.planned, actual)
    faults = [f"missing: {acl}" for acl in unlike.missing]
    faults += [f"different: {acl}; planned: {planned}" for planned, acl in unlike.different]
    faults += [f"extra: {acl}: {origins.of(acl)}" for acl in unlike.extra]
    proof = f"{len(scope.planned)} planned, none missing; none extra for the moved principals"
    check = judged(f"acls as planned on {broker}", faults, proof)
    idle = tuple(f"inert: {acl}: {why}" for acl in _sorted(actual) if (why := inert(acl)))
    return check.model_copy(update={"evidence": (*check.evidence, *idle)}) if idle else check


def _no_growth(
    scope: _Scope, broker: str, source: AuthorizerRules, target: frozenset[Acl]
) -> Check:
    grown = growth(source, scope.managed_on_target(target))
    faults = [f"{request} on the target; the source denies it" for request in islice(grown, _MANY)]
    principals = count(len(scope.managed), "principal")
    proof = f"{principals}: nothing is allowed that the source denies"
    return judged(f"no privilege grows on {broker}", faults, proof)


def _no_loss(scope: _Scope, broker: str, owed: frozenset[Acl], target: frozenset[Acl]) -> Check:
    lost = growth(AuthorizerRules(target), owed)
    missing = [acl for acl in _sorted(owed - target) if acl.permission == "DENY"]
    faults = [f"{request} on the source; the target denies it" for request in islice(lost, _MANY)]
    faults += [f"DENY missing on the target: {acl}" for acl in missing]
    principals = count(len(scope.principals), "moved principal")
    what = "nothing is denied that the source allows, except WRITE on topics until the cutover"
    proof = f"{principals}: {what}"
    return judged(f"no privilege is lost on {broker}", faults, proof)


def _write_closed(scope: _Scope, broker: str, target: frozenset[Acl]) -> Check:
    """Return the check that no moved principal may write to a topic on the target before its cutover."""
    open_to = [
        acl
        for acl in _sorted(scope.managed_on_target(target))
        if acl.permission == "ALLOW"
        and acl.resource_type == "TOPIC"
        and acl.operation in ("WRITE", "ALL")
        and acl not in scope.gates
    ]
    principals = count(len(scope.managed), "principal")
    proof = f"{principals}: no ACL allows WRITE on a topic before its wave is cut over"
    return judged(f"write gate closed on {broker}", (f"open: {acl}" for acl in open_to), proof)


def _sorted(acls: AbstractSet[Acl]) -> list[Acl]:
    return sorted(acls, key=str)
