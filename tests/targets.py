"""Targets to be probed: one broker of real Kafka, as it is or behind a proxy that lies; kmig is no super user."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import NotAuthenticated
from migrate.model.permissions import TARGET, acls
from migrate.probes.run import ProbeRun
from migrate.rehearse.estate import KMIG
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.ports import free
from migrate.rehearse.lab.local.home import Home
from migrate.steps.settle import settle
from tests import lying_broker

Lie = Callable[[int, int], lying_broker.LyingBroker]
MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Target:
    """One that was started; `cluster` is the real broker behind it."""

    probing: ProbeRun
    cluster: Cluster

    def restart(self) -> None:
        """In order: its data is where it was."""
        self.stop_and_start()
        settle(SystemClock(), "kmig's login after the restart", self._logs_in)

    def stop_and_start(self) -> None:
        """The same, without waiting for kmig's login."""
        self.cluster.stop_gracefully()
        self.cluster.servers[:] = [self.cluster.launch(1)]
        self.cluster.wait_ready()

    def _logs_in(self) -> bool:
        wire = self.wire()
        try:
            wire.brokers()
        except NotAuthenticated:
            return False
        finally:
            wire.close()
        return True

    def wire(self) -> Wire:
        """kmig's own connection to it."""
        host, _, port = self.probing.settings.bootstrap.rpartition(":")
        return Wire("target", [(host, int(port))], self.probing.settings.login, timeout=5.0)


@contextmanager
def target(
    home: Home, folder: Path, lie: Lie | None = None, extra: tuple[tuple[str, str], ...] = ()
) -> Iterator[Target]:
    """A target to be probed; `extra` are settings of its broker."""
    port = free(1)[0] if lie else 0
    spec = ClusterSpec("target", advertised=port, extra=extra)
    cluster = Cluster(
        spec, home, folder / "broker", folder / "secrets.properties", dict(os.environ)
    )
    cluster.start()
    try:
        cluster.wait_ready()
        password = _admitted(cluster)
        upstream = int(cluster.bootstrap.rpartition(":")[2])
        client = {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": MECHANISM,
            "sasl.username": KMIG,
            "sasl.password": password,
        }
        if lie is None:
            yield Target(ProbeRun(cluster.bootstrap, client), cluster)
        else:
            with lie(port, upstream).running():
                yield Target(ProbeRun(f"127.0.0.1:{port}", client), cluster)
    finally:
        cluster.stop()


def _admitted(cluster: Cluster) -> str:
    """kmig's principal with exactly the documented ACLs; its password."""
    wire = Wire("target", cluster.admin_addresses, cluster.admin_login)
    writer, password = KafkaWriter(wire), secrets.token_urlsafe(18)
    wanted = acls(f"User:{KMIG}", TARGET)
    writer.create_acls(wanted)
    writer.set_password(KMIG, MECHANISM, password)
    reader = KafkaReader(wire)
    shown: Mapping[str, Callable[[], bool]] = {
        "kmig's ACLs": lambda: reader.acls().issuperset(wanted),
        "kmig's user": lambda: bool(reader.scram_credentials()),
    }
    for what, there in shown.items():
        settle(SystemClock(), what, there)
    wire.close()
    return password
