"""What `kmig trace` says that a login may do, against what brokers let its holder do: random ACLs, both versions.

The judges are those of `test_authorizer`, and every topic of the cluster is asked for, the internal ones included.
The holder asks from three addresses: one that ACLs name, another one that they name, and one that they do not.
"""

import os
import random
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from kafka.protocol.admin import DeleteGroupsRequest, DescribeConfigsRequest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka import coordinator, effective
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.boundary.ending import stopping
from migrate.boundary.rights import Side as Authorizer
from migrate.boundary.sides import on_source
from migrate.documents.boundary import Rights
from migrate.estate import Estate
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource, take
from migrate.journal.standing import Journal
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.local.home import Home
from tests import estate as build
from tests.live.conftest import Side, opened
from tests.live.test_authorizer import (
    CLUSTER,
    DENIED,
    GROUPS,
    IDS,
    TOPICS,
    USERS,
    Key,
    done,
    everywhere,
    random_acls,
)

ELSEWHERE, OTHER = "127.0.0.3", "127.0.0.2"
HOSTS = (HOST, OTHER, ELSEWHERE)
HOLDERS = (*USERS, "diff-three")
"""The last one is in no ACL."""

EXISTING = ("diff.real", "other.real")
"""Groups that exist; the judges delete those of `GROUPS` where they may."""

ROUNDS = 12
SUPER = ("User:admin", "User:broker")

FIXED = (
    # what random sets of a few ACLs seldom hold
    (
        "ALLOW DELETE on topic diff.a to User:diff-one",
        "ALLOW ALTER on topic diff.ab to User:diff-one",
        "ALLOW DESCRIBE_CONFIGS on group diff.ab to User:diff-one",
    ),
    (
        "ALLOW READ on topic * to User:diff-one",
        "ALLOW READ on topic prefixed __consumer to User:diff-two",
        "DENY READ on topic __consumer_offsets to User:diff-two",
    ),
    ("ALLOW ALL on topic * to User:*", f"DENY ALL on topic diff.a to User:diff-one from {HOST}"),
    (
        "ALLOW READ on group prefixed diff. to User:*",
        f"DENY READ on group prefixed diff.a to User:diff-two from {OTHER}",
        f"DENY DESCRIBE on group diff.real to User:diff-one from {HOST}",
    ),
    (
        f"ALLOW WRITE on transactional_id * to User:* from {OTHER}",
        f"ALLOW DESCRIBE on cluster kafka-cluster to User:diff-one from {HOST}",
    ),
)


@dataclass
class Ground:
    """A cluster with the holders' logins, and wires of each of them from each address."""

    side: Side
    wires: dict[tuple[str, str], Wire]
    allow_everyone: bool

    def authorizer(self) -> Authorizer:
        """What kmig makes of an inventory that it takes now."""
        wire = self.side.wire
        source = InventorySource(
            survey=KafkaSurvey(wire),
            connects={},
            clock=SystemClock(),
            principal="User:admin",
            bootstrap_servers="s:1",
            declared=DeclaredAuthorizer(SUPER, allow_everyone=self.allow_everyone),
        )
        found = take(source, lambda _: None)
        assert {s.standing for s in found.sections().values()} == {"complete"}
        one = build.workload("one", groups=GROUPS, transactional_ids=IDS)
        site = {
            **build.SITE,
            "super_users": SUPER,
            "allow_everyone_if_no_acl_found": self.allow_everyone,
        }
        config = build.config(source=site)
        return on_source(Estate(config, found, build.people(one)), Journal())

    @property
    def topics(self) -> list[str]:
        return [topic.name for topic in self.side.reader.topics()]


@pytest.fixture(params=["source", "target", "open_side"])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    side: Side = request.getfixturevalue(request.param)
    is_open = request.param == "open_side"
    dice, one = random.Random(request.param), (Partition(index=0),)
    more = {f"diff.{''.join(dice.choices('abc.', k=dice.randint(1, 4)))}x" for _ in range(6)}
    topics = {*TOPICS, *more, "other.a"}
    for user in HOLDERS:
        side.writer.set_password(user, "SCRAM-SHA-256", "pw")
    for name in topics:
        side.writer.create_topic(Topic(name=name, replication_factor=1, partitions=one))
    time.sleep(0.5)
    for group in EXISTING:
        side.writer.commit_offsets(group, {("other.a", 0): (0, "")})
    port = int(side.cluster.bootstrap.split(",")[0].rpartition(":")[2])
    logins = {user: Login("SCRAM-SHA-256", user, "pw") for user in HOLDERS}
    wires = {
        (u, h): Wire(side.wire.site, [(HOST, port)], logins[u]) for u in HOLDERS for h in HOSTS
    }
    yield Ground(side, wires, is_open)
    for wire in wires.values():
        wire.close()
    for group in EXISTING:
        keeper = coordinator.find(side.wire, group)
        side.wire.call(DeleteGroupsRequest(groups_names=[group]), keeper)
    for name in topics:
        side.writer.delete_topic(name)
    for user in HOLDERS:
        side.writer.delete_scram(user, "SCRAM-SHA-256")
    time.sleep(0.5)


@pytest.fixture
def open_side(homes: dict[str, Home], tmp_path: Path) -> Iterator[Side]:
    """A cluster whose authorizer allows what no ACL is about."""
    spec = ClusterSpec("open", allow_everyone=True)
    cluster = Cluster(spec, homes["4.3.1"], tmp_path, tmp_path / "s.properties", dict(os.environ))
    cluster.start()
    try:
        cluster.wait_ready()
        side = opened(cluster)
        yield side
        side.wire.close()
    finally:
        cluster.stop()


@contextmanager
def asking_from(host: str) -> Iterator[None]:
    """Connections that are opened within come from this address of the machine."""
    opened = socket.create_connection

    def bound(address: tuple[str, int], timeout: float) -> socket.socket:
        return opened(address, timeout, source_address=(host, 0))

    with patch.object(socket, "create_connection", bound):
        yield


def test_what_a_holder_may_do_is_what_the_brokers_let_it_do(ground: Ground) -> None:
    dice = random.Random(20260102)
    sets = [set(build.acls(*texts)) for texts in FIXED]
    sets += [{elsewhere(acl, dice) for acl in random_acls(dice)} for _ in range(ROUNDS)]
    assert "__consumer_offsets" in ground.topics
    compared = sum(compare(ground, acls) for acls in sets)
    assert compared > len(sets) * len(HOLDERS) * len(HOSTS) * 60


def elsewhere(acl: Acl, dice: random.Random) -> Acl:
    """The ACL with an address of this machine in the place of one that it does not have."""
    host = dice.choice([OTHER, HOST]) if acl.host != "*" else "*"
    return acl.model_copy(update={"host": host})


def compare(ground: Ground, acls: set[Acl]) -> int:
    """Set the ACLs, ask as every holder from every address, take them away; returns how much was asked."""
    before = ground.side.reader.acls()
    ground.side.writer.create_acls(acls)
    everywhere(ground.side, acls.issubset)
    try:
        authorizer, topics = ground.authorizer(), ground.topics
        asked = 0
        for (user, host), wire in ground.wires.items():
            rights = authorizer.rights(f"User:{user}")
            assert rights.complete
            with asking_from(host):
                shown, real = dict(authorized(wire, topics)), dict(does(wire))
            said = set(allowed(rights, host))
            why = f"{user} from {host} under {sorted(map(str, acls))}"
            assert shown == expected(said, shown), why
            assert {key for key, may in real.items() if may} == said & set(real), why
            asked += len(shown) + len(real)
        stopped(ground, authorizer.rights("User:diff-one"))
        every, wire = authorizer.rights("User:admin"), ground.side.wire
        shown = dict(authorized(wire, topics))
        assert every.everything
        assert shown == expected(set(allowed(every, HOST)), shown), "a super user"
    finally:
        ground.side.writer.delete_acls(acls - before)
        everywhere(ground.side, (acls - before).isdisjoint)
    return asked


def stopped(ground: Ground, rights: Rights) -> None:
    """The DENY that is named for a leak leaves the holder nothing."""
    denied = {
        Acl(
            principal="User:diff-one",
            permission="DENY",
            operation="ALL",
            resource_type=kind.upper().replace(" ", "_"),
            resource_name=name,
        )
        for kind, _, name in (one.rpartition(" ") for one in stopping(rights))
    }
    ground.side.writer.create_acls(denied)
    everywhere(ground.side, denied.issubset)
    try:
        with asking_from(HOST):
            wire = ground.wires["diff-one", HOST]
            assert not any(dict(authorized(wire, ground.topics)).values())
            assert not any(dict(does(wire)).values())
    finally:
        ground.side.writer.delete_acls(denied)
        everywhere(ground.side, denied.isdisjoint)


def allowed(rights: Rights, host: str) -> Iterator[Key]:
    """Every operation that the rights say is allowed from an address."""
    by_kind = {
        "TOPIC": rights.topics,
        "GROUP": rights.groups,
        "TRANSACTIONAL_ID": rights.transactional_ids,
        "CLUSTER": {CLUSTER: rights.cluster},
    }
    for kind, names in by_kind.items():
        for name, operations in names.items():
            for operation in operations:
                if one := from_host(operation, host):
                    yield kind, name, one


def from_host(operation: str, host: str) -> str:
    """The operation's name, if it is allowed from an address: `READ`, `READ from a, b`, `READ except from a`."""
    name, _, condition = operation.partition(" ")
    without, _, hosts = condition.partition("from ")
    named = host in hosts.split(", ")
    return name if not condition or named != (without == "except ") else ""


Shown = dict[tuple[str, str], frozenset[str]]


def authorized(
    wire: Wire, topics: Iterable[str]
) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    """What brokers show as authorized operations, by the thing."""
    for name, operations in effective.topics(wire, topics).items():
        yield ("TOPIC", name), operations
    for name, operations in effective.groups(wire, (*GROUPS, *EXISTING)).items():
        yield ("GROUP", name), operations - CONFIGS
    yield ("CLUSTER", CLUSTER), effective.cluster(wire)


CONFIGS = {"DESCRIBE_CONFIGS", "ALTER_CONFIGS"}
"""Of groups: 3.9 has ACLs for them, and no request that asks; 4.x is asked by a request."""

INVALID = 42
"""INVALID_REQUEST: the answer of 3.9 to a request for a group's configs."""


def expected(said: set[Key], shown: Shown) -> Shown:
    """What brokers are to show by what kmig says: nothing of a thing that the login may not describe."""
    found: dict[tuple[str, str], set[str]] = {thing: set() for thing in shown}
    for kind, name, operation in said:
        hidden = (kind, name, "DESCRIBE") not in said
        if (kind, name) in found and not hidden and (kind != "GROUP" or operation not in CONFIGS):
            found[kind, name].add(operation)
    return {thing: frozenset(operations) for thing, operations in found.items()}


def does(wire: Wire) -> Iterator[tuple[Key, bool]]:
    yield from done(wire)
    configs = DescribeConfigsRequest.DescribeConfigsResource
    rows = [configs(resource_type=32, resource_name=n, configuration_keys=["x"]) for n in GROUPS]
    described = wire.call(DescribeConfigsRequest(resources=rows, include_synonyms=False))
    for row in described.results:
        if row.error_code == INVALID:
            continue
        yield ("GROUP", row.resource_name, "DESCRIBE_CONFIGS"), row.error_code not in DENIED
