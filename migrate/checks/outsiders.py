"""verify access: clients that this migration grants nothing, and logins whose name the target derives itself."""

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
"""By config: the values that a side's brokers have; more than one if the brokers differ."""

ANONYMOUS, A_STRANGER = "access without a login", "access of a user without grants"
UNNAMED_GROUP = "nobody-has-this-group"
"""A group that no ACL names: an operation allowed on it is allowed by default."""


def for_anybody(waves: Iterable[Wave]) -> AccessQuestion:
    """Return what a client without a grant is asked about."""
    topics = tuple(sorted({t for wave in waves for t in wave.copies}))
    return AccessQuestion(topics, (UNNAMED_GROUP,))


def judge_anonymous(plan: Plan, found: EffectiveAccess | None) -> Check:
    """Judge a client without a login; None if no broker answered it."""
    if found is None:
        return Check(
            name=ANONYMOUS,
            verdict=Verdict.PASS,
            evidence=("no broker of the target answers a connection without a login",),
        )
    return _judge_outsider(plan, ANONYMOUS, "User:ANONYMOUS", found)


def judge_stranger(plan: Plan, found: EffectiveAccess) -> Check:
    """Judge a user without any grant, created for the question and deleted: its rights are the target's default."""
    return _judge_outsider(plan, A_STRANGER, STRANGER, found)


def _judge_outsider(plan: Plan, name: str, principal: str, found: EffectiveAccess) -> Check:
    rules = rules_of(plan)

    def may(kind: str, thing: str, operation: str) -> bool:
        hosts = {acl.host for acl in rules.matching(kind, thing)} - {"*"} | {ELSEWHERE}
        return any(rules.allows(Request(principal, h, operation, kind, thing)) for h in hosts)

    allowed = (
        *(("TOPIC", topic, o) for topic, some in found.topics.items() for o in some),
        *(("GROUP", group, o) for group, some in found.groups.items() for o in some),
        *(("CLUSTER", "kafka-cluster", o) for o in found.cluster),
    )
    faults = [
        f"may {o} {kind.lower()} {thing}"
        for kind, thing, o in sorted(allowed)
        if not may(kind, thing, o)
    ]
    if found.groups.get(UNNAMED_GROUP):
        faults.insert(
            0, "the target allows everyone what no ACL names (allow.everyone.if.no.acl.found)"
        )
    asked = (
        f"{count(len(found.topics), 'topic')}, {count(len(found.groups), 'group')} and the cluster"
    )
    return judged(name, faults, f"{asked}: nothing is allowed beyond the ACLs of User:*")


def judge_names(
    plan: Plan, waves: Iterable[Wave], people: Workloads, source: LoginRules, target: LoginRules
) -> Iterator[Check]:
    """Check workloads without a SCRAM credential: both sides derive their name from a certificate or a token."""
    moving = {placed.workload for wave in waves for placed in wave.workloads}
    for workload in people.workloads:
        if workload.name in moving and workload.credential is None:
            yield _name(plan, workload, source, target)


def _name(plan: Plan, workload: Workload, source: LoginRules, target: LoginRules) -> Check:
    wanted = plan.principals.get(workload.principal, workload.principal).partition(":")[2]
    now = workload.principal.partition(":")[2]
    title = f"name of {workload.name} on target"
    rules = KEYS[0]
    if "=" in now and source[rules] == {"DEFAULT"}:
        # by default the certificate's subject is the principal's name, so the target's name can be derived
        try:
            derived = {value: named(value, now) for value in target[rules]}
        except ValueError as error:
            why = f"kmig cannot evaluate the target's rule `{error}`: the name that it gives {now} is unknown"
            return Check(name=title, verdict=Verdict.UNKNOWN, evidence=(why,))
        wrong = [
            f"the target's rules `{value}` name {now} {name or 'nothing'}, the plan says {wanted}"
            for value, name in sorted(derived.items())
            if name != wanted
        ]
        return judged(title, wrong, f"the target names a certificate of {now} {wanted}")
    unlike = [key for key in KEYS if source[key] != target[key]]
    if not unlike and wanted == now:
        return Check(
            name=title,
            verdict=Verdict.PASS,
            evidence=("both sides derive names of logins by the same rules",),
        )
    why = f"{', '.join(unlike)} differ between the sides" if unlike else "its name changes"
    return Check(
        name=title,
        verdict=Verdict.UNKNOWN,
        evidence=(f"{why}: only a login of the workload shows whether its name is {wanted}",),
    )
