"""verify access: what each workload may really do on target, asked as itself, beside what source lets it do.

Before the cutover source answers for itself; from then on its fences stand, and what its ACLs say takes their place.
WRITE on topics is withheld until the wave's write gate opens, and a DESCRIBE that only WRITE implied with it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.checks.asking import Told
from migrate.documents.plan import Plan
from migrate.model.access import EffectiveAccess
from migrate.model.acl import ANYONE, TOPIC_OPERATIONS, Acl, without_write
from migrate.model.authorizer import ELSEWHERE, AuthorizerRules, Request, covers
from migrate.model.check import Check, Verdict, judged

_LATER = {"GROUP": {"DESCRIBE_CONFIGS", "ALTER_CONFIGS"}}
"""Operations that brokers before 4.0 do not know, so that a source says nothing of them; ALL grants them as well."""


def judge(
    plan: Plan, found: Iterable[Told], opened: frozenset[Acl], super_users: Iterable[str] = ()
) -> Iterator[Check]:
    """One check per workload; `opened` is what write gates have granted."""
    told = list(found)
    if not told:
        nothing = "no wave has been applied: there is nobody to ask as"
        yield Check(name="access", verdict=Verdict.UNKNOWN, evidence=(nothing,))
    trusted = set(super_users)
    every, moving = (rules_of(plan, fates) for fates in (None, ("workload", "shared")))
    shut = AuthorizerRules(frozenset(part for acl in moving.acls for part in without_write(acl)))
    for one in told:
        name = f"access of {one.workload.name}"
        if one.target_name in trusted:
            fault = f"{one.target_name} is a super user of target: nothing stops it there"
            yield Check(name=name, verdict=Verdict.FAIL, evidence=(fault,))
        elif one.target is None:
            yield Check(name=name, verdict=Verdict.UNKNOWN, evidence=(one.why,))
        else:
            yield _Comparison(one, one.target, every, moving, shut, opened).check(name)


def rules_of(plan: Plan, fates: tuple[str, ...] | None = None) -> AuthorizerRules:
    """What source's ACLs of these fates say, or all of them, under the names of the target."""
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
    """One workload's rights on target beside what it may have there at most, and must have at least."""

    told: Told
    target: EffectiveAccess
    every: AuthorizerRules
    moving: AuthorizerRules
    shut: AuthorizerRules
    opened: frozenset[Acl]

    def check(self, name: str) -> Check:
        """The verdict; what could not be asked from here keeps it from being a pass."""
        target = self.target
        basis = _basis(self.told)
        seen = sum(len(o) for o in (*target.topics.values(), *target.groups.values()))
        made = judged(
            name, self._faults(), f"{seen + len(target.cluster)} operations, as by {basis}"
        )
        if made.verdict is not Verdict.PASS:
            return made
        known = {"*", self.told.host}
        scoped = sorted(str(a) for a in self.every.acls if self._mine(a) and a.host not in known)
        where = self.told.host or "here"
        unseen = [f"holds for one host only, and is asked from {where}: {a}" for a in scoped]
        unseen += self.told.unanswered
        if target.lists_acls:
            unseen.append("nothing was found that is refused: it may describe target's cluster")
        refused = made.evidence[0] + ("" if target.lists_acls else "; to list ACLs was refused")
        verdict = Verdict.UNKNOWN if unseen else Verdict.PASS
        return Check(name=name, verdict=verdict, evidence=(refused, *unseen))

    def _faults(self) -> Iterator[str]:
        open_to = [a for a in self.opened if self._mine(a)]
        for topic, now in sorted(self.target.topics.items()):
            is_open = any(covers(acl, "TOPIC", topic) for acl in open_to)
            yield from self._differ("TOPIC", topic, now, is_open=is_open)
            if "WRITE" in now and not is_open:
                yield f"may WRITE topic {topic} on target before the write gate"
        for group, now in sorted(self.target.groups.items()):
            yield from self._differ("GROUP", group, now)
        yield from self._differ("CLUSTER", "kafka-cluster", self.target.cluster)
        for name, described in sorted(self.target.describes.items()):
            now = frozenset({"DESCRIBE"} if described else ())
            yield from self._differ("TRANSACTIONAL_ID", name, now)
        if self.target.lists_acls and "DESCRIBE" not in self.target.cluster:
            yield "may list all ACLs of target, which its operations on the cluster do not say"

    def _differ(
        self, kind: str, name: str, now: frozenset[str], *, is_open: bool = True
    ) -> Iterator[str]:
        what = f"{kind.lower()} {name}"
        most, least = self._bounds(kind, name)
        shown = "DESCRIBE" in self._allowed(self.shut, kind, name, some_host=False)
        # a topic that only WRITE lets one describe shows nothing at all until then
        late = frozenset({"WRITE"} if shown else TOPIC_OPERATIONS)
        yield from (f"may {o} {what} on target, not on source" for o in sorted(now - most))
        lost = least - now - (frozenset() if is_open else late)
        yield from (f"may {o} {what} on source, not on target" for o in sorted(lost))

    def _bounds(self, kind: str, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """What target may allow at most, and must allow at least."""
        kept = self._allowed(self.moving, kind, name, some_host=True)
        if self.told.source is not None:
            was = _on(self.told.source, kind, name)
            later = self._allowed(self.every, kind, name, some_host=True) & _LATER.get(kind, set())
            return was | later, was & kept
        least = self._allowed(self.moving, kind, name, some_host=False)
        # a broker shows nothing of what one may not describe, its cluster included
        shown = least if "DESCRIBE" in least else frozenset[str]()
        return self._allowed(self.every, kind, name, some_host=True), shown

    def _allowed(
        self, rules: AuthorizerRules, kind: str, name: str, *, some_host: bool
    ) -> frozenset[str]:
        hosts = {self.told.host or ELSEWHERE}
        if some_host and not self.told.host:
            hosts |= {acl.host for acl in rules.matching(kind, name)} - {"*"}
        who = self.told.target_name
        return frozenset(
            o
            for o in _OPERATIONS[kind]
            if any(rules.allows(Request(who, host, o, kind, name)) for host in hosts)
        )

    def _mine(self, acl: Acl) -> bool:
        return acl.principal in (self.told.target_name, ANYONE)


def _basis(told: Told) -> str:
    if told.source is not None:
        return "source's own answers"
    if told.cut_over:
        return "source's ACLs, source being fenced"
    return "source's ACLs, the secret there being another"


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
