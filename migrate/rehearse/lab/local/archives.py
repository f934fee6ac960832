"""Class-data archives (JEP 350): one for brokers, one for Connect, made once per Kafka version and JVM.

A throw-away cluster and worker are started with the JVM recording what it loads, given a little work, and ended
gracefully: the JVM writes the archive at its end. Without an archive a broker takes twice the CPU until it answers.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.worker import Worker
from migrate.rehearse.lab.local.home import Home, locked

_ROLES = ("broker", "connect")
_USER = "archive"


def ensure(home: Home, environ: dict[str, str], say: Callable[[str], None]) -> None:
    """Make the archives of this version that are missing."""
    with locked(home.folder / "archives.lock"):
        if all(home.archive(role).exists() for role in _ROLES):
            return
        say(f"making class-data archives for Kafka {home.version}, once")
        folder = Path(tempfile.mkdtemp(prefix="archives-", dir=home.folder))
        try:
            _record(home, folder, environ)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        for role in _ROLES:
            recorded = home.archive(role).with_name(home.archive(role).name + ".new")
            if recorded.exists():
                os.replace(recorded, home.archive(role))  # noqa: PTH105


def _record(home: Home, folder: Path, environ: dict[str, str]) -> None:
    secrets = folder / "secrets"
    cluster = Cluster(ClusterSpec("archive"), home, folder, secrets / "brokers.properties", environ)
    cluster.dump_archive = True
    cluster.start()
    try:
        cluster.wait_ready()
        wire = Wire("archive", cluster.admin_addresses, cluster.admin_login)
        admin = KafkaWriter(wire)
        admin.create_topic(
            Topic(name="archive", replication_factor=1, partitions=(Partition(index=0),))
        )
        admin.set_password(_USER, "SCRAM-SHA-256", _USER)
        kinds = (("TOPIC", "*"), ("GROUP", "*"), ("CLUSTER", "kafka-cluster"))
        admin.create_acls(
            Acl(
                principal=f"User:{_USER}",
                permission="ALLOW",
                operation="ALL",
                resource_type=kind,
                resource_name=name,
            )
            for kind, name in kinds
        )
        (secrets / f"{_USER}.properties").write_text(f"password={_USER}\n")
        worker = Worker("archive", cluster, _USER, secrets, folder / "w", environ)
        worker.dump_archive = True
        worker.start()
        worker.wait_ready()
        worker.server.terminate()
        worker.server.join(60)
        worker.stop()
        wire.close()
    finally:
        cluster.stop_gracefully()
