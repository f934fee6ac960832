"""Clusters on this machine: they die with their parent, say why when they die, and are told apart by their id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka import Producer

from migrate.adapters.kafka import metadata
from migrate.errors import KmigError, StepFailed
from migrate.model.cluster import Partition, Topic
from migrate.probes.sandbox import until
from migrate.rehearse.estate import KMIG, KMIG_MECHANISM
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.ports import HOST, free
from migrate.rehearse.lab.disposable.server import Program
from migrate.rehearse.lab.local.home import Home
from tests.live.conftest import Migration, opened

PARENT = """
import json, os, sys, time
from pathlib import Path
from migrate.rehearse.lab.local import home
from migrate.rehearse.lab.local import tools
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
kafka = home.Home(sys.argv[1], Path(sys.argv[2]), tools.find(os.environ))
folder = Path(sys.argv[3])
cluster = Cluster(ClusterSpec("orphan"), kafka, folder, folder / "s.properties", dict(os.environ))
cluster.start()
cluster.wait_ready()
print(json.dumps({"pids": [s.pid for s in cluster.servers], "at": cluster.bootstrap}), flush=True)
time.sleep(600)
"""


def cluster(home: Home, folder: Path, spec: ClusterSpec) -> Cluster:
    return Cluster(spec, home, folder, folder / "secrets.properties", dict(os.environ))


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_servers_die_when_their_parent_is_killed(homes: dict[str, Home], tmp_path: Path) -> None:
    home = homes["4.3.1"]
    command = [sys.executable, "-c", PARENT, home.version, str(home.folder), str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    try:
        said = json.loads(parent.stdout.readline())
        assert said["pids"]
        assert not any(gone(pid) for pid in said["pids"])
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    deadline = time.monotonic() + 5
    while not all(gone(pid) for pid in said["pids"]):
        assert time.monotonic() < deadline, "a broker outlived its parent"
        time.sleep(0.05)
    host, port = said["at"].split(":")
    while listening(
        host, int(port)
    ):  # a process is a zombie before its last thread has let go of its sockets
        assert time.monotonic() < deadline, "its port is still taken"
        time.sleep(0.05)


def listening(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def test_a_taken_port_is_said_and_quoted(homes: dict[str, Home], tmp_path: Path) -> None:
    ports = free(4)
    with socket.socket() as taken:
        taken.bind((HOST, ports[0]))
        taken.listen()
        broker = cluster(homes["4.3.1"], tmp_path, ClusterSpec("busy", ports=tuple(ports)))
        try:
            broker.start()
            with pytest.raises(StepFailed) as error:
                broker.wait_ready()
        finally:
            broker.stop()
    assert "server busy broker 1 ended early, with exit code 1" in error.value.message
    assert "Address already in use" in error.value.message
    assert str(tmp_path) in error.value.hint


@pytest.fixture(scope="module")
def bare(homes: dict[str, Home], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A source without an authorizer that creates topics when somebody asks for them, and has no group yet."""
    folder = tmp_path_factory.mktemp("bare")
    made = cluster(homes["3.9.1"], folder, ClusterSpec("bare", authorizer=False, auto_create=True))
    made.start()
    yield made
    made.stop()


def test_reading_writes_nothing_and_no_authorizer_is_refused(
    bare: Cluster, migration: Migration
) -> None:
    bare.wait_ready()
    side = opened(bare)
    side.writer.set_password(KMIG, KMIG_MECHANISM, "plain")
    config = migration.folder / "kmig.yaml"
    first = next(line for line in config.read_text().splitlines() if "bootstrap_servers" in line)
    migration.edit("kmig.yaml", first, f"  bootstrap_servers: {bare.bootstrap}")
    lines = (migration.folder / "secrets" / "source.properties").read_text().splitlines()
    jaas = next(line for line in lines if "jaas" in line)
    before = jaas.partition('password\\="')[0]
    migration.edit("secrets/source.properties", jaas, before + 'password\\="plain\\";')
    time.sleep(0.5)
    migration.must("inventory", code=3)
    migration.must("inventory", code=3)
    found = json.loads((migration.folder / "inventory.json").read_text())
    assert found["acls"]["standing"] == "refused"
    assert "SECURITY_DISABLED (54)" in found["acls"]["error"]
    assert found["topics"]["standing"] == found["groups"]["standing"] == "complete"
    assert side.reader.topics() == (), "no topic appeared, the offsets topic neither"
    assert "incomplete: section acls is refused" in migration.must("plan", code=1).err
    side.wire.close()


def test_another_cluster_on_the_port_is_not_taken_for_ours(
    bare: Cluster, homes: dict[str, Home], tmp_path: Path
) -> None:
    """Two clusters that share a password: only the cluster id tells them apart."""
    impostor = cluster(homes["3.9.1"], tmp_path, ClusterSpec("impostor"))
    impostor._ports, impostor._password = bare._ports, bare._password
    bare.wait_ready()
    impostor.servers = bare.servers
    with pytest.raises(StepFailed, match=f"belongs to cluster {bare.cluster_id}"):
        impostor.wait_ready()


def test_a_broker_that_dies_later_is_said_with_its_last_words_and_may_come_back(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    broker = cluster(homes["3.9.1"], tmp_path, ClusterSpec("mortal"))
    try:
        broker.start()
        broker.wait_ready()
        side = opened(broker)
        side.writer.set_password("before", KMIG_MECHANISM, "plain")
        broker.servers[0].kill()
        assert broker.servers[0].join(5)
        with pytest.raises(
            StepFailed, match="server mortal broker 1 ended early, with signal SIGKILL"
        ):
            broker.servers[0].require_alive()
        broker.servers = [broker.launch(1)]
        broker.wait_ready()
        side.writer.set_password("after", KMIG_MECHANISM, "plain")  # by a connection of its own
        assert {c.user for c in side.reader.scram_credentials()} == {"before", "after"}
        side.wire.close()
    finally:
        broker.stop()
    program = Program(name="any", main="x", folder=tmp_path)
    assert "-passw" not in " ".join(homes["3.9.1"].tool(program))


def test_a_leader_tells_what_a_slow_replica_in_sync_does_not_have_yet(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    """With acks=1 a record is acknowledged that no client may see: two equal readings of the ends miss it."""
    slow = cluster(homes["3.9.1"], tmp_path, ClusterSpec("slow", brokers=2))
    with ExitStack() as closed:
        closed.callback(slow.stop)
        slow.start()
        slow.wait_ready()
        side = opened(slow)
        closed.callback(side.wire.close)
        side.writer.create_topic(
            Topic(name="t", partitions=(Partition(index=0),), replication_factor=2)
        )
        place = ("t", 0)

        def known() -> bool:
            try:  # either broker may be asked, and one of them knows the topic later
                return place in side.reader.tips(["t"])
            except KmigError:
                return False

        until("t to have a leader", known)
        (leader,) = metadata.leaders(side.wire, ["t"])
        follower = next(s for s in slow.servers if str(3 - leader) in s.name)
        producer = Producer({**_admin(slow), "acks": "1"})
        producer.produce("t", b"seen", partition=0)
        producer.flush(10)
        until("it to be everywhere", lambda: side.reader.tips(["t"])[place].still)
        before = side.reader.tips(["t"])[place]
        assert (before.end, before.shown, before.stable) == (1, 1, 1)
        follower.pause()
        try:
            time.sleep(1)  # its last fetch is answered
            acknowledged = []
            producer.produce(
                "t", b"held", partition=0, callback=lambda *said: acknowledged.append(said)
            )
            producer.flush(10)
            assert [error for error, _ in acknowledged] == [None]
            assert side.reader.ends(["t"])[place].end == side.reader.ends(["t"])[place].end == 1
            held = side.reader.tips(["t"])[place]
            assert (held.end, held.shown, held.still) == (2, 1, False)
        finally:
            follower.resume()
        until("it to be everywhere", lambda: side.reader.tips(["t"])[place].still)
        assert side.reader.tips(["t"])[place].end == 2


def _admin(cluster: Cluster) -> dict[str, str]:
    login = cluster.admin_login
    return {
        "bootstrap.servers": ",".join(f"{host}:{port}" for host, port in cluster.admin_addresses),
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
    }
