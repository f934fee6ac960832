"""A node's server.properties: listeners, logins, authorizer and sizes of a disposable cluster.

Listeners: CLIENT (SASL_PLAINTEXT, SCRAM) and TLS (SASL_SSL, SCRAM) for everybody; ADMIN (PLAIN) between brokers and
for whoever built the cluster; CONTROLLER (PLAIN). Where servers know each other by another name than this machine
knows them, they meet on INSIDE: brokers with PLAIN, Connect workers with SCRAM.
"""

from dataclasses import dataclass
from pathlib import Path

from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import ListenAddress

LISTENERS = ("CLIENT", "ADMIN", "TLS", "CONTROLLER")
"""In the order of a node's ports."""

INSIDE = 9092
"""The port of listener INSIDE, which only servers reach."""

ADMIN = "admin"
_AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_MECHANISMS = ("scram-sha-256", "scram-sha-512")


@dataclass(frozen=True, kw_only=True)
class ServerSpec:
    """The settings that a cluster's nodes share; `advertised` is the CLIENT port that clients are sent to, 0 its own.

    `extra` are settings that not every Kafka knows, such as AutoMQ's.
    """

    brokers: int = 1
    authorizer: bool = True
    allow_everyone: bool = False
    auto_create: bool = False
    reauth_ms: int = 15_000
    advertised: int = 0
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Node:
    """One node: its id, where it listens, a port for each listener, and the quorum it belongs to."""

    id: int
    place: ListenAddress
    ports: tuple[int, ...]
    voters: str


def server_properties(
    spec: ServerSpec, version: str, node: Node, files: tuple[Path, Path, Path]
) -> dict[str, str]:
    """Return the properties; `files` are the data directory, the secrets, and the key with its certificate in PEM."""
    data, secrets, keys = files
    at = dict(zip(LISTENERS, node.ports, strict=True))
    announced = {name: (HOST, port) for name, port in at.items() if name != "CONTROLLER"}
    if spec.advertised:
        announced["CLIENT"] = (HOST, spec.advertised)
    if node.place.inside:
        at["INSIDE"] = INSIDE
        announced["INSIDE"] = (node.place.inside, INSIDE)
    values = {
        "node.id": str(node.id),
        "log.dirs": str(data),
        "listeners": _addresses({name: (node.place.bind, port) for name, port in at.items()}),
        "advertised.listeners": _addresses(announced),
        "controller.quorum.voters": node.voters,
        **_SETTINGS,
        **_security(spec, secrets, keys),
        **_sizes(spec, version),
        **dict(spec.extra),
    }
    return _with_inside(values, secrets) if node.place.inside else values


def _addresses(listeners: dict[str, tuple[str, int]]) -> str:
    return ",".join(f"{name}://{host}:{port}" for name, (host, port) in listeners.items())


def _with_inside(values: dict[str, str], secrets: Path) -> dict[str, str]:
    """Return the properties with the listener on which servers meet, and brokers on it instead of on ADMIN."""
    mechanisms = f"{values['listener.name.client.sasl.enabled.mechanisms']},PLAIN"
    return values | {
        "listener.security.protocol.map": f"{values['listener.security.protocol.map']},"
        "INSIDE:SASL_PLAINTEXT",
        "inter.broker.listener.name": "INSIDE",
        "listener.name.inside.sasl.enabled.mechanisms": mechanisms,
        "listener.name.inside.plain.sasl.jaas.config": f"{_broker_login(secrets)};",
        **{f"listener.name.inside.{name}.sasl.jaas.config": _SCRAM for name in _MECHANISMS},
    }


def _broker_login(secrets: Path) -> str:
    """Return the login of brokers among themselves."""
    broker = f"${{file:{secrets}:broker}}"
    return f'{_PLAIN} username="broker" password="{broker}" user_broker="{broker}"'


def _security(spec: ServerSpec, secrets: Path, keys: Path) -> dict[str, str]:
    between, admin = _broker_login(secrets), f"${{file:{secrets}:{ADMIN}}}"
    values = {
        f"listener.name.{listener}.{mechanism}.sasl.jaas.config": _SCRAM
        for listener in ("client", "tls")
        for mechanism in _MECHANISMS
    }
    values |= {
        "listener.name.admin.plain.sasl.jaas.config": f'{between} user_{ADMIN}="{admin}";',
        "listener.name.controller.plain.sasl.jaas.config": f"{between};",
        "listener.name.tls.ssl.keystore.type": "PEM",
        "listener.name.tls.ssl.keystore.location": str(keys),
    }
    if spec.reauth_ms:
        for listener in ("client", "tls"):
            values[f"listener.name.{listener}.connections.max.reauth.ms"] = str(spec.reauth_ms)
    if spec.authorizer:
        values["authorizer.class.name"] = _AUTHORIZER
        values["super.users"] = f"User:{ADMIN};User:broker"
        values["allow.everyone.if.no.acl.found"] = str(spec.allow_everyone).lower()
    return values


def _sizes(spec: ServerSpec, version: str) -> dict[str, str]:
    copies = str(spec.brokers)
    values = {
        "auto.create.topics.enable": str(spec.auto_create).lower(),
        "default.replication.factor": copies,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
    }
    if not version.startswith("3."):
        values["share.coordinator.state.topic.replication.factor"] = copies
        values["share.coordinator.state.topic.min.isr"] = "1"
    return values


_SETTINGS = {
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,ADMIN:SASL_PLAINTEXT,TLS:SASL_SSL,"
    "CONTROLLER:SASL_PLAINTEXT",
    "inter.broker.listener.name": "ADMIN",
    "controller.listener.names": "CONTROLLER",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "sasl.mechanism.controller.protocol": "PLAIN",
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
    "listener.name.tls.sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
    "listener.name.admin.sasl.enabled.mechanisms": "PLAIN",
    "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
    "config.providers": "file",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    # a killed node may come back after its old session: seconds here, 9 by default
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.min.isr": "1",
    "num.network.threads": "1",
    "num.io.threads": "2",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.segment.bytes": "16777216",
    "log.index.size.max.bytes": "262144",
}
