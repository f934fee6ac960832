"""Replayed ACLs on real brokers: the same rights on 4.3.1 as on 3.9.1, wave by wave, and no broken replay passes.

Random sets of ACLs, planned, granted in the plan's order, and asked as every user on both sides.
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.access import KafkaAccess
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.secrets import Secrets
from migrate.checks import access, workload_access
from migrate.documents.plan import Plan
from migrate.documents.workloads import Workloads
from migrate.folder import Folder
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.acl import ANYONE, TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.check import Verdict
from migrate.model.cluster import Partition, ScramCredential, Topic
from migrate.model.reference import Reference, parse
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.steps.settle import settle
from tests.estate import config, group, inventory, people, topic, workload
from tests.live.conftest import Migration, Side

ROOT = Path(__file__).parents[2]
MECHANISM = "SCRAM-SHA-256"
USERS = ("play-reader", "play-writer", "play-keeper")
TOPICS = ("play.a", "play.ab", "play.b")
GROUPS = ("play-g", "play-gg", "play-h")
IDS = ("play-t",)
ROUNDS = 10
SECRET = "${env:PLAY}"
GROUP_OPERATIONS = {"READ", "DESCRIBE", "DELETE"}
NAMES = {
    "TOPIC": (*TOPICS, "play.", "pl", "*"),
    "GROUP": (*GROUPS, "play-", "*"),
    "TRANSACTIONAL_ID": (*IDS, "play-", "*"),
    "CLUSTER": ("kafka-cluster",),
}
OPERATIONS = {
    "TOPIC": (*TOPIC_OPERATIONS, "ALL", "READ", "WRITE"),
    "GROUP": ("READ", "DESCRIBE", "DELETE", "ALL"),
    "TRANSACTIONAL_ID": ("WRITE", "DESCRIBE", "ALL"),
    "CLUSTER": ("DESCRIBE", "CREATE", "IDEMPOTENT_WRITE", "DESCRIBE_CONFIGS"),
}


def random_acls(dice: random.Random) -> tuple[Acl, ...]:
    return tuple({_acl(dice) for _ in range(dice.randint(4, 24))})


def _acl(dice: random.Random) -> Acl:
    kind = dice.choice(["TOPIC", "TOPIC", "TOPIC", "GROUP", "TRANSACTIONAL_ID", "CLUSTER"])
    everybody = dice.random() < 0.15
    name = dice.choice([n for n in NAMES[kind] if not everybody or n not in ("*", "pl")])
    return Acl(
        # on `*` a DENY for everybody would stop kmig and the copier, which blocks a plan
        principal=ANYONE if everybody else f"User:{dice.choice(USERS)}",
        host=dice.choice(["*", "*", "*", HOST, "10.9.8.7"]),
        permission=dice.choice(["ALLOW", "ALLOW", "ALLOW", "DENY"])
        if kind != "CLUSTER"
        else "ALLOW",
        operation=dice.choice(OPERATIONS[kind]),
        resource_type=kind,
        pattern_type="LITERAL"
        if name == "*" or kind == "CLUSTER"
        else dice.choice(["LITERAL", "PREFIXED"]),
        resource_name=name,
    )


@dataclass
class Play:
    """Both clusters, with the users and topics of the play."""

    source: Side
    target: Side

    @property
    def sides(self) -> tuple[KafkaAccess, KafkaAccess]:
        secrets = Secrets({"PLAY": "pw"}, Path())
        return _access(self.source, secrets), _access(self.target, secrets)

    def told(self, side: KafkaAccess, user: str) -> EffectiveAccess:
        """What a user may do, as the brokers say it."""
        reference = parse(SECRET)
        assert isinstance(reference, Reference)
        told = side.of(user, MECHANISM, reference, AccessQuestion(TOPICS, GROUPS, IDS))
        # 4.x has configs of groups too
        known = {name: found & GROUP_OPERATIONS for name, found in told.groups.items()}
        return told.model_copy(update={"groups": known})

    @contextmanager
    def holding(self, side: Side, acls: tuple[Acl, ...]) -> Iterator[None]:
        """These ACLs on a side, shown by every broker, for a while; the order given is the order of requests."""
        for permission in ("DENY", "ALLOW"):
            side.writer.create_acls(a for a in acls if a.permission == permission)
        _shown(side, acls, there=True)
        try:
            yield
        finally:
            side.writer.delete_acls(acls)
            _shown(side, acls, there=False)


def _access(side: Side, secrets: Secrets) -> KafkaAccess:
    port = int(side.cluster.bootstrap.split(",")[0].rpartition(":")[2])
    logins = KafkaLogins(side.wire, secrets, None, 10.0)
    return KafkaAccess(secrets, logins, lambda login: Wire("side", [(HOST, port)], login), tuple)


def _shown(side: Side, acls: tuple[Acl, ...], *, there: bool) -> None:
    def on_every_broker() -> bool:
        each = [side.reader.acls(broker.id) for broker in side.reader.brokers()]
        return all(s.issuperset(acls) if there else s.isdisjoint(acls) for s in each)

    settle(SystemClock(), "the ACLs of the play", on_every_broker)


@pytest.fixture
def play(source: Side, target: Side) -> Iterator[Play]:
    one = (Partition(index=0),)
    for side in (source, target):
        for user in USERS:
            side.writer.set_password(user, MECHANISM, "pw")
        for name in TOPICS:
            side.writer.create_topic(Topic(name=name, replication_factor=1, partitions=one))
    time.sleep(0.5)
    yield Play(source, target)
    for user in USERS:
        source.writer.delete_scram(user, MECHANISM)
    for name in TOPICS:
        source.writer.delete_topic(name)


def planned(acls: tuple[Acl, ...]) -> tuple[Plan, Workloads]:
    credential = {"mechanism": MECHANISM, "secret": SECRET, "carry": True}
    who = people(
        workload(USERS[0], reads=[{"prefix": "play."}], groups=list(GROUPS), credential=credential),
        workload(USERS[1], "internal", writes=[{"topic": "play.a"}], credential=credential),
        workload(
            USERS[2],
            "secret",
            writes=[{"prefix": "play.ab"}, {"topic": "play.b"}],
            credential=credential,
        ),
        shared=[{"acl": {"principal": ANYONE}, "decision": "replay", "because": "everybody's"}],
    )
    users = tuple(ScramCredential(user=u, mechanism=MECHANISM, iterations=4096) for u in USERS)
    topics, groups = tuple(map(topic, TOPICS)), tuple(map(group, GROUPS))
    found = inventory(topics=topics, groups=groups, acl=acls, scram=users)
    return build(config(), who, found), who


def test_the_same_rights_wave_by_wave_and_no_broken_replay_passes(play: Play) -> None:
    dice = random.Random(20261125)
    replayed = denies = widened = 0
    while replayed < ROUNDS:
        acls = random_acls(dice)
        try:
            plan, who = planned(acls)
        except Blocked:
            continue
        replayed += 1
        with play.holding(play.source, acls):
            granted = tuple(acl for wave in plan.waves for acl in wave.granted)
            with play.holding(play.target, granted):
                _judged(play, plan, who, "", acls)
                _equal_but_for_write(play, acls)
            for fault, broken in _broken(plan, granted):
                denies += fault == "a DENY dropped"
                widened += fault == "READ widened to ALL"
                with play.holding(play.target, broken):
                    _judged(play, plan, who, fault, acls)
            last = tuple({*granted, *(acl for wave in plan.waves for acl in wave.grants)})
            with play.holding(play.target, last):
                source, target = play.sides
                for user in USERS:
                    assert play.told(target, user) == play.told(source, user), sorted(
                        map(str, acls)
                    )
    assert denies >= 3
    assert widened >= 3


def _judged(play: Play, plan: Plan, who: Workloads, fault: str, acls: tuple[Acl, ...]) -> None:
    """What `kmig verify access` says; a faithful replay may be unknown where an ACL is for another host."""
    told = workload_access.gather(plan, plan.waves, who, frozenset(), play.sides)
    checks = list(access.judge(plan, told, frozenset()))
    failing = [check for check in checks if check.verdict is Verdict.FAIL]
    assert bool(failing) is bool(fault), (fault, failing, sorted(map(str, acls)))
    assert len(checks) == len(USERS)


def _equal_but_for_write(play: Play, acls: tuple[Acl, ...]) -> None:
    source, target = play.sides
    for user in USERS:
        was, now = play.told(source, user), play.told(target, user)
        assert (now.groups, now.cluster, now.describes) == (was.groups, was.cluster, was.describes)
        for name in TOPICS:
            lost = was.topics[name] - now.topics[name]
            assert now.topics[name] <= was.topics[name]
            # a topic that only WRITE lets one describe shows nothing at all while WRITE is withheld
            assert lost in (set(), {"WRITE"}, was.topics[name]), (
                user,
                name,
                sorted(map(str, acls)),
            )


def _broken(plan: Plan, granted: tuple[Acl, ...]) -> Iterator[tuple[str, tuple[Acl, ...]]]:
    """Replays with one fault each that a user of the play would notice from here."""
    rules = AuthorizerRules(frozenset(granted))
    for deny in (a for a in granted if a.permission == "DENY"):
        without = tuple(a for a in granted if a != deny)
        if _noticed(rules, AuthorizerRules(frozenset(without))):
            yield "a DENY dropped", without
            break
    for read in (a for a in granted if a.permission == "ALLOW" and a.operation == "READ"):
        wider = tuple(
            a.model_copy(update={"operation": "ALL"}) if a == read else a for a in granted
        )
        if _noticed(rules, AuthorizerRules(frozenset(wider))):
            yield "READ widened to ALL", wider
            break


def _noticed(was: AuthorizerRules, now: AuthorizerRules) -> bool:
    """Whether somebody may do more, and sees it: a broker shows nothing of what one may not describe."""

    def may(rules: AuthorizerRules, user: str, kind: str, name: str, operation: str) -> bool:
        return rules.allows(Request(f"User:{user}", HOST, operation, kind, name))

    return any(
        may(now, user, kind, name, operation)
        and not may(was, user, kind, name, operation)
        and may(now, user, kind, name, "DESCRIBE")
        for user in USERS
        for kind, names, operations in (
            ("TOPIC", TOPICS, TOPIC_OPERATIONS),
            ("GROUP", GROUPS, ("READ", "DESCRIBE", "DELETE")),
        )
        for name in names
        for operation in operations
    )


MANY = 3_000


def test_killed_at_each_request_of_a_replay_of_3000_acls(
    migration: Migration, source: Side, target: Side
) -> None:
    many = [
        Acl(
            principal="User:catalog-service",
            permission="DENY" if number % 3 == 0 else "ALLOW",
            operation="DESCRIBE_CONFIGS",
            resource_type="TOPIC",
            resource_name=f"catalog.made-up.{number}",
        )
        for number in range(MANY)
    ]
    with source.changed(add=many):
        migration.must("inventory")
        migration.must("plan")
        migration.must("apply", "1", "--yes")
        wanted = target.state()
        migration.must("rollback", "1", "--yes")
        # before a request goes out, and when its answer is there; the next run goes on from where this one got to
        point, killed = 1, 0
        while _killed_at_write(migration, point) == -9:
            point, killed = 3 - point, killed + 1
        assert target.state() == wanted
        assert Folder(migration.folder).journal().fault is None
        migration.must("verify", "acls")
        migration.must("rollback", "1", "--yes")
    assert killed >= 2 * (MANY // 1_000)
    migration.must("audit", "--check")


def _killed_at_write(migration: Migration, point: int) -> int:
    """How a run ends that is killed there; the whole run, when it has fewer such points."""
    command = [sys.executable, "-m", "tests.live.killed_at_write", str(point)]
    ran = subprocess.run(
        [*command, "-C", str(migration.folder), "apply", "1", "--yes"],
        cwd=ROOT,
        env=migration.environ,
        capture_output=True,
        check=False,
    )
    assert ran.returncode in (-9, 0), ran.stderr
    return ran.returncode
