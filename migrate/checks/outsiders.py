"""verify access: whoever has no grant of this migration, and logins whose name target makes itself."""

from collections.abc import Iterable, Iterator, Mapping

from migrate.checks.access import rules_of
from migrate.documents.plan import Plan, Wave
from migrate.documents.workloads import Workload, Workloads
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.authorizer import ELSEWHERE, STRANGER, Request
from migrate.model.check import Check, Verdict, judged
from migrate.model.login_rules import KEYS, named
from migrate.model.words import count

LoginRules = Mapping[str, frozenset[str]]
"""By config: the values that a side's brokers have, more than one where they differ."""

ANONYMOUS, A_STRANGER = "access without a login", "access of a user without grants"
NOBODYS = "nobody-has-this-group"
"""A group that no ACL names: what is allowed there is the default."""


def for_anybody(waves: Iterable[Wave]) -> AccessQuestion:
    """What somebody without a grant is asked about."""
    topics = tuple(sorted({t for wave in waves for t in wave.copies}))
    return AccessQuestion(topics, (NOBODYS,))


def judge_anonymous(plan: Plan, found: EffectiveAccess | None) -> Check:
    """Whoever does not log in; None when nobody gets in like that."""
    if found is None:
        return Check(
            name=ANONYMOUS,
            verdict=Verdict.PASS,
            evidence=("no broker of target answers a connection without a login",),
        )
    return _judge_outsider(plan, ANONYMOUS, "User:ANONYMOUS", found)


def judge_stranger(plan: Plan, found: EffectiveAccess) -> Check:
    """A user without any grant, made and deleted: what it may do is target's default."""
    return _judge_outsider(plan, A_STRANGER, STRANGER, found)


def _judge_outsider(plan: Plan, name: str, principal: str, found: EffectiveAccess) -> Check:
    rules = rules_of(plan)

    def may(kind: str, thing: str, operation: str) -> bool:
        hosts = {acl.host for acl in rules.matching(kind, thing)} - {"*"} | {ELSEWHERE}
        return any(rules.allows(Request(principal, h, operation, kind, thing)) for h in hosts)

    told = (
        *(("TOPIC", topic, o) for topic, some in found.topics.items() for o in some),
        *(("GROUP", group, o) for group, some in found.groups.items() for o in some),
        *(("CLUSTER", "kafka-cluster", o) for o in found.cluster),
    )
    faults = [
        f"may {o} {kind.lower()} {thing}"
        for kind, thing, o in sorted(told)
        if not may(kind, thing, o)
    ]
    if found.groups.get(NOBODYS):
        faults.insert(0, "target's default is open: what no ACL names is everybody's")
    asked = (
        f"{count(len(found.topics), 'topic')}, {count(len(found.groups), 'group')} and the cluster"
    )
    return judged(name, faults, f"{asked}: nothing is allowed but what ACLs of User:* give")


def judge_names(
    plan: Plan, waves: Iterable[Wave], people: Workloads, source: LoginRules, target: LoginRules
) -> Iterator[Check]:
    """Workloads without a SCRAM credential, whose name both sides make of a certificate or a token."""
    moving = {placed.workload for wave in waves for placed in wave.workloads}
    for one in people.workloads:
        if one.name in moving and one.credential is None:
            yield _name(plan, one, source, target)


def _name(plan: Plan, one: Workload, source: LoginRules, target: LoginRules) -> Check:
    wanted = plan.principals.get(one.principal, one.principal).partition(":")[2]
    now = one.principal.partition(":")[2]
    title = f"name of {one.name} on target"
    rules = KEYS[0]
    if "=" in now and source[rules] == {"DEFAULT"}:
        # by default a certificate's name is the principal's, so what target makes of it can be said
        try:
            made = {value: named(value, now) for value in target[rules]}
        except ValueError as error:
            why = f"rule `{error}` of target is not readable here: what it makes of {now} is not known"
            return Check(name=title, verdict=Verdict.UNKNOWN, evidence=(why,))
        wrong = [
            f"rules `{value}` make {name or 'no name'} of {now}, and the plan says {wanted}"
            for value, name in sorted(made.items())
            if name != wanted
        ]
        return judged(title, wrong, f"a certificate of {now} is called {wanted} there")
    unlike = [key for key in KEYS if source[key] != target[key]]
    if not unlike and wanted == now:
        return Check(
            name=title,
            verdict=Verdict.PASS,
            evidence=("both sides make names of logins by the same rules",),
        )
    why = f"{', '.join(unlike)} differ between the sides" if unlike else "its name changes"
    return Check(
        name=title,
        verdict=Verdict.UNKNOWN,
        evidence=(
            f"{why}: whether its login is called {wanted} there shows with the login itself",
        ),
    )
