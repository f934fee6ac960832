"""An estate on real clusters: users with made-up passwords, topics with records, ACLs, quotas, groups, connectors.

Passwords hold characters that properties files, URLs and JSON must escape. They are in files under `secrets/` and in
one environment variable for each user, and nowhere else.
"""

import secrets as random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import javaproperties

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model import permissions
from migrate.model.cluster import Partition, Topic
from migrate.model.record import TopicPartition
from migrate.rehearse.lab import connectors, data
from migrate.rehearse.lab.client import value_of
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import SECRET_VARIABLES
from migrate.rehearse.lab.disposable.worker import Worker
from migrate.rehearse.scenario import EstateTopic, Scenario
from migrate.steps.settle import settle

KMIG, CONNECT, ARCHIVE = "kmig", "connect", "archive"
KMIG_MECHANISM, CONNECT_MECHANISM = "SCRAM-SHA-512", "SCRAM-SHA-256"
_SPECIAL = '/"+%&ü'
_PASTABLE = "/+%&ü"
"""Characters without quotes, which Kafka's config providers do not escape in a JAAS line."""
COPIER, COPY_WORKER, WRITER = "copier", "mover", "kmig-writer"


@dataclass
class Passwords:
    """Every secret of a rehearsal by name, and the files that hold them."""

    folder: Path
    by_name: dict[str, str] = field(default_factory=dict)

    def make(self, name: str, special: str = _SPECIAL) -> str:
        """Return a new secret."""
        self.by_name[name] = random.token_urlsafe(12) + special
        return self.by_name[name]

    def write(self, file: str, values: dict[str, str]) -> None:
        """Write a properties file that only its owner may read."""
        self._private(self.folder / file, javaproperties.dumps(values, timestamp=False))

    def write_plain(self, file: str, text: str) -> None:
        """Write a file that holds one secret."""
        self._private(self.folder / file, text)

    def _private(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def make_passwords(scenario: Scenario, folder: Path) -> Passwords:
    """Make passwords for all users, kmig, the workers and the connectors, written to `folder`."""
    passwords = Passwords(folder)
    make_users(scenario, passwords)
    for side in ("source", "target"):
        passwords.make(f"{KMIG}-{side}", "")
        passwords.write(f"{side}.properties", _client(KMIG, passwords.by_name[f"{KMIG}-{side}"]))
    passwords.write("source-writer.properties", _client(WRITER, passwords.make(WRITER, "")))
    sides = {side: passwords.make(f"{COPIER}-{side}", "") for side in ("source", "target")}
    passwords.write("copier.properties", sides)
    # Connect pastes these into JAAS lines without escaping them
    passwords.write(f"{COPY_WORKER}.properties", {"password": passwords.make(COPY_WORKER, "")})
    passwords.write("connect.properties", {"password": passwords.make(CONNECT, "")})
    passwords.write(
        "connectors.properties", {ARCHIVE: passwords.make(f"connector {ARCHIVE}", "+%")}
    )
    for connector in scenario.connectors:
        if connector.literal_secret:
            passwords.write_plain(f"literal-{connector.name}", passwords.make(connector.name))
    return passwords


def make_users(scenario: Scenario, passwords: Passwords) -> None:
    """Make a new password for every user of the scenario; its mechanism stands beside it."""
    live = {client.user for client in scenario.clients}
    users = {
        user.name: passwords.make(user.name, _PASTABLE if user.name in live else _SPECIAL)
        for user in scenario.users
    }
    mechanisms = {f"{user.name}.mechanism": user.mechanism for user in scenario.users}
    passwords.write("clients.properties", {**users, **mechanisms})
    for name, password in users.items():
        passwords.write_plain(f"dir/{name}", password)


def environment(passwords: Passwords, scenario: Scenario) -> dict[str, str]:
    """Return one variable for each user, for the `env` provider."""
    return {
        f"{SECRET_VARIABLES}{user.name.upper().replace('-', '_')}_PASSWORD": passwords.by_name[
            user.name
        ]
        for user in scenario.users
    }


def grant_source(cluster: Cluster, passwords: Passwords, *, copied: bool = True) -> None:
    """Make kmig's two principals and the copier: ordinary users with exactly the documented ACLs."""
    users: dict[str, tuple[str, tuple[permissions.Grant, ...]]] = {
        KMIG: (f"{KMIG}-source", permissions.SOURCE),
        WRITER: (WRITER, permissions.SOURCE_WRITE),
    }
    if copied:
        users[COPIER] = (f"{COPIER}-source", permissions.COPIER_SOURCE)
    _grant(cluster, passwords, users)


def grant_target(cluster: Cluster, passwords: Passwords) -> None:
    """Make kmig, the copier and its worker: ordinary users with exactly the documented ACLs."""
    _grant(
        cluster,
        passwords,
        {
            KMIG: (f"{KMIG}-target", permissions.TARGET),
            COPIER: (f"{COPIER}-target", permissions.COPIER_TARGET),
            COPY_WORKER: (COPY_WORKER, permissions.WORKER),
        },
    )


def grant_worker(cluster: Cluster, passwords: Passwords) -> None:
    """Make the worker of the source's own connectors, with the ACLs of a worker."""
    _grant(cluster, passwords, {CONNECT: (CONNECT, permissions.WORKER)}, "connect-main")


def _grant(
    cluster: Cluster,
    passwords: Passwords,
    users: dict[str, tuple[str, tuple[permissions.Grant, ...]]],
    group: str = f"connect-{COPY_WORKER}",
) -> None:
    wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
    writer = KafkaWriter(wire)
    for user, (secret, grants) in users.items():
        mechanism = CONNECT_MECHANISM if user in (CONNECT, COPY_WORKER) else KMIG_MECHANISM
        writer.set_password(user, mechanism, passwords.by_name[secret])
        if cluster.spec.authorizer:
            writer.create_acls(permissions.acls(f"User:{user}", grants, group))
    wire.close()


def populate(
    scenario: Scenario, cluster: Cluster, passwords: Passwords, client_host: str = HOST
) -> dict[str, dict[TopicPartition, int]]:
    """Make users, ACLs, quotas, topics with their records, and commits on the source; return the commits."""
    wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
    writer, reader = KafkaWriter(wire), KafkaReader(wire)
    if scenario.connectors:
        writer.set_password(CONNECT, CONNECT_MECHANISM, passwords.by_name[CONNECT])
    for user in scenario.users:
        writer.set_password(user.name, user.mechanism, passwords.by_name[user.name])
    writer.create_acls(scenario.acl_bindings(client_host))
    for quota in scenario.quotas:
        writer.set_quota(quota.entity, quota.values)
    for topic in scenario.topics:
        writer.create_topic(_topic(topic, cluster.spec.brokers))
    bootstrap = ",".join(f"{host}:{port}" for host, port in cluster.admin_addresses)
    plain = (t for t in scenario.topics if not t.transactions)
    data.produce(bootstrap, cluster.admin_login, _records(plain))
    for topic in scenario.topics:
        if topic.transactions:
            data.transact(bootstrap, cluster.admin_login, _transactions(topic))
    ends = {t.name: {p.index: p.end or 0 for p in t.partitions} for t in reader.topics()}
    began: dict[str, dict[TopicPartition, int]] = {}
    for group in scenario.groups:
        commits = {
            (group.topic, index): (max(0, end - group.behind), "")
            for index, end in ends[group.topic].items()
        }
        writer.commit_offsets(group.name, commits)
        first = {place: offset for place, (offset, _) in commits.items()}
        began[group.name] = {**began.get(group.name, {}), **first}
    wire.close()
    return began


def connect(scenario: Scenario, worker: Worker, cluster: Cluster, passwords: Passwords) -> None:
    """Create the connectors, one of them with a literal secret; return when each sink has committed."""
    places = {"{secrets}": str(passwords.folder), "{folder}": str(worker.folder)}
    (worker.folder / "legacy-import.txt").write_text("a line\n", encoding="utf-8")
    for connector in scenario.connectors:
        config = dict(connector.config)
        for place, path in places.items():
            config = {key: value.replace(place, path) for key, value in config.items()}
        if connector.literal_secret:
            config[connector.literal_secret] = passwords.by_name[connector.name]
        connectors.create(worker.url, connector.name, config)
    wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
    reader = KafkaReader(wire)
    sinks = {f"connect-{c.name}" for c in scenario.connectors if "topics" in c.config}
    settle(
        SystemClock(),
        "the first commit of each sink connector",
        lambda: sinks <= {group.name for group in reader.groups() if group.commits},
    )
    wire.close()


def _client(user: str, password: str) -> dict[str, str]:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": KMIG_MECHANISM,
        "sasl.jaas.config": f'{module} required username="{user}" password="{password}";',
    }


def _topic(topic: EstateTopic, brokers: int) -> Topic:
    return Topic(
        name=topic.name,
        replication_factor=brokers,
        configs=topic.configs,
        partitions=tuple(Partition(index=i) for i in range(topic.partitions)),
    )


def _records(topics: Iterable[EstateTopic]) -> Iterator[data.Record]:
    for topic in topics:
        for number in range(topic.records):
            yield _record(topic, number, number % topic.partitions)


def _transactions(topic: EstateTopic) -> Iterator[tuple[list[data.Record], bool]]:
    """Yield transactions, each in one partition; every second is aborted, so that offsets and records differ."""
    size = topic.records // topic.transactions
    for one in range(topic.transactions):
        partition = one % topic.partitions
        numbers = range(one * size, (one + 1) * size)
        yield [_record(topic, topic.records + n, partition) for n in numbers], False
        yield [_record(topic, n, partition) for n in numbers], True


def _record(topic: EstateTopic, number: int, partition: int) -> data.Record:
    return topic.name, partition, str(number).encode(), value_of("estate", number)
