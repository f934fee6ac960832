"""verify acls: what the source grants, what the plan says, and what every broker of the target has.

The plan is compared by name, and both clusters by effect: the authorizer's own decision over every class of request,
which does not look at how the plan came to its ACLs.
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
    """What both sides say now."""

    source: frozenset[Acl]
    target: Mapping[str, frozenset[Acl]]
    absent: tuple[int, ...] = ()
    silent: Mapping[str, str] = field(default_factory=dict)


def gather(source: Site, target: Site, fences: frozenset[Acl] = frozenset()) -> AclFacts:
    """The source's ACLs without this migration's own fences, and those of each broker of the target that answers."""
    found: dict[str, frozenset[Acl]] = {}
    silent: dict[str, str] = {}
    for broker in target.reader.brokers():
        try:
            found[str(broker)] = target.reader.acls(broker.id)
        except Unreachable as error:
            silent[str(broker)] = error.message
    return AclFacts(source.reader.acls() - fences, found, target.reader.absent_brokers(), silent)


def judge(
    plan: Plan,
    waves: tuple[Wave, ...],
    facts: AclFacts,
    gates: frozenset[Acl] = frozenset(),
    made: frozenset[Acl] = frozenset(),
) -> tuple[Check, ...]:
    """The checks over the waves that are prepared; `gates` is what switches granted, `made` all that kmig made."""
    if not waves:
        nothing = "no wave has been applied: there is nothing to compare"
        return (Check(name="acls on target", verdict=Verdict.UNKNOWN, evidence=(nothing,)),)
    scope = _Scope(plan, waves, gates)
    checks = [_unchanged(plan, facts.source)]
    source, owed = AuthorizerRules(scope.on_source(facts.source)), scope.owed(facts.source)
    for broker, acls in sorted(facts.target.items()):
        checks += [
            _as_planned(scope, broker, acls, Origins(made, facts.source)),
            _no_growth(scope, broker, source, acls),
            _no_loss(scope, broker, owed, acls),
            _write_closed(scope, broker, acls),
        ]
    if facts.absent:
        down = f"brokers {', '.join(map(str, facts.absent))} of target are down and cannot be asked"
        checks.append(Check(name="every broker asked", verdict=Verdict.UNKNOWN, evidence=(down,)))
    for broker, why in sorted(facts.silent.items()):
        checks.append(Check(name=f"acls on {broker}", verdict=Verdict.UNKNOWN, evidence=(why,)))
    return tuple(checks)


@dataclass(frozen=True)
class Origins:
    """Where an ACL on target that is not planned may come from."""

    made: frozenset[Acl]
    source: frozenset[Acl]

    def of(self, acl: Acl) -> str:
        """In words; MirrorMaker copies ALLOW on literal topics, WRITE not at all and ALL as READ (KIP-382)."""
        if acl in self.made:
            return "this migration made it, under another plan"
        copied = (acl.permission, acl.resource_type, acl.pattern_type) == ("ALLOW", *_SYNCED)
        whole = acl.model_copy(update={"operation": "ALL"})
        if copied and (acl in self.source or (acl.operation == "READ" and whole in self.source)):
            return "MirrorMaker's ACL sync makes such a copy: set sync.topic.acls.enabled=false"
        return "somebody else made it"


class _Scope:
    """Which ACLs the prepared waves are about, on either side."""

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
        """Every ACL of the source that takes part in a decision, under the names of the target."""
        return frozenset(renamed(acls, self.names))

    def owed(self, acls: frozenset[Acl]) -> frozenset[Acl]:
        """What the target owes the moved principals now: all but what stays, and WRITE on topics."""
        due: set[Acl] = set()
        owed = list(acls - self.staying)
        for acl, here in zip(owed, renamed(owed, self.names), strict=True):
            mine = here.principal in self.principals or acl in self.shared
            if acl.permission == "DENY" or not mine:
                due |= {here} if acl.permission == "DENY" else set()
            else:
                due.update(without_write(here))
        return frozenset(due | self.gates)

    def managed_on_target(self, acls: frozenset[Acl]) -> frozenset[Acl]:
        """Those ACLs of the target that are about principals of this migration."""
        return frozenset(acl for acl in acls if acl.principal in self.managed)


def _unchanged(plan: Plan, source: frozenset[Acl]) -> Check:
    planned = {a.acl for a in plan.accounts if a.acl is not None}
    faults = [f"new on source since the inventory: {acl}" for acl in _sorted(source - planned)]
    faults += [f"gone from source since the inventory: {acl}" for acl in _sorted(planned - source)]
    return judged("acls on source as planned from", faults, f"{len(source)} ACLs, unchanged")


def _as_planned(scope: _Scope, broker: str, target: frozenset[Acl], origins: Origins) -> Check:
    # a principal of a later wave may have a DENY here already; its ALLOWs are that wave's business
    mine = scope.principals | {ANYONE}
    there = {acl for acl in target if acl in scope.planned or acl.principal in mine}
    found = difference(scope.planned, there)
    faults = [f"missing: {acl}" for acl in found.missing]
    faults += [f"different: {is_there}; planned: {acl}" for acl, is_there in found.different]
    faults += [f"extra: {acl}: {origins.of(acl)}" for acl in found.extra]
    proof = f"{len(scope.planned)} planned, none missing; none extra for the principals moved"
    made = judged(f"acls as planned on {broker}", faults, proof)
    idle = tuple(f"inert: {acl}: {why}" for acl in _sorted(there) if (why := inert(acl)))
    return made.model_copy(update={"evidence": (*made.evidence, *idle)}) if idle else made


def _no_growth(
    scope: _Scope, broker: str, source: AuthorizerRules, target: frozenset[Acl]
) -> Check:
    grown = growth(source, scope.managed_on_target(target))
    faults = [f"{request} on target; source denies it" for request in islice(grown, _MANY)]
    whose = count(len(scope.managed), "principal")
    proof = f"of {whose}: nothing is allowed that source denies"
    return judged(f"no privilege grows on {broker}", faults, proof)


def _no_loss(scope: _Scope, broker: str, owed: frozenset[Acl], target: frozenset[Acl]) -> Check:
    lost = growth(AuthorizerRules(target), owed)
    faults = [f"{request} on source; target denies it" for request in islice(lost, _MANY)]
    faults += [f"DENY not on target: {a}" for a in _sorted(owed - target) if a.permission == "DENY"]
    whose = count(len(scope.principals), "principal")
    what = "nothing is denied that source allows, but WRITE on topics, which waits for the cutover"
    proof = f"of {whose} moved: {what}"
    return judged(f"no privilege is lost on {broker}", faults, proof)


def _write_closed(scope: _Scope, broker: str, target: frozenset[Acl]) -> Check:
    """One writer at a time: until its cutover no moved principal may write to a topic on the target."""
    open_to = [
        acl
        for acl in _sorted(scope.managed_on_target(target))
        if acl.permission == "ALLOW"
        and acl.resource_type == "TOPIC"
        and acl.operation in ("WRITE", "ALL")
        and acl not in scope.gates
    ]
    whose = count(len(scope.managed), "principal")
    proof = f"of {whose}: no ACL lets one write to a topic before its wave is cut over"
    return judged(f"write gate closed on {broker}", (f"open: {acl}" for acl in open_to), proof)


def _sorted(acls: AbstractSet[Acl]) -> list[Acl]:
    return sorted(acls, key=str)
