"""First, last stable and end offsets, asked of each partition's leader; and the open transactions there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka.protocol.admin import DescribeProducersRequest
from kafka.protocol.consumer import ListOffsetsRequest, OffsetForLeaderEpochRequest

from migrate.adapters.kafka import metadata
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.rows import code_of, one_each
from migrate.adapters.kafka.wire import Wire
from migrate.errors import CannotTell, KmigError, Unsupported
from migrate.model.record import ActiveProducer, Ends, Tip, TopicPartition
from migrate.ports.survey import Surveyed

_EARLIEST, _LATEST = -2, -1

START, STABLE, END = (_EARLIEST, False), (_LATEST, True), (_LATEST, False)
"""The three questions: a timestamp code of ListOffsets, and whether isolation is `read_committed`."""

_CONSUMER, _DEBUGGER = -1, -2
"""Who asks, as a replica id: what the second gets is bounded by no high watermark and no isolation."""

_REFUSED = (35, 42)
"""UNSUPPORTED_VERSION and INVALID_REQUEST: what a platform may answer to the second."""

Offsets = dict[TopicPartition, int | None]
"""Offset of each partition; None where the leader answered with an error."""


def request(
    topics: Mapping[str, list[int]], what: tuple[int, bool], replica: int = _CONSUMER
) -> Any:
    """Return the ListOffsets request about these partitions for their leader."""
    timestamp, committed = what
    topic = ListOffsetsRequest.ListOffsetsTopic
    wanted = [
        topic(
            name=name,
            partitions=[
                topic.ListOffsetsPartition(partition_index=i, timestamp=timestamp) for i in indexes
            ],
        )
        for name, indexes in topics.items()
    ]
    level = 1 if committed else 0
    return ListOffsetsRequest(
        replica_id=replica, isolation_level=level, topics=wanted, max_version=7
    )


def rows(answers: Iterable[Any]) -> Offsets:
    """Return the offset of each partition from the leaders' responses."""
    return {place: None if p.error_code else p.offset for place, p in partitions(answers).items()}


def partitions(answers: Iterable[Any]) -> dict[TopicPartition, Any]:
    """Return the row of each partition from the leaders' responses."""
    pairs = (
        (topic.name, p) for answer in answers for topic in answer.topics for p in topic.partitions
    )
    named = one_each(
        pairs, lambda pair: (pair[0], pair[1].partition_index), lambda pair: code_of(pair[1])
    )
    return {place: p for place, (_, p) in named.items()}


def look(
    wire: Wire, leading: metadata.ByLeader, kinds: Sequence[tuple[int, bool]]
) -> Surveyed[list[Offsets]]:
    """Return the offsets of each kind from the leaders that answer; a leader that does not is a fault."""
    requests = {b: [request(t, kind) for kind in kinds] for b, t in leading.items()}
    answers = wire.gather_each(requests)
    faults = [a.message for some in answers.values() for a in some if isinstance(a, KmigError)]
    offsets = [
        rows(a for a in column if not isinstance(a, KmigError))
        for column in zip(*answers.values(), strict=True)
    ] or [{} for _ in kinds]
    return Surveyed(offsets, tuple(faults))


def ends(wire: Wire, names: list[str]) -> dict[TopicPartition, Ends]:
    """Return first, last stable and end offset of each partition, asked in that order: each of them only grows."""
    leading = metadata.leaders(wire, names)
    start, stable, end = (
        rows(wire.fan_out({b: request(t, what) for b, t in leading.items()}).values())
        for what in (START, STABLE, END)
    )
    ends_of = {}
    for place, last in end.items():
        first, settled = start.get(place), stable.get(place)
        if first is None or settled is None or last is None:
            raise CannotTell(
                f"cannot read the offsets of {place[0]}-{place[1]} on the {wire.site}: "
                "its leader answered with an error",
                "wait until the partition has a leader, then rerun the command",
            )
        ends_of[place] = Ends(start=first, stable=settled, end=last)
    return ends_of


def tips(wire: Wire, names: list[str]) -> dict[TopicPartition, Tip]:
    """Return where each log ends on its leader: the leader's own end last, so that the others are no later."""
    leading = metadata.leaders(wire, names)
    stable, shown = (
        rows(wire.fan_out({b: request(t, what) for b, t in leading.items()}).values())
        for what in (STABLE, END)
    )
    asked = {b: request(t, END, _DEBUGGER) for b, t in leading.items()}
    found = {}
    for place, row in partitions(wire.fan_out(asked).values()).items():
        if row.error_code in _REFUSED:
            raise Unsupported(f"the {wire.site} does not tell where a leader's log ends")
        require(f"list offsets of {place[0]}-{place[1]} on the {wire.site}", row.error_code)
        ends = stable.get(place), shown.get(place)
        if ends[0] is None or ends[1] is None:
            raise CannotTell(
                f"cannot read the offsets of {place[0]}-{place[1]} on the {wire.site}: "
                "its leader answered with an error",
                "wait until the partition has a leader, then rerun the command",
            )
        found[place] = Tip(row.offset, ends[1], ends[0], row.leader_epoch)
    return found


def first_since(wire: Wire, names: list[str], time: int) -> dict[TopicPartition, int | None]:
    """Return the first offset of each partition whose timestamp is `time` (ms) or later; None where there is none."""
    leading = metadata.leaders(wire, names)
    answers = wire.fan_out({b: request(t, (time, False)) for b, t in leading.items()})
    found: dict[TopicPartition, int | None] = {}
    for (topic, partition), row in partitions(answers.values()).items():
        require(f"list offsets of {topic}-{partition} on the {wire.site}", row.error_code)
        found[topic, partition] = row.offset if row.offset >= 0 else None
    return found


def epoch_ends(
    wire: Wire, epochs: Mapping[TopicPartition, int]
) -> dict[TopicPartition, tuple[int, int]]:
    """Return by partition the largest leader epoch up to the given one, and the offset at which it ends (KIP-101)."""
    topic = OffsetForLeaderEpochRequest.OffsetForLeaderTopic
    leading = metadata.leaders(wire, {name for name, _ in epochs})
    requests = {
        broker: OffsetForLeaderEpochRequest(
            replica_id=-1,
            topics=[
                topic(
                    topic=name,
                    partitions=[
                        topic.OffsetForLeaderPartition(
                            partition=i, current_leader_epoch=-1, leader_epoch=epochs[name, i]
                        )
                        for i in indexes
                        if (name, i) in epochs
                    ],
                )
                for name, indexes in led.items()
            ],
        )
        for broker, led in leading.items()
    }
    found: dict[TopicPartition, tuple[int, int]] = {}
    for answer in wire.fan_out(requests).values():
        for row in answer.topics:
            for p in row.partitions:
                what = f"look up a leader epoch of {row.topic}-{p.partition} on the {wire.site}"
                require(what, p.error_code)
                found[row.topic, p.partition] = p.leader_epoch, p.end_offset
    return found


def producers_request(topics: Mapping[str, list[int]]) -> Any:
    """Return the DescribeProducers request about these partitions for their leader (KIP-664)."""
    row = DescribeProducersRequest.TopicRequest
    return DescribeProducersRequest(
        topics=[row(name=name, partition_indexes=indexes) for name, indexes in topics.items()]
    )


def producers(wire: Wire, names: list[str]) -> tuple[ActiveProducer, ...]:
    """Return the producers that the partitions' leaders remember."""
    leading = metadata.leaders(wire, names)
    answers = wire.fan_out({b: producers_request(t) for b, t in leading.items()})
    found = []
    for (topic, partition), row in partitions(answers.values()).items():
        what = f"describe producers of {topic}-{partition} on the {wire.site}"
        require(what, row.error_code, row.error_message)
        found += [
            ActiveProducer(
                topic=topic,
                partition=partition,
                producer_id=producer.producer_id,
                sequence=producer.last_sequence,
                wrote=producer.last_timestamp,
                start=producer.current_txn_start_offset,
            )
            for producer in row.active_producers
        ]
    return tuple(found)
