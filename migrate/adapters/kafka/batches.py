"""Batches of records as brokers store them: their headers, read by Fetch from a partition's leader.

Nothing is decompressed. Layout: org.apache.kafka.common.record.DefaultRecordBatch, or LegacyRecord before Kafka 0.11.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from kafka.protocol.consumer import FetchRequest

from migrate.adapters.kafka import metadata
from migrate.adapters.kafka.answers import batched, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError
from migrate.model.cluster import COMPRESSED, Topic
from migrate.model.record import TopicPartition

CODECS = ("none", *COMPRESSED)
"""By the number in a batch's attributes."""

_FETCH = 4_000_000
_FEW = 20_000
"""Bytes of a place that are asked for: a batch of a producer that sets no `batch.size` has 16 kB."""

_CHUNK = 250
_LOOKS = 3
_HEAD = struct.Struct(">qiiBihiqq")
"""Base offset, length, leader epoch, magic, CRC, attributes, last offset's delta, first and largest timestamp."""

_OLD = struct.Struct(">qiIBB")
"""Offset, length, CRC, magic, attributes of a message before format 2."""

_BEFORE_LENGTH = 12


class Batch(NamedTuple):
    """A stored batch: its first offset, that of the next batch, its bytes as they are stored, and its codec."""

    base: int
    following: int
    size: int
    codec: str


def batches(records: bytes) -> Iterator[Batch]:
    """Yield every batch whose header is there; the last one may be cut off behind it."""
    at = 0
    while at + _HEAD.size <= len(records):
        base, length, _, magic, _, attributes, delta, _, _ = _HEAD.unpack_from(records, at)
        if magic < 2:
            base, length, _, _, attributes = _OLD.unpack_from(records, at)
            delta = 0
        size = _BEFORE_LENGTH + length
        codec = attributes & 7
        known = CODECS[codec] if codec < len(CODECS) else f"codec {codec}"
        yield Batch(base, base + delta + 1, size, known)
        at += size


def request(begins: Mapping[TopicPartition, int], most: int) -> Any:
    """Return the Fetch request from these offsets on; with names of topics, so of version 12 at most (KIP-516)."""
    topics: dict[str, list[tuple[int, int]]] = {}
    for (topic, partition), offset in begins.items():
        topics.setdefault(topic, []).append((partition, offset))
    row = FetchRequest.FetchTopic
    return FetchRequest(
        replica_id=-1,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=max(most * len(begins), _FETCH),
        isolation_level=0,
        topics=[
            row(
                topic=name,
                partitions=[
                    row.FetchPartition(partition=p, fetch_offset=offset, partition_max_bytes=most)
                    for p, offset in places
                ],
            )
            for name, places in topics.items()
        ],
        max_version=12,
    )


def fetched(answers: Iterable[Any]) -> Iterator[tuple[TopicPartition, Any]]:
    """Yield the row of each partition from the leaders' responses."""
    for answer in answers:
        for topic in answer.responses:
            yield from (((topic.topic, p.partition_index), p) for p in topic.partitions)


def sampled(wire: Wire, leading: metadata.ByLeader, topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
    """Return the topics with the codecs and the largest of some batches: three of each that can be read.

    What a broker refuses, or does not answer, has none: it is a sample in any case.
    """
    found = _seen(wire, leading, topics)
    return tuple(
        topic.model_copy(
            update={
                "codecs": dict(sorted(Counter(b.codec for b in found[topic.name]).items())),
                "largest_batch": max(b.size for b in found[topic.name]),
            }
        )
        if found.get(topic.name)
        else topic
        for topic in topics
    )


def _seen(
    wire: Wire, leading: metadata.ByLeader, topics: tuple[Topic, ...]
) -> dict[str, list[Batch]]:
    """Return the batches at three places of each topic; of one with larger batches only, the last one.

    A broker leaves out a partition whose first batch is larger than was asked for, but for the first of a request.
    """
    leader = {
        (t, p): broker for broker, led in leading.items() for t, ps in led.items() for p in ps
    }
    found: dict[str, list[Batch]] = defaultdict(list)
    requests: dict[int, list[Any]] = defaultdict(list)
    for look in range(_LOOKS):
        places: dict[int, list[tuple[TopicPartition, int]]] = defaultdict(list)
        for place, offset in (_place(topic, look) for topic in topics):
            if place in leader:
                places[leader[place]].append((place, offset))
        for broker, some in places.items():
            requests[broker] += [request(dict(few), _FEW) for few in batched(some, _CHUNK)]
    _take(wire, requests, found)
    alone: dict[int, list[Any]] = defaultdict(list)
    for topic in topics:
        place, offset = _place(topic, _LOOKS - 1)
        if not found[topic.name] and place in leader:
            alone[leader[place]].append(request({place: offset}, 1))
    _take(wire, alone, found)
    return found


def _take(wire: Wire, requests: dict[int, list[Any]], found: dict[str, list[Batch]]) -> None:
    for answers in wire.gather_each(requests).values():
        for (topic, _), row in fetched(a for a in answers if not isinstance(a, KmigError)):
            if not row.error_code:
                found[topic] += [*batches(bytes(row.records or b""))][:1]


def _place(topic: Topic, look: int) -> tuple[TopicPartition, int]:
    """Return where to look: at the first partition's start, amid one in the middle, at the last one's end."""
    held = [(p.index, p.start, p.end) for p in topic.partitions if p.start is not None and p.end]
    held = [one for one in held if one[1] < one[2]]
    if not held:
        return (topic.name, -1), -1
    index, start, end = (held[0], held[len(held) // 2], held[-1])[look]
    return (topic.name, index), (start, (start + end) // 2, end - 1)[look]


def bytes_from(
    wire: Wire, begins: Mapping[TopicPartition, int], most: int
) -> dict[TopicPartition, int]:
    """Return the stored bytes from the batch at each offset to the log's end; counting stops beyond `most`."""
    leader = {
        (topic, p): broker
        for broker, led in metadata.leaders(wire, {t for t, _ in begins}).items()
        for topic, partitions in led.items()
        for p in partitions
    }
    return {place: _bytes(wire, place, at, leader[place], most) for place, at in begins.items()}


def _bytes(wire: Wire, place: TopicPartition, at: int, broker: int, most: int) -> int:
    total = 0
    while total <= most:
        ((_, row),) = fetched([wire.call(request({place: at}, _FETCH), broker)])
        require(f"fetch {place[0]}-{place[1]} on the {wire.site}", row.error_code)
        read = list(batches(bytes(row.records or b"")))
        if not read:
            return total
        total += sum(batch.size for batch in read)
        at = read[-1].following
    return total
