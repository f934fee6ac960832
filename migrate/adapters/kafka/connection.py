"""One connection to one broker: TLS, login, and one request at a time.

The messages are kafka-python's generated classes. The connection is kmig's own, because a verdict on a login has to
be read from SaslAuthenticate itself (error 58), at once and from a named broker, which client libraries hide behind
retries (KIP-152, KIP-306); and because a session may be bounded (KIP-368), which decides what a revocation proves.
"""

import socket
import ssl
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from select import select
from typing import Any

from kafka.net.sasl.scram import ScramClient
from kafka.protocol.metadata import ApiVersionsRequest, ApiVersionsResponse
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from migrate.adapters.connection_errors import why
from migrate.errors import MechanismDisabled, NotAuthenticated, Unreachable, Unsupported

_CLIENT = "kmig"
_LARGEST = 256 * 1024 * 1024
_REAUTHENTICATE_AT = 0.7
"""Share of the announced session lifetime after which a new connection is opened."""

_IDLE = 60.0
"""Seconds without a request after which a new connection is opened: load balancers drop idle ones silently."""

AUTHENTICATION_FAILED = 58


@dataclass(frozen=True)
class Login:
    """A SASL user with its mechanism and password; repr leaves the password out."""

    mechanism: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.mechanism}, {self.user})"


@dataclass(frozen=True)
class Address:
    """A broker's host and port, and the site (`source` or `target`) it belongs to."""

    site: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """An authenticated connection to one broker; `call` sends a request and returns its response."""

    def __init__(
        self, address: Address, login: Login | None, tls: ssl.SSLContext | None, timeout: float
    ) -> None:
        self.address = address
        self.session_lifetime = 0.0
        self.versions: dict[int, tuple[int, int]] = {}
        self.features: dict[str, int] = {}
        self._login = login
        self._timeout = timeout
        self._correlation = 0
        self._socket = self._open(tls)
        try:
            self._negotiate()
            if login is not None:
                self._authenticate(login)
        except BaseException:
            self.close()
            raise
        self._opened = self._used = time.monotonic()

    @property
    def stale(self) -> bool:
        """Whether to send no further request: the session nears its end, or the broker closed the connection.

        Only asked between requests: a broker then sends nothing, so a readable socket means that it was closed. A
        request on a connection closed for idleness (`connections.max.idle.ms`) would look sent and never answered.
        """
        idle = time.monotonic() - self._used > _IDLE
        return self._ending or idle or bool(select([self._socket], [], [], 0)[0])

    @property
    def _ending(self) -> bool:
        """Whether the session nears the end of its announced lifetime."""
        return 0 < self.session_lifetime * _REAUTHENTICATE_AT < time.monotonic() - self._opened

    def call(self, request: Any) -> Any:
        """Send one request in the newest version both sides know, and return its response.

        Raises `Unsupported`, before anything is sent, when they have no version in common.
        """
        (answer,) = self.stream([request])
        return answer

    def stream(self, requests: Sequence[Any]) -> Iterator[Any]:
        """Yield the responses in order; the caller consumes all of them. Raises like `call`.

        Each request is sent before the previous response is decoded, so that the broker works meanwhile. When the
        session nears its end, the stream stops early: send the remaining requests on another connection.
        """
        versions = [self._version(request) for request in requests]
        before: tuple[Any, int, bytes] | None = None
        for request, version in zip(requests, versions, strict=True):
            if before is not None and self._ending:
                break
            self._send(request, version)
            if before is not None:
                yield self._decoded(*before)
            before = (request, version, self._received(request))
            self._used = time.monotonic()
        if before is not None:
            yield self._decoded(*before)

    def _version(self, request: Any) -> int:
        low, high = self.versions.get(request.API_KEY, (0, -1))
        least, most = request._min_version or 0, request._max_version
        version = min(high, request.max_version if most is None else most)
        if version < max(low, least):
            raise Unsupported(
                f"{self._where} does not support {request.name} in a version that kmig knows"
            )
        return int(version)

    def close(self) -> None:
        """Close the socket."""
        with suppress(OSError):
            self._socket.close()

    @property
    def _where(self) -> str:
        return f"the {self.address.site} at {self.address}"

    def _open(self, tls: ssl.SSLContext | None) -> socket.socket:
        try:
            plain = socket.create_connection((self.address.host, self.address.port), self._timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return (
                plain if tls is None else tls.wrap_socket(plain, server_hostname=self.address.host)
            )
        except ssl.SSLError as error:
            raise Unreachable(
                f"the TLS handshake with {self._where} failed: {error.reason or error}",
                "check ssl.truststore.location and the listener's port",
            ) from error
        except (OSError, UnicodeError) as error:
            raise Unreachable(
                f"cannot reach {self._where}: {why(error, self._timeout)}",
                "check the address, and that the listener is up",
            ) from error

    def _negotiate(self) -> None:
        answer = self._exchange(
            ApiVersionsRequest(client_software_name=_CLIENT, client_software_version="0"), 3
        )
        if answer.error_code:
            answer = self._exchange(ApiVersionsRequest(), 0)
        else:
            rows = answer.finalized_features or ()
            self.features = {row.name: row.max_version_level for row in rows}
        self.versions = {row.api_key: (row.min_version, row.max_version) for row in answer.api_keys}

    def _authenticate(self, login: Login) -> None:
        offered = self._exchange(SaslHandshakeRequest(mechanism=login.mechanism), 1)
        if offered.error_code:
            raise MechanismDisabled(
                f"cannot log in to the {self.address.site} as `{login.user}` on {self.address}: "
                f"the listener does not offer {login.mechanism}",
                f"set sasl.mechanism to one that it offers: {', '.join(offered.mechanisms)}",
            )
        if login.mechanism == "PLAIN":
            self._sasl(f"\0{login.user}\0{login.password}".encode())
            return
        # RFC 5802: a comma or an equals sign in a name would end its field
        name = login.user.replace("=", "=3D").replace(",", "=2C")
        scram = ScramClient(name, login.password, login.mechanism)
        try:
            scram.process_server_first_message(self._sasl(scram.first_message()))
            scram.process_server_final_message(self._sasl(scram.final_message()))
        except (ValueError, KeyError) as error:
            raise Unreachable(
                f"cannot log in to {self._where}: its answer to {login.mechanism} "
                "does not follow RFC 5802",
                "check that the address is a Kafka broker, and not a proxy",
            ) from error

    def _sasl(self, token: bytes) -> bytes:
        answer = self._exchange(SaslAuthenticateRequest(auth_bytes=token), 1)
        if answer.error_code == AUTHENTICATION_FAILED and self._login:
            raise NotAuthenticated(
                f"cannot log in to the {self.address.site} as `{self._login.user}` on "
                f"{self.address}: SASL authentication failed ({AUTHENTICATION_FAILED})",
                f"check the user, its password and the mechanism ({self._login.mechanism})",
            )
        if answer.error_code:
            raise Unreachable(
                f"cannot log in to {self._where}: the broker ended the SASL login "
                f"with error {answer.error_code}",
                "see the broker's log for this login",
            )
        self.session_lifetime = answer.session_lifetime_ms / 1000
        return bytes(answer.auth_bytes)

    def _exchange(self, request: Any, version: int) -> Any:
        self._send(request, version)
        return self._decoded(request, version, self._received(request))

    def _send(self, request: Any, version: int) -> None:
        self._correlation += 1
        request.API_VERSION = version
        request.with_header(correlation_id=self._correlation, client_id=_CLIENT)
        with self._answering(request):
            self._socket.sendall(request.encode(header=True, framed=True))

    def _received(self, request: Any) -> bytes:
        with self._answering(request):
            return self._receive()

    @contextmanager
    def _answering(self, request: Any) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unreachable(
                f"no answer to {request.name} from {self._where}: {error.strerror or error}",
                f"check the listener and its security protocol; kmig waited at most {self._timeout:.0f} s",
            ) from error

    def _decoded(self, request: Any, version: int, body: bytes) -> Any:
        response_class = request.header.get_response_class()
        if request.API_KEY == ApiVersionsResponse.API_KEY and body[4:6] == b"\x00\x23":
            # 35, UNSUPPORTED_VERSION: always answered in version 0 (KIP-511)
            response_class, version = ApiVersionsResponse[0], 0
        try:
            return response_class.decode(body, version=version, header=True)
        except (ValueError, IndexError, TypeError, struct.error) as error:
            raise Unreachable(
                f"cannot read the answer to {request.name} from {self._where}: "
                "it is not in Kafka's protocol",
                "check that the port is a Kafka listener with that security protocol",
            ) from error

    def _receive(self) -> bytes:
        size = int.from_bytes(self._exactly(4), "big", signed=True)
        if not 0 <= size <= _LARGEST:
            raise OSError(
                f"a frame of {size} bytes: the port is not a Kafka listener with that protocol"
            )
        return self._exactly(size)

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            chunk = self._socket.recv(min(count - len(parts), 1 << 20))
            if not chunk:
                raise OSError("the broker closed the connection")
            parts += chunk
        return bytes(parts)
