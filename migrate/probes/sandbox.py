"""What every probe stands on: who to be, names that are removed afterwards, and how to say no."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from migrate.adapters.kafka import metadata, topics
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.base import Model
from migrate.model.cluster import Partition, Topic
from migrate.model.permissions import PROBE_PREFIX

_PATIENCE = [20.0]
"""Seconds that this process, which is one probe's, waits for one thing; the process has a bound of its own."""

_EVERY = 0.1


class Fault(Exception):
    """The other side does not do what Kafka does; the message is the evidence."""


class NotOffered(Exception):
    """The other side says that it does not do this."""


class CannotSay(Exception):
    """The question has no answer here; the message says why."""


class Record(NamedTuple):
    """A record as written, or as read back: then with its offset and timestamp."""

    key: bytes | None = None
    value: bytes | None = b"value"
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int | None = None
    offset: int = -1


class Settings(Model):
    """How a probe reaches a side, and how much longer than usual it waits.

    `client` are librdkafka's properties, secrets among them: it is never written down.
    """

    bootstrap: str
    client: dict[str, str]
    run: str
    site: str = "target"
    patience: float = 1

    @property
    def login(self) -> Login | None:
        """The same as kmig's own connections take it."""
        mechanism = self.client.get("sasl.mechanism")
        if mechanism is None:
            return None
        return Login(mechanism, self.client["sasl.username"], self.client["sasl.password"])


@dataclass(frozen=True)
class Sandbox:
    """One probe's sandbox; every name it makes begins with `prefix`."""

    settings: Settings
    probe: str

    @property
    def prefix(self) -> str:
        """`_kmig-probe-RUN-PROBE`."""
        return f"{PROBE_PREFIX}{self.settings.run}-{self.probe}"

    @cached_property
    def wire(self) -> Wire:
        """kmig's own connections."""
        return self.as_user(self.settings.login)

    def as_user(self, login: Login | None, timeout: float = 5.0) -> Wire:
        """The same target under another login."""
        pairs = (one.rpartition(":") for one in self.settings.bootstrap.split(","))
        addresses = [(host, int(port)) for host, _, port in pairs]
        return Wire(self.settings.site, addresses, login, self.tls, timeout)

    @cached_property
    def tls(self) -> Any:
        """A TLS context, or None."""
        if not self.settings.client.get("security.protocol", "").endswith("SSL"):
            return None
        from migrate.adapters import tls

        return tls.from_librdkafka(self.settings.client).context()

    @property
    def reader(self) -> KafkaReader:
        """kmig's reads."""
        return KafkaReader(self.wire)

    @property
    def writer(self) -> KafkaWriter:
        """kmig's writes."""
        return KafkaWriter(self.wire)

    def topic(
        self, name: str = "", partitions: int = 1, configs: Mapping[str, str] | None = None
    ) -> str:
        """A scratch topic, with a leader for each partition that takes writes."""
        full = f"{self.prefix}{name}"
        parts = tuple(Partition(index=index) for index in range(partitions))
        wanted = dict(configs or {})
        # -1 is the broker's own default: how many brokers there are decides nothing here
        made = Topic(name=full, replication_factor=-1, configs=wanted, partitions=parts)
        self.writer.create_topic(made)
        until(f"leaders of {full}", lambda: self.led(full, partitions))
        return full

    def led(self, name: str, partitions: int) -> bool:
        """Whether every partition has a leader that answers."""
        found = next(iter(topics.read(self.wire, [name])), None)
        return (
            found is not None
            and len(found.partitions) == partitions
            and all(p.end is not None for p in found.partitions)
        )

    def leader(self, name: str) -> int:
        """Who leads partition 0."""
        return next(iter(metadata.leaders(self.wire, [name])))


def expect(holds: object, evidence: str) -> None:
    """Raise `Fault` unless it holds."""
    if not holds:
        raise Fault(evidence)


def patience() -> float:
    """Return for how many seconds a probe waits for one thing."""
    return _PATIENCE[0]


def wait_longer(times: float) -> None:
    """Make every wait of this process so many times as long."""
    _PATIENCE[0] *= times


def until(what: str, holds: Callable[[], bool], times: float = 1) -> float:
    """Return the seconds until it holds; raise `Fault` when so many times the patience is over."""
    seconds = times * patience()
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise Fault(f"{what}: not within {seconds:.0f} s")
        time.sleep(_EVERY)
    return time.monotonic() - began


@contextmanager
def closing(*things: Any) -> Iterator[None]:
    """Close each of them, whatever happens."""
    try:
        yield
    finally:
        for thing in things:
            thing.close()
