"""The REST interface of a Connect cluster: the addresses of its workers, kmig's login there, what an answer means.

Any worker answers for its cluster, so a request goes to the first address that answers. A worker that starts, that
rebalances or that has lost its leader is waited for. The login goes to the addresses of kmig.yaml and nowhere else:
neither to where an answer redirects, nor through a proxy of the environment.
"""

import ssl
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from migrate.adapters.connection_errors import certificate_ends, of_tls, why
from migrate.errors import CannotTell, Indeterminate, NotAuthorized, StepFailed, Unreachable

BUSY_SECONDS = 30.0
"""How long workers are waited for that have no answer yet. A killed leader is missed for 17 s at most (4.3.1)."""

STARTING_SECONDS = 5.0
"""How long a 404 is waited for that is not Connect's own: half a second was seen, and it may be another server's."""

_BETWEEN = 0.2
_BUSY = 409
_STARTING = "the worker is still starting, or the address is not a Connect worker"

_UNSENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout),
    *(httpx.UnsupportedProtocol, httpx.InvalidURL),
)
"""After these errors nothing was sent, so nothing can have happened."""

_CHECK = "check the address in kmig.yaml, and that a worker runs there"
_TLS = "check the name in the address, and `tls` of that Connect cluster in kmig.yaml"
_JOINS = (
    "a worker that has just started answers once it has joined its group: rerun the command then"
)
_LOOKS = "rerun the command: it looks before it acts, because the change may have happened"
_SETTLE = "wait until the Connect workers have settled, then rerun the command"
_PROXY = "check `connect` in kmig.yaml, and any proxy in front of that address"


@dataclass(frozen=True)
class Access:
    """What proves the workers to kmig and kmig to the workers: TLS, and the header of a login; neither by default."""

    tls: ssl.SSLContext | None = None
    login: str = field(default="", repr=False)

    @classmethod
    def of(
        cls, tls: ssl.SSLContext | None, *, user: str = "", password: str = "", token: str = ""
    ) -> "Access":
        """Return the access of a user with a password (RFC 7617), or of a bearer token (RFC 6750), or of nobody."""
        if user:
            return cls(tls, f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}")
        return cls(tls, f"Bearer {token}" if token else "")


class Absent(StepFailed):
    """HTTP 404: the resource does not exist, or this version of Connect does not have the request."""


class Workers:
    """The workers of one Connect cluster; `name` is what errors call it, empty for the one that copies."""

    def __init__(
        self, addresses: Sequence[str], timeout: float, access: Access = Access(), *, name: str = ""
    ) -> None:
        self.addresses = tuple(dict.fromkeys(address.rstrip("/") for address in addresses))
        self._order = self.addresses
        self._timeout = timeout
        self._access = access
        self._called = f"Connect {name}" if name else "Connect"
        secure = any(address.startswith("https:") for address in self.addresses)
        self.certificates: dict[str, datetime] = {}
        """When the certificate of each address ends that answered over TLS, in UTC."""
        self._tls = access.tls or (ssl.create_default_context() if secure else None)

    @property
    def where(self) -> str:
        """Return what messages call the worker that is asked first."""
        return self._at(self._order[0])

    def ask(
        self, method: str, path: str, body: object = None, *, at: str = "", missing: bool = False
    ) -> Any:
        """Return the answer to a request, {} for one without content; with `missing`, None for Connect's own 404.

        The worker `at` an address alone, else the first that answers. Raises `Indeterminate` where a change may have
        happened, `Absent` for a 404, another `StepFailed` for what Connect refuses, and a `CannotTell` for the rest.
        """
        began = time.monotonic()
        while True:
            address, answer = self._answered(method, path, body, at)
            reason = unsettled(answer)
            patience = STARTING_SECONDS if reason == _STARTING else BUSY_SECONDS
            if not reason or time.monotonic() - began > patience:
                break
            time.sleep(_BETWEEN)
        where, request = self._at(address), f"{method} {path}"
        if reason:
            raise CannotTell(
                f"{where} is not ready: HTTP {answer.status_code} to {request} for "
                f"{patience:g} s: {_message(answer) or reason}",
                _SETTLE,
            )
        if missing and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        self._require_ok(answer, where, request)
        try:
            return answer.json() if answer.content else {}
        except ValueError as error:
            raise Unreachable(f"{where} did not answer {request} in JSON", _PROXY) from error

    def ask_each(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, CannotTell]]:
        """Ask every address; return the answers by address, and why the others have none; raises where none has."""
        answers: dict[str, Any] = {}
        silent: dict[str, CannotTell] = {}
        for address in self.addresses:
            try:
                answers[address] = self.ask(method, path, at=address)
            except NotAuthorized:
                raise
            except CannotTell as error:
                silent[address] = error
        if not answers:
            raise self._none(list(silent.values()))
        return answers, silent

    def _none(self, errors: Sequence[CannotTell]) -> CannotTell:
        if len(errors) == 1:
            return errors[0]
        each = "; ".join(error.message for error in errors)
        return Unreachable(
            f"none of {len(errors)} addresses of {self._called} answers: {each}", errors[0].hint
        )

    def _at(self, address: str) -> str:
        return f"{self._called} at {address}"

    def _answered(
        self, method: str, path: str, body: object, at: str
    ) -> tuple[str, httpx.Response]:
        """Return the first answer of a worker that has settled, else the first answer at all, with its address."""
        first: tuple[str, httpx.Response] | None = None
        errors: list[Unreachable] = []
        for address in (at,) if at else self._order:
            try:
                answer = self._send(address, method, path, body)
            except Unreachable as error:
                errors.append(error)
                continue
            if not unsettled(answer):
                if not at and address != self._order[0]:
                    self._order = (address, *(a for a in self._order if a != address))
                return address, answer
            first = first or (address, answer)
        if first is not None:
            return first
        raise self._none(errors)

    def _send(self, address: str, method: str, path: str, body: object) -> httpx.Response:
        login = {"Authorization": self._access.login} if self._access.login else {}
        where = self._at(address)
        try:
            with httpx.stream(
                method,
                address + path,
                json=body,
                headers=login,
                timeout=self._timeout,
                verify=self._tls or False,  # False only where no address has TLS
                follow_redirects=False,
                trust_env=False,
            ) as answer:
                if ends := _certificate_ends(answer):
                    self.certificates[address] = ends
                answer.read()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _lost(where, method, path, error, self._timeout) from error
        if answer.has_redirect_location:
            to = httpx.URL(address + path).join(answer.headers["Location"])
            raise Unreachable(
                f"{where} redirects {method} {path} to {_bare(to)}: kmig sends its login only to addresses "
                "of kmig.yaml",
                "write the address there at which the worker itself answers, with the path before its API",
            )
        return answer

    def _require_ok(self, answer: httpx.Response, where: str, request: str) -> None:
        code = answer.status_code
        if code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise NotAuthorized(
                f"{where} does not authorize kmig: HTTP {code} to {request}", self._allow(code)
            )
        if code == httpx.codes.NOT_FOUND:
            raise Absent(f"{where} does not have the resource of {request}: HTTP 404")
        if not answer.is_success:
            detail = _message(answer) or "no reason given"
            raise StepFailed(
                f"{where} rejected {request}: HTTP {code}: {detail}", "see the Connect worker's log"
            )

    def _allow(self, code: int) -> str:
        """Return what to do about a refusal: of nobody's request, of a login, or of a user that is known."""
        if code == httpx.codes.FORBIDDEN:
            return "give kmig's user, or kmig's address, the right to that request there"
        if self._access.login:
            return (
                "correct kmig's login to that Connect cluster in kmig.yaml: the worker refused it"
            )
        return "name kmig's login to that Connect cluster in kmig.yaml: docs/kmig-yaml.md"


def unsettled(answer: httpx.Response) -> str:
    """Return why a worker cannot answer yet, from its response; empty for a real answer.

    A rebalance is answered with 409, and for a config with 500 and a message. A worker that starts listens before it
    has REST resources, and until then answers 404 to everything, its own connectors included (KAFKA-8418; half a
    second on 3.9.1 and 4.3.1). That 404 is its web server's; Connect's own has an `error_code`. A worker whose leader
    was killed cannot forward to it, and says so with 500.
    """
    code, body = answer.status_code, answer.content
    failed = code == httpx.codes.INTERNAL_SERVER_ERROR
    if code == _BUSY and b"already exists" not in body:
        return "the worker rebalances"
    if failed and b"because a rebalance is expected" in body:
        return "the worker rebalances"
    if failed and b"IO Error trying to forward REST request" in body:
        return "the worker cannot reach its leader"
    if code == httpx.codes.NOT_FOUND and b'"error_code"' not in body:
        return _STARTING
    return "the service is unavailable" if code == httpx.codes.SERVICE_UNAVAILABLE else ""


def _certificate_ends(answer: httpx.Response) -> datetime | None:
    """Return the end of the worker's verified certificate, of a response that is not closed yet; None without TLS."""
    stream = answer.extensions.get("network_stream")
    secure = stream.get_extra_info("ssl_object") if stream else None
    return certificate_ends(secure) if secure else None


def _lost(where: str, method: str, path: str, error: Exception, seconds: float) -> CannotTell:
    """Return the error for a request without a response: `Indeterminate` where it may have changed something."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        reason = "not an address"
    elif isinstance(error, httpx.RemoteProtocolError):
        reason = "the connection was closed, or the answer is not HTTP"
    else:
        reason = why(error, seconds)
    if of_tls(error):
        # also after the request was sent: with TLS 1.3 a server refuses a client's certificate only then
        return Unreachable(f"cannot reach {where}: {reason}", _TLS)
    if isinstance(error, _UNSENT):
        return Unreachable(f"cannot reach {where}: {reason}", _CHECK)
    if method == "GET":
        return Unreachable(f"{where}: request GET {path} failed: {reason}", _JOINS)
    return Indeterminate(
        f"{where}: request {method} {path} failed after it was sent: {reason}", _LOOKS
    )


def _bare(url: httpx.URL) -> str:
    """Return an address as it may be printed: without a user, a password or a query."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _message(answer: httpx.Response) -> str:
    """Return Connect's own error message; empty where it gives none."""
    try:
        return str(answer.json().get("message", ""))[:300]
    except (ValueError, AttributeError):
        return ""
