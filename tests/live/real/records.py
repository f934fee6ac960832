"""Producers, transactions and what a log holds, in Kafka's own requests: one operation is one batch."""

import time
from collections.abc import Iterator
from typing import Any

from kafka.protocol.admin import (
    DeleteRecordsRequest,
    DescribeLogDirsRequest,
    DescribeProducersRequest,
)
from kafka.protocol.consumer import FetchRequest, ListOffsetsRequest
from kafka.protocol.producer import (
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    ProduceRequest,
)
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from migrate.adapters.kafka import log_offsets
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play, Producer, named

_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
_LARGE = 50_000_000
_PAD = "."
_MS = 30_000


@answer.register
def _(op: ops.Init, play: Play) -> Answer:
    if op.tx and (code := play.coordinator(op.tx, tx=True)):
        return named(code)

    def request() -> Any:
        return InitProducerIdRequest(
            transactional_id=play.name(op.tx) if op.tx else None,
            transaction_timeout_ms=int(op.timeout * 1000),
            producer_id=-1,
            producer_epoch=-1,
            max_version=4,
        )

    row = play.coordinated(request)
    if not row.error_code:
        play.producers[op.by] = Producer(
            play.side, play.user, op.tx, row.producer_id, row.producer_epoch
        )
    return named(row.error_code)


@answer.register
def _(op: ops.Produce, play: Play) -> Answer:
    producer = play.producers.get(op.by)
    if producer and producer.tx and (refused := _begin(play, producer, op)):
        return refused
    request = ProduceRequest(
        transactional_id=play.name(producer.tx) if producer and producer.tx else None,
        acks=op.acks,
        timeout_ms=_MS,
        topic_data=[_topic_data(play, op, _batch(play, op, producer))],
        max_version=11,
    )
    row = play.call(request).responses[0].partition_responses[0]
    return named(row.error_code) if row.error_code else int(row.base_offset)


def _topic_data(play: Play, op: ops.Produce, batch: bytes) -> Any:
    topic = ProduceRequest.TopicProduceData
    rows = [topic.PartitionProduceData(index=op.partition, records=batch)]
    return topic(name=play.name(op.topic), partition_data=rows)


def _batch(play: Play, op: ops.Produce, producer: Producer | None) -> bytes:
    sequence = -1
    if producer:
        place, count = (op.topic, op.partition), len(op.values)
        sequence = producer.sequences.get(place, 0) - (count if op.again else 0)
        producer.sequences[place] = sequence + count
    builder = MemoryRecordsBuilder(
        magic=2,
        compression_type=_CODECS.index(op.codec),
        batch_size=_LARGE,
        transactional=bool(producer and producer.tx),
        producer_id=producer.id if producer else -1,
        producer_epoch=producer.epoch if producer else -1,
        base_sequence=sequence,
    )
    now = round((time.time() - op.ago) * 1000)
    for n, value in enumerate(op.values):
        padded = None if value is None else value.ljust(op.size, _PAD).encode()
        builder.append(now, op.keys[n].encode() if op.keys else None, padded)
    builder.close()
    return bytes(builder.buffer())


def _begin(play: Play, producer: Producer, op: ops.Produce) -> Answer:
    """Add the partition to the transaction; empty if the coordinator took it."""
    topic = AddPartitionsToTxnRequest.AddPartitionsToTxnTopic
    if (op.topic, op.partition) in producer.added:
        return ""

    def request() -> Any:
        return AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=play.name(producer.tx),
            v3_and_below_producer_id=producer.id,
            v3_and_below_producer_epoch=producer.epoch,
            v3_and_below_topics=[topic(name=play.name(op.topic), partitions=[op.partition])],
            max_version=3,
        )

    def codes(found: Any) -> set[int]:
        return {p.partition_error_code for p in _added(found)}

    code = next(iter(codes(play.settled(request, codes))))
    if code:
        return named(code)
    producer.added.add((op.topic, op.partition))
    return ""


def _added(found: Any) -> Iterator[Any]:
    for row in found.results_by_topic_v3_and_below:
        yield from row.results_by_partition


@answer.register
def _(op: ops.End, play: Play) -> Answer:
    producer = play.producers[op.by]

    def request() -> Any:
        return EndTxnRequest(
            transactional_id=play.name(producer.tx),
            producer_id=producer.id,
            producer_epoch=producer.epoch,
            committed=op.commit,
            max_version=4,
        )

    code = play.coordinated(request).error_code
    if not code:
        producer.added.clear()
        _marked(play, producer)
    return named(code)


def _marked(play: Play, producer: Producer) -> None:
    """Wait for the markers: the coordinator answers when it has decided, and writes them afterwards."""
    with play.acting(user=""):
        for topic, partition in producer.sequences:
            place = {play.name(topic): [partition]}

            def done(place: dict[str, list[int]] = place) -> bool:
                rows = _producers(play, place)
                return not any(
                    r.producer_id == producer.id and r.current_txn_start_offset >= 0 for r in rows
                )

            play.wait("the marker", done)


@answer.register
def _(op: ops.Transact, play: Play) -> Answer:
    by = f"tx{len(play.producers)}"
    for needed in (ops.Init(by, by),):
        if (said := answer(needed, play)) != OK:
            return said
    offset = answer(ops.Produce(op.topic, op.values, op.partition, by), play)
    ended = answer(ops.End(by, op.commit), play)
    return offset if ended == OK else ended


@answer.register
def _(op: ops.DeleteRecords, play: Play) -> Answer:
    topic = DeleteRecordsRequest.DeleteRecordsTopic
    rows = [topic.DeleteRecordsPartition(partition_index=op.partition, offset=op.before)]
    request = DeleteRecordsRequest(
        topics=[topic(name=play.name(op.topic), partitions=rows)], timeout_ms=_MS
    )
    row = play.call(request).topics[0].partitions[0]
    return named(row.error_code) if row.error_code else int(row.low_watermark)


@answer.register
def _(op: ops.Ends, play: Play) -> Answer:
    place = {play.name(op.topic): [op.partition]}
    ends = []
    for what in (log_offsets.START, log_offsets.STABLE, log_offsets.END):
        row = play.call(log_offsets.request(place, what)).topics[0].partitions[0]
        if row.error_code:
            return named(row.error_code)
        ends.append(int(row.offset))
    return tuple(ends)


@answer.register
def _(op: ops.OffsetAt, play: Play) -> Answer:
    topic = ListOffsetsRequest.ListOffsetsTopic
    since = round((time.time() - op.ago) * 1000)
    rows = [topic.ListOffsetsPartition(partition_index=0, timestamp=since)]
    request = ListOffsetsRequest(
        replica_id=-1,
        isolation_level=0,
        topics=[topic(name=play.name(op.topic), partitions=rows)],
        max_version=7,
    )
    row = play.call(request).topics[0].partitions[0]
    return named(row.error_code) if row.error_code else int(row.offset)


def fetch(play: Play, topic: str, partition: int, at: int, committed: bool) -> Any:
    """The partition's row of one Fetch."""
    row = FetchRequest.FetchTopic
    wanted = row.FetchPartition(
        partition=partition, fetch_offset=at, partition_max_bytes=_LARGE, log_start_offset=-1
    )
    request = FetchRequest(
        replica_id=-1,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=_LARGE,
        isolation_level=int(committed),
        session_id=0,
        session_epoch=-1,
        topics=[row(topic=play.name(topic), partitions=[wanted])],
        forgotten_topics_data=[],
        max_version=12,
    )
    return play.call(request).responses[0].partitions[0]


def batches(play: Play, topic: str, partition: int, at: int, committed: bool) -> Iterator[Any]:
    """The error code's row, or each batch with the producers whose transaction was aborted there."""
    while True:
        row = fetch(play, topic, partition, at, committed)
        if row.error_code:
            yield row.error_code, None, ()
            return
        aborted = sorted((a.first_offset, a.producer_id) for a in row.aborted_transactions or ())
        found = list(MemoryRecords(bytes(row.records or b"")))
        for batch in found:
            yield 0, batch, aborted
        if not found:
            return
        at = found[-1].next_offset


def visible(play: Play, op: ops.Fetch) -> Iterator[Any]:
    """The records that a consumer hands out, or an error code. Aborted ones are left out as consumers do."""
    ended: set[tuple[int, int]] = set()
    for code, batch, aborted in batches(play, op.topic, op.partition, op.at, op.committed):
        if code:
            yield code
            return
        first = [a for a in aborted if a[1] == batch.producer_id and a[0] <= batch.base_offset]
        running = [a for a in first if a not in ended]
        if batch.is_control_batch:
            ended |= {a for a in running if next(iter(batch)).abort}
        elif not (op.committed and batch.is_transactional and running):
            yield from (record for record in batch if record.offset >= op.at)


@answer.register
def _(op: ops.Fetch, play: Play) -> Answer:
    lines: list[str] = []
    for record in visible(play, op):
        if isinstance(record, int):
            return named(record)
        value = None if record.value is None else record.value.decode().rstrip(_PAD)
        lines.append(f"{record.offset}:{value}")
    return tuple(lines)


@answer.register
def _(op: ops.Ages, play: Play) -> Answer:
    now = time.time() * 1000
    rows = visible(play, ops.Fetch(op.topic))
    return tuple(f"{r.offset}:{round((now - r.timestamp) / 3_600_000)}" for r in rows)


@answer.register
def _(op: ops.Compressed, play: Play) -> Answer:
    found = [batch for _, batch, _ in batches(play, op.topic, 0, 0, committed=False)]
    return tuple(b.compression_type != 0 for b in found if not b.is_control_batch)


@answer.register
def _(op: ops.SmallerThan, play: Play) -> Answer:
    topic = DescribeLogDirsRequest.DescribableLogDirTopic(topic=play.name(op.topic), partitions=[0])
    (place,) = play.call(DescribeLogDirsRequest(topics=[topic])).results
    return bool(place.topics[0].partitions[0].partition_size < op.size)


def _producers(play: Play, places: dict[str, list[int]]) -> list[Any]:
    topic = DescribeProducersRequest.TopicRequest
    rows = [topic(name=name, partition_indexes=some) for name, some in places.items()]
    answered = play.call(DescribeProducersRequest(topics=rows)).topics
    return [one for row in answered for p in row.partitions for one in p.active_producers]


@answer.register
def _(op: ops.Writers, play: Play) -> Answer:
    rows = _producers(play, {play.name(op.topic): [0]})
    return tuple(sorted(int(row.current_txn_start_offset) for row in rows))


@answer.register
def _(op: ops.OpenTransactions, play: Play) -> Answer:
    rows = _producers(play, {play.name(op.topic): [0]})
    starts = (int(row.current_txn_start_offset) for row in rows)
    return tuple(sorted(start for start in starts if start >= 0))


@answer.register
def _(op: ops.Vanish, play: Play) -> Answer:
    producer = play.producers.pop(op.by)
    session = play.sessions.pop((producer.side, producer.user), None)
    if session is not None:
        session.close()
    return OK
