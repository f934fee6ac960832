"""A broker that lies in a few ways: real Kafka behind a proxy that rewrites some requests and answers.

Everything that is not rewritten is what real Kafka says. `automq_like` answers as AutoMQ was seen to; `incomplete`
as a broker that announces what it does not do. Neither is the real thing: what they do otherwise is written here.
"""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka.protocol import admin, consumer, metadata, producer

from migrate.model.automq import FEATURE
from tests.fake_broker import exactly

Ask = Callable[[Any], Any]
Rewrite = Callable[[Any, Ask], Any]
"""Given the request and a way to ask real Kafka: an answer, bytes to be sent as they are, or None to hang up."""

CLASSES = {
    one.API_KEY: one
    for one in (
        metadata.ApiVersionsRequest,
        metadata.MetadataRequest,
        producer.ProduceRequest,
        consumer.ListOffsetsRequest,
        consumer.OffsetCommitRequest,
        admin.CreateTopicsRequest,
        admin.CreateAclsRequest,
        admin.DescribeAclsRequest,
        admin.AlterUserScramCredentialsRequest,
    )
}


class LyingBroker:
    """Listens on `port`, and is real Kafka at `upstream` but for the rewrites, by the request's name."""

    def __init__(self, port: int, upstream: int, rewrites: Mapping[str, Rewrite]) -> None:
        self.upstream = upstream
        self.rewrites = {
            key: rewrites[one.name] for key, one in CLASSES.items() if one.name in rewrites
        }
        self._server = _Server(("127.0.0.1", port), _Serving)
        self._server.lying = self

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def answer(self, frame: bytes, forward: Callable[[bytes], bytes]) -> bytes | None:
        """The framed answer to one request; None hangs up."""
        key, version = (int.from_bytes(frame[at : at + 2], "big") for at in (0, 2))
        rewrite = self.rewrites.get(key)
        if (
            rewrite is None
            or not CLASSES[key].valid_versions[0] <= version <= CLASSES[key].valid_versions[1]
        ):
            return forward(frame)
        request = CLASSES[key].decode(frame, version=version, header=True)
        made = rewrite(request, lambda asked: _asked(asked, version, request, forward))
        if made is None or isinstance(made, bytes):
            return made
        made._header = None  # real Kafka's answer comes with its own, whose version is settled
        made.API_VERSION = version
        made.with_header(correlation_id=request.header.correlation_id)
        return bytes(made.encode(header=True, framed=True))


def _asked(asked: Any, version: int, first: Any, forward: Callable[[bytes], bytes]) -> Any:
    """Real Kafka's answer to a request that may have been changed."""
    asked.API_VERSION = version
    asked.with_header(correlation_id=first.header.correlation_id, client_id=first.header.client_id)
    framed = bytes(asked.encode(header=True, framed=True))
    answer = forward(framed[4:])
    response = _response(asked)
    return response.decode(answer[4:], version=version, header=True)


def _response(request: Any) -> Any:
    name = type(request).__name__.replace("Request", "Response")
    return next(
        getattr(module, name)
        for module in (metadata, producer, consumer, admin)
        if hasattr(module, name)
    )


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    lying: LyingBroker


class _Serving(socketserver.BaseRequestHandler):
    request: socket.socket
    server: _Server

    def handle(self) -> None:
        lying = self.server.lying
        with socket.create_connection(("127.0.0.1", lying.upstream)) as upstream:

            def forward(frame: bytes) -> bytes:
                upstream.sendall(len(frame).to_bytes(4, "big") + frame)
                return _frame(upstream)

            try:
                while frame := _frame(self.request)[4:]:
                    answer = lying.answer(frame, forward)
                    if not answer:
                        return
                    self.request.sendall(answer)
            except OSError:
                return


def _frame(side: socket.socket) -> bytes:
    """One frame with its length; empty at the end."""
    head = exactly(side, 4)
    return head + exactly(side, int.from_bytes(head, "big")) if head else b""


_OWN_KEYS = (*range(501, 513), 514, 515, 516, 517, 518, 519, 600, 601, 602)
_OPENING_SECONDS = 0.8
_POLICY_VIOLATION, _INVALID_CONFIG, _NO_LEADER, _NOT_LEADER = 44, 40, 5, 6


class _AutoMq:
    """What AutoMQ 1.7.3 was seen to do otherwise than Kafka 3.9.1."""

    def __init__(self) -> None:
        self._made: dict[str, float] = {}

    @property
    def rewrites(self) -> dict[str, Rewrite]:
        return {
            "ApiVersionsRequest": self.versions,
            "CreateTopicsRequest": self.create,
            "MetadataRequest": self.metadata,
            "ProduceRequest": self.produce,
            "ListOffsetsRequest": self.offsets,
        }

    def versions(self, request: Any, ask: Ask) -> Any:
        answer = ask(request)
        if answer.error_code:
            return answer
        row = metadata.ApiVersionsResponse.ApiVersion
        own = [row(api_key=key, min_version=0, max_version=0) for key in _OWN_KEYS]
        answer.api_keys = [*answer.api_keys, *own]
        if request.API_VERSION >= 3:
            feature = metadata.ApiVersionsResponse.FinalizedFeatureKey
            level = feature(name=FEATURE, max_version_level=6, min_version_level=6)
            answer.finalized_features = [*(answer.finalized_features or ()), level]
        return answer

    def create(self, request: Any, ask: Ask) -> Any:
        """One replica and min.insync.replicas=1 whatever is asked; no assignments, no tiered storage."""
        config = admin.CreateTopicsRequest.CreatableTopic.CreatableTopicConfig
        refused: dict[str, tuple[int, str]] = {}
        for topic in request.topics:
            given = {one.name: one.value for one in topic.configs}
            if any(len(one.broker_ids) > 1 for one in topic.assignments):
                refused[topic.name] = (_POLICY_VIOLATION, "can only have exactly one replica")
            if given.get("remote.storage.enable") == "true":
                refused[topic.name] = (_INVALID_CONFIG, "Tiered Storage functionality is disabled")
            topic.replication_factor = 1 if not topic.assignments else -1
            kept = [one for one in topic.configs if one.name != "min.insync.replicas"]
            topic.configs = [*kept, config(name="min.insync.replicas", value="1")]
        if refused:
            row = admin.CreateTopicsResponse.CreatableTopicResult
            rows = [
                row(
                    name=topic.name,
                    topic_id=None,
                    error_code=refused.get(topic.name, (_POLICY_VIOLATION, ""))[0],
                    error_message=refused.get(topic.name, (0, "refused with the others"))[1],
                    num_partitions=-1,
                    replication_factor=-1,
                    configs=[],
                )
                for topic in request.topics
            ]
            return admin.CreateTopicsResponse(throttle_time_ms=0, topics=rows)
        answer = ask(request)
        now = time.monotonic()
        self._made |= {t.name: now for t in answer.topics if not t.error_code}
        return answer

    def opening(self, topic: str) -> bool:
        """Whether the streams of its partitions are still being opened."""
        return time.monotonic() - self._made.get(topic, 0.0) < _OPENING_SECONDS

    def metadata(self, request: Any, ask: Ask) -> Any:
        answer = ask(request)
        for topic in answer.topics:
            if self.opening(topic.name or ""):
                for partition in topic.partitions:
                    partition.error_code, partition.leader_id = _NO_LEADER, -1
        return answer

    def produce(self, request: Any, ask: Ask) -> Any:
        answer = ask(request)
        for topic in answer.responses:
            if self.opening(topic.name or ""):
                for partition in topic.partition_responses:
                    partition.error_code = _NOT_LEADER
        return answer

    def offsets(self, request: Any, ask: Ask) -> Any:
        answer = ask(request)
        for topic in answer.topics:
            if self.opening(topic.name):
                for partition in topic.partitions:
                    partition.error_code, partition.offset = _NOT_LEADER, -1
        return answer


def automq_like(port: int, upstream: int) -> LyingBroker:
    """AutoMQ's differences before real Kafka 3.9.1, from which it is made."""
    return LyingBroker(port, upstream, _AutoMq().rewrites)


def incomplete(port: int, upstream: int) -> LyingBroker:
    """A broker that announces and answers what it does not do."""
    return LyingBroker(
        port,
        upstream,
        {
            "CreateTopicsRequest": _creates_what_is_to_be_validated,
            "DescribeAclsRequest": _knows_no_acl,
            "CreateAclsRequest": _answers_nonsense,
            "AlterUserScramCredentialsRequest": _says_ok,
            "ListOffsetsRequest": _hangs_up_on_the_largest_timestamp,
            "OffsetCommitRequest": _forgets_metadata,
        },
    )


def _creates_what_is_to_be_validated(request: Any, ask: Ask) -> Any:
    request.validate_only = False
    return ask(request)


def _knows_no_acl(_request: Any, _ask: Ask) -> Any:
    return admin.DescribeAclsResponse(
        throttle_time_ms=0, error_code=0, error_message=None, resources=[]
    )


def _answers_nonsense(request: Any, _ask: Ask) -> bytes:
    """A body that ends in the middle."""
    identity: int = request.header.correlation_id
    body = identity.to_bytes(4, "big") + bytes(7)
    return len(body).to_bytes(4, "big") + body


def _says_ok(request: Any, _ask: Ask) -> Any:
    result = admin.AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult
    names = [one.name for one in (*request.upsertions, *request.deletions)]
    rows = [result(user=name, error_code=0, error_message=None) for name in names]
    return admin.AlterUserScramCredentialsResponse(throttle_time_ms=0, results=rows)


def _hangs_up_on_the_largest_timestamp(request: Any, ask: Ask) -> Any:
    asked = (p.timestamp for topic in request.topics for p in topic.partitions)
    return None if -3 in asked else ask(request)


def _forgets_metadata(request: Any, ask: Ask) -> Any:
    for topic in request.topics:
        for partition in topic.partitions:
            partition.committed_metadata = ""
    return ask(request)
