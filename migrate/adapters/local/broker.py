"""A Kafka cluster of one to three combined KRaft nodes, each a process on loopback.

Listeners of a node: CLIENT (SASL_PLAINTEXT, SCRAM) for everybody; ADMIN (PLAIN) between brokers and for whoever
built the cluster; CONTROLLER (PLAIN). Passwords stand in one properties file that the nodes read through Kafka's
FileConfigProvider: in no argument list, and in no server.properties.
"""

import base64
import secrets
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kafka.protocol.admin import DescribeClusterRequest

from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.adapters.local.home import Home
from migrate.adapters.local.leash import leashed
from migrate.adapters.local.ports import HOST, free
from migrate.adapters.local.process import Server
from migrate.errors import KmigError, StepFailed

_READY_SECONDS = 60.0
_PORTS = 3
ADMIN = "admin"


@dataclass(frozen=True)
class ClusterSpec:
    """What cluster to start."""

    name: str
    brokers: int = 1
    authorizer: bool = True
    allow_everyone: bool = False
    auto_create: bool = False
    reauth_ms: int = 15_000
    ports: tuple[int, ...] = ()


@dataclass
class Cluster:
    """A running cluster. `start` it, use `bootstrap`, `stop` it."""

    spec: ClusterSpec
    home: Home
    folder: Path
    secret_file: Path
    environ: dict[str, str]
    cluster_id: str = field(default_factory=lambda: _new_id())
    servers: list[Server] = field(default_factory=list)
    dump_archive: bool = False

    def __post_init__(self) -> None:
        count = self.spec.brokers
        self._ports = list(self.spec.ports) or free(_PORTS * count)
        self._password = secrets.token_urlsafe(18)

    @property
    def bootstrap(self) -> str:
        """Addresses of the CLIENT listener."""
        return ",".join(f"{HOST}:{port}" for port in self._ports[0::_PORTS])

    @property
    def admin_addresses(self) -> list[tuple[str, int]]:
        """Addresses of the ADMIN listener."""
        return [(HOST, port) for port in self._ports[1::_PORTS]]

    @property
    def admin_login(self) -> Login:
        """The super user, on the ADMIN listener only."""
        return Login("PLAIN", ADMIN, self._password)

    def start(self) -> None:
        """Format and start every node (from the main thread: see `leash`)."""
        self.secret_file.parent.mkdir(parents=True, exist_ok=True)
        self.secret_file.touch(mode=0o600)
        self.secret_file.write_text(f"admin={self._password}\nbroker={secrets.token_urlsafe(18)}\n")
        formats = [self._format(node) for node in range(1, self.spec.brokers + 1)]
        for node, process in enumerate(formats, 1):
            if process.wait(_READY_SECONDS):
                raise StepFailed(
                    f"{self.spec.name}: formatting node {node} ended with {process.returncode}",
                    f"its output is in {self._node(node) / 'format.log'}",
                )
        for node in range(1, self.spec.brokers + 1):
            self.servers.append(self.launch(node))

    def launch(self, node: int) -> Server:
        """Start one formatted node."""
        folder = self._node(node)
        command = self.home.command(
            "broker", "kafka.Kafka", heap="256m", logs=folder, dump=self.dump_archive
        )
        name = f"{self.spec.name} broker {node}"
        return Server(name, [*command, str(folder / "server.properties")], folder, self.environ)

    def wait_ready(self) -> None:
        """Wait until every node answers an authenticated request with this cluster's id and all brokers."""
        for index, server in enumerate(self.servers):
            address = Address(self.spec.name, *self.admin_addresses[index])
            server.wait_for(
                f"an authenticated answer on {address}", self._probe(address), _READY_SECONDS
            )

    def stop(self) -> None:
        """End every node now. The data is disposable, so no node waits for a quorum."""
        for server in self.servers:
            server.kill()

    def stop_gracefully(self, seconds: float = 60.0) -> None:
        """SIGTERM to all at once (a last node alone cannot finish), SIGKILL after the time."""
        for server in self.servers:
            server.terminate()
        deadline = time.monotonic() + seconds
        for server in self.servers:
            if not server.join(max(0.1, deadline - time.monotonic())):
                server.kill()

    def _probe(self, address: Address) -> Callable[[], bool]:
        def ready() -> bool:
            try:
                connection = Connection(address, self.admin_login, None, timeout=2.0)
            except KmigError:
                return False
            try:
                answer = connection.call(DescribeClusterRequest())
            except KmigError:
                return False
            finally:
                connection.close()
            if answer.cluster_id != self.cluster_id:
                raise StepFailed(
                    f"{address} is answered by cluster {answer.cluster_id}, not by {self.cluster_id}",
                    "another Kafka took the port; start again",
                )
            return len(answer.brokers) == self.spec.brokers and self._clients_may_come(address)

        return ready

    def _clients_may_come(self, admin: Address) -> bool:
        """Whether the node's CLIENT listener is up too; ApiVersions is answered before any login."""
        port = self._ports[self._ports.index(admin.port) - 1]
        client = Address(admin.site, admin.host, port)
        try:
            Connection(client, None, None, timeout=2.0).close()
        except KmigError:
            return False
        return True

    def _node(self, node: int) -> Path:
        return self.folder / f"broker-{node}"

    def _format(self, node: int) -> "subprocess.Popen[bytes]":
        folder = self._node(node)
        folder.mkdir(parents=True, exist_ok=True)
        properties = folder / "server.properties"
        properties.write_text(self._properties(node))
        command = self.home.command("broker", "kafka.tools.StorageTool", heap="128m", logs=folder)
        with (folder / "format.log").open("wb") as out:
            return subprocess.Popen(
                leashed([*command, "format", "-t", self.cluster_id, "-c", str(properties)]),
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environ,
            )

    def _properties(self, node: int) -> str:
        base = _PORTS * (node - 1)
        client, admin, controller = self._ports[base : base + _PORTS]
        voters = ",".join(
            f"{n}@{HOST}:{self._ports[_PORTS * n - 1]}" for n in range(1, self.spec.brokers + 1)
        )
        values = {
            "node.id": str(node),
            "log.dirs": str(self._node(node) / "data"),
            "listeners": f"CLIENT://{HOST}:{client},ADMIN://{HOST}:{admin},"
            f"CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"CLIENT://{HOST}:{client},ADMIN://{HOST}:{admin}",
            "controller.quorum.voters": voters,
            **_SETTINGS,
            **self._security(),
            **self._sizes(),
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())

    def _security(self) -> dict[str, str]:
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        admin, broker = (f"${{file:{self.secret_file}:{key}}}" for key in ("admin", "broker"))
        between = f'{plain} username="broker" password="{broker}" user_broker="{broker}"'
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        values = {
            "listener.name.client.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.client.scram-sha-512.sasl.jaas.config": scram,
            "listener.name.admin.plain.sasl.jaas.config": f'{between} user_admin="{admin}";',
            "listener.name.controller.plain.sasl.jaas.config": f"{between};",
        }
        if self.spec.reauth_ms:
            values["listener.name.client.connections.max.reauth.ms"] = str(self.spec.reauth_ms)
        if self.spec.authorizer:
            values["authorizer.class.name"] = (
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            )
            values["super.users"] = "User:admin;User:broker"
            values["allow.everyone.if.no.acl.found"] = str(self.spec.allow_everyone).lower()
        return values

    def _sizes(self) -> dict[str, str]:
        copies = str(self.spec.brokers)
        values = {
            "auto.create.topics.enable": str(self.spec.auto_create).lower(),
            "default.replication.factor": copies,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
        }
        if not self.home.version.startswith("3."):
            values["share.coordinator.state.topic.replication.factor"] = copies
            values["share.coordinator.state.topic.min.isr"] = "1"
        return values


_SETTINGS = {
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,ADMIN:SASL_PLAINTEXT,"
    "CONTROLLER:SASL_PLAINTEXT",
    "inter.broker.listener.name": "ADMIN",
    "controller.listener.names": "CONTROLLER",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "sasl.mechanism.controller.protocol": "PLAIN",
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
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


def _new_id() -> str:
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):  # StorageTool would take it for an option
            return text
