"""One history's run on real clusters: its sessions, producers and members, and the names that keep it apart.

Every name of a history gets a prefix of its own, so that all of them share two brokers; names that Kafka or
MirrorMaker give a meaning keep it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import confluent_kafka
import httpx
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka.answers import code_name
from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.errors import NotAuthenticated, Unreachable
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.worker import Worker
from tests.histories.ops import OK, Answer

Side = Literal["source", "target"]
_PASSES = {14, 15, 16, 51}
"""A coordinator that loads or moves, and a transaction that still ends: clients ask again."""

_SECONDS = 60.0
_ITSELF = ("*", "kafka-cluster", "heartbeats")
"""Names that mean something to Kafka or to MirrorMaker."""


@dataclass
class Producer:
    """What a producer knows of itself."""

    side: Side
    user: str
    tx: str
    id: int
    epoch: int
    sequences: dict[tuple[str, int], int] = field(default_factory=dict)
    added: set[tuple[str, int]] = field(default_factory=set)
    """Partitions of the open transaction."""


@dataclass
class Member:
    id: str
    epoch: int
    kind: str


@dataclass
class Sender:
    """A producer of librdkafka, and whether a transaction of its is open."""

    producer: confluent_kafka.Producer
    transactional: bool
    open: bool = False


@dataclass
class Real:
    """Clusters and worker that all histories share."""

    source: Cluster
    target: Cluster
    worker: Worker
    took: dict[str, float] = field(default_factory=dict)
    """Seconds of each history."""


@dataclass
class Play:
    """The state of one history."""

    real: Real
    prefix: str
    side: Side = "source"
    user: str = ""
    began: float = field(default_factory=time.time)
    sessions: dict[tuple[Side, str], Connection] = field(default_factory=dict)
    producers: dict[str, Producer] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    consumers: dict[str, confluent_kafka.Consumer] = field(default_factory=dict)
    senders: dict[str, Sender] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    connectors: set[str] = field(default_factory=set)

    @property
    def cluster(self) -> Cluster:
        return self.real.source if self.side == "source" else self.real.target

    def name(self, plain: str) -> str:
        """The real name of a topic, group, user or connector."""
        if plain in _ITSELF:
            return plain
        if plain.startswith("source."):
            return f"source.{self.name(plain.removeprefix('source.'))}"
        return f"__{self.prefix}{plain[2:]}" if plain[:2] == "__" else f"{self.prefix}{plain}"

    def plain(self, name: str) -> str | None:
        """The name in the history, None for another history's."""
        if name in _ITSELF:
            return name
        before, found, after = name.partition(self.prefix)
        return before + after if found and before in ("", "__", "source.") else None

    # --- requests

    def connect(self, login: Login) -> Connection:
        """A session of this login."""
        admin = login.mechanism == "PLAIN"
        host, port = (
            self.cluster.admin_addresses[0]
            if admin
            else (HOST, int(self.cluster.bootstrap.rpartition(":")[2]))
        )
        return Connection(Address(self.side, host, port), login, None, 30.0)

    def login(self, user: str, mechanism: str = "SCRAM-SHA-512") -> Login:
        """A user of the history, whose password is its name unless the history says otherwise."""
        if not user:
            return self.cluster.admin_login
        return Login(mechanism, self.name(user), user)

    def call(self, request: Any) -> Any:
        """The response in the present session."""
        key = (self.side, self.user)
        if key not in self.sessions:
            self.sessions[key] = self.connect(self.login(self.user))
        return self.sessions[key].call(request)

    def settled(self, request: Callable[[], Any], codes: Callable[[Any], set[int]]) -> Any:
        """The response, asked again while what it says passes by itself."""
        deadline = time.monotonic() + _SECONDS
        while True:
            answer = self.call(request())
            if not codes(answer) & _PASSES or time.monotonic() > deadline:
                return answer
            time.sleep(0.03)

    def coordinated(self, request: Callable[[], Any]) -> Any:
        """`settled` for a response that is one error code."""
        return self.settled(request, lambda answer: {answer.error_code})

    def coordinator(self, name: str, *, tx: bool = False) -> int:
        """The error of looking for one; the first look makes Kafka's own topic, which takes a moment."""

        def request() -> Any:
            return FindCoordinatorRequest(
                key_type=int(tx), coordinator_keys=[self.name(name)], min_version=4
            )

        found = self.settled(request, lambda found: {row.error_code for row in found.coordinators})
        return int(found.coordinators[0].error_code)

    def wait(self, what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not ready():
            assert time.monotonic() < deadline, f"{self.prefix}: {what} never came"
            time.sleep(0.02)

    @contextmanager
    def acting(self, side: Side | None = None, user: str | None = None) -> Iterator[None]:
        before = self.side, self.user
        self.side, self.user = side or self.side, self.user if user is None else user
        try:
            yield
        finally:
            self.side, self.user = before

    # --- Connect

    def rest(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Connect's answer; a conflict is asked again, but for a name that is taken."""
        deadline = time.monotonic() + 60
        while True:
            answer = httpx.request(method, self.real.worker.url + path, json=body, timeout=90)
            passes = answer.status_code in (409, 500) and b"already exists" not in answer.content
            if not passes or time.monotonic() > deadline:
                return answer
            time.sleep(0.1)

    def close(self) -> None:
        """Nothing of the history runs on: another history's `heartbeats` would be copied by its copier too."""
        for name in self.connectors:
            self.rest("DELETE", f"/connectors/{name}")
        for consumer in self.consumers.values():
            consumer.close()
        for session in self.sessions.values():
            session.close()


_KAFKAS = {10: "MESSAGE_TOO_LARGE", 17: "INVALID_TOPIC_EXCEPTION"}
"""Names that kafka-python shortens or lengthens."""


def named(code: int) -> str:
    """`ok`, or Kafka's name of the error code."""
    return _KAFKAS.get(code) or code_name(code).split(" ")[0] if code else OK


def reached(act: Callable[[], Answer]) -> Answer:
    """The answer, or that the broker ended the session, or refused the login."""
    try:
        return act()
    except NotAuthenticated:
        return "SASL_AUTHENTICATION_FAILED"
    except Unreachable:
        return "DISCONNECTED"
