"""Holes of a copy and holes that are none, on real clusters: what would be lost is named before anybody is stopped.

A copier that retention overtook, a topic made anew under it; and what may move: a purged repartition topic, a
compacted table with a cold key, a group that retention overtook.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from confluent_kafka import Producer
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient

from migrate.model.cluster import Partition, Topic
from migrate.rehearse.scenario import load
from tests.e2e.test_amended_copy import connector, wait
from tests.e2e.test_verify_data import client
from tests.estate import acls
from tests.moving.arena import Admin, Arena, Moving

pytestmark = pytest.mark.timeout(900)
LATE, ANEW, PURGED, TABLE, BELOW = (
    "tiny.late",
    "tiny.anew",
    "tiny.purged-repartition",
    "tiny.table",
    "tiny.below",
)
TOPICS = (LATE, ANEW, PURGED, TABLE, BELOW)
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "1000",
}
SLOW = {
    "name": "slow",
    "kind": "consumer",
    "owner": "slow-team",
    "principal": "User:slow",
    "sensitivity": "public",
    "groups": ["slow"],
    "reads": [{"topic": topic} for topic in TOPICS],
    "switch": {"command": {"stop": ["true"], "start": ["true"], "health": ["true"]}},
}


def made(side: Admin, topic: str) -> None:
    configs = COMPACTED if topic == TABLE else {"retention.ms": "-1"}
    partitions = (Partition(index=0),)
    side.writer.create_topic(
        Topic(name=topic, replication_factor=1, configs=configs, partitions=partitions)
    )


def fill(side: Admin, topic: str, many: int, *, keys: int = 0, transaction: bool = False) -> None:
    more = {"transactional.id": f"filled-{topic}"} if transaction else {}
    producer = Producer({**client(side), **more, "linger.ms": 20})
    if transaction:
        producer.init_transactions(30)
        producer.begin_transaction()
    for n in range(many):
        producer.produce(topic, b"stray/%d" % n, b"hot-%d" % (n % keys) if keys else b"k", 0)
        producer.poll(0)
    if transaction:
        producer.commit_transaction(30)
    assert producer.flush(60) == 0


def purge(side: Admin, topic: str, upto: int) -> None:
    admin = AdminClient(client(side))
    for future in admin.delete_records([Place(topic, 0, upto)]).values():
        future.result(30)


def ends(side: Admin, topic: str) -> tuple[int, int]:
    found = side.reader.ends([topic])[topic, 0]
    return found.start, found.stable


def stands(side: Admin, topic: str) -> int:
    (group,) = side.reader.groups(["slow"])
    return next(c.offset for c in group.commits if c.topic == topic)


def commit(side: Admin, topic: str, offset: int) -> None:
    side.writer.commit_offsets("slow", {(topic, 0): (offset, "")})


def prepared(arena: Arena, moving: Moving) -> None:
    source = arena.source
    for topic in TOPICS:
        made(source, topic)
    for topic in (LATE, ANEW):
        fill(source, topic, 1_000)
        commit(source, topic, 900)
    fill(source, BELOW, 2_000)
    commit(source, BELOW, 1_000)
    # what an exactly-once application reads of its repartition topic, and deletes: a marker is left
    fill(source, PURGED, 10, transaction=True)
    commit(source, PURGED, 11)
    purge(source, PURGED, 10)
    assert ends(source, PURGED) == (10, 11)
    fill(source, TABLE, 1, keys=1)  # the cold key
    producer = Producer(client(source))
    producer.produce(TABLE, b"stray/cold", b"cold", 0)
    assert producer.flush(30) == 0
    fill(source, TABLE, 30_000, keys=1)
    commit(source, TABLE, 29_000)
    rights = (f"ALLOW READ on topic {topic} to User:slow" for topic in TOPICS)
    source.writer.create_acls(acls(*rights, "ALLOW READ on group slow to User:slow"))
    people = moving.folder / "workloads.yaml"
    written = yaml.safe_load(people.read_text())
    written["workloads"].append(SLOW)
    till = next(one for one in written["workloads"] if one["name"] == "till")
    till["writes"] += [{"topic": topic} for topic in TOPICS]
    people.write_text(yaml.safe_dump(written))


def stopped(arena: Arena) -> str:
    url, _ = connector(arena)
    httpx.put(f"{url}/stop", timeout=30).raise_for_status()
    wait("the stop", 60, lambda: not httpx.get(f"{url}/status", timeout=30).json()["tasks"])
    return url


def members(arena: Arena) -> set[str]:
    """The groups whose clients run on the source."""
    return {g.name for g in arena.source.reader.groups() if g.members}


def refusals(moving: Moving) -> Iterator[str]:
    """What is said while everybody runs: by the status, by the watch, and by the cutover."""
    yield moving.must("replicate", "1", "--status", code=1).err
    ran = moving.must("watch", "--once", "--yes", code=1)
    yield " ".join((ran.out + ran.err).split())
    yield moving.must("cutover", "1", "--yes", code=4).err


def test_what_would_be_lost_is_named_while_everybody_runs(arena: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        prepared(arena, moving)
        moving.ready()
        running = members(arena)
        assert running

        # defect 4: the topic is deleted, made anew and filled while its copier is down
        url = stopped(arena)
        arena.source.writer.delete_topic(ANEW)
        wait("its end", 30, lambda: not arena.source.reader.topic(ANEW))
        made(arena.source, ANEW)
        fill(arena.source, ANEW, 3_000)
        httpx.put(f"{url}/resume", timeout=30).raise_for_status()
        wait("the rest", 60, lambda: ends(arena.target, ANEW)[1] >= 3_000)
        for said in refusals(moving):
            assert ANEW in said, said
        assert members(arena) == running, "nobody was stopped"
        moving.must("rollback", "1", "--yes")
        for topic in (*TOPICS, "tiny.paid", "tiny.seen"):
            arena.target.writer.delete_topic(topic)
        commit(arena.source, ANEW, 900)
        moving.must("inventory")
        moving.must("plan")
        moving.must("apply", "1", "--yes")
        moving.must("replicate", "1", "--yes")
        moving.wait_ready()

        # defect 3: retention overtakes a copier that is down
        url = stopped(arena)
        fill(arena.source, LATE, 1_000)
        purge(arena.source, LATE, 1_500)
        httpx.put(f"{url}/resume", timeout=30).raise_for_status()
        fill(arena.source, LATE, 100)
        wait("the rest", 60, lambda: ends(arena.target, LATE)[1] >= 1_600)
        # defect 11: retention overtakes a group whose records the target has
        purge(arena.source, BELOW, 1_100)
        # defect 10: the source is compacted after the copy
        time.sleep(1)
        fill(arena.source, TABLE, 2, keys=1)
        kept = 0

        def compacted() -> bool:
            nonlocal kept
            kept = arena.source.reader.sizes([TABLE])[TABLE, 0]
            return kept < 20_000

        wait("the cleaner", 120, compacted)
        for said in refusals(moving):
            assert LATE in said, said
            assert "1000 to 1499" in said, said
            for topic in (ANEW, PURGED, TABLE, BELOW):
                assert topic not in said.partition("hint")[0] or "copy of" in said, said
        assert members(arena) == running, "nobody was stopped"

        waived = {
            "group": "slow",
            "topic": LATE,
            "may": "miss",
            "because": "its records were written anew elsewhere",
            "until": "2099-01-01",
        }
        people = folder / "workloads.yaml"
        written = yaml.safe_load(people.read_text())
        people.write_text(yaml.safe_dump({**written, "waive": [waived]}))
        moving.must("plan")
        moving.must("cutover", "1", "--yes")
        moving.must("verify", "offsets")
        start, end = ends(arena.target, PURGED)
        assert start <= stands(arena.target, PURGED) <= end
        below = stands(arena.target, BELOW)
        assert below == 1_000, "what the source has lost, the target has"
        assert stands(arena.target, LATE) == 900
        print({topic: (stands(arena.target, topic), ends(arena.target, topic)) for topic in TOPICS})
        moving.must("rotate", "1", "--yes")
        moving.must("close", "1", "--yes")
        moving.clean()
