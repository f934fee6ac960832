"""verify access: what each workload may really do on the target, asked with its own login, beside the source.

Before the cutover the source's own answers are compared; from then on it is fenced, and its ACLs take their place.
WRITE on topics is withheld until the wave's write gate opens, and with it a DESCRIBE that only WRITE implies.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.checks.workload_access import WorkloadAccess
from migrate.documents.plan import Plan
from migrate.model.access import EffectiveAccess
from migrate.model.acl import ANYONE, TOPIC_OPERATIONS, Acl, without_write
from migrate.model.authorizer import ELSEWHERE, AuthorizerRules, Request, covers
from migrate.model.check import Check, Verdict, judged
from migrate.model.words import count

_LATER = {"GROUP": {"DESCRIBE_CONFIGS", "ALTER_CONFIGS"}}
"""Operations that brokers before 4.0 do not know, so a source does not list them; ALL grants them too."""


def judge(
    plan: Plan,
    workloads: Iterable[WorkloadAccess],
    opened: frozenset[Acl],
    super_users: Iterable[str] = (),
) -> Iterator[Check]:
    """Yield one check per workload; `opened` are the ACLs that write gates have granted."""
    every, moving = (rules_of(plan, fates) for fates in (None, ("workload", "shared")))
    shut = AuthorizerRules(frozenset(part for acl in moving.acls for part in without_write(acl)))
    trusted = set(super_users)
    checked = False
    for access in workloads:
        checked = True
        name = f"access of {access.workload.name}"
        if access.target_name in trusted:
            fault = f"{access.target_name} is a super user of the target: no ACL limits it there"
            yield Check(name=name, verdict=Verdict.FAIL, evidence=(fault,))
        elif access.target is None:
            yield Check(name=name, verdict=Verdict.UNKNOWN, evidence=(access.why,))
        else:
            yield _Comparison(access, access.target, every, moving, shut, opened).check(name)
    if not checked:
        why = "no wave has been applied, so no workload can log in to the target"
        yield Check(name="access", verdict=Verdict.UNKNOWN, evidence=(why,))


def rules_of(plan: Plan, fates: tuple[str, ...] | None = None) -> AuthorizerRules:
    """Return the source's ACLs of these fates, or all of them, under the target's names."""
    acls = (a.acl for a in plan.accounts if a.acl and (fates is None or a.fate in fates))
    names = plan.principals
    return AuthorizerRules(
        frozenset(
            acl.model_copy(update={"principal": names.get(acl.principal, acl.principal)})
            for acl in acls
        )
    )


@dataclass(frozen=True)
class _Comparison:
    """One workload's rights on the target, beside those that it may have at most and must have at least.

    `every` are all ACLs of the source, `moving` those that move, and `shut` these without WRITE on topics.
    """

    access: WorkloadAccess
    target: EffectiveAccess
    every: AuthorizerRules
    moving: AuthorizerRules
    shut: AuthorizerRules
    opened: frozenset[Acl]

    def check(self, name: str) -> Check:
        """Return the verdict; a right that cannot be tried from this host keeps it from being a pass."""
        target = self.target
        operations = sum(len(o) for o in (*target.topics.values(), *target.groups.values()))
        operations += len(target.cluster)
        proof = f"{count(operations, 'operation')} allowed, as by {_basis(self.access)}"
        check = judged(name, self._faults(), proof)
        if check.verdict is not Verdict.PASS:
            return check
        known = {"*", self.access.host}
        scoped = sorted(str(a) for a in self.every.acls if self._mine(a) and a.host not in known)
        where = f"host {self.access.host}" if self.access.host else "this host"
        untried = [f"cannot be tried from {where}, as the ACL names one host: {a}" for a in scoped]
        untried += self.access.unanswered
        if target.lists_acls:
            untried.append(
                "no negative control: it may describe the target's cluster, so no request was refused"
            )
        tried = check.evidence[0] + ("" if target.lists_acls else "; listing ACLs was refused")
        verdict = Verdict.UNKNOWN if untried else Verdict.PASS
        return Check(name=name, verdict=verdict, evidence=(tried, *untried))

    def _faults(self) -> Iterator[str]:
        open_to = [a for a in self.opened if self._mine(a)]
        for topic, now in sorted(self.target.topics.items()):
            is_open = any(covers(acl, "TOPIC", topic) for acl in open_to)
            yield from self._differ("TOPIC", topic, now, is_open=is_open)
            if "WRITE" in now and not is_open:
                yield f"may WRITE topic {topic} on the target before the write gate opens"
        for group, now in sorted(self.target.groups.items()):
            yield from self._differ("GROUP", group, now)
        yield from self._differ("CLUSTER", "kafka-cluster", self.target.cluster)
        for name, described in sorted(self.target.describes.items()):
            now = frozenset({"DESCRIBE"} if described else ())
            yield from self._differ("TRANSACTIONAL_ID", name, now)
        if self.target.lists_acls and "DESCRIBE" not in self.target.cluster:
            yield "may list all ACLs of the target, and DESCRIBE is not among its cluster operations"

    def _differ(
        self, kind: str, name: str, now: frozenset[str], *, is_open: bool = True
    ) -> Iterator[str]:
        what = f"{kind.lower()} {name}"
        most, least = self._bounds(kind, name)
        shown = "DESCRIBE" in self._allowed(self.shut, kind, name, some_host=False)
        # without DESCRIBE, which here only WRITE implies, a broker lists no operation of the topic
        late = frozenset({"WRITE"} if shown else TOPIC_OPERATIONS)
        yield from (f"may {o} {what} on the target, not on the source" for o in sorted(now - most))
        lost = least - now - (frozenset() if is_open else late)
        yield from (f"may {o} {what} on the source, not on the target" for o in sorted(lost))

    def _bounds(self, kind: str, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the operations that the target may allow at most, and must allow at least."""
        kept = self._allowed(self.moving, kind, name, some_host=True)
        if self.access.source is not None:
            was = _on(self.access.source, kind, name)
            later = self._allowed(self.every, kind, name, some_host=True) & _LATER.get(kind, set())
            return was | later, was & kept
        least = self._allowed(self.moving, kind, name, some_host=False)
        # a broker lists no operation of a resource, its cluster included, to those who may not describe it
        shown = least if "DESCRIBE" in least else frozenset[str]()
        return self._allowed(self.every, kind, name, some_host=True), shown

    def _allowed(
        self, rules: AuthorizerRules, kind: str, name: str, *, some_host: bool
    ) -> frozenset[str]:
        hosts = {self.access.host or ELSEWHERE}
        if some_host and not self.access.host:
            hosts |= {acl.host for acl in rules.matching(kind, name)} - {"*"}
        who = self.access.target_name
        return frozenset(
            o
            for o in _OPERATIONS[kind]
            if any(rules.allows(Request(who, host, o, kind, name)) for host in hosts)
        )

    def _mine(self, acl: Acl) -> bool:
        return acl.principal in (self.access.target_name, ANYONE)


def _basis(access: WorkloadAccess) -> str:
    if access.source is not None:
        return "the source's own answers"
    if access.cut_over:
        return "the source's ACLs, as the source is fenced"
    return "the source's ACLs, as the secret there is another one"


def _on(side: EffectiveAccess, kind: str, name: str) -> frozenset[str]:
    if kind == "TOPIC":
        return side.topics.get(name, frozenset())
    if kind == "GROUP":
        return side.groups.get(name, frozenset())
    if kind == "CLUSTER":
        return side.cluster
    return frozenset({"DESCRIBE"} if side.describes.get(name) else ())


_OPERATIONS = {
    "TOPIC": TOPIC_OPERATIONS,
    "GROUP": ("READ", "DESCRIBE", "DELETE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"),
    "CLUSTER": (
        *("CREATE", "CLUSTER_ACTION", "DESCRIBE_CONFIGS", "ALTER_CONFIGS", "IDEMPOTENT_WRITE"),
        *("ALTER", "DESCRIBE"),
    ),
    "TRANSACTIONAL_ID": ("DESCRIBE",),
}
