"""`kmig clusters DIR`: two empty clusters on this machine's Java, to try kmig on.

Addresses are always the same, so that a page can name them. DIR gets the administrator's login for each side and
Kafka's own tools under their usual names.
"""

import secrets
import shlex
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import CannotTell
from migrate.rehearse.estate import KMIG_MECHANISM
from migrate.rehearse.hold import until_interrupted
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import Kafka, Program
from migrate.rehearse.lab.disposable.server_properties import ADMIN, LISTENERS
from migrate.rehearse.lab.local.runtime import LocalRuntime
from migrate.rehearse.setup import claim, discard_data

VERSIONS = {"source": "3.9.1", "target": "4.3.1"}
FIRST_PORTS = {"source": 11092, "target": 12092}
"""The port for clients; a broker's other ports follow it. Outside the range of `lab.disposable.ports`."""
_SESSION_MS = 5_000
_TOOLS = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-console-producer.sh": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-console-consumer.sh": "org.apache.kafka.tools.consumer.ConsoleConsumer",
}
"""Where Kafka 4.3 keeps the program behind each script."""
_WORKER = ("connect-distributed.sh", "org.apache.kafka.connect.cli.ConnectDistributed")


def run(folder: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Start both clusters, print how to reach them, and keep them until Control-C."""
    _require_free_ports()
    claim(folder)
    where = LocalRuntime(environ, say)
    kafkas = {side: where.kafka(version) for side, version in VERSIONS.items()}
    say(f"starting a source, Kafka {VERSIONS['source']}, and a target, {VERSIONS['target']}")
    with ExitStack() as cleanup:
        cleanup.callback(discard_data, folder)
        clusters = [_started(side, kafkas[side], folder, environ, cleanup) for side in VERSIONS]
        for cluster in clusters:
            cluster.wait_ready()
            login = _admin_login(cluster, folder)
            name = cluster.spec.name
            say(f"{name}  {cluster.bootstrap}  --command-config {login}")
        say(f"tools   {_write_tools(folder, kafkas['target'])}")
        say("both clusters stay until Control-C")
        servers = [server for cluster in clusters for server in cluster.servers]
        until_interrupted(servers, say)


def _require_free_ports() -> None:
    for side, first in FIRST_PORTS.items():
        for port in range(first, first + len(LISTENERS)):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    raise CannotTell(
                        f"the {side} cluster cannot start: another program listens on {HOST}:{port}",
                        f"stop that program, which ss -ltnp 'sport = :{port}' names",
                    ) from None


def _started(
    side: str, kafka: Kafka, folder: Path, environ: Mapping[str, str], cleanup: ExitStack
) -> Cluster:
    first = FIRST_PORTS[side]
    ports = tuple(range(first, first + len(LISTENERS)))
    cluster = Cluster(
        ClusterSpec(name=side, ports=ports, reauth_ms=_SESSION_MS),
        kafka,
        folder / "clusters" / side,
        folder / "secrets" / f"{side}-brokers.properties",
        dict(environ),
    )
    cleanup.callback(cluster.stop)
    cluster.start()
    return cluster


def _admin_login(cluster: Cluster, folder: Path) -> Path:
    """Make a SCRAM login for the administrator, a super user, on the listener for clients; return its file."""
    password = secrets.token_urlsafe(18)
    wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
    try:
        KafkaWriter(wire).set_password(ADMIN, KMIG_MECHANISM, password)
    finally:
        wire.close()
    file = folder / f"{cluster.spec.name}-admin.properties"
    file.touch(mode=0o600)
    file.write_text(_properties(password), encoding="utf-8")
    return file


def _properties(password: str) -> str:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return (
        "security.protocol=SASL_PLAINTEXT\n"
        f"sasl.mechanism={KMIG_MECHANISM}\n"
        f'sasl.jaas.config={module} required username="{ADMIN}" password="{password}";\n'
    )


def _write_tools(folder: Path, kafka: Kafka) -> Path:
    """Write scripts that run Kafka's tools and its Connect worker, with logs under `logs`; return their folder."""
    place = folder / "bin"
    place.mkdir()
    for name, main in (*_TOOLS.items(), _WORKER):
        log = folder / "logs" / name.removesuffix(".sh")
        log.mkdir(parents=True)
        worker = name == _WORKER[0]
        program = Program(
            name=name,
            main=main,
            folder=log,
            role="connect" if worker else "broker",
            heap="256m" if worker else "128m",
        )
        script = place / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(kafka.tool(program))} "$@"\n')
        script.chmod(0o755)
    return place
