"""The authorizer's decision as kmig computes it, against what real brokers say: random ACL sets, every operation.

The judge is `authorizedOperations`, which the broker's own StandardAuthorizer fills in for the login that asks.
"""

import random
import time
from collections.abc import Callable

import pytest

from migrate.adapters.kafka import effective
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.local.ports import HOST
from migrate.model.acl import TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import Request, Rules
from migrate.model.cluster import Partition, Topic
from tests.live.conftest import Side

TOPICS = ("diff.a", "diff.ab", "diff.abc", "diff.b")
USERS = ("diff-one", "diff-two")
ROUNDS = 12


def random_acls(dice: random.Random) -> set[Acl]:
    return {
        Acl(
            principal=dice.choice([*(f"User:{u}" for u in USERS), "User:*"]),
            host=dice.choice(["*", "*", HOST, "10.9.8.7"]),
            permission=dice.choice(["ALLOW", "ALLOW", "DENY"]),
            operation=dice.choice([*TOPIC_OPERATIONS, "ALL"]),
            resource_type="TOPIC",
            pattern_type=dice.choice(["LITERAL", "PREFIXED"]),
            resource_name=dice.choice([*TOPICS, "*", "diff.", "dif"]),
        )
        for _ in range(dice.randint(2, 14))
    }


@pytest.mark.parametrize("which", ["source", "target"])
def test_random_acl_sets(which: str, request: pytest.FixtureRequest) -> None:
    side: Side = request.getfixturevalue("source" if which == "source" else "target")
    dice = random.Random(20260101)
    before = side.reader.acls()
    one = (Partition(index=0),)
    for user in USERS:
        side.writer.set_password(user, "SCRAM-SHA-256", "pw")
    for name in TOPICS:
        side.writer.create_topic(Topic(name=name, replication_factor=1, partitions=one))
    time.sleep(0.5)
    port = int(side.cluster.bootstrap.split(",")[0].rpartition(":")[2])
    wires = {u: Wire(which, [(HOST, port)], Login("SCRAM-SHA-256", u, "pw")) for u in USERS}
    try:
        asked = sum(compare(side, wires, random_acls(dice), before) for _ in range(ROUNDS))
        assert asked == ROUNDS * len(USERS) * len(TOPICS) * len(TOPIC_OPERATIONS)
    finally:
        for wire in wires.values():
            wire.close()
        side.writer.delete_acls(side.reader.acls() - before)
        for user in USERS:
            side.writer.delete_scram(user, "SCRAM-SHA-256")
        for name in TOPICS:
            side.writer.delete_topic(name)
        time.sleep(0.5)


def compare(side: Side, wires: dict[str, Wire], acls: set[Acl], before: frozenset[Acl]) -> int:
    """Set the ACLs, ask as every user about every topic, take them away; returns how much was asked."""
    side.writer.create_acls(acls)
    everywhere(side, acls.issubset)
    rules = Rules(frozenset(acls | before))
    asked = 0
    for user, wire in wires.items():
        said = effective.topics(wire, TOPICS)
        for name in TOPICS:
            requests = (Request(f"User:{user}", HOST, o, "TOPIC", name) for o in TOPIC_OPERATIONS)
            computed = {r.operation for r in requests if rules.allows(r)}
            # a topic that one may not describe shows no operation at all
            shown = computed if "DESCRIBE" in computed else set()
            assert said[name] == shown, f"{user} on {name} under {sorted(map(str, acls))}"
            asked += len(TOPIC_OPERATIONS)
    side.writer.delete_acls(acls)
    everywhere(side, acls.isdisjoint)
    return asked


def everywhere(side: Side, holds: Callable[[frozenset[Acl]], bool]) -> None:
    while not all(holds(side.reader.acls(broker.id)) for broker in side.reader.brokers()):
        time.sleep(0.02)
