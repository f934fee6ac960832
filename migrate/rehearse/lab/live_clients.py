"""Live clients of a rehearsal: librdkafka in threads, and Kafka's own Java tools as processes.

Each reads its configuration file when it starts, and writes one line per record to its log: `A` acknowledged, `P`
processed, then side, topic, partition, offset and value.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import javaproperties
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from migrate.adapters.properties import read
from migrate.adapters.secrets import Secrets
from migrate.errors import StepFailed
from migrate.rehearse.lab.client import Client, value_of
from migrate.rehearse.lab.local.process import Process

_FLUSH_SECONDS = 20.0
_TICK = 0.1
_COMMIT_EVERY = 0.3
_BATCH = 500


class RunningClient(Protocol):
    """A client that runs."""

    def stop(self) -> None:
        """Stop the client: wait for its acknowledgements, or commit what it processed."""


class ClientLog:
    """One client's log, appended to for as long as the rehearsal lasts."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("a", encoding="utf-8", buffering=1 << 16)

    def note(self, mark: str, side: str, message: Any) -> None:
        """Append one record."""
        value = message.value().decode()
        place = f"{message.topic()}\t{message.partition()}\t{message.offset()}"
        self._out.write(f"{mark}\t{side}\t{place}\t{value}\n")

    def line(self, *fields: object) -> None:
        """Append one record by its fields."""
        self._out.write("\t".join(str(field) for field in fields) + "\n")

    def flush(self) -> None:
        """Make what was appended readable for other processes."""
        self._out.flush()


class LibrdkafkaClient:
    """A librdkafka client in a thread. `numbers` holds the last record's number, and goes on over restarts."""

    def __init__(
        self, client: Client, config: Mapping[str, str], log: ClientLog, numbers: list[int]
    ) -> None:
        self._client = client
        self._config = dict(config)
        self._side = config["client.id"].rpartition("@")[2]
        self._log = log
        self._numbers = numbers
        self._ending = threading.Event()
        self._fault: BaseException | None = None
        work: dict[str, Callable[[], None]] = {
            "producer": self._produce,
            "transactional": self._transact,
            "consumer": self._consume,
        }
        self._work = work[client.kind]
        self._thread = threading.Thread(target=self._run, daemon=True, name=client.name)
        self._thread.start()

    def stop(self) -> None:
        """Stop the client; raise `StepFailed` for what ended it before."""
        self._ending.set()
        self._thread.join(_FLUSH_SECONDS + 10)
        self._log.flush()
        if self._fault is not None:
            raise StepFailed(f"live client {self._client.name} failed: {self._fault}")
        if self._thread.is_alive():
            raise StepFailed(f"live client {self._client.name} did not stop in time")

    def _run(self) -> None:
        try:
            self._work()
        except (KafkaException, BufferError) as error:
            self._fault = error

    def _next(self) -> int:
        self._numbers[0] += 1
        return self._numbers[0]

    def _acked(self, error: object, message: Any) -> None:
        if error is None:
            self._log.note("A", self._side, message)

    def _send(
        self, producer: Producer, topic: str, on_delivery: Callable[[Any, Any], None]
    ) -> None:
        number = self._next()
        producer.produce(
            topic,
            value_of(self._client.name, number),
            str(number % 97).encode(),
            headers=[("n", str(number).encode()), ("none", None)],
            on_delivery=on_delivery,
        )

    def _produce(self) -> None:
        producer = Producer({**self._config, "enable.idempotence": True, "linger.ms": 20})
        due = 0.0
        while not self._ending.wait(_TICK):
            due += self._client.rate * _TICK
            while due >= 1:
                self._send(producer, random.choice(self._client.topics), self._acked)
                due -= 1
            producer.poll(0)
        producer.flush(_FLUSH_SECONDS)

    def _transact(self) -> None:
        producer = Producer(
            {**self._config, "transactional.id": self._client.transactional_id, "linger.ms": 5}
        )
        producer.init_transactions(_FLUSH_SECONDS)
        pause = self._client.batch / self._client.rate
        while not self._ending.wait(pause):
            landed: list[Any] = []
            producer.begin_transaction()
            for _ in range(self._client.batch):
                topic = random.choice(self._client.topics)
                self._send(producer, topic, lambda e, m: landed.append(m) if e is None else None)  # noqa: B023
            producer.flush(_FLUSH_SECONDS)
            if random.random() < self._client.abort:
                producer.abort_transaction(_FLUSH_SECONDS)
                continue
            producer.commit_transaction(_FLUSH_SECONDS)
            for message in landed:
                self._log.note("A", self._side, message)

    def _consume(self) -> None:
        consumer = Consumer(
            {
                **self._config,
                "group.id": self._client.group,
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "session.timeout.ms": 10_000,
                "fetch.wait.max.ms": 200,
                "fetch.min.bytes": 4096,
            }
        )
        consumer.subscribe(list(self._client.topics))
        rate = self._client.source_rate if self._side == "source" else None
        batch = max(1, int(rate * 0.1)) if rate else _BATCH
        done: dict[tuple[str, int], int] = {}
        committed = time.monotonic()
        while not self._ending.is_set():
            for message in consumer.consume(batch, timeout=0.1):
                if message.error() is not None:
                    continue
                self._log.note("P", self._side, message)
                done[message.topic(), message.partition()] = message.offset() + 1
            if done and time.monotonic() - committed > _COMMIT_EVERY:
                done = _commit(consumer, done)
                committed = time.monotonic()
                self._log.flush()
            if rate:
                self._ending.wait(0.1)
        _commit(consumer, done)
        consumer.close()


class JavaClient:
    """Kafka's VerifiableProducer or VerifiableConsumer."""

    def __init__(
        self, client: Client, command: list[str], file: Path, log: ClientLog, numbers: list[int]
    ) -> None:
        values = javaproperties.loads(file.read_text(encoding="utf-8"))
        self._client, self._log = client, log
        self._side = values["client.id"].rpartition("@")[2]
        numbers[0] += 1
        folder = file.parent / f"{client.name}-{numbers[0]}"
        role = (
            # a key of its own for each record, which a compacted topic wants
            [
                *("--throughput", str(int(client.rate))),
                *("--value-prefix", str(numbers[0])),
                *("--repeating-keys", str(10**9)),
            ]
            if client.writes
            else ["--group-id", client.group, "--verbose", "--reset-policy", "none"]
        )
        arguments = ["--bootstrap-server", values["bootstrap.servers"]]
        arguments += ["--topic", client.topics[0], "--command-config", str(file), *role]
        self._folder = folder
        self._server = Process(client.name, [*command, *arguments], folder, {})

    def stop(self) -> None:
        """Send SIGTERM and read what the tool printed; raise `StepFailed` when it ended before."""
        self._server.require_alive()
        self._server.terminate()
        if not self._server.join(_FLUSH_SECONDS):
            self._server.kill()
            raise StepFailed(f"live client {self._client.name} did not stop in time")
        for line in (self._folder / "out.log").read_text(encoding="utf-8").splitlines():
            if line.startswith("{"):
                self._note(json.loads(line))
        self._log.flush()

    def _note(self, event: dict[str, Any]) -> None:
        mark = {"producer_send_success": "A", "record_data": "P"}.get(event["name"])
        if mark:
            place = (event["topic"], event["partition"], event["offset"])
            self._log.line(mark, self._side, *place, event["value"])


def configured(file: Path, base: Path) -> dict[str, str]:
    """Return the properties in a client's file as librdkafka takes them."""
    client = read(file, Secrets({}, base))
    values = javaproperties.loads(file.read_text(encoding="utf-8"))
    plain = {key: values[key] for key in ("bootstrap.servers", "client.id")}
    return {**client.librdkafka, **plain, "log_level": "0"}


def _commit(consumer: Consumer, done: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    if done:
        consumer.commit(
            offsets=[TopicPartition(t, p, o) for (t, p), o in done.items()], asynchronous=False
        )
    return {}
