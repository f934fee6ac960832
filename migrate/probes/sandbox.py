"""What every probe uses: kmig's login, names that are removed afterwards, bounded waits, and how a probe ends."""

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


class ProbeFailed(Exception):
    """The cluster does not do what Kafka does; the message is the evidence."""


class NotOffered(Exception):
    """The cluster answers that it does not offer this."""


class ProbeUnknown(Exception):
    """The probe cannot be asked of this cluster; the message says why."""


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
        """Return the login as kmig's own connections take it; None where `client` has none."""
        mechanism = self.client.get("sasl.mechanism")
        if mechanism is None:
            return None
        return Login(mechanism, self.client["sasl.username"], self.client["sasl.password"])


@dataclass(frozen=True)
class Sandbox:
    """What one probe may use; the name of everything it makes begins with `prefix`."""

    settings: Settings
    probe: str

    @property
    def prefix(self) -> str:
        """Return `_kmig-probe-RUN-PROBE`."""
        return f"{PROBE_PREFIX}{self.settings.run}-{self.probe}"

    @cached_property
    def wire(self) -> Wire:
        """Return kmig's own connections."""
        return self.as_user(self.settings.login)

    def as_user(self, login: Login | None, timeout: float = 5.0) -> Wire:
        """Return connections to the same cluster under another login."""
        pairs = (one.rpartition(":") for one in self.settings.bootstrap.split(","))
        addresses = [(host, int(port)) for host, _, port in pairs]
        return Wire(self.settings.site, addresses, login, self.tls, timeout)

    @cached_property
    def tls(self) -> Any:
        """Return a TLS context; None for a listener without TLS."""
        if not self.settings.client.get("security.protocol", "").endswith("SSL"):
            return None
        from migrate.adapters import tls

        return tls.from_librdkafka(self.settings.client).context()

    @property
    def reader(self) -> KafkaReader:
        """Return the reader that kmig itself uses."""
        return KafkaReader(self.wire)

    @property
    def writer(self) -> KafkaWriter:
        """Return the writer that kmig itself uses."""
        return KafkaWriter(self.wire)

    def topic(
        self, name: str = "", partitions: int = 1, configs: Mapping[str, str] | None = None
    ) -> str:
        """Create a scratch topic, and return its name once every partition has a leader."""
        full = f"{self.prefix}{name}"
        parts = tuple(Partition(index=index) for index in range(partitions))
        wanted = dict(configs or {})
        # -1 is the broker's own default: the number of brokers must not decide
        wanted_topic = Topic(name=full, replication_factor=-1, configs=wanted, partitions=parts)
        self.writer.create_topic(wanted_topic)
        until(f"leaders of {full}", lambda: self.has_leaders(full, partitions))
        return full

    def has_leaders(self, name: str, partitions: int) -> bool:
        """Return whether every partition has a leader that answers."""
        topic = next(iter(topics.read(self.wire, [name])), None)
        return (
            topic is not None
            and len(topic.partitions) == partitions
            and all(p.end is not None for p in topic.partitions)
        )

    def leader(self, name: str) -> int:
        """Return the broker that leads partition 0."""
        return next(iter(metadata.leaders(self.wire, [name])))


def expect(holds: object, evidence: str) -> None:
    """Raise `ProbeFailed` with the evidence unless `holds` is true."""
    if not holds:
        raise ProbeFailed(evidence)


def patience() -> float:
    """Return for how many seconds a probe waits for one thing."""
    return _PATIENCE[0]


def wait_longer(times: float) -> None:
    """Make every wait of this process so many times as long."""
    _PATIENCE[0] *= times


def until(what: str, holds: Callable[[], bool], times: float = 1) -> float:
    """Return the seconds until `holds` is true; raise `ProbeFailed` after so many times the patience."""
    seconds = times * patience()
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise ProbeFailed(f"timed out after {seconds:.0f} s waiting for {what}")
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
