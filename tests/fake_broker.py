"""A broker on a socket that answers what a test wants: for request budgets, and for what no real broker would say.

It proves nothing about Kafka: what brokers do is for tests/live.
"""

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka.protocol import admin, consumer, metadata

from migrate.adapters.kafka import messages

Answer = Callable[[Any], Any]

REQUESTS = {
    one.API_KEY: one
    for one in (
        metadata.ApiVersionsRequest,
        metadata.MetadataRequest,
        metadata.FindCoordinatorRequest,
        consumer.FetchRequest,
        consumer.ListOffsetsRequest,
        consumer.OffsetCommitRequest,
        consumer.OffsetFetchRequest,
        admin.DescribeClusterRequest,
        admin.DescribeConfigsRequest,
        admin.DescribeAclsRequest,
        admin.CreateAclsRequest,
        admin.CreateTopicsRequest,
        admin.DeleteAclsRequest,
        admin.DescribeUserScramCredentialsRequest,
        admin.DescribeClientQuotasRequest,
        admin.DescribeLogDirsRequest,
        admin.DescribeProducersRequest,
        admin.ListGroupsRequest,
        admin.DescribeGroupsRequest,
        admin.ListTransactionsRequest,
        admin.DescribeTransactionsRequest,
        messages.ConsumerGroupDescribeRequest,
    )
}


class FakeBroker:
    """Broker 1 of a cluster of one, on loopback; `answers` are by the request's name, bytes are sent as they are."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.asked: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), _Serving)
        self._server.fake = self
        self.port: int = self._server.server_address[1]
        self.answers.setdefault("DescribeClusterRequest", self._cluster)
        self.answers.setdefault("ApiVersionsRequest", self._versions)

    @contextmanager
    def running(self) -> Iterator["FakeBroker"]:
        """Answer until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def answer(self, body: bytes) -> bytes:
        """One framed answer to one request."""
        key, version = (int.from_bytes(body[at : at + 2], "big") for at in (0, 2))
        request = REQUESTS[key].decode(body, version=version, header=True)
        self.asked[request.name] += 1
        made = self.answers[request.name](request)
        if isinstance(made, bytes):
            return made
        made.API_VERSION = version
        made.with_header(correlation_id=request.header.correlation_id)
        return bytes(made.encode(header=True, framed=True))

    def _versions(self, _request: Any) -> Any:
        offered = [
            one for one in REQUESTS.values() if one.name in {*self.answers, "ApiVersionsRequest"}
        ]
        row = metadata.ApiVersionsResponse.ApiVersion
        keys = [
            row(
                api_key=one.API_KEY,
                min_version=one.valid_versions[0],
                max_version=one.valid_versions[1],
            )
            for one in offered
        ]
        return metadata.ApiVersionsResponse(error_code=0, api_keys=keys, throttle_time_ms=0)

    def _cluster(self, _request: Any) -> Any:
        broker = admin.DescribeClusterResponse.DescribeClusterBroker
        return admin.DescribeClusterResponse(
            throttle_time_ms=0,
            error_code=0,
            cluster_id="fake",
            controller_id=1,
            brokers=[broker(broker_id=1, host="127.0.0.1", port=self.port, rack=None)],
        )


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    fake: FakeBroker


class _Serving(socketserver.BaseRequestHandler):
    request: socket.socket
    server: _Server

    def handle(self) -> None:
        while size := exactly(self.request, 4):
            self.request.sendall(
                self.server.fake.answer(exactly(self.request, int.from_bytes(size, "big")))
            )


def exactly(side: socket.socket, count: int) -> bytes:
    """So many bytes; none where the other side has ended."""
    got = b""
    while len(got) < count:
        more = side.recv(count - len(got))
        if not more:
            return b""
        got += more
    return got
