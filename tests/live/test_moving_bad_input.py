"""What goes wrong in a cutover or a rotation: one clear message, the right exit code, nothing lost, a way on."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from migrate.adapters.client_files import LocalFiles
from migrate.adapters.clock import SystemClock
from migrate.adapters.hooks import CommandHooks
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.live_clients import configured
from migrate.adapters.local.broker import Cluster, ClusterSpec
from migrate.adapters.local.home import Home
from migrate.adapters.memory import MemoryCluster
from migrate.adapters.memory_moving import MemoryCopy
from migrate.adapters.secret_store import PropertiesSecrets
from migrate.adapters.secrets import Secrets
from migrate.execute import drill
from migrate.execute.run import Progress
from migrate.ports import Hands, Site, Sites, WritableSite
from migrate.rehearse import setup
from tests.estate import acls
from tests.live.arena import Moving


def replanned(moving: Moving, *edits: tuple[str, str, str]) -> None:
    for name, old, new in edits:
        moving.edit(name, old, new)
    moving.must("plan")


def test_a_hook_that_fails_or_hangs_is_quoted_and_the_same_command_goes_on(moving: Moving) -> None:
    moving.ready()
    good = "stop: [./switch, stop, ledger]"
    bad = "stop: [sh, -c, 'echo out of order; exit 7']"
    replanned(moving, ("workloads.yaml", good, bad))
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert "ended with 7: out of order" in ran.err
    slow = "stop: [sleep, '60']"
    replanned(
        moving,
        ("workloads.yaml", bad, slow),
        ("workloads.yaml", "switch:", "switch:\n      seconds: 1.0"),
    )
    ran = moving.must("cutover", "1", "--yes", code=4)
    assert "the plan changed after" in ran.err
    moving.must("rollback", "1", "--yes")
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert "was not done within 1 s" in ran.err
    moving.must("rollback", "1", "--yes")
    replanned(
        moving, ("workloads.yaml", slow, good), ("workloads.yaml", "      seconds: 1.0\n", "")
    )
    moving.must("cutover", "1", "--yes")
    moving.clean()


def test_a_hook_that_does_nothing_is_found_out_by_the_group(moving: Moving) -> None:
    moving.ready()
    replanned(
        moving,
        ("workloads.yaml", "stop: [./switch, stop, ledger]", "stop: ['true']"),
        ("kmig.yaml", "quiet_seconds: 0.5", "quiet_seconds: 0.5\n  stop_seconds: 3.0"),
    )
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert "1 member in ledger (ledger@source on" in ran.err
    moving.must("rollback", "1", "--yes")
    moving.unharmed()


@contextmanager
def committing_alone(moving: Moving) -> Iterator[None]:
    """A consumer that assigns partitions itself: a member of nothing, and commits."""
    config = configured(moving.folder / "clients" / "ledger.properties", moving.folder)
    consumer = Consumer({**config, "group.id": "ledger", "enable.auto.commit": False})
    done = threading.Event()

    def commit() -> None:
        offset = 0
        while not done.wait(0.1):
            offset += 1
            consumer.commit(offsets=[TopicPartition("tiny.paid", 0, offset)], asynchronous=False)

    thread = threading.Thread(target=commit)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        consumer.close()


def test_a_consumer_that_assigns_partitions_itself_is_seen_by_its_commits(moving: Moving) -> None:
    moving.must("inventory")
    moving.must("plan")
    moving.must("apply", "1", "--yes")
    moving.must("replicate", "1", "--yes")
    moving.wait_ready()
    replanned(
        moving, ("kmig.yaml", "quiet_seconds: 0.5", "quiet_seconds: 0.5\n  stop_seconds: 3.0")
    )
    with committing_alone(moving):
        ran = moving.must("cutover", "1", "--yes", code=1)
    assert "commits that change" in ran.err


def test_an_open_transaction_at_the_fence_is_named_and_waited_for(moving: Moving) -> None:
    moving.ready()
    replanned(
        moving,
        ("kmig.yaml", "quiet_seconds: 0.5", "quiet_seconds: 0.5\n  transaction_seconds: 3.0"),
    )
    config = configured(moving.folder / "clients" / "till.properties", moving.folder)
    producer = Producer({**config, "transactional.id": "till-late"})
    late = acls("ALLOW WRITE on transactional_id till-late to User:till")
    moving.arena.source.writer.create_acls(late)
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce("tiny.paid", b"late/1", partition=0)
    producer.flush(10)
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert "an open transaction: tiny.paid-0: producer" in ran.err
    producer.abort_transaction(20)
    moving.must("cutover", "1", "--yes")
    moving.clean()


def test_a_target_group_that_has_moved_on_is_never_lowered(moving: Moving) -> None:
    moving.ready()
    moving.arena.target.writer.commit_offsets("ledger", {("tiny.paid", 0): (999_999, "")})
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert "never lowers a group that has moved on" in ran.err
    moving.must("rollback", "1", "--yes")
    moving.unharmed()


def test_a_target_topic_that_is_not_empty_is_not_copied_into(moving: Moving) -> None:
    moving.must("inventory")
    moving.must("plan")
    moving.must("apply", "1", "--yes")
    moving.arena.target.write("tiny.seen", 1)
    ran = moving.must("replicate", "1", "--yes", code=4)
    assert "topic tiny.seen on target holds records already" in ran.err


def test_a_failed_task_says_why_instead_of_a_wait(moving: Moving) -> None:
    moving.ready()
    copier = [a for a in moving.arena.target.reader.acls() if a.resource_name.startswith("tiny")]
    mine = [a for a in copier if a.principal == "User:copier"]
    moving.arena.target.writer.delete_acls(mine)
    ran = moving.must("cutover", "1", "--yes", code=1)
    for _ in range(20):
        if "failed" in ran.err:
            break
        ran = moving.kmig("replicate", "1", "--status", "--window", "0.5")
    assert "1 failed" in ran.err


def test_a_worker_without_exactly_once_support_is_refused(moving: Moving) -> None:
    with ExitStack() as cleanup:
        plain = setup.copier(moving.here, cleanup, exactly_once=False)
        plain.wait_ready()
        assert moving.here.copier is not None
        moving.edit("kmig.yaml", moving.here.copier.url, plain.url)
        moving.must("inventory")
        moving.must("plan")
        moving.must("apply", "1", "--yes")
        ran = moving.must("replicate", "1", "--yes", code=4)
        assert "exactly.once.source.support=enabled" in ran.err
        assert not [
            a
            for a in moving.arena.target.reader.acls()
            if "copier" in a.principal and "tiny" in str(a)
        ]


def test_rotation_with_a_wrong_old_secret_or_both_slots_in_use_changes_nothing(
    moving: Moving,
) -> None:
    moving.ready()
    moving.must("cutover", "1", "--yes")
    writer = moving.arena.target.writer
    before = moving.arena.target.reader.scram_credentials()
    writer.set_password("ledger", "SCRAM-SHA-512", "somebody else's")
    ran = moving.must("rotate", "1", "--yes", code=1)
    assert "both slots are in use" in ran.err
    writer.delete_scram("ledger", "SCRAM-SHA-512")
    writer.set_password("ledger", "SCRAM-SHA-256", "changed by hand")
    ran = moving.must("rotate", "1", "--yes", code=4)
    assert "login refused (58)" in ran.err
    assert moving.arena.target.reader.scram_credentials() == before


def test_the_drill_table_where_sessions_are_bounded(moving: Moving) -> None:
    moving.must("inventory")
    moving.must("plan")
    ran = moving.must("rotate", "1", "--drill", "--yes")
    cells = (re.split(r"  +", line) for line in ran.out.splitlines())
    rows = {case: rest[:2] for case, *rest in cells}
    assert rows["normal"] == ["proven", "proven"]
    assert rows["old credential left alive"] == ["alive", "alive"]
    assert rows["wrong old secret"] == ["refused", "refused"]
    left = moving.arena.target.reader.scram_credentials()
    assert not [c for c in left if c.user.startswith(("kmig-drill", "kmig-canary"))]


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
        hands = Hands(
            writer,
            MemoryCopy(memory, memory),
            CommandHooks(tmp_path, {}),
            LocalFiles(tmp_path),
            PropertiesSecrets(tmp_path),
        )
        sites = Sites(Site("source", memory, memory, memory), target, SystemClock(), hands)

        def carry(progress: Iterator[Progress]) -> int:
            for one in progress:
                if one.error is not None:
                    raise one.error
            return 0

        found = drill.play(sites, carry)  # type: ignore[arg-type]
        assert {case: verdict for case, (verdict, _) in found.items()} == {
            "normal": "not proven",
            "old credential left alive": "alive",
            "wrong old secret": "refused",
        }
        assert "connections.max.reauth.ms is 0" in found["normal"][1]


@pytest.mark.parametrize("kept", ["password=plain", "${env:A} plain"])
def test_a_literal_secret_in_the_copiers_login_is_refused_unseen(moving: Moving, kept: str) -> None:
    moving.edit("kmig.yaml", "overrides:", f"overrides:\n    some.password: '{kept}'")
    ran = moving.must("plan", code=2)
    assert "some.password holds a secret" in ran.err
    assert "plain" not in ran.err
