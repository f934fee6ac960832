"""Connections to all brokers of one site: which broker to ask, several at once, and a count of the requests.

An error of one broker does not fail the others. A broker that was silent is left out of reads for a while, and asked
again after it: a restart takes less, and one command may outlast it. No request is repeated silently here; only
`coordinator` repeats one while a coordinator loads.
"""

import ssl
import time
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
        "FetchRequest",
    }
)
"""Requests that change nothing; everything else is a write, and counted as one."""


_TRIED = " (validate only)"

_LEFT_OUT = 30.0
"""For so many seconds a broker that did not answer a read is not waited for again."""


def _counted(request: Any) -> str:
    """Return the name under which a request is counted: one that is only validated changes nothing."""
    return f"{request.name}{_TRIED if getattr(request, 'validate_only', False) else ''}"


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
        self._silent: dict[int, tuple[float, KmigError]] = {}
        self.answered: set[int] = set()
        self.cluster_id = ""
        self.controller = -1

    @property
    def writes(self) -> int:
        """How many requests were sent that can change something."""
        return sum(
            count
            for name, count in self.requests.items()
            if name not in READS and not name.endswith(_TRIED)
        )

    def brokers(self) -> tuple[Broker, ...]:
        """Return the brokers that this listener announces, asked once."""
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
        """Send one request to the broker of this id, by default to any that can be reached; return its response.

        A request that was sent is never sent to another broker: the first one may have acted on it.
        """
        (answer,) = self._stream(self.reachable() if broker is None else broker, [request])
        return answer

    def _stream(self, broker: int, requests: Sequence[Any]) -> Iterator[Any]:
        for announced in self.brokers():
            if announced.id == broker:
                for answer in self._ask((announced.host, announced.port), requests):
                    self.answered.add(broker)
                    yield answer
                return
        raise Unreachable(
            f"broker {broker} of the {self.site} is not announced by this listener",
            "start that broker, or wait until its partitions have another leader",
        )

    def reachable(self) -> int:
        """Return the id of the first broker that a connection can be opened to."""
        failure: Unreachable | None = None
        for broker in self.brokers():
            try:
                self._connect((broker.host, broker.port))
            except Unreachable as error:
                failure = error
            else:
                return broker.id
        raise failure or self._no_broker()

    def _no_broker(self) -> Unreachable:
        return Unreachable(
            f"the {self.site} announces no broker on this listener",
            "check bootstrap_servers in kmig.yaml and the brokers' advertised.listeners",
        )

    def fan_out(self, requests: Mapping[int, Any]) -> dict[int, Any]:
        """Send one request to each named broker at once; return the responses, or raise the first error."""
        return self.each(requests, lambda broker, request: self.call(request, broker))

    def gather(self, requests: Mapping[int, Any]) -> tuple[dict[int, Any], dict[int, KmigError]]:
        """Return the responses, and the errors of the brokers that gave none; for reads only.

        A broker that was silent is not waited for again for half a minute: until then every request to it gets the
        same error.
        """
        tried = self.gather_each({broker: [request] for broker, request in requests.items()})
        answers = {b: a for b, (a,) in tried.items() if not isinstance(a, KmigError)}
        return answers, {b: a for b, (a,) in tried.items() if isinstance(a, KmigError)}

    def gather_each(self, requests: Mapping[int, Sequence[Any]]) -> dict[int, list[Any]]:
        """Like `gather`, with several requests to each broker, pipelined; an error takes its response's place."""
        return self.each(requests, self._tried)

    def ask_any(self, request: Any) -> Any:
        """Return the response to a read from the first broker that answers it."""
        return self.ask_any_each([request])[0]

    def ask_any_each(self, requests: Sequence[Any]) -> list[Any]:
        """Return the responses to several reads from the first broker that answers all of them."""
        failure: KmigError | None = None
        for broker in self.brokers():
            answers = self._tried(broker.id, requests)
            errors = [answer for answer in answers if isinstance(answer, KmigError)]
            if not errors:
                return answers
            failure = errors[0]
        raise failure or self._no_broker()

    def _tried(self, broker: int, requests: Sequence[Any]) -> list[Any]:
        answers: list[Any] = []
        since, failure = self._silent.get(broker, (-_LEFT_OUT, None))
        if failure is None or time.monotonic() - since > _LEFT_OUT:
            try:
                for answer in self._stream(broker, requests):
                    answers.append(answer)
            except (Unreachable, NotAuthenticated, MechanismDisabled) as error:
                failure = error
                self._silent[broker] = (time.monotonic(), failure)
            except Unsupported as error:
                if len(requests) == 1:
                    return [error]
                return [answer for request in requests for answer in self._tried(broker, [request])]
        return [*answers, *(failure for _ in requests[len(answers) :])]

    def pipelined(self, broker: int, requests: Sequence[Any]) -> list[Any]:
        """Return a broker's responses to several requests that are sent one behind the other; raise its error."""
        return list(self._stream(broker, requests))

    def each(
        self, items: Mapping[int, Any], work: Callable[[int, Any], _Answer]
    ) -> dict[int, _Answer]:
        """Run `work` for each broker at once; return the results, or raise the first error."""
        if not items:
            return {}
        with ThreadPoolExecutor(min(len(items), 32)) as pool:
            running = {broker: pool.submit(work, broker, item) for broker, item in items.items()}
            return {broker: future.result() for broker, future in running.items()}

    def connection(self, broker: Broker) -> Connection:
        """Return the open connection to a broker, with its ApiVersions, features and session lifetime."""
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
            raise Unreachable(
                f"cannot reach the {self.site}: no bootstrap server of {tried} answers",
                f"check bootstrap_servers; the first error: {failures[0].message}",
            )
        raise failures[0]

    def _ask(self, address: tuple[str, int], requests: Sequence[Any]) -> Iterator[Any]:
        """Yield the responses in order; consume all of them, because the connection stays locked until then."""
        left = requests
        with self._held(address):
            while left:
                connection = self._connect(address)
                try:
                    for answer in connection.stream(left):
                        self.requests[_counted(left[0])] += 1
                        left = left[1:]
                        yield answer
                except Unreachable:
                    self.requests[_counted(left[0])] += 1
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
                # removed before the next one is opened: that may fail, and the closed one must not be found then
                self._connections.pop(address).close()
            opened = Connection(Address(self.site, *address), self.login, self._tls, self._timeout)
            self._connections[address] = opened
            return opened
