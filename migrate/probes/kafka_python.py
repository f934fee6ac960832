"""`ProbeClient` through kafka-python."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from kafka import KafkaConsumer, KafkaProducer, structs
from kafka import errors as kafka_errors

from migrate.adapters.kafka.answers import code_name
from migrate.probes.clients import ClientError, Isolation, Member, Place, Transaction
from migrate.probes.sandbox import ProbeFailed, Record, Sandbox, patience

# kafka-python logs its whole configuration, passwords included, and whole answers that it cannot read
logging.getLogger("kafka").setLevel(logging.CRITICAL + 1)


def _ms() -> int:
    return int(patience() * 1000)


_POLL_MS = 1_000
"""A poll that rejoins a group by pattern first refreshes the metadata, within its own time. On a busy machine a new
topic was never assigned in 4 of 7 runs with polls of 100 ms, and in 1 of 7 with these (kafka-python 3.0)."""


class KafkaPython:
    """`ProbeClient` through kafka-python's own producer and consumer."""

    writes_null_headers = False

    def __init__(self, sandbox: Sandbox) -> None:
        login = sandbox.settings.login
        protocol = sandbox.settings.client.get("security.protocol", "PLAINTEXT")
        self._config: dict[str, Any] = {
            "bootstrap_servers": sandbox.settings.bootstrap.split(","),
            "client_id": sandbox.prefix,
            "security_protocol": protocol,
            "request_timeout_ms": _ms() // 2,
            "bootstrap_timeout_ms": _ms() // 2,
        }
        if login is not None:
            self._config["sasl_mechanism"] = login.mechanism
            self._config["sasl_plain_username"] = login.user
            self._config["sasl_plain_password"] = login.password
        if sandbox.tls is not None:
            self._config["ssl_context"] = sandbox.tls

    def write(self, topic: str, records: Sequence[Record], compression: str = "none") -> None:
        """See `ProbeClient`."""
        kind = None if compression == "none" else compression
        producer = _translated(
            lambda: KafkaProducer(
                **self._config,
                acks="all",
                compression_type=kind,
                max_block_ms=_ms(),
                delivery_timeout_ms=_ms(),
            )
        )
        try:
            _send(producer, topic, records)
        finally:
            producer.close(1)

    def read(
        self, topic: str, isolation: Isolation = "read_uncommitted", begin: int = 0
    ) -> list[Record]:
        """See `ProbeClient`."""
        consumer = self._consumer(isolation_level=isolation)
        place = structs.TopicPartition(topic, 0)
        try:
            consumer.assign([place])
            consumer.seek(place, begin)
            end = _translated(lambda: consumer.end_offsets([place])[place])
            return list(_translated(lambda: _up_to(consumer, place, end)))
        finally:
            consumer.close(autocommit=False, timeout_ms=1_000)

    def offset(self, topic: str, at: int | Literal["earliest", "latest"]) -> int:
        """See `ProbeClient`."""
        place = structs.TopicPartition(topic, 0)
        consumer = self._consumer()
        try:
            if at == "earliest":
                return int(_translated(lambda: consumer.beginning_offsets([place])[place]))
            if at == "latest":
                return int(_translated(lambda: consumer.end_offsets([place])[place]))
            answer = _translated(lambda: consumer.offsets_for_times({place: at})[place])
            return -1 if answer is None else int(answer.offset)
        finally:
            consumer.close(autocommit=False, timeout_ms=1_000)

    def transaction(self, identity: str) -> Transaction:
        """See `ProbeClient`."""
        return _Transaction(self._config, identity)

    def member(self, group: str, topics: Sequence[str], instance: str = "") -> Member:
        """Return a member of a group of the classic protocol."""
        return KafkaPythonMember(self._config, group, topics, instance)

    def _consumer(self, **more: Any) -> Any:
        return _translated(
            lambda: KafkaConsumer(
                **self._config, enable_auto_commit=False, auto_offset_reset="none", **more
            )
        )


def _translated(ask: Callable[[], Any]) -> Any:
    """Return the answer; raise the library's error as `ClientError`."""
    try:
        return ask()
    except kafka_errors.KafkaError as error:
        code = getattr(error, "errno", None)
        if code is None:  # the client's own: kafka-python's text of it, whatever it holds
            raise ClientError(-1, str(error)) from error
        raise ClientError(code, ": ".join([code_name(code), *map(str, error.args)])) from error


def _send(producer: Any, topic: str, records: Sequence[Record]) -> None:
    def sent() -> None:
        waiting = [
            producer.send(
                topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                partition=0,
                timestamp_ms=record.timestamp,
            )
            for record in records
        ]
        for future in waiting:
            future.get(patience())

    _translated(sent)


def _up_to(consumer: Any, place: Any, end: int) -> list[Record]:
    records: list[Record] = []
    while consumer.position(place) < end:
        polled = consumer.poll(timeout_ms=_ms())
        if not polled and consumer.position(place) < end:
            raise ProbeFailed(
                f"no record for {patience():.0f} s after {len(records)} records, before the end"
            )
        records += [
            Record(row.key, row.value, tuple(row.headers), row.timestamp, row.offset)
            for row in polled.get(place, ())
        ]
    return records


class _Transaction:
    def __init__(self, config: Mapping[str, Any], identity: str) -> None:
        self._producer = _translated(
            lambda: KafkaProducer(**config, transactional_id=identity, max_block_ms=_ms())
        )
        _translated(self._producer.init_transactions)

    def begin(self) -> None:
        """See `Transaction`."""
        _translated(self._producer.begin_transaction)

    def write(self, topic: str, values: Sequence[bytes]) -> None:
        """See `Transaction`."""
        _send(self._producer, topic, [Record(value=value) for value in values])

    def offsets(self, group: str, offsets: Mapping[Place, int]) -> None:
        """See `Transaction`."""
        places = {
            structs.TopicPartition(t, p): structs.OffsetAndMetadata(offset, "", -1)
            for (t, p), offset in offsets.items()
        }
        _translated(lambda: self._producer.send_offsets_to_transaction(places, group))

    def commit(self) -> None:
        """See `Transaction`."""
        _translated(self._producer.commit_transaction)

    def abort(self) -> None:
        """See `Transaction`."""
        _translated(self._producer.abort_transaction)

    def close(self) -> None:
        """See `Transaction`."""
        self._producer.close(1)


class KafkaPythonMember(Member):
    """`Member` through kafka-python."""

    def __init__(
        self, config: Mapping[str, Any], group: str, topics: Sequence[str], instance: str
    ) -> None:
        self._wanted = list(topics)
        self._consumer: Any = _translated(
            lambda: KafkaConsumer(
                **config,
                group_id=group,
                group_instance_id=instance or None,
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                session_timeout_ms=10_000,
                heartbeat_interval_ms=500,
                metadata_max_age_ms=500,
            )
        )
        super().__init__()

    def opened(self) -> None:
        """See `Member`."""
        first = self._wanted[0]
        if first.startswith("^"):
            self._consumer.subscribe(pattern=first)
        else:
            self._consumer.subscribe(self._wanted)

    def polled(self) -> None:
        """See `Member`."""
        for rows in _translated(lambda: self._consumer.poll(timeout_ms=_POLL_MS)).values():
            self.values += [row.value or b"" for row in rows]
        self.changed(frozenset((p.topic, p.partition) for p in self._consumer.assignment()))

    def committed(self) -> None:
        """See `Member`."""
        _translated(self._consumer.commit)

    def left(self) -> None:
        """See `Member`."""
        self._consumer.close(autocommit=False, timeout_ms=2_000)
