"""The target as a container: compressed copies, brokers' defaults, and retention that waits, on real clusters."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from confluent_kafka import Producer
from kafka.protocol.admin import IncrementalAlterConfigsRequest

from migrate.model.cluster import Partition, Topic
from migrate.model.settings import defaults
from migrate.rehearse import setup
from migrate.rehearse.lab.disposable.cluster import ClusterSpec
from migrate.rehearse.scenario import load
from tests.estate import acls
from tests.moving.arena import Admin, Arena, Moving, opened

pytestmark = pytest.mark.timeout(600)
MANY = 12_000
FITS, MUCH = "tiny.fits", "tiny.much"
SLOW = {
    "name": "slow",
    "kind": "consumer",
    "owner": "slow-team",
    "principal": "User:slow",
    "sensitivity": "public",
    "groups": ["slow"],
    "reads": [{"topic": FITS}, {"topic": MUCH}],
    "switch": {"command": {"stop": ["true"], "start": ["true"], "health": ["true"]}},
}


def _spec(name: str, **others: Any) -> ClusterSpec:
    """The target looks for what may be deleted all the time, the source does not come to it."""
    every = "300" if name == "target" else "3600000"
    return ClusterSpec(name, **others, extra=(("log.retention.check.interval.ms", every),))


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    folder = tmp_path_factory.mktemp("arena") / "shared"
    folder.mkdir()
    with patch.object(setup, "ClusterSpec", _spec), opened(folder) as arena:
        yield arena


def give(side: Admin, value: str | None) -> None:
    """Set `log.retention.ms` for the whole cluster, or take it back."""
    resource = IncrementalAlterConfigsRequest.AlterConfigsResource
    change = resource.AlterableConfig(
        name="log.retention.ms", config_operation=0 if value else 1, value=value
    )
    asked = resource(resource_type=4, resource_name="", configs=[change])
    answer = side.wire.call(IncrementalAlterConfigsRequest(resources=[asked], validate_only=False))
    assert not answer.responses[0].error_code


def fill(side: Admin, topic: str) -> None:
    """Many records whose keys gzip halves."""
    login = side.cluster.admin_login
    producer = Producer(
        {
            "bootstrap.servers": ",".join(f"{h}:{p}" for h, p in side.cluster.admin_addresses),
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "compression.codec": "gzip",
            "linger.ms": 100,
            "queue.buffering.max.messages": 2 * MANY,
            "message.max.bytes": 20_000_000,
        }
    )
    # a record that fits into its topic only because it is compressed
    producer.produce(topic, b"stray/-1" + bytes(9_000_000), b"k", 0)
    for number in range(MANY):
        producer.produce(topic, f"stray/{number}".encode(), secrets.token_hex(400), 0)
    assert producer.flush(60) == 0


def configs(side: Admin, topic: str) -> dict[str, str]:
    found = side.reader.topic(topic)
    assert found is not None
    return found.configs


def commit(side: Admin, topic: str, offset: int) -> None:
    side.writer.commit_offsets("slow", {(topic, 0): (offset, "")})


def prepared(arena: Arena, moving: Moving) -> None:
    for topic, most in ((FITS, 8_000_000), (MUCH, 1_500_000)):
        own = {"segment.bytes": "1048576", "retention.bytes": str(most)}
        one = Topic(name=topic, replication_factor=1, configs=own, partitions=(Partition(index=0),))
        arena.source.writer.create_topic(one)
        fill(arena.source, topic)
        commit(arena.source, topic, 1_000)
    arena.source.writer.create_acls(
        acls(
            *(f"ALLOW READ on topic {topic} to User:slow" for topic in (FITS, MUCH)),
            "ALLOW READ on group slow to User:slow",
        )
    )
    people = moving.folder / "workloads.yaml"
    written = yaml.safe_load(people.read_text())
    written["workloads"].append(SLOW)
    till = next(one for one in written["workloads"] if one["name"] == "till")
    till["writes"] += [{"topic": FITS}, {"topic": MUCH}]
    people.write_text(yaml.safe_dump(written))


def test_nothing_that_source_keeps_is_deleted(quick: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    give(quick.source, "-1")
    give(quick.target, "3000")
    with quick.built(folder, load("tiny")) as moving:
        prepared(quick, moving)
        moving.ready()
        sizes = [side.reader.sizes([FITS])[FITS, 0] for side in (quick.source, quick.target)]
        assert sizes[1] < 1.1 * sizes[0] < 8_000_000 < 12_000 * 800, "it is written compressed"
        assert configs(quick.target, FITS)["compression.type"] == "gzip"

        said = moving.must("cutover", "1", "--yes")
        assert "wave 1 cut over" in said.out
        time.sleep(4)
        topics = ["tiny.paid", "tiny.seen", FITS, MUCH]
        ends = quick.target.reader.ends(topics)
        assert {place: log.start for place, log in ends.items()} == dict.fromkeys(ends, 0)
        assert ends[FITS, 0].end > MANY
        moving.must("verify")
        # what the source's brokers gave, and the target's do not give
        assert configs(quick.target, "tiny.paid") == {"retention.ms": "-1", **_differing(quick)}
        assert configs(quick.target, FITS)["retention.bytes"] == "8000000"
        assert "compression.type" not in configs(quick.target, FITS)
        # the retention that would delete what `slow` has to read
        assert configs(quick.target, MUCH)["retention.bytes"] == "-1"
        status = " ".join(moving.must("status").out.split())
        assert f"no retention yet on {MUCH}: group slow has " in status
        assert "what is before the last 1,500,000 bytes would be deleted" in status

        fill(quick.target, MUCH)
        commit(quick.target, MUCH, quick.target.reader.ends([MUCH])[MUCH, 0].end)
        moving.must("cutover", "1", "--yes")
        assert configs(quick.target, MUCH)["retention.bytes"] == "1500000"
        assert "no retention yet" not in moving.must("status").out
        deadline = time.monotonic() + 20
        while quick.target.reader.ends([MUCH])[MUCH, 0].start == 0:
            assert time.monotonic() < deadline, "retention works"
            time.sleep(0.2)
        moving.must("verify")
        commit(quick.target, MUCH, 1_000)
        failed = moving.must("verify", code=1)
        assert "commit 1000 " in failed.out
        moving.must("rotate", "1", "--yes")
        moving.must("close", "1", "--yes")
        moving.clean()


def _differing(arena: Arena) -> dict[str, str]:
    """What the versions of both sides differ in, apart from retention."""
    sides = [defaults(side.reader.settings()) for side in (arena.source, arena.target)]
    return {k: v for k, v in sides[0].items() if sides[1][k] != v and k != "retention.ms"}
