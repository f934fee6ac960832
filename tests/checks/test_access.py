"""verify access: rights on target as each workload is told them, beside what source lets it do."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from migrate.checks.access import gather, judge
from migrate.documents.plan import Plan
from migrate.errors import NotAuthenticated
from migrate.model.access import Asked, Effective
from migrate.model.acl import TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import Request, Rules
from migrate.model.check import Check, Verdict
from migrate.model.cluster import ScramCredential
from migrate.model.reference import Reference
from migrate.plan.build import build
from migrate.steps import CreateAcls
from tests.estate import acls, config, group, inventory, people, reads, topic, workload

HERE = "10.0.0.7"
OPERATIONS = {
    "TOPIC": TOPIC_OPERATIONS,
    "GROUP": ("READ", "DESCRIBE", "DELETE"),
    "CLUSTER": ("DESCRIBE", "ALTER", "CREATE"),
}


class Broker:
    """A side that answers by its rules, as a broker does; who is not in `logins` cannot log in."""

    def __init__(self, rules: Iterable[Acl], logins: Mapping[str, str]) -> None:
        self.rules = Rules(frozenset(rules))
        self.logins = logins

    def of(self, user: str, mechanism: str, secret: Reference, asked: Asked) -> Effective:
        if self.logins.get(user) != mechanism:
            raise NotAuthenticated(f"{user}: SASL authentication failed (58)")

        def on(kind: str, name: str) -> frozenset[str]:
            asks = (Request(f"User:{user}", HERE, o, kind, name) for o in OPERATIONS[kind])
            found = frozenset(r.operation for r in asks if self.rules.allows(r))
            return found if "DESCRIBE" in found else frozenset()

        cluster = on("CLUSTER", "kafka-cluster")
        ids = {
            i: self.rules.allows(Request(f"User:{user}", HERE, "DESCRIBE", "TRANSACTIONAL_ID", i))
            for i in asked.transactional_ids
        }
        return Effective(
            topics={t: on("TOPIC", t) for t in asked.topics},
            groups={g: on("GROUP", g) for g in asked.groups},
            cluster=cluster,
            describes=ids,
            lists_acls="DESCRIBE" in cluster,
        )

    def mechanism(self, place: Reference, otherwise: str) -> str:
        return otherwise


RIGHTS = (
    "ALLOW READ on topic prefixed o to User:r",
    "DENY READ on topic o.secret to User:r",
    "ALLOW READ on group g to User:r",
    "ALLOW WRITE on topic o.one to User:w",
    "ALLOW WRITE on topic o.secret to User:w",
    "ALLOW WRITE on transactional_id w-1 to User:w",
    "ALLOW CREATE on cluster kafka-cluster to User:w",
)
LOGINS = {"r": "SCRAM-SHA-512", "w": "SCRAM-SHA-512"}


def login(name: str) -> dict[str, Any]:
    return {"mechanism": "SCRAM-SHA-512", "secret": f"${{file:s:{name}}}", "carry": True}


def estate(*rights: str) -> tuple[Plan, Any]:
    who = people(
        workload("r", reads=reads("o.one"), groups=["g"], credential=login("r")),
        workload(
            "w", writes=reads("o.one", "o.secret"), credential=login("w"), transactional_ids=["w-1"]
        ),
    )
    found = inventory(
        topics=(topic("o.one"), topic("o.secret")),
        groups=(group("g", "o.one"),),
        acl=acls(*rights),
        scram=tuple(
            ScramCredential(user=u, mechanism=m, iterations=4096) for u, m in LOGINS.items()
        ),
    )
    return build(config(), who, found), who


def replayed(plan: Plan, *, opened: bool = False) -> set[Acl]:
    made = {a for w in plan.waves for s in w.prepare if isinstance(s, CreateAcls) for a in s.acls}
    return made | ({a for w in plan.waves for a in w.grants} if opened else set())


def verdicts(
    target: Iterable[Acl], *rights: str, cut: bool = False, opened: bool = False, **more: Any
) -> dict[str, Check]:
    plan, who = estate(*(rights or RIGHTS))
    source = [] if cut else acls(*(rights or RIGHTS))
    sides = (Broker(source, LOGINS), Broker(target, more.get("logins", LOGINS)))
    told = gather(plan, plan.waves, who, frozenset({1} if cut else ()), sides)
    gates = frozenset(a for w in plan.waves for a in w.grants) if opened else frozenset()
    found = judge(plan, told, gates, more.get("super_users", ()))
    return {check.name.removeprefix("access of "): check for check in found}


def test_a_whole_replay_passes_before_and_after_the_cutover() -> None:
    plan, _ = estate(*RIGHTS)
    before = verdicts(replayed(plan))
    assert {c.verdict for c in before.values()} == {Verdict.PASS}
    assert "source's own answers; to list ACLs was refused" in before["r"].evidence[0]
    after = verdicts(replayed(plan, opened=True), cut=True, opened=True)
    assert {c.verdict for c in after.values()} == {Verdict.PASS}
    assert "source being fenced" in after["w"].evidence[0]


BROKEN = {
    "a DENY is dropped": (
        "r",
        "DENY READ on topic o.secret to User:r",
        (),
        "may READ topic o.secret on target, not on",
    ),
    "a READ is widened": (
        "r",
        "",
        ("ALLOW ALL on topic o.one to User:r",),
        "may DELETE topic o.one on target, not on",
    ),
    "a READ is lost": (
        "r",
        "ALLOW READ on topic prefixed o to User:r",
        (),
        "may READ topic o.one on source, not on",
    ),
    "a group is lost": (
        "r",
        "ALLOW READ on group g to User:r",
        (),
        "may READ group g on source, not on target",
    ),
    "WRITE comes early": (
        "w",
        "",
        ("ALLOW WRITE on topic o.one to User:w",),
        "on target before the write gate",
    ),
    "an id is lost": (
        "w",
        "ALLOW WRITE on transactional_id w-1 to User:w",
        (),
        "may DESCRIBE transactional_id w-1",
    ),
    "the cluster is open": (
        "w",
        "",
        ("ALLOW ALTER on cluster kafka-cluster to User:*",),
        "may ALTER cluster",
    ),
}


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_replay_is_caught(name: str, cut: bool) -> None:
    who, less, more, says = BROKEN[name]
    plan, _ = estate(*RIGHTS)
    rules = replayed(plan, opened=cut and name != "WRITE comes early")
    target = {a for a in rules if str(a) != less} | set(acls(*more))
    check = verdicts(target, cut=cut, opened=cut and name != "WRITE comes early")[who]
    assert check.verdict is Verdict.FAIL, check
    assert any(says in line for line in check.evidence), check


def test_what_cannot_be_asked_is_unknown() -> None:
    plan, _ = estate(*RIGHTS)
    there = replayed(plan)
    lost = verdicts(there, logins={"w": "SCRAM-SHA-512"})
    assert (lost["r"].verdict, lost["w"].verdict) == (Verdict.UNKNOWN, Verdict.PASS)
    assert "authentication failed" in lost["r"].evidence[0]
    scoped = (*RIGHTS, "DENY READ on topic o.one to User:r from 10.9.9.9")
    elsewhere, _ = estate(*scoped)
    check = verdicts(replayed(elsewhere), *scoped)["r"]
    assert check.verdict is Verdict.UNKNOWN
    assert "holds for one host only, and is asked from here: DENY READ" in check.evidence[1]
    open_ = (*RIGHTS, "ALLOW DESCRIBE on cluster kafka-cluster to User:r")
    free, _ = estate(*open_)
    check = verdicts(replayed(free), *open_)["r"]
    assert (check.verdict, "nothing was found that is refused" in check.evidence[1]) == (
        Verdict.UNKNOWN,
        True,
    )


def test_a_super_user_of_target_is_no_workload() -> None:
    plan, _ = estate(*RIGHTS)
    check = verdicts(replayed(plan), super_users=("User:w",))["w"]
    assert check.verdict is Verdict.FAIL


def test_without_a_wave_nothing_is_proven() -> None:
    plan, _ = estate(*RIGHTS)
    assert [c.verdict for c in judge(plan, (), frozenset())] == [Verdict.UNKNOWN]
