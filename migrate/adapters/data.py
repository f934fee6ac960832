"""Records into topics, through librdkafka: what a rehearsal's estate is filled with."""

from collections.abc import Iterable

from confluent_kafka import Producer

from migrate.adapters.kafka.connection import Login
from migrate.errors import StepFailed

_FLUSH_SECONDS = 30.0


def produce(bootstrap: str, login: Login, records: Iterable[tuple[str, int, bytes, bytes]]) -> None:
    """Write (topic, partition, key, value) and wait until all are acknowledged."""
    failures: list[str] = []
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "enable.idempotence": True,
            "linger.ms": 20,
            "log_level": 2,
        }
    )

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
