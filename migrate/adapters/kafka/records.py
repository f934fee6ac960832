"""Records read through librdkafka with `read_committed`, by assignment: no group is joined, nothing is committed."""

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from migrate.errors import CannotTell, Unreachable
from migrate.logs.fingerprint import fingerprint
from migrate.model.permissions import HEADS_GROUP_PREFIX
from migrate.model.record import TopicPartition as Place
from migrate.model.record import VisibleRecord

_STALLED_SECONDS = 30.0
_BATCH = 10_000


class KafkaRecords:
    """`migrate.ports.Records` through one consumer, which is opened at the first read."""

    def __init__(self, site: str, bootstrap: str, client: Mapping[str, str], secret: bytes) -> None:
        self._site = site
        self._secret = secret
        self._config: dict[str, Any] = {
            **client,
            "bootstrap.servers": bootstrap,
            "group.id": f"{HEADS_GROUP_PREFIX}reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 20,
            "fetch.error.backoff.ms": 50,
            "topic.metadata.refresh.interval.ms": 30_000,
            "allow.auto.create.topics": False,
            "log_level": 0,
        }
        self._consumer: Consumer | None = None

    def visible(
        self, ranges: Mapping[Place, tuple[int, int]]
    ) -> dict[Place, tuple[VisibleRecord, ...]]:
        """See `Records`; raises `CannotTell` when no record arrives for 30 s."""
        records: dict[Place, list[VisibleRecord]] = {place: [] for place in ranges}
        left = {place: upto for place, (begin, upto) in ranges.items() if begin < upto}
        if not left:
            return dict.fromkeys(ranges, ())
        consumer = self._opened()
        consumer.assign([TopicPartition(t, p, ranges[t, p][0]) for t, p in left])
        last_arrival = time.monotonic()
        try:
            while left:
                messages = consumer.consume(_BATCH, timeout=0.05)
                if messages:
                    last_arrival = time.monotonic()
                elif time.monotonic() - last_arrival > _STALLED_SECONDS:
                    waiting = ", ".join(f"{t}-{p}" for t, p in sorted(left))
                    raise CannotTell(
                        f"no record of {waiting} arrived from the {self._site} "
                        f"for {_STALLED_SECONDS:.0f} s",
                        "check that the brokers answer, and that kmig's principal has READ on the topic",
                    )
                for message in messages:
                    self._take(message, records, left)
        finally:
            consumer.unassign()
        return {place: tuple(read) for place, read in records.items()}

    def close(self) -> None:
        """Close the consumer, if it was opened."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _opened(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._config)
        return self._consumer

    def _take(
        self, message: Any, records: dict[Place, list[VisibleRecord]], left: dict[Place, int]
    ) -> None:
        error = message.error()
        place = (message.topic(), message.partition())
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise Unreachable(
                f"cannot read records of topic {place[0]} on the {self._site}: {error.str()}",
                "check that the brokers answer, and that kmig's principal has READ on the topic",
            )
        if place not in left:
            return
        offset = message.offset()
        if error is None and offset < left[place]:
            _, timestamp = message.timestamp()
            mark = fingerprint(
                message.key(),
                message.value(),
                message.headers() or (),
                timestamp,
                secret=self._secret,
            )
            records[place].append(VisibleRecord(offset, mark))
        # the end that librdkafka reports is the last stable offset: transaction markers before it are passed
        done = offset if error is not None else offset + 1
        if done >= left[place]:
            del left[place]
