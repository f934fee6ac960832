"""How a real broker stores records, and what a topic without own configs is like: read without reading a record."""

import time

import pytest
from confluent_kafka import Producer

from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.model.cluster import Partition, Topic
from migrate.model.settings import defaults
from tests.live.conftest import Side

TOPIC = "stored.topic"
DAY = 86_400_000


@pytest.fixture
def filled(target: Side) -> Side:
    one = (Partition(index=0), Partition(index=1))
    target.writer.create_topic(Topic(name=TOPIC, replication_factor=1, partitions=one))
    login = target.cluster.admin_login
    now = int(time.time() * 1000)
    for codec in ("none", "gzip", "zstd"):
        producer = Producer(
            {
                "bootstrap.servers": ",".join(
                    f"{h}:{p}" for h, p in target.cluster.admin_addresses
                ),
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": login.mechanism,
                "sasl.username": login.user,
                "sasl.password": login.password,
                "compression.codec": codec,
                "linger.ms": 200,
            }
        )
        for number in range(300):
            at = now - 2 * DAY if codec == "none" else now
            producer.produce(TOPIC, b"x" * 1000, partition=0, timestamp=at + number)
        assert producer.flush(30) == 0
    return target


def test_what_is_stored_is_read_without_its_records(filled: Side) -> None:
    reader = filled.reader
    sizes = reader.sizes([TOPIC])
    assert sizes[TOPIC, 1] == 0
    whole = {(TOPIC, 0): 0, (TOPIC, 1): 0}
    assert reader.bytes_from(whole, 10_000_000) == sizes
    assert 300_000 < sizes[TOPIC, 0] < 320_000  # 300 records as they are, 600 of one letter each
    assert 0 < reader.bytes_from({(TOPIC, 0): 300}, 10_000_000)[TOPIC, 0] < 20_000
    assert reader.bytes_from({(TOPIC, 0): 900}, 10_000_000) == {(TOPIC, 0): 0}
    assert reader.bytes_from({(TOPIC, 0): 0}, 1_000)[TOPIC, 0] > 1_000

    now = int(time.time() * 1000)
    since = reader.first_since([TOPIC], now - DAY)
    assert since == {(TOPIC, 0): 300, (TOPIC, 1): None}
    assert reader.first_since([TOPIC], now + DAY) == {(TOPIC, 0): None, (TOPIC, 1): None}
    assert reader.first_since([TOPIC], 0)[TOPIC, 0] == 0


def test_what_a_topic_without_own_configs_is_like(target: Side) -> None:
    told = defaults(target.reader.settings())
    assert told["retention.ms"] == "604800000"
    assert told["max.message.bytes"] == "1048588"
    assert told["message.timestamp.after.max.ms"] in ("3600000", str(2**63 - 1))


def test_an_inventory_counts_the_codecs_of_some_batches(filled: Side) -> None:
    survey = KafkaSurvey(filled.wire)
    survey.cluster()
    survey.groups()
    (topic,) = [t for t in survey.topics().found if t.name == TOPIC]
    assert (topic.codecs, topic.codec) == ({"gzip": 1, "none": 1, "zstd": 1}, "gzip")
    assert topic.largest_batch > 1_000


def test_what_the_target_would_refuse_is_known_beforehand(filled: Side) -> None:
    one = (Partition(index=0),)
    there = {t.name for t in filled.reader.topics()}

    def asked(name: str, replicas: int = 1, **configs: str) -> Topic:
        keys = {key.replace("_", "."): value for key, value in configs.items()}
        return Topic(name=name, replication_factor=replicas, configs=keys, partitions=one)

    writes = filled.wire.writes
    reasons = filled.writer.trial(
        [
            asked("tried.good", retention_ms="-1", compression_type="zstd"),
            asked("tried.value", retention_ms="soon"),
            asked("tried.key", remote_storage_of_another_kind="1"),
            asked("tried.replicas", replicas=9),
            asked(TOPIC, cleanup_policy="sometimes"),
        ]
    )
    assert sorted(reasons) == [TOPIC, "tried.key", "tried.replicas", "tried.value"]
    assert "INVALID_CONFIG (40)" in reasons["tried.value"]
    assert "INVALID_REPLICATION_FACTOR (38)" in reasons["tried.replicas"]
    assert "cleanup.policy" in reasons[TOPIC]
    assert filled.writer.trial([asked(TOPIC, cleanup_policy="compact")]) == {}
    assert {t.name for t in filled.reader.topics()} == there
    assert filled.wire.writes == writes, "what is only validated is no write"
