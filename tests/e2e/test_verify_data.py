"""Every record of a copy read on both sides, on real clusters: what was dropped, repeated or changed is named."""

from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from migrate.logs.sampling import Sample
from migrate.logs.stretches import EVERY
from migrate.rehearse.scenario import load
from tests.e2e.test_amended_copy import connector, wait
from tests.moving.arena import Admin, Arena, Moving

pytestmark = pytest.mark.timeout(600)
MANY = 1_000_000
TOPIC = "tiny.paid"


def client(side: Admin) -> dict[str, object]:
    login = side.cluster.admin_login
    return {
        "bootstrap.servers": ",".join(f"{h}:{p}" for h, p in side.cluster.admin_addresses),
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
    }


def fill(side: Admin, begin: int, upto: int) -> None:
    """Records with a header, all in one partition."""
    producer = Producer({**client(side), "linger.ms": 50, "queue.buffering.max.messages": 2 * MANY})
    for n in range(begin, upto):
        producer.produce(TOPIC, b"stray/%d" % n, b"k", 0, headers=[("n", b"%d" % n)])
        producer.poll(0)
    assert producer.flush(60) == 0


def last(side: Admin) -> int:
    return side.reader.ends([TOPIC])[TOPIC, 0].end


def copied(arena: Arena, upto: int) -> None:
    """The copier has passed an offset of the source."""
    url, _ = connector(arena)

    def passed() -> bool:
        found = httpx.get(f"{url}/offsets", timeout=30).json()["offsets"]
        return any(
            o["partition"] == {"cluster": "source", "topic": TOPIC, "partition": 0}
            and o["offset"]["offset"] + 1 >= upto
            for o in found
        )

    wait("the copy", 120, passed)


def jump(arena: Arena, offset: int) -> None:
    """Let the copier go on behind this source offset, wherever it is."""
    url, _ = connector(arena)
    httpx.put(f"{url}/stop", timeout=30).raise_for_status()
    wait("the stop", 30, lambda: not httpx.get(f"{url}/status", timeout=30).json()["tasks"])
    place = {"cluster": "source", "topic": TOPIC, "partition": 0}
    body = {"offsets": [{"partition": place, "offset": {"offset": offset}}]}
    httpx.patch(f"{url}/offsets", json=body, timeout=30).raise_for_status()


def resume(arena: Arena) -> None:
    url, _ = connector(arena)
    httpx.put(f"{url}/resume", timeout=30).raise_for_status()


def read(side: Admin, offset: int) -> object:
    consumer = Consumer({**client(side), "group.id": "any", "enable.auto.commit": False})
    consumer.assign([TopicPartition(TOPIC, 0, offset)])
    message = consumer.poll(30)
    consumer.close()
    return message


def verified(moving: Moving, code: int, *options: str) -> str:
    return " ".join(moving.must("verify", "data", *options, code=code).out.split())


def seed_of(arena: Arena, offset: int) -> str:
    """A seed whose sample of one in a hundred has the block of this offset."""
    upto = last(arena.source)
    return next(
        seed
        for seed in map(str, range(10_000))
        if offset // EVERY * EVERY in Sample(0.01, seed).blocks((TOPIC, 0), 0, upto)
    )


def watched(moving: Moving, code: int) -> str:
    ran = moving.must("watch", "--once", "--yes", code=code)
    assert "Traceback" not in ran.err
    return " ".join((ran.out + ran.err).split())


def test_a_record_dropped_one_copied_twice_and_one_changed_are_named(
    arena: Arena, tmp_path: Path
) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        for command in (
            ["inventory"],
            ["plan"],
            ["apply", "1", "--yes"],
            ["replicate", "1", "--yes"],
        ):
            moving.must(*command)
        begin = last(arena.source)
        fill(arena.source, 0, MANY)
        copied(arena, begin + MANY)
        found = verified(moving, 0)
        assert f"data of {TOPIC}" in found
        found = watched(moving, 0)
        print(found)
        found = verified(moving, 0, "--again")
        assert "records read again on both sides in 2 partitions, equal as before" in found
        found = verified(moving, 0, "--sample", "5", "--seed", "night")
        assert f"sampled {TOPIC}" in found
        assert "chosen by seed night" in found

        # one record of the source is never copied
        dropped = last(arena.source)
        jump(arena, dropped)
        fill(arena.source, 0, 100)
        resume(arena)
        copied(arena, dropped + 100)
        # the copier goes back by one
        again = last(arena.source)
        jump(arena, again - 2)
        twice = last(arena.target)
        fill(arena.source, 100, 200)
        resume(arena)
        copied(arena, again + 100)
        # a record with another header stands in the place of a copy
        changed = last(arena.source)
        jump(arena, changed)
        fill(arena.source, 200, 300)
        original = read(arena.source, changed)
        forged = last(arena.target)
        producer = Producer(client(arena.target))
        producer.produce(
            TOPIC,
            original.value(),  # type: ignore[attr-defined]
            original.key(),  # type: ignore[attr-defined]
            0,
            timestamp=original.timestamp()[1],  # type: ignore[attr-defined]
            headers=[("n", b"forged")],
        )
        assert producer.flush(30) == 0
        resume(arena)
        copied(arena, changed + 100)

        found = verified(moving, 1)
        assert f"{TOPIC}-0: 1 record missing on the target: source offset {dropped}" in found
        assert f"source does not have there: target offset {twice}" in found
        assert f"{TOPIC}-0: 1 record missing on the target: source offset {changed}" in found
        assert f"source does not have there: target offset {forged}" in found
        assert "Traceback" not in found
        found = verified(moving, 1, "--sample", "1", "--seed", seed_of(arena, dropped))
        assert f"it differs from source offset {dropped} on" in found
        found = watched(moving, 1)
        print(found)
        assert f"{TOPIC}-0, source offset {dropped}, is missing on the target" in found
        print(moving.must("status").out)
        # a reader outside Kafka that has the missing record behind it, and one that has it before it
        ran = moving.must("offsets", "translate", f"{TOPIC}:0:{changed + 5}")
        print(ran.out)
        ran = moving.must("offsets", "translate", f"{TOPIC}:0:{dropped - 5}", code=3)
        print(ran.out, ran.err)
        for one in (folder / "maps").iterdir():
            assert one.suffix == ".lock" or one.stat().st_mode & 0o777 == 0o600, one
            assert b"stray" not in one.read_bytes()
