"""Probes of records: what is read is what was written, at the offsets that are listed."""

import time
from typing import Any

from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest
from kafka.record import MemoryRecordsBuilder

from migrate.adapters.kafka import coordinator, log_offsets, topics
from migrate.adapters.kafka.answers import code_name, require
from migrate.adapters.kafka.wire import Wire
from migrate.probes.clients import ClientError, ProbeClient
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import ProbeFailed, Record, Sandbox, expect, patience

_HOUR = 3_600_000
_LONG_AGO = 1_262_304_000_000
"""2010, in ms."""

_TOO_LARGE = 10
_NOT_YET = {3, 5, 6}
"""UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER: true only for a moment."""

_DUPLICATE, _OUT_OF_ORDER = 46, 45
_MAX_TIMESTAMP = (-3, False)
_ANY_TIME = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}


_CODEC = "codec-"


@through_client(*(f"{_CODEC}{name}" for name in ("none", "gzip", "snappy", "lz4", "zstd")))
def codec(sandbox: Sandbox, client: ProbeClient) -> str:
    """Write and read 200 records through one codec."""
    topic = sandbox.topic()
    wanted = [Record(b"k%d" % n, b"%d/" % n + b"abcdefgh" * 16) for n in range(200)]
    client.write(topic, wanted, sandbox.probe.removeprefix(_CODEC))
    found = client.read(topic)
    expect(_plain(found) == _plain(wanted), f"wrote {len(wanted)}, read {_unlike(wanted, found)}")
    return f"{len(found)} records, byte for byte"


@through_client("headers-and-nulls")
def headers_and_nulls(sandbox: Sandbox, client: ProbeClient) -> str:
    """Write and read records with null, empty and repeated parts."""
    topic = sandbox.topic()
    wanted = [
        Record(b"k", b"v", (("a", b"1"), ("a", b"2"), ("b", b""))),
        Record(None, b"no key"),
        Record(b"tombstone", None),
        Record(b"empty", b""),
        Record(b"", b"empty key"),
    ]
    if client.writes_null_headers:
        wanted.append(Record(b"null header", b"v", (("none", None),)))
    client.write(topic, wanted)
    found = client.read(topic)
    expect(_plain(found) == _plain(wanted), _unlike(wanted, found))
    headers = "repeated and null headers" if client.writes_null_headers else "repeated headers"
    return f"{len(found)} records: {headers}, null and empty keys and values"


@through_client("create-time")
def create_time(sandbox: Sandbox, client: ProbeClient) -> str:
    """Write timestamps of years ago, and read them back."""
    topic = sandbox.topic(configs=_ANY_TIME)
    written = [_LONG_AGO, _LONG_AGO + 1, _LONG_AGO - _HOUR]
    client.write(topic, [Record(timestamp=moment) for moment in written])
    read = [record.timestamp for record in client.read(topic)]
    expect(read == written, f"wrote timestamps {written}, read {read}")
    return f"timestamps of 2010 were kept: {read[0]}"


@through_client("append-time")
def append_time(sandbox: Sandbox, client: ProbeClient) -> str:
    """Write a producer's timestamp to a topic with LogAppendTime, and read the broker's."""
    topic = sandbox.topic(configs={"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"})
    client.write(topic, [Record(timestamp=_LONG_AGO)])
    (found,) = client.read(topic)
    moved = (found.timestamp or 0) - _LONG_AGO
    expect(moved > _HOUR, f"the producer's timestamp was kept: {found.timestamp}")
    return f"the broker's timestamp was set: {found.timestamp}"


@through_client("list-offsets")
def list_offsets(sandbox: Sandbox, client: ProbeClient) -> str:
    """List the first offset, the end, and offsets by time."""
    topic = sandbox.topic(configs=_ANY_TIME)
    client.write(topic, [Record(timestamp=_LONG_AGO + n * 1_000) for n in range(10)])
    asked: tuple[tuple[Any, int], ...] = (
        ("earliest", 0),
        ("latest", 10),
        (_LONG_AGO + 4_000, 4),
        (_LONG_AGO + 3_001, 4),
        (_LONG_AGO - 1, 0),
    )
    for at, wanted in asked:
        offset = client.offset(topic, at)
        expect(offset == wanted, f"for {at}: offset {offset}, not {wanted}")
    after = client.offset(topic, _LONG_AGO + 9_001)
    expect(after in (-1, 10), f"for a time after the last record: offset {after}, not -1 or 10")
    return "earliest, latest and four times are exact"


@through_client("max-timestamp")
def max_timestamp(sandbox: Sandbox, client: ProbeClient) -> str:
    """List the offset of the newest timestamp, which is not the last record's."""
    topic = _with_newest_first(sandbox, client)
    assert isinstance(client, Librdkafka)
    return _newest(client.newest(topic))


@with_requests("max-timestamp")
def max_timestamp_asked(sandbox: Sandbox) -> str:
    """List the same offset with Kafka's own request."""
    topic = _with_newest_first(sandbox, Librdkafka(sandbox))
    leader = sandbox.leader(topic)
    answer = sandbox.wire.call(log_offsets.request({topic: [0]}, _MAX_TIMESTAMP), leader)
    (row,) = answer.topics[0].partitions
    require("the largest timestamp", row.error_code)
    return _newest(row.offset)


def _with_newest_first(sandbox: Sandbox, client: ProbeClient) -> str:
    topic = sandbox.topic(configs=_ANY_TIME)
    for step in (0, 5, 1):  # one batch each
        client.write(topic, [Record(timestamp=_LONG_AGO + step * 1_000)])
    return topic


def _newest(offset: int) -> str:
    expect(offset == 1, f"offset {offset}, not 1")
    return "offset 1 of 3"


@with_requests("idempotence")
def idempotence(sandbox: Sandbox) -> str:
    """Send one batch twice, and another whose sequence leaves a gap."""
    topic = sandbox.topic()
    leader = sandbox.leader(topic)
    who = producer_id(sandbox)
    offsets = []
    for _ in range(2):
        code, offset = produced(sandbox.wire, topic, leader, (*who, 0))
        # a broker may also answer DUPLICATE_SEQUENCE_NUMBER
        expect(code in (0, _DUPLICATE), f"the same batch sent again: {code_name(code)}")
        offsets.append(offset)
    code, _ = produced(sandbox.wire, topic, leader, (*who, 7))
    expect(
        code == _OUT_OF_ORDER, f"a gap in the sequence: {code_name(code) if code else 'accepted'}"
    )
    end = end_of(sandbox, topic)
    expect(end == 1, f"the batch was sent twice, and {end} records are stored")
    return "sent twice, stored once; a gap refused (45)"


def producer_id(sandbox: Sandbox) -> tuple[int, int]:
    """Return a new producer id with its epoch; retry while the broker has no block of ids yet."""
    request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
    answer = coordinator.while_coordinator_moves(
        lambda: sandbox.wire.call(request), lambda answer: answer.error_code in coordinator.MOVING
    )
    require("request a producer id", answer.error_code)
    return answer.producer_id, answer.producer_epoch


def produced(
    wire: Wire, topic: str, leader: int, producer: tuple[int, int, int]
) -> tuple[int, int]:
    """Send one record with a producer id, epoch and sequence; return error code and offset."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1_000)
    # a broker that restarts forgets producers whose last record is older than producer.id.expiration.ms
    builder.append(timestamp=int(time.time() * 1000), key=None, value=b"value")
    identity, epoch, sequence = producer
    builder.set_producer_state(identity, epoch, sequence, is_transactional=False)
    builder.close()
    row = ProduceRequest.TopicProduceData
    part = row.PartitionProduceData(index=0, records=builder.buffer())
    request = ProduceRequest(
        transactional_id=None,
        acks=-1,
        timeout_ms=10_000,
        topic_data=[row(name=topic, partition_data=[part])],
        max_version=9,
    )
    deadline = time.monotonic() + patience()
    while True:
        (found,) = wire.call(request, leader).responses[0].partition_responses
        # a leader that was just announced may not lead yet: every client retries
        if found.error_code not in _NOT_YET or time.monotonic() > deadline:
            return found.error_code, found.base_offset
        time.sleep(0.1)


def end_of(sandbox: Sandbox, topic: str) -> int:
    """Return the end offset of partition 0."""
    (described,) = topics.read(sandbox.wire, [topic])
    return described.partitions[0].end or 0


@through_client("record-size")
def record_size(sandbox: Sandbox, client: ProbeClient) -> str:
    """Write one record below the topic's bound, and one beyond it."""
    topic = sandbox.topic(configs={"max.message.bytes": "4000"})
    client.write(topic, [Record(value=b"x" * 3_000)])
    try:
        client.write(topic, [Record(value=b"x" * 5_000)])
    except ClientError as no:
        expect(no.code == _TOO_LARGE, f"refused with another error: {no}")
    else:
        raise ProbeFailed("5,000 bytes were accepted where max.message.bytes is 4,000")
    expect(len(client.read(topic)) == 1, "the refused record was stored")
    return "3,000 bytes accepted, 5,000 refused with MESSAGE_TOO_LARGE (10)"


def _plain(records: list[Record]) -> list[tuple[Any, ...]]:
    return [(record.key, record.value, record.headers) for record in records]


def _unlike(wanted: list[Record], found: list[Record]) -> str:
    """Return the first difference as text."""
    for index, (one, other) in enumerate(zip(_plain(wanted), _plain(found), strict=False)):
        if one != other:
            return f"record {index}: wrote {one!r:.80}, read {other!r:.80}"
    return f"{len(found)} of {len(wanted)} records"
