"""What each principal may do, asked of the brokers of both sides as that principal."""

from migrate.adapters.kafka import effective
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire
from migrate.model.check import Check
from migrate.rehearse import judge
from migrate.rehearse.estate import Passwords
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.scenario import EstateUser, Scenario

_LEFT_BEHIND = "legacy."


def rights(scenario: Scenario, source: Cluster, target: Cluster, passwords: Passwords) -> Check:
    """Check the effective rights of every user of the scenario on the source against those on the target."""
    sides: list[dict[tuple[str, str], frozenset[str]]] = []
    for cluster in (source, target):
        side: dict[tuple[str, str], frozenset[str]] = {}
        for user in scenario.users:
            side |= _rights_of(user, scenario, cluster, passwords.by_name[user.name])
        sides.append(side)
    return judge.rights(*sides)


def _rights_of(
    user: EstateUser, scenario: Scenario, cluster: Cluster, password: str
) -> dict[tuple[str, str], frozenset[str]]:
    addresses = [
        (HOST, int(address.rpartition(":")[2])) for address in cluster.bootstrap.split(",")
    ]
    wire = Wire(cluster.spec.name, addresses, Login(user.mechanism, user.name, password))
    names = [t.name for t in scenario.topics if not t.name.startswith(_LEFT_BEHIND)]
    try:
        topics = effective.topics(wire, names)
        groups = effective.groups(wire, [g.name for g in scenario.groups])
        on_cluster = effective.cluster(wire)
    finally:
        wire.close()
    who = f"User:{user.name}"
    return {
        **{(who, f"topic {name}"): operations for name, operations in topics.items()},
        **{(who, f"group {name}"): operations for name, operations in groups.items()},
        (who, "cluster"): on_cluster,
    }
