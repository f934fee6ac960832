"""One interface for both client libraries, so that a probe is written once and asked through each."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Literal, Protocol

from migrate.probes.sandbox import ProbeFailed, Record, Sandbox, patience, until

Place = tuple[str, int]
"""Topic and partition."""

Isolation = Literal["read_committed", "read_uncommitted"]


class ClientError(ProbeFailed):
    """A client library raised an error; `code` is Kafka's, or the library's own below 0."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


class Transaction(Protocol):
    """A transactional producer; every error is raised as `ClientError`."""

    def begin(self) -> None:
        """Start a transaction."""

    def write(self, topic: str, values: Sequence[bytes]) -> None:
        """Write records to partition 0 in the transaction; return when they are acknowledged."""

    def offsets(self, group: str, offsets: Mapping[Place, int]) -> None:
        """Send a group's offsets to the transaction."""

    def commit(self) -> None:
        """Commit the transaction."""

    def abort(self) -> None:
        """Abort the transaction."""

    def close(self) -> None:
        """Close the producer."""


class ProbeClient(Protocol):
    """A client library, as probes use it."""

    writes_null_headers: bool

    def __init__(self, sandbox: Sandbox) -> None:
        """Take the settings; connect to nothing yet."""

    def write(self, topic: str, records: Sequence[Record], compression: str = "none") -> None:
        """Write records to partition 0 with acks=all; return when they are acknowledged."""

    def read(
        self, topic: str, isolation: Isolation = "read_uncommitted", begin: int = 0
    ) -> list[Record]:
        """Return the records of partition 0 from offset `begin` to the end that the isolation level shows."""

    def offset(self, topic: str, at: int | Literal["earliest", "latest"]) -> int:
        """Return the first offset, the end, or the first offset at or after a time in ms; -1 for none."""

    def transaction(self, identity: str) -> Transaction:
        """Return a transactional producer that is initialised."""

    def member(self, group: str, topics: Sequence[str], instance: str = "") -> "Member":
        """Return a consumer in a group, polled until it is closed; a topic that begins with `^` is a pattern."""


class Member(ABC):
    """A group member, whose client is used by a thread of its own only."""

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
        """Return the member's partitions now; raise what ended its thread."""
        if self._ended.done():
            self._ended.result()
        return self._assigned

    def holds(self, many: int) -> bool:
        """Return whether the member has so many partitions."""
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
        """Note an assignment, and count it when it differs from the last."""
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
        """Poll once, and note assignment and values."""

    @abstractmethod
    def committed(self) -> None:
        """Commit what was read, and wait for the answer."""

    @abstractmethod
    def left(self) -> None:
        """Close the client."""
