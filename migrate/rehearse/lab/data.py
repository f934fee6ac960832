"""Records written to and read from topics through librdkafka: a rehearsal's estate is filled and judged with them."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from migrate.adapters.kafka.connection import Login
from migrate.errors import StepFailed
from migrate.model.record import TopicPartition as Place
from migrate.model.words import count

_FLUSH_SECONDS = 30.0
_STALLED_SECONDS = 30.0
_BATCH = 10_000

Record = tuple[str, int, bytes, bytes]
"""Topic, partition, key and value."""


def produce(bootstrap: str, login: Login, records: Iterable[Record]) -> None:
    """Write the records and wait until all are acknowledged."""
    producer = Producer({**_client(bootstrap, login), "enable.idempotence": True, "linger.ms": 20})
    _send(producer, records)


def transact(
    bootstrap: str, login: Login, transactions: Iterable[tuple[list[Record], bool]]
) -> None:
    """Write each list of records in a transaction, committed or aborted."""
    producer = Producer(
        {**_client(bootstrap, login), "transactional.id": "kmig-estate", "linger.ms": 5}
    )
    producer.init_transactions(_FLUSH_SECONDS)
    for records, committed in transactions:
        producer.begin_transaction()
        _send(producer, records)
        if committed:
            producer.commit_transaction(_FLUSH_SECONDS)
        else:
            producer.abort_transaction(_FLUSH_SECONDS)


def visible(
    bootstrap: str, login: Login, ends: Mapping[Place, tuple[int, int]]
) -> list[tuple[str, int, int, str]]:
    """Return topic, partition, offset and value of every record that is visible to `read_committed`.

    `ends` holds a start and an end offset for each partition.
    """
    consumer = Consumer(
        {
            **_client(bootstrap, login),
            "group.id": "kmig-judge",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    left = {place: end for place, (start, end) in ends.items() if start < end}
    consumer.assign([TopicPartition(t, p, ends[t, p][0]) for t, p in left])
    records: list[tuple[str, int, int, str]] = []
    heard = time.monotonic()
    while left:
        for message in consumer.consume(_BATCH, timeout=0.2):
            heard = time.monotonic()
            place, error = (message.topic(), message.partition()), message.error()
            if error is None:
                records.append((*place, message.offset(), (message.value() or b"").decode()))
            elif error.code() != KafkaError._PARTITION_EOF:
                raise StepFailed(f"cannot read topic {place[0]}: {error.str()}")
            if message.offset() + (error is None) >= left.get(place, 0):
                left.pop(place, None)
        if time.monotonic() - heard > _STALLED_SECONDS:
            raise StepFailed(
                f"no record arrived for {_STALLED_SECONDS:.0f} s, and "
                f"{count(len(left), 'partition')} are not read to the end"
            )
    consumer.close()
    return records


def _send(producer: Producer, records: Iterable[Record]) -> None:
    failures: list[str] = []

    def delivered(error: object, _message: object) -> None:
        if error is not None:
            failures.append(str(error))

    for topic, partition, key, value in records:
        producer.produce(topic, value, key, partition, on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(_FLUSH_SECONDS)
    if left or failures:
        first = failures[0] if failures else "no answer"
        raise StepFailed(f"{left + len(failures)} records were not acknowledged: {first}")


def _client(bootstrap: str, login: Login) -> dict[str, Any]:
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
        "log_level": 0,
    }
