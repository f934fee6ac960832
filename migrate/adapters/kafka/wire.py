"""All brokers of one site: who to ask, several at once, and how many requests it took.

A failed broker's error stays its own; nothing is retried silently except a coordinator that is still loading.
"""

import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, RLock
from typing import Any, TypeVar

from kafka.protocol.admin import DescribeClusterRequest

from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.errors import (
    KmigError,
    MechanismDisabled,
    NotAuthenticated,
    Unreachable,
    Unsupported,
)
from migrate.model.cluster import Broker

_Answer = TypeVar("_Answer")

READS = frozenset(
    {
        "ApiVersionsRequest",
        "DescribeClusterRequest",
        "MetadataRequest",
        "DescribeAclsRequest",
        "DescribeUserScramCredentialsRequest",
        "DescribeClientQuotasRequest",
        "DescribeConfigsRequest",
        "ListOffsetsRequest",
        "DescribeLogDirsRequest",
        "DescribeProducersRequest",
        "DescribeTransactionsRequest",
        "ListTransactionsRequest",
        "ConsumerGroupDescribeRequest",
        "ShareGroupDescribeRequest",
        "StreamsGroupDescribeRequest",
        "ListGroupsRequest",
        "DescribeGroupsRequest",
        "FindCoordinatorRequest",
        "OffsetFetchRequest",
    }
)
"""Requests that change nothing; everything else is a write, and counted as one."""


class Wire:
    """Connections to the brokers of one site, opened when first asked."""

    def __init__(
        self,
        site: str,
        bootstrap: Iterable[tuple[str, int]],
        login: Login | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = 10.0,
    ) -> None:
        self.site = site
        self.requests: Counter[str] = Counter()
        self.login = login
        self._bootstrap = tuple(bootstrap)
        self._tls = tls
        self._timeout = timeout
        self._connections: dict[tuple[str, int], Connection] = {}
        self._locks: dict[tuple[str, int], RLock] = {}
        self._lock = Lock()
        self._brokers: tuple[Broker, ...] = ()
        self._silent: dict[int, KmigError] = {}
        self.answered: set[int] = set()
        self.cluster_id = ""
        self.controller = -1

    @property
    def writes(self) -> int:
        """How many requests were sent that can change something."""
        return sum(count for name, count in self.requests.items() if name not in READS)

    def brokers(self) -> tuple[Broker, ...]:
        """The brokers this listener announces, asked once."""
        if not self._brokers:
            answer = self._first_answer(DescribeClusterRequest())
            self.cluster_id, self.controller = answer.cluster_id, answer.controller_id
            self._brokers = tuple(
                sorted(
                    (Broker(id=b.broker_id, host=b.host, port=b.port) for b in answer.brokers),
                    key=lambda b: b.id,
                )
            )
        return self._brokers

    def call(self, request: Any, broker: int | None = None) -> Any:
        """One request to one broker, by id; to one that can be reached when none is named.

        Once sent, a request is never sent to another broker: the first one may have acted on it.
        """
        (answer,) = self._stream(self.reachable() if broker is None else broker, [request])
        return answer

    def _stream(self, broker: int, requests: Sequence[Any]) -> Iterator[Any]:
        for one in self.brokers():
            if one.id == broker:
                for answer in self._ask((one.host, one.port), requests):
                    self.answered.add(broker)
                    yield answer
                return
        raise Unreachable(f"{self.site}: broker {broker} is not announced any more")

    def reachable(self) -> int:
        """The id of a broker that a connection is open to."""
        failure = Unreachable(f"{self.site} announces no broker")
        for one in self.brokers():
            try:
                self._connect((one.host, one.port))
            except Unreachable as error:
                failure = error
            else:
                return one.id
        raise failure

    def fan_out(self, requests: Mapping[int, Any]) -> dict[int, Any]:
        """One request to each named broker, all at once; the first error wins."""
        return self.each(requests, lambda broker, request: self.call(request, broker))

    def gather(self, requests: Mapping[int, Any]) -> tuple[dict[int, Any], dict[int, KmigError]]:
        """Answers of the brokers that gave one, and why the others did not; for reads.

        A broker that was silent once is not waited for again: every request to it gets the same error.
        """
        tried = self.gather_each({broker: [request] for broker, request in requests.items()})
        answers = {b: a for b, (a,) in tried.items() if not isinstance(a, KmigError)}
        return answers, {b: a for b, (a,) in tried.items() if isinstance(a, KmigError)}

    def gather_each(self, requests: Mapping[int, Sequence[Any]]) -> dict[int, list[Any]]:
        """The same with several requests to each broker, one on the heels of the other.

        Where an answer was not given, its place holds the error.
        """
        return self.each(requests, self._tried)

    def ask_any(self, request: Any) -> Any:
        """One read, asked of one broker after the other until one answers."""
        return self.ask_any_each([request])[0]

    def ask_any_each(self, requests: Sequence[Any]) -> list[Any]:
        """Several reads, asked of one broker after the other until one answers all of them."""
        failure: KmigError = Unreachable(f"{self.site} announces no broker")
        for broker in self.brokers():
            answers = self._tried(broker.id, requests)
            errors = [answer for answer in answers if isinstance(answer, KmigError)]
            if not errors:
                return answers
            failure = errors[0]
        raise failure

    def _tried(self, broker: int, requests: Sequence[Any]) -> list[Any]:
        answers: list[Any] = []
        if broker not in self._silent:
            try:
                for answer in self._stream(broker, requests):
                    answers.append(answer)
            except (Unreachable, NotAuthenticated, MechanismDisabled) as error:
                self._silent[broker] = error
            except Unsupported as error:
                if len(requests) == 1:
                    return [error]
                return [answer for request in requests for answer in self._tried(broker, [request])]
        return [*answers, *(self._silent[broker] for _ in requests[len(answers) :])]

    def each(
        self, items: Mapping[int, Any], work: Callable[[int, Any], _Answer]
    ) -> dict[int, _Answer]:
        """`work` for each broker, at once."""
        if not items:
            return {}
        with ThreadPoolExecutor(min(len(items), 32)) as pool:
            running = {broker: pool.submit(work, broker, item) for broker, item in items.items()}
            return {broker: future.result() for broker, future in running.items()}

    def connection(self, broker: Broker) -> Connection:
        """The open connection to one broker: its ApiVersions, features and session lifetime."""
        return self._connect((broker.host, broker.port))

    def close(self) -> None:
        """Close every connection."""
        for connection in list(self._connections.values()):
            connection.close()
        self._connections.clear()

    def _first_answer(self, request: Any) -> Any:
        failures: list[KmigError] = []
        for address in self._bootstrap:
            try:
                (answer,) = self._ask(address, [request])
                return answer
            except Unreachable as error:
                failures.append(error)
        if len(failures) > 1:
            tried = ", ".join(f"{host}:{port}" for host, port in self._bootstrap)
            raise Unreachable(f"{self.site}: none of {tried} answers", failures[0].message)
        raise failures[0]

    def _ask(self, address: tuple[str, int], requests: Sequence[Any]) -> Iterator[Any]:
        """The answers in order, to be taken to the end: another caller waits for it."""
        left = requests
        with self._held(address):
            while left:
                connection = self._connect(address)
                try:
                    for answer in connection.stream(left):
                        self.requests[left[0].name] += 1
                        left = left[1:]
                        yield answer
                except Unreachable:
                    self.requests[left[0].name] += 1
                    self._connections.pop(address, connection).close()
                    raise

    def _held(self, address: tuple[str, int]) -> RLock:
        with self._lock:
            return self._locks.setdefault(address, RLock())

    def _connect(self, address: tuple[str, int]) -> Connection:
        with self._held(address):
            known = self._connections.get(address)
            if known is not None and not known.stale:
                return known
            if known is not None:
                # forgotten before another is opened: that may fail, and nobody may then find the closed one
                self._connections.pop(address).close()
            opened = Connection(Address(self.site, *address), self.login, self._tls, self._timeout)
            self._connections[address] = opened
            return opened
