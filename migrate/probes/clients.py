"""The two clients behind one face, so that a probe is written once and asked through both."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Literal, Protocol

from migrate.probes.sandbox import Fault, Record, Sandbox, patience, until

Place = tuple[str, int]
"""Topic and partition."""

Isolation = Literal["read_committed", "read_uncommitted"]


class Declined(Fault):
    """A client ended with an error; `code` is Kafka's, or the client's own below 0."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


class Transaction(Protocol):
    """A transactional producer; what it is refused is raised as `Declined`."""

    def begin(self) -> None:
        """Start a transaction."""

    def write(self, topic: str, values: Sequence[bytes]) -> None:
        """Records in it, acknowledged."""

    def offsets(self, group: str, offsets: Mapping[Place, int]) -> None:
        """Offsets in it."""

    def commit(self) -> None:
        """End it, and show it."""

    def abort(self) -> None:
        """End it, and hide it."""

    def close(self) -> None:
        """Leave."""


class ProbeClient(Protocol):
    """One client library, as probes use it."""

    writes_null_headers: bool

    def __init__(self, sandbox: Sandbox) -> None:
        """Nothing is connected to before it is asked."""

    def write(self, topic: str, records: Sequence[Record], compression: str = "none") -> None:
        """Records to partition 0, acknowledged by all replicas."""

    def read(
        self, topic: str, isolation: Isolation = "read_uncommitted", begin: int = 0
    ) -> list[Record]:
        """Every record of partition 0 from an offset up to the end that the isolation lets one see."""

    def offset(self, topic: str, at: int | Literal["earliest", "latest"]) -> int:
        """First offset, end, or the first offset at or after a time in ms; -1 where there is none."""

    def transaction(self, identity: str) -> Transaction:
        """A transactional producer, initialised."""

    def member(self, group: str, topics: Sequence[str], instance: str = "") -> "Member":
        """A consumer in a group, polled until it is closed; a topic that begins with `^` is a pattern."""


class Member(ABC):
    """A group member in a thread of its own, which alone touches the client."""

    def __init__(self) -> None:
        self.rebalances = 0
        self.values: list[bytes] = []
        self._assigned: frozenset[Place] = frozenset()
        self._ending = threading.Event()
        self._commit = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._ended = self._pool.submit(self._run)

    @property
    def assigned(self) -> frozenset[Place]:
        """Its partitions now; raises what ended its thread."""
        if self._ended.done():
            self._ended.result()
        return self._assigned

    def holds(self, many: int) -> bool:
        """Whether it has so many partitions."""
        return len(self.assigned) == many

    def commit(self) -> None:
        """Commit what was read."""
        self._commit.set()
        until("a member's commit", lambda: not self._commit.is_set() or self._ended.done())
        if self._ended.done():
            self._ended.result()

    def close(self) -> None:
        """Leave the group."""
        self._ending.set()
        wait([self._ended], patience())
        self._pool.shutdown(wait=False)

    def changed(self, places: frozenset[Place]) -> None:
        """Note an assignment."""
        if places != self._assigned:
            self.rebalances += 1
            self._assigned = places

    def _run(self) -> None:
        try:
            self.opened()
            while not self._ending.is_set():
                self.polled()
                if self._commit.is_set():
                    self.committed()
                    self._commit.clear()
        finally:
            self.left()

    @abstractmethod
    def opened(self) -> None:
        """Subscribe."""

    @abstractmethod
    def polled(self) -> None:
        """One poll."""

    @abstractmethod
    def committed(self) -> None:
        """Commit what was read, and wait for the answer."""

    @abstractmethod
    def left(self) -> None:
        """Close the client."""
