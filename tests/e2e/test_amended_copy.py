"""A copy amended while it runs, on real clusters: more topics, partitions and settings, and nothing copied anew."""

import time
from pathlib import Path
from signal import SIGKILL

import httpx
import pytest

from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.properties import read
from migrate.adapters.secrets import Secrets
from migrate.model.cluster import Partition, Topic
from migrate.rehearse.scenario import load
from tests.estate import acls
from tests.moving.arena import Admin, Arena, Moving

pytestmark = pytest.mark.timeout(600)
MANY = 100_000
ADDED = "tiny.more"


def created(admin: Admin, name: str, partitions: int = 1) -> None:
    each = tuple(Partition(index=n) for n in range(partitions))
    admin.writer.create_topic(Topic(name=name, replication_factor=1, configs={}, partitions=each))


def connector(arena: Arena) -> tuple[str, str]:
    """The address and the name of the one connector."""
    assert arena.base.copier is not None
    url = arena.base.copier.url
    (name,) = httpx.get(f"{url}/connectors", timeout=30).json()
    return f"{url}/connectors/{name}", name


def wait(what: str, seconds: float, ready: object) -> None:
    deadline = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.2)


def stale(arena: Arena, offset: int) -> None:
    """Let Connect keep an offset of the topic that is not copied yet, as one that was copied before leaves it."""
    url, _ = connector(arena)
    httpx.put(f"{url}/stop", timeout=30).raise_for_status()
    wait("the stop", 30, lambda: not httpx.get(f"{url}/status", timeout=30).json()["tasks"])
    place = {"cluster": "source", "topic": ADDED, "partition": 0}
    body = {"offsets": [{"partition": place, "offset": {"offset": offset}}]}
    httpx.patch(f"{url}/offsets", json=body, timeout=30).raise_for_status()
    httpx.put(f"{url}/resume", timeout=30).raise_for_status()


def marks(arena: Arena, moving: Moving, topic: str, partition: int) -> list[bytes]:
    """Every committed record of a partition of the target."""
    ends = arena.target.reader.ends([topic])[topic, partition]
    client = read(moving.folder / "secrets" / "target.properties", Secrets({}, moving.folder))
    bootstrap = ",".join(f"{host}:{port}" for host, port in arena.target.cluster.admin_addresses)
    admin = arena.target.cluster.admin_login
    settings = {**client.librdkafka, "sasl.username": admin.user, "sasl.password": admin.password}
    settings["sasl.mechanism"] = admin.mechanism
    reading = KafkaRecords("target", bootstrap, settings, b"key")
    found = reading.visible({(topic, partition): (ends.start, ends.stable)})
    reading.close()
    return [record.mark for record in found[topic, partition]]


def test_a_topic_a_partition_and_a_setting_are_added(arena: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        # what any MirrorMaker leaves behind on a source
        created(arena.source, "heartbeats")
        arena.source.write("heartbeats", 10)
        people = folder / "workloads.yaml"
        people.write_text(
            people.read_text()
            + "leave_behind: [{topic: {topic: heartbeats}, because: nobody needs them here}]\n"
        )
        moving.ready()
        url, name = connector(arena)
        before = httpx.get(f"{url}/config", timeout=30).json()
        copied = len(marks(arena, moving, "tiny.seen", 0))

        # the world goes on
        created(arena.source, ADDED)
        arena.source.writer.create_acls(acls(f"ALLOW READ on topic {ADDED} to User:ledger"))
        arena.source.write(ADDED, MANY)
        arena.source.writer.create_partitions("tiny.seen", 3)
        stale(arena, MANY // 2)
        wait(
            "the missing partition",
            60,
            lambda: (
                "tiny.seen-2 does not exist on the target"
                in moving.kmig("replicate", "1", "--status", "--window", "0.5").err
            ),
        )
        moving.edit(
            "workloads.yaml", "[{topic: tiny.paid}]", f"[{{topic: tiny.paid}}, {{topic: {ADDED}}}]"
        )
        moving.edit("kmig.yaml", "tasks.max: '1'", "tasks.max: '2'")
        moving.must("inventory")
        moving.must("plan")
        moving.must("apply", "1", "--yes")
        killed = 0
        while (
            ran := moving.driven("killed_at_connect.py", str(killed + 1), "replicate", "1", "--yes")
        ).code == -SIGKILL:
            killed += 1
        assert (ran.code, "wave 1 replicates" in ran.out) == (0, True), ran.out + ran.err
        assert killed >= 6, (
            "around stop, PATCH, config and resume; what was done is not asked again"
        )

        # a worker is killed in the midst of the copy
        worker = arena.base.copier
        assert worker is not None
        wait("some copies", 60, lambda: arena.target.reader.ends([ADDED])[ADDED, 0].end > 1000)
        worker.server.kill()
        worker.start()
        worker.wait_ready()

        assert connector(arena)[1] == name, "it is the same connector"
        now = httpx.get(f"{url}/config", timeout=30).json()
        assert (before["tasks.max"], now["tasks.max"]) == ("1", "2")
        wait("every record", 180, lambda: len(marks(arena, moving, ADDED, 0)) >= MANY)
        found = marks(arena, moving, ADDED, 0)
        assert (len(found), len(set(found))) == (MANY, MANY), "lost, or copied twice"
        arena.source.write("tiny.seen", 1)
        assert len(marks(arena, moving, "tiny.seen", 0)) >= copied, "nothing was copied anew"
        moving.wait_ready()
        moving.must("cutover", "1", "--yes")
        moving.must("verify")
        moving.clean()
