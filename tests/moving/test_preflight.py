"""What is refused before anything is copied, cut over or rotated."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from migrate.adapters.client_files import LocalClientFiles
from migrate.adapters.clock import SystemClock
from migrate.adapters.hooks import CommandHooks
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.secret_store import PropertiesSecrets
from migrate.adapters.secrets import Secrets
from migrate.execute import drill
from migrate.execute.run import Moment
from migrate.ports import MovingPorts, Site, Sites, WritableSite
from migrate.rehearse import setup
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.local.home import Home
from tests.estate import acls
from tests.fakes.memory import MemoryCluster
from tests.fakes.memory_moving import MemoryCopy
from tests.moving.arena import Moving


def test_a_literal_secret_a_full_topic_and_a_worker_without_exactly_once_are_refused(
    moving: Moving,
) -> None:
    for kept in ("password=plain", "${env:A} plain"):
        moving.edit("kmig.yaml", "overrides:", f"overrides:\n    some.password: '{kept}'")
        ran = moving.must("plan", code=2)
        assert "some.password holds a secret" in ran.err
        assert "plain" not in ran.err
        moving.edit("kmig.yaml", f"\n    some.password: '{kept}'", "")
    moving.must("inventory")
    moving.must("plan")
    moving.must("apply", "1", "--yes")
    moving.arena.target.write("tiny.seen", 1)
    ran = moving.must("replicate", "1", "--yes", code=4)
    assert "topic tiny.seen on the target is not empty: it holds records" in ran.err
    with ExitStack() as cleanup:
        plain = setup.copier(moving.here, exactly_once=False)
        plain.start()
        cleanup.callback(plain.stop)
        plain.wait_ready()
        assert moving.here.copier is not None
        moving.edit("kmig.yaml", moving.here.copier.url, plain.url)
        moving.must("plan")
        ran = moving.must("replicate", "1", "--yes", code=4)
    assert "exactly.once.source.support=enabled" in ran.err
    copiers = [a for a in moving.arena.target.reader.acls() if a.principal == "User:copier"]
    assert not [a for a in copiers if a.resource_name.startswith("tiny")]


def test_the_drill_where_sessions_never_end_proves_nothing(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    secret_file = tmp_path / "secrets" / "brokers.properties"
    spec = ClusterSpec("target", reauth_ms=0)
    cluster = Cluster(spec, homes["4.3.1"], tmp_path / "cluster", secret_file, {})
    with ExitStack() as cleanup:
        cleanup.callback(cluster.stop)
        cluster.start()
        cluster.wait_ready()
        admin = Wire("target", cluster.admin_addresses, cluster.admin_login)
        cleanup.callback(admin.close)
        secrets = Secrets({}, tmp_path)
        writer = KafkaWriter(admin, secrets)
        writer.set_password("boss", "SCRAM-SHA-512", "boss")
        writer.create_acls(acls("ALLOW ALL on cluster kafka-cluster to User:boss"))
        SystemClock().sleep(1)
        host, _, port = cluster.bootstrap.rpartition(":")
        wire = Wire("target", [(host, int(port))], Login("SCRAM-SHA-512", "boss", "boss"))
        cleanup.callback(wire.close)
        target = WritableSite(
            "target",
            KafkaReader(wire),
            KafkaLogins(wire, secrets, None, 10.0),
            KafkaRecords("target", "", {}, b"k"),
            writer,
        )
        memory = MemoryCluster("source")
        hands = MovingPorts(
            writer,
            MemoryCopy(memory, memory),
            CommandHooks(tmp_path, {}),
            LocalClientFiles(tmp_path),
        )
        source = Site("source", memory, memory, memory)
        store = PropertiesSecrets(tmp_path)
        sites = Sites(source, target, SystemClock(), hands, store=store)

        def carry(progress: Iterable[Moment]) -> int:
            for one in (event for moment in progress for event in moment):
                if one.error is not None:
                    raise one.error
            return 0

        found = drill.play(sites, carry)
        assert {case: verdict for case, (verdict, _) in found.items()} == {
            "normal": "not proven",
            "old credential left alive": "alive",
            "wrong old secret": "refused",
        }
        assert "connections.max.reauth.ms is 0" in found["normal"][1]
