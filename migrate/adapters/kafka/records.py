"""Records read through librdkafka with `read_committed`, by assignment: no group is joined, nothing is committed."""

import time
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from migrate.adapters.kafka.answers import batched
from migrate.errors import CannotTell, Expired, KmigError, NotAuthorized, Unreachable
from migrate.logs.fingerprint import Fingerprints
from migrate.model.permissions import HEADS_GROUP_PREFIX
from migrate.model.record import Chunk, VisibleRecord
from migrate.model.record import TopicPartition as Place

_STALLED_SECONDS = 30.0
_BATCH = 5_000
_GONE = (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET)

SHORT = 2_000
"""Offsets of a log that the consumer that is open reads: to open another one takes longer than that."""

_PLACES = 24
"""Logs that are read at once: librdkafka may hold some megabytes of each."""

_FETCHED, _QUEUED = 1_000_000, 8_000_000
"""For reading a whole log: bytes of an answer, and bytes that are held ahead of who reads."""


class KafkaRecords:
    """`migrate.ports.Records`: one consumer for the ends of logs, and one for each log that is read forward.

    `most` bytes at most are fetched ahead of who reads forward.
    """

    def __init__(
        self, site: str, bootstrap: str, client: Mapping[str, str], secret: bytes, most: int = 0
    ) -> None:
        self._site = site
        self._marks = Fingerprints(secret)
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
            # a full queue is filled again after a second otherwise: a log of large records takes four times as long
            "fetch.queue.backoff.ms": 2,
            "topic.metadata.refresh.interval.ms": 30_000,
            "allow.auto.create.topics": False,
            "queued.max.messages.kbytes": 4_000,
            "log_level": 0,
        }
        ahead = max(64_000, most) if most else _QUEUED
        self._long = self._config | {
            "fetch.message.max.bytes": min(_FETCHED, ahead),
            "queued.max.messages.kbytes": min(_QUEUED, ahead) // 1000,
            "queued.min.messages": _BATCH,
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
                # it returns once so many have come, or after the time-out: more than there are would cost all of it
                most = sum(upto - ranges[place][0] for place, upto in left.items())
                messages = consumer.consume(min(most, _BATCH), timeout=0.05)
                if messages:
                    last_arrival = time.monotonic()
                elif time.monotonic() - last_arrival > _STALLED_SECONDS:
                    raise self._stalled(", ".join(f"{t}-{p}" for t, p in sorted(left)))
                for message in messages:
                    self._take(message, records, left)
        finally:
            consumer.unassign()
        return {place: tuple(read) for place, read in records.items()}

    def key_check(self) -> str:
        """See `Records`."""
        return self._marks.of_key(None).hex()

    def forward(
        self,
        place: Place,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        """See `Records`; raises `CannotTell` when no record arrives for 30 s."""
        if begin >= upto:
            return
        if upto - begin <= SHORT:
            # whoever reads may use this consumer for something else before he asks for more
            keyed = {place[0]} if keys else set()
            yield from self._at_once({place: (begin, upto)}, keyed, timeless=timeless)[place]
            return
        consumer = Consumer(self._long)
        try:
            consumer.assign([TopicPartition(*place, begin)])
            last_arrival = time.monotonic()
            while begin < upto:
                messages = consumer.consume(min(upto - begin, _BATCH), timeout=0.05)
                if any(_expired(m) for m in messages if m.error() is not None):
                    return
                if messages:
                    last_arrival = time.monotonic()
                    yield (
                        chunk := self._chunk(messages, begin, upto, keys=keys, timeless=timeless)
                    )
                    begin = chunk.upto
                elif time.monotonic() - last_arrival > _STALLED_SECONDS:
                    raise self._stalled(f"{place[0]}-{place[1]}")
        finally:
            consumer.close()

    def near(
        self, ranges: Mapping[Place, tuple[int, int]], keyed: Container[str]
    ) -> dict[Place, tuple[Chunk, ...]]:
        """See `Records`; raises `CannotTell` when no record arrives for 30 s."""
        found: dict[Place, tuple[Chunk, ...]] = {}
        for some in batched(sorted(ranges), _PLACES):
            found |= self._at_once({place: ranges[place] for place in some}, keyed)
        return found

    def _at_once(
        self,
        ranges: Mapping[Place, tuple[int, int]],
        keyed: Container[str],
        *,
        timeless: bool = False,
    ) -> dict[Place, tuple[Chunk, ...]]:
        """Return the chunks of these ranges; those before which a log's start has passed what was to be read."""
        found: dict[Place, list[Chunk]] = {place: [] for place in ranges}
        at = {place: begin for place, (begin, upto) in ranges.items() if begin < upto}
        consumer, last_arrival = self._opened(), time.monotonic()
        consumer.assign([TopicPartition(*place, begin) for place, begin in at.items()])
        try:
            while at:
                left = sum(ranges[place][1] - begin for place, begin in at.items())
                arrived: dict[Place, list[Message]] = defaultdict(list)
                for message in consumer.consume(min(left, _BATCH), timeout=0.05):
                    topic, partition = message.topic(), message.partition()
                    if topic is None or partition is None:
                        raise self._fault(", ".join(sorted({t for t, _ in at})), message.error())
                    arrived[topic, partition].append(message)
                if arrived:
                    last_arrival = time.monotonic()
                elif time.monotonic() - last_arrival > _STALLED_SECONDS:
                    raise self._stalled(", ".join(f"{t}-{p}" for t, p in sorted(at)))
                for place, messages in arrived.items():
                    if place in at and any(_expired(m) for m in messages if m.error()):
                        del at[place]
                    if place not in at:
                        continue
                    span, keys = (at.pop(place), ranges[place][1]), place[0] in keyed
                    chunk = self._chunk(messages, *span, keys=keys, timeless=timeless)
                    found[place].append(chunk)
                    if chunk.upto < span[1]:
                        at[place] = chunk.upto
        finally:
            consumer.unassign()
        return {place: tuple(chunks) for place, chunks in found.items()}

    def close(self) -> None:
        """Close the consumer, if it was opened."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _opened(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._config)
        return self._consumer

    def _chunk(
        self, messages: list[Any], begin: int, upto: int, *, keys: bool, timeless: bool
    ) -> Chunk:
        """Return these messages as columns: the time of a whole log goes into this loop."""
        of, size, passed = self._marks.of, 0, begin
        offsets: list[int] = []
        marks: list[bytes] = []
        times: list[int] = []
        good: list[Any] = []
        for message in messages:
            if message.error() is not None:
                passed = self._passed(message)
                continue
            offset = message.offset()
            if offset >= upto:
                passed = upto
                break
            key, value, (_, at) = message.key(), message.value(), message.timestamp()
            offsets.append(offset)
            marks.append(of(key, value, message.headers(), -1 if timeless else at))
            times.append(at)
            good.append(message)
            size += len(key or b"") + len(value or b"")
        passed = max(passed, offsets[-1] + 1) if offsets else passed
        epochs = _epochs(good)
        if not keys:
            return Chunk(passed, offsets, marks, times, epochs=epochs, size=size)
        columns = [self._marks.of_key(m.key()) for m in good], [m.value() is None for m in good]
        return Chunk(passed, offsets, marks, times, *columns, epochs=epochs, size=size)

    def _passed(self, message: Any) -> int:
        """Return the end of the log that librdkafka reports: the last stable offset, markers before it are passed."""
        error = message.error()
        if error.code() != KafkaError._PARTITION_EOF:
            raise self._fault(message.topic(), error)
        return int(message.offset())

    def _fault(self, topic: str, error: Any) -> KmigError:
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return NotAuthorized(
                f"cannot read records of topic {topic} on the {self._site}: {error.str()}",
                "give kmig's principal READ on the topic",
            )
        kind = Expired if error.code() in _GONE else Unreachable
        return kind(
            f"cannot read records of topic {topic} on the {self._site}: {error.str()}",
            "check that the brokers answer, and that kmig's principal has READ on the topic",
        )

    def _stalled(self, waiting: str) -> CannotTell:
        return CannotTell(
            f"no record of {waiting} arrived from the {self._site} for {_STALLED_SECONDS:.0f} s",
            "check that the brokers answer, and that kmig's principal has READ on the topic",
        )

    def _take(
        self, message: Any, records: dict[Place, list[VisibleRecord]], left: dict[Place, int]
    ) -> None:
        error = message.error()
        place = (message.topic(), message.partition())
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise self._fault(place[0], error)
        if place not in left:
            return
        offset = message.offset()
        if error is None and offset < left[place]:
            _, at = message.timestamp()
            mark = self._marks.of(message.key(), message.value(), message.headers(), at)
            records[place].append(VisibleRecord(offset, mark))
        # the end that librdkafka reports is the last stable offset: transaction markers before it are passed
        done = offset if error is not None else offset + 1
        if done >= left[place]:
            del left[place]


def _expired(message: Any) -> bool:
    """Whether the log's start has passed what was to be read next."""
    return message.error().code() in _GONE


def _epochs(messages: list[Message]) -> tuple[tuple[int, int], ...]:
    """Return where each leader epoch begins among these records, -1 for one that is not told."""
    alike = messages and messages[0].leader_epoch() == messages[-1].leader_epoch()
    found: list[tuple[int, int]] = []
    for message in messages[:1] if alike else messages:
        told = message.leader_epoch()
        epoch = -1 if told is None else told
        if not found or found[-1][1] != epoch:
            found.append((message.offset(), epoch))
    return tuple(found)
