"""A Kafka cluster of one to three combined KRaft nodes, reached by this machine on loopback.

Its listeners are described in `server_properties`. Passwords stand in one properties file that the nodes read through
Kafka's FileConfigProvider: in no argument list, and in no server.properties.
"""

import base64
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from kafka.protocol.admin import DescribeClusterRequest

from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.errors import KmigError, StepFailed
from migrate.rehearse.lab.disposable.certificates import CertificateAuthority
from migrate.rehearse.lab.disposable.ports import HOST, free
from migrate.rehearse.lab.disposable.server import Kafka, Program, Server
from migrate.rehearse.lab.disposable.server_properties import (
    ADMIN,
    INSIDE,
    LISTENERS,
    Node,
    ServerSpec,
    server_properties,
)

_READY_SECONDS = 60.0
_PORTS = len(LISTENERS)
_CLIENT, _ADMIN, _TLS = range(3)


@dataclass(frozen=True)
class ClusterSpec(ServerSpec):
    """A cluster to start. `advertised` sends clients of a single broker to a proxy's port."""

    name: str = "cluster"
    ports: tuple[int, ...] = ()
    heap: str = "256m"


@dataclass
class Cluster:
    """A running cluster. `start` it, use `bootstrap`, `stop` it."""

    spec: ClusterSpec
    kafka: Kafka
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
        """Return the addresses of the CLIENT listener."""
        return ",".join(f"{HOST}:{port}" for port in self._ports[_CLIENT::_PORTS])

    @property
    def inside(self) -> str:
        """Return the addresses by which other servers reach the cluster."""
        hosts = (self.kafka.listen_address(self._host(node)).inside for node in self._nodes)
        return ",".join(f"{host}:{INSIDE}" for host in hosts if host) or self.bootstrap

    @property
    def tls_bootstrap(self) -> str:
        """Return the addresses of the TLS listener."""
        return ",".join(f"{HOST}:{port}" for port in self._ports[_TLS::_PORTS])

    @property
    def certificate_authority(self) -> Path:
        """Return the PEM file of the authority that signed the TLS listener's certificates."""
        return self.folder / "ca.pem"

    @property
    def admin_addresses(self) -> list[tuple[str, int]]:
        """Return the addresses of the ADMIN listener."""
        return [(HOST, port) for port in self._ports[_ADMIN::_PORTS]]

    @property
    def admin_login(self) -> Login:
        """Return the super user's login, which works on the ADMIN listener only."""
        return Login("PLAIN", ADMIN, self._password)

    def start(self) -> None:
        """Write every node's settings, format its storage, and start it."""
        self.write()
        formats = [self._format(node) for node in self._nodes]
        for node, server in zip(self._nodes, formats, strict=True):
            server.join(_READY_SECONDS)
            code = server.exit_code
            server.kill()
            if code != 0:
                raise StepFailed(
                    f"formatting the storage of node {node} of the {self.spec.name} cluster "
                    f"ended with exit code {code}",
                    f"read its output: {self._node(node) / 'out.log'}",
                )
        for node in self._nodes:
            self.servers.append(self.launch(node))

    def write(self) -> None:
        """Write the settings, keys and secrets of every node."""
        self.secret_file.parent.mkdir(parents=True, exist_ok=True)
        self.secret_file.touch(mode=0o600)
        self.secret_file.write_text(f"admin={self._password}\nbroker={secrets.token_urlsafe(18)}\n")
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = CertificateAuthority()
        self.certificate_authority.write_bytes(authority.certificate)
        for node in self._nodes:
            folder = self._node(node)
            folder.mkdir(parents=True, exist_ok=True)
            keys = folder / "tls.pem"
            keys.touch(mode=0o600)
            keys.write_bytes(authority.issue(HOST))
            (folder / "server.properties").write_text(self._properties(node, keys))

    def launch(self, node: int) -> Server:
        """Start one formatted node."""
        broker = self._program(node, "broker", "kafka.Kafka")
        properties = str(broker.folder / "server.properties")
        return self.kafka.launch(
            replace(
                broker,
                arguments=(properties,),
                heap=self.spec.heap,
                ports=self.ports_of(node),
                dump=self.dump_archive,
            )
        )

    def wait_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Wait until every node answers an authenticated request with this cluster's id and all brokers."""
        for index, server in enumerate(self.servers):
            address = Address(self.spec.name, *self.admin_addresses[index])
            server.wait_for(f"authenticated answer on {address}", self._probe(address), seconds)

    def stop(self) -> None:
        """Kill every node. The data is disposable, so no node waits for a quorum."""
        for server in self.servers:
            server.kill()

    def stop_gracefully(self, seconds: float = 60.0) -> None:
        """Send SIGTERM to all nodes at once (a last node alone cannot finish), and SIGKILL after the time."""
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
                    f"the listener {address} belongs to cluster {answer.cluster_id}, not to {self.cluster_id}",
                    "start it again: another Kafka took the port",
                )
            return len(answer.brokers) == self.spec.brokers and self._client_listener_is_up(address)

        return ready

    def _client_listener_is_up(self, admin: Address) -> bool:
        """Return whether the node's CLIENT listener is up too; ApiVersions is answered before any login."""
        port = self._ports[self._ports.index(admin.port) - 1]
        client = Address(admin.site, admin.host, port)
        try:
            Connection(client, None, None, timeout=2.0).close()
        except KmigError:
            return False
        return True

    def _node(self, node: int) -> Path:
        return self.folder / f"broker-{node}"

    def _format(self, node: int) -> Server:
        storage = self._program(node, "format", "kafka.tools.StorageTool")
        named = ("-t", self.cluster_id, "-c", str(storage.folder / "server.properties"))
        return self.kafka.launch(
            replace(storage, arguments=("format", *named, "--ignore-formatted"))
        )

    def _program(self, node: int, doing: str, main: str) -> Program:
        return Program(
            name=f"{self.spec.name} {doing} {node}",
            main=main,
            folder=self._node(node),
            host=self._host(node),
            sites=(self.spec.name,),
            reads=(self.secret_file,),
            environ=self.environ,
        )

    @property
    def _nodes(self) -> range:
        return range(1, self.spec.brokers + 1)

    def _host(self, node: int) -> str:
        return f"{self.spec.name}-{node}"

    def ports_of(self, node: int) -> tuple[int, ...]:
        """Return a node's ports, in the order of LISTENERS."""
        return tuple(self._ports[_PORTS * (node - 1) : _PORTS * node])

    def _properties(self, node: int, keys: Path) -> str:
        places = {n: self.kafka.listen_address(self._host(n)) for n in self._nodes}
        voters = ",".join(
            f"{n}@{place.inside or HOST}:{self.ports_of(n)[-1]}" for n, place in places.items()
        )
        here = Node(node, places[node], self.ports_of(node), voters)
        files = (self._node(node) / "data", self.secret_file, keys)
        values = server_properties(self.spec, self.kafka.version, here, files)
        return "".join(f"{key}={value}\n" for key, value in values.items())


def _new_id() -> str:
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):  # StorageTool would take it for an option
            return text
