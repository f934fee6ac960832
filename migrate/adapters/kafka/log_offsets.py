"""First, last stable and end offsets, asked of each partition's leader; and what producers have open there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka.protocol.admin import DescribeProducersRequest
from kafka.protocol.consumer import ListOffsetsRequest

from migrate.adapters.kafka import metadata
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.rows import code_of, one_each
from migrate.adapters.kafka.wire import Wire
from migrate.errors import CannotTell, KmigError
from migrate.model.record import Ends, OpenTransaction, TopicPartition
from migrate.ports.survey import Surveyed

_EARLIEST, _LATEST = -2, -1

START, STABLE, END = (_EARLIEST, False), (_LATEST, True), (_LATEST, False)
"""What may be asked: a timestamp code, and whether only as far as a consumer reading committed may go."""

Offsets = dict[TopicPartition, int | None]
"""By partition; None where the leader answered with an error."""


def request(topics: Mapping[str, list[int]], what: tuple[int, bool]) -> Any:
    """One question about these partitions to their leader."""
    timestamp, committed = what
    topic = ListOffsetsRequest.ListOffsetsTopic
    asked = [
        topic(
            name=name,
            partitions=[
                topic.ListOffsetsPartition(partition_index=i, timestamp=timestamp) for i in indexes
            ],
        )
        for name, indexes in topics.items()
    ]
    level = 1 if committed else 0
    return ListOffsetsRequest(replica_id=-1, isolation_level=level, topics=asked, max_version=7)


def rows(answers: Iterable[Any]) -> Offsets:
    """What the leaders answered."""
    return {place: None if p.error_code else p.offset for place, p in partitions(answers).items()}


def partitions(answers: Iterable[Any]) -> dict[TopicPartition, Any]:
    """The row of each partition."""
    each = (
        (topic.name, p) for answer in answers for topic in answer.topics for p in topic.partitions
    )
    named = one_each(
        each, lambda one: (one[0], one[1].partition_index), lambda one: code_of(one[1])
    )
    return {place: p for place, (_, p) in named.items()}


def look(
    wire: Wire, leading: metadata.ByLeader, kinds: Sequence[tuple[int, bool]]
) -> Surveyed[list[Offsets]]:
    """The offsets of each kind, from the leaders that answer; who did not is a fault."""
    each = {b: [request(t, kind) for kind in kinds] for b, t in leading.items()}
    answers = wire.gather_each(each)
    faults = [a.message for some in answers.values() for a in some if isinstance(a, KmigError)]
    found = [
        rows(a for a in column if not isinstance(a, KmigError))
        for column in zip(*answers.values(), strict=True)
    ] or [{} for _ in kinds]
    return Surveyed(found, tuple(faults))


def ends(wire: Wire, names: list[str]) -> dict[TopicPartition, Ends]:
    """First, last stable and end offset of each partition, in that order of asking."""
    leading = metadata.leaders(wire, names)
    start, stable, end = (
        rows(wire.fan_out({b: request(t, what) for b, t in leading.items()}).values())
        for what in (START, STABLE, END)
    )
    found = {}
    for key, last in end.items():
        first, settled = start.get(key), stable.get(key)
        if first is None or settled is None or last is None:
            raise CannotTell(f"{wire.site}: the leader of {key[0]}-{key[1]} does not say its ends")
        found[key] = Ends(start=first, stable=settled, end=last)
    return found


def producers_request(topics: Mapping[str, list[int]]) -> Any:
    """Who produces to these partitions, asked of their leader (KIP-664)."""
    row = DescribeProducersRequest.TopicRequest
    return DescribeProducersRequest(
        topics=[row(name=name, partition_indexes=indexes) for name, indexes in topics.items()]
    )


def open_transactions(wire: Wire, names: list[str]) -> tuple[OpenTransaction, ...]:
    """Producers with a transaction under way on these topics, as the partitions' leaders know them."""
    leading = metadata.leaders(wire, names)
    answers = wire.fan_out({b: producers_request(t) for b, t in leading.items()})
    found = []
    for (topic, partition), row in partitions(answers.values()).items():
        what = f"{wire.site}: producers of {topic}-{partition}"
        require(what, row.error_code, row.error_message)
        found += [
            OpenTransaction(
                topic=topic,
                partition=partition,
                producer_id=producer.producer_id,
                start=producer.current_txn_start_offset,
            )
            for producer in row.active_producers
            if producer.current_txn_start_offset >= 0
        ]
    return tuple(found)
