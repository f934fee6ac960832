"""`ProbeClient` through librdkafka."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from migrate.probes.clients import ClientError, Isolation, Member, Place, Transaction
from migrate.probes.sandbox import ProbeFailed, Record, Sandbox, patience

_QUIET = {"log_level": 0}
_BATCH = 1_000


class Librdkafka:
    """`ProbeClient` through confluent-kafka."""

    writes_null_headers = True

    def __init__(self, sandbox: Sandbox) -> None:
        settings = sandbox.settings
        named = {"client.id": sandbox.prefix, "bootstrap.servers": settings.bootstrap}
        self._config = {**settings.client, **_QUIET, **named}

    def write(self, topic: str, records: Sequence[Record], compression: str = "none") -> None:
        """See `ProbeClient`."""
        bound = {"message.timeout.ms": int(patience() * 1000), "compression.type": compression}
        producer = Producer({**self._config, "acks": "all", **bound})
        send(producer, topic, records)

    def read(
        self, topic: str, isolation: Isolation = "read_uncommitted", begin: int = 0
    ) -> list[Record]:
        """See `ProbeClient`."""
        consumer = Consumer(
            {
                **self._config,
                "group.id": f"{topic}-reader",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "isolation.level": isolation,
            }
        )
        consumer.assign([TopicPartition(topic, 0, begin)])
        try:
            return _to_the_end(consumer)
        finally:
            consumer.close()

    def offset(self, topic: str, at: int | Literal["earliest", "latest"]) -> int:
        """See `ProbeClient`."""
        spec = {"earliest": OffsetSpec.earliest(), "latest": OffsetSpec.latest()}.get(str(at))
        return self._listed(topic, spec or OffsetSpec.for_timestamp(int(at)))

    def newest(self, topic: str) -> int:
        """Return the offset of the largest timestamp."""
        return self._listed(topic, OffsetSpec.max_timestamp())

    def _listed(self, topic: str, spec: Any) -> int:
        place = TopicPartition(topic, 0)
        admin = AdminClient(self._config)  # forgotten before its answer comes, it gives none
        asked = admin.list_offsets(
            {place: spec},
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=patience() / 2,
        )
        try:
            return int(asked[place].result(patience()).offset)
        except KafkaException as error:
            raise _declined(error) from error
        except TimeoutError as error:
            raise ProbeFailed(f"ListOffsets: no answer within {patience():.0f} s") from error

    def transaction(self, identity: str) -> Transaction:
        """See `ProbeClient`."""
        return _Transaction(self._config, identity)

    def member(self, group: str, topics: Sequence[str], instance: str = "") -> Member:
        """Return a member of a group of the classic protocol."""
        return LibrdkafkaMember(self._config, group, topics, {"group.instance.id": instance})

    def new_member(self, group: str, topics: Sequence[str]) -> Member:
        """Return a member of a group of the new consumer protocol (KIP-848)."""
        return LibrdkafkaMember(self._config, group, topics, {"group.protocol": "consumer"})

    def throttled(self, topic: str, records: Sequence[Record]) -> float:
        """Write the records; return the longest throttle time in seconds that the broker answered."""
        throttles = [0.0]
        producer = Producer(
            {
                **self._config,
                "throttle_cb": lambda event: throttles.append(event.throttle_time),
                "linger.ms": 0,
                "batch.num.messages": 1,
            }
        )
        send(producer, topic, records)
        producer.poll(0.2)
        return max(throttles)


def send(producer: Producer, topic: str, records: Sequence[Record]) -> None:
    """Write the records, and wait for every acknowledgement."""
    failures: list[KafkaError] = []
    for record in records:
        producer.produce(
            topic,
            record.value,
            record.key,
            partition=0,
            headers=list(record.headers),
            timestamp=record.timestamp or 0,
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
    left = producer.flush(patience() + 5)
    if failures:
        raise ClientError(failures[0].code(), f"{failures[0].name()}: {failures[0].str()}")
    if left:
        raise ProbeFailed(f"{left} of {len(records)} records were not acknowledged")


def _to_the_end(consumer: Consumer) -> list[Record]:
    records: list[Record] = []
    heard = time.monotonic()
    while time.monotonic() - heard < patience():
        # it waits for a whole batch, or as long as it is told
        for message in consumer.consume(_BATCH, timeout=0.1):
            heard = time.monotonic()
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                return records
            if error is not None:
                raise ClientError(error.code(), f"{error.name()}: {error.str()}")
            records.append(
                Record(
                    message.key(),
                    message.value(),
                    tuple(message.headers() or ()),
                    message.timestamp()[1],
                    message.offset() or 0,
                )
            )
    raise ProbeFailed(
        f"no record for {patience():.0f} s after {len(records)} records, before the end"
    )


def _declined(error: KafkaException) -> ClientError:
    reason = error.args[0]
    return ClientError(reason.code(), f"{reason.name()}: {reason.str()}")


class _Transaction:
    def __init__(self, config: Mapping[str, Any], identity: str) -> None:
        self._config = config
        self._producer = Producer(
            {**config, "transactional.id": identity, "transaction.timeout.ms": 60_000}
        )
        self._asked(lambda: self._producer.init_transactions(patience()))

    def begin(self) -> None:
        """See `Transaction`."""
        self._asked(self._producer.begin_transaction)

    def write(self, topic: str, values: Sequence[bytes]) -> None:
        """See `Transaction`."""
        self._asked(lambda: send(self._producer, topic, [Record(value=v) for v in values]))

    def offsets(self, group: str, offsets: Mapping[Place, int]) -> None:
        """See `Transaction`."""
        consumer = Consumer({**self._config, "group.id": group})
        places = [TopicPartition(t, p, offset) for (t, p), offset in offsets.items()]
        try:
            member = consumer.consumer_group_metadata()
            self._asked(
                lambda: self._producer.send_offsets_to_transaction(places, member, patience())
            )
        finally:
            consumer.close()

    def commit(self) -> None:
        """See `Transaction`."""
        self._asked(lambda: self._producer.commit_transaction(patience()))

    def abort(self) -> None:
        """See `Transaction`."""
        self._asked(lambda: self._producer.abort_transaction(patience()))

    def close(self) -> None:
        """Do nothing: librdkafka closes a producer that is no longer referred to."""

    def _asked(self, ask: Any) -> None:
        try:
            ask()
        except KafkaException as error:
            raise _declined(error) from error


class LibrdkafkaMember(Member):
    """`Member` through confluent-kafka."""

    def __init__(
        self,
        config: Mapping[str, Any],
        group: str,
        topics: Sequence[str],
        more: Mapping[str, Any],
    ) -> None:
        self._wanted = list(topics)
        given = {key: value for key, value in more.items() if value}
        times = {} if "group.protocol" in given else {"session.timeout.ms": 10_000}
        self._consumer = Consumer(
            {
                **config,
                "group.id": group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "topic.metadata.refresh.interval.ms": 500,
                **times,
                **given,
            }
        )
        super().__init__()

    def opened(self) -> None:
        """See `Member`; librdkafka takes a name that begins with `^` for a pattern."""
        self._consumer.subscribe(self._wanted)

    def polled(self) -> None:
        """See `Member`."""
        message = self._consumer.poll(0.1)
        self.changed(frozenset((p.topic, p.partition) for p in self._consumer.assignment()))
        if message is None:
            return
        error = message.error()
        if error is None:
            self.values.append(message.value() or b"")
        elif not error.retriable() and error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise ClientError(error.code(), f"{error.name()}: {error.str()}")

    def committed(self) -> None:
        """See `Member`."""
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            raise _declined(error) from error

    def left(self) -> None:
        """See `Member`."""
        self._consumer.close()
