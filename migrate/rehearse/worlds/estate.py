"""The estate of a history, put into its world: topics with their records, users, rights, clients that run."""

import hashlib
import re
from typing import Any

import yaml

from migrate.model.acl import Acl
from migrate.rehearse.worlds.cluster import Credential
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.history import History, Load, TopicSpec
from migrate.rehearse.worlds.log import Transaction
from migrate.rehearse.worlds.world import HOME, SECRETS, World

ADMIN = "User:admin"
_ACL = re.compile(
    r"(ALLOW|DENY) (\w+) on (topic|group|cluster|transactional_id) (prefixed )?(\S+) to (\S+)"
)


def acl_of(text: str) -> Acl:
    """Return an ACL from its form for people: `ALLOW READ on topic prefixed a. to User:x`."""
    found = _ACL.fullmatch(text)
    assert found is not None, text
    permission, operation, kind, prefixed, name, principal = found.groups()
    return Acl.model_validate(
        {
            "principal": principal,
            "permission": permission,
            "operation": operation,
            "resource_type": kind.upper(),
            "pattern_type": "PREFIXED" if prefixed else "LITERAL",
            "resource_name": name,
        }
    )


def config(history: History) -> dict[str, Any]:
    """Return kmig.yaml."""
    open_default = history.estate.source.allow_everyone
    return {
        "version": 1,
        "name": "world",
        "source": {
            "bootstrap_servers": "source-1:9092",
            "principal": "User:kmig",
            "super_users": [ADMIN],
            "allow_everyone_if_no_acl_found": open_default,
        },
        "target": {
            "bootstrap_servers": "target-1:9092",
            "principal": "User:kmig",
            "super_users": [ADMIN],
            "allow_everyone_if_no_acl_found": history.estate.target.allow_everyone,
        },
        "sensitivity": ["public", "internal", "restricted"],
        "replication": {
            "connect": "http://mm2:8083",
            "principal": "User:copier",
            "source_principal": "User:copier",
            **({"overrides": dict(history.overrides)} if history.overrides else {}),
        },
        "policy": dict(history.policy),
    }


def build(world: World) -> None:
    """Put the estate into a new world, and into its migration directory what people write there."""
    _write_files(world)
    spec = world.history.estate
    oldest = max((load.age for t in spec.topics for load in t.loads), default=0.0)
    world.timeline.now = 0.0
    began = -oldest
    loads: list[tuple[float, TopicSpec, Load]] = []
    for topic in spec.topics:
        made = world.source.topics.create(topic.name, topic.partitions, 1, topic.configs, began)
        world.source.note("topic", topic.name, ADMIN, ("created", made.id))
        loads += [(-load.age, topic, load) for load in topic.loads]
    _users(world)
    for _, topic, load in sorted(loads, key=lambda one: one[0]):
        _load(world, topic, load)
    for client in spec.clients:
        if client.commits_from:
            _committed(world, client.group, client.commits_from)
    for name in spec.on_target:
        world.target.topics.create(name, 1, 1, {}, began)
    for client in spec.clients:
        if client.begins >= 0:
            world.timeline.after(client.begins, world.clients[client.name].start)


def _write_files(world: World) -> None:
    history, disk = world.history, world.disk
    for folder in (HOME, HOME / "clients", HOME / "secrets"):
        disk.put_folder(folder)
    passwords = []
    for client in history.estate.clients:
        if client.user:
            continue
        clients = HOME / "clients"
        disk.put_file(clients / f"{client.name}.properties", _address("source"))
        disk.put_file(clients / f"{client.name}.target.properties", _address("target"))
        password = f"pw-{hashlib.sha256(client.name.encode()).hexdigest()[:20]}"
        world.secrets.add(password)
        passwords.append(f"{client.name}={password}\n")
    disk.put_file(HOME / SECRETS, "".join(passwords).encode())
    disk.put_file(HOME / "kmig.yaml", _yaml(config(history)))
    people = {"workloads": list(history.workloads), **history.more}
    disk.put_file(HOME / "workloads.yaml", _yaml(people))


def _address(side: str) -> bytes:
    return f"bootstrap.servers={side}-1:9092\n".encode()


def _yaml(document: object) -> bytes:
    text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=False)
    return str(text).encode()


def _users(world: World) -> None:
    spec = world.history.estate
    for client in spec.clients:
        if client.user:
            continue
        credential = Credential(world.password(client.name), 4096)
        world.source.set_user(client.name, client.mechanism, credential, by=ADMIN)
    world.source.change_acls(map(acl_of, spec.acls), by=ADMIN)
    for user, value in spec.quotas.items():
        world.source.quotas[("user", user),] = {"consumer_byte_rate": value}
    # rights that were given long ago are known everywhere
    world.source.forget_versions()


def _load(world: World, topic: TopicSpec, load: Load) -> None:
    """Write a load's records as of their time, evenly over it."""
    transaction = None
    if load.transaction:
        transaction = Transaction(f"load-{topic.name}", 1, 0, -load.age, 60.0)
    writer = f"User:{_writer(world, topic.name)}"
    for index in range(load.count):
        number = world.doings.next_number()
        at = -load.age * (1 - index / load.count)
        content = Content(
            number,
            index % load.keys if load.keys else number,
            load.size,
            load.ratio,
            at,
            b"equal" if load.equal else b"",
        )
        world.source.written_before(
            (topic.name, index % topic.partitions), content, transaction, writer
        )
    if transaction is not None:
        transaction.state = load.transaction
        for name, partition in transaction.first:
            world.source.topic(name).logs[partition].mark(transaction, 0.0)


def _writer(world: World, topic: str) -> str:
    writers = (c.name for c in world.history.estate.clients if topic in c.writes)
    return next(writers, "somebody")


def _committed(world: World, group: str, commits: dict[str, int]) -> None:
    """Let a group have committed so many records of each partition before the world begins."""
    offsets = {}
    for topic, position in commits.items():
        for partition, log in enumerate(world.source.topic(topic).logs):
            offsets[topic, partition] = (min(position, log.end), "")
    world.source.groups.committed_before(group, offsets)
