"""Connect's REST interface, read only. Connector configs are classified here, and their values never leave.

Nothing is ever sent to `config/validate`: it resolves references and returns the secrets.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from migrate.adapters import connector_config
from migrate.adapters.connection_errors import why
from migrate.errors import CannotTell, Indeterminate, NotAuthorized, StepFailed, Unreachable
from migrate.model.connector import ConnectCluster, Connector, Plugin

_AT_ONCE = 8
"""Parallel requests for offsets: for each one, a worker reads its offsets topic to the end."""

_BUSY = 409
_BUSY_SECONDS = 5.0
"""How long a worker that rebalances or starts is waited for."""

_UNSENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout),
    *(httpx.UnsupportedProtocol, httpx.InvalidURL),
)
"""After these errors nothing was sent, so nothing can have happened."""

_CHECK = "check the address in kmig.yaml, and that a worker runs there"
_JOINS = (
    "a worker that has just started answers once it has joined its group: rerun the command then"
)
_LOOKS = "rerun the command: it looks before it acts, because the change may have happened"
NO_LOGIN = "allow kmig's address there: kmig sends no credentials to Connect"
SETTLE = "wait until the Connect workers have settled, then rerun the command"

_UNSEEN = {"type": "", "connector_class": "", "state": ""}


class _Absent(StepFailed):
    """HTTP 404: the resource does not exist, or this version of Connect does not have the request."""


class ConnectRest:
    """`migrate.ports.ConnectReader` over HTTP; fingerprints made with one `key` can be compared."""

    def __init__(self, name: str, url: str, timeout: float, key: bytes = b"") -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._key = key or os.urandom(16)

    def describe(self) -> ConnectCluster:
        """See `ConnectReader`; `workers` stays empty: only the connectors' states name them."""
        root = self._get("/")
        try:
            offered = self._get("/connector-plugins?connectorsOnly=false")
        except StepFailed:
            offered = self._get("/connector-plugins")
        with self._expected_form():
            plugins = {
                Plugin(name=p["class"], type=p.get("type", ""), version=p.get("version") or "")
                for p in offered
            }
            return ConnectCluster(
                name=self._name,
                url=self._url,
                version=root.get("version", ""),
                kafka_cluster_id=root.get("kafka_cluster_id", ""),
                plugins=tuple(sorted(plugins, key=lambda p: (p.type, p.name, p.version))),
            )

    def connectors(self) -> tuple[Connector, ...]:
        """See `ConnectReader`."""
        self._await_started()
        answer = self._get("/connectors?expand=info&expand=status")
        with self._expected_form():
            types = {info["info"]["config"].get("connector.class", "") for info in answer.values()}
            passwords = {plugin: self._password_keys(plugin) for plugin in sorted(types)}
            listed = set(self._get("/connectors"))
            names = sorted(answer)
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                positions = dict(zip(names, pool.map(self._positions, names), strict=True))
            connectors = [self._connector(n, answer[n], passwords, positions[n]) for n in names]
            # left out of the expanded answer until the worker has read its config and its status
            late = "Connect lists it, but has no config and no status of it yet"
            for name in sorted(listed - answer.keys()):
                connectors.append(
                    Connector.model_validate(
                        {**_UNSEEN, "name": name, "cluster": self._name, "error": late}
                    )
                )
            return tuple(connectors)

    @contextmanager
    def _expected_form(self) -> Iterator[None]:
        """Raise `Unreachable` for JSON of another form: from a proxy, or from Connect before 2.3."""
        try:
            yield
        except (KeyError, TypeError, AttributeError, ValidationError):
            # the answer is not repeated in the message: it may hold secrets
            raise Unreachable(
                f"Connect {self._name} at {self._url} answered in an unexpected form: "
                "kmig needs Connect 2.3 or later",
                "check `connect` in kmig.yaml, and any proxy in front of that address",
            ) from None

    def _await_started(self) -> None:
        """Wait until the worker has joined its group, by a request about a connector that does not exist.

        A worker that still joins answers 200 and lists no connectors; `/health` exists since 3.9 only (KIP-1017).
        """
        with suppress(_Absent):
            self._get("/connectors/kmig/config")

    def _connector(
        self,
        name: str,
        row: dict[str, Any],
        passwords: dict[str, frozenset[str] | None],
        counted: tuple[int | None, str],
    ) -> Connector:
        config: dict[str, str] = {k: str(v or "") for k, v in row["info"]["config"].items()}
        status = row["status"]
        plugin = config.get("connector.class", "")
        topics = config.get("topics") or config.get("topic") or ""
        positions, error = counted
        return Connector(
            name=name,
            cluster=self._name,
            type=row["info"].get("type", ""),
            connector_class=plugin,
            version=str(status["connector"].get("version") or ""),
            state=status["connector"]["state"],
            tasks=tuple(task["state"] for task in status["tasks"]),
            topics=tuple(sorted({t.strip() for t in topics.split(",") if t.strip()})),
            topics_regex=config.get("topics.regex", ""),
            dead_letters=config.get("errors.deadletterqueue.topic.name", ""),
            positions=positions,
            principals=connector_config.principals(config),
            systems=connector_config.systems(config),
            registries=connector_config.registries(config),
            workers=_workers(status),
            secrets=connector_config.secrets(config, passwords[plugin], self._key),
            error=error,
        )

    def _positions(self, name: str) -> tuple[int | None, str]:
        """Return how many offsets Connect keeps for it, and an error; None before 3.5, which has no such request."""
        try:
            return len(self._get(f"/connectors/{quote(name, safe='')}/offsets")["offsets"]), ""
        except _Absent:
            return None, ""
        except StepFailed as error:
            return None, error.message

    def _password_keys(self, plugin: str) -> frozenset[str] | None:
        """Return the keys that the plugin declares as PASSWORD; None where the worker does not say (before 3.2)."""
        try:
            keys = self._get(f"/connector-plugins/{quote(plugin, safe='')}/config")
        except StepFailed:
            return None
        return frozenset(key["name"] for key in keys if key.get("type") == "PASSWORD")

    def _get(self, path: str) -> Any:
        where = f"Connect {self._name} at {self._url}"
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                answer = httpx.get(self._url + path, timeout=self._timeout)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise lost(where, "GET", path, error, self._timeout) from error
            if not unsettled(answer) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        _require_ok(answer, where, f"GET {path}")
        try:
            return answer.json()
        except ValueError as error:
            raise Unreachable(
                f"{where} did not answer GET {path} in JSON",
                "check `connect` in kmig.yaml, and any proxy in front of that address",
            ) from error


def _require_ok(answer: httpx.Response, where: str, request: str) -> None:
    code = answer.status_code
    if code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotAuthorized(f"{where} does not authorize kmig: HTTP {code} to {request}", NO_LOGIN)
    if reason := unsettled(answer):
        raise CannotTell(
            f"{where} is not ready: HTTP {code} to {request} for {_BUSY_SECONDS:g} s: {reason}",
            SETTLE,
        )
    if code == httpx.codes.NOT_FOUND:
        raise _Absent(f"{where} does not have the resource of {request}: HTTP 404")
    if code != httpx.codes.OK:
        raise StepFailed(
            f"{where} failed to answer {request}: HTTP {code}", "see the Connect worker's log"
        )


def unsettled(answer: httpx.Response) -> str:
    """Return why a worker cannot answer yet, from its response; empty for a real answer.

    A rebalance is answered with 409, and for a config with 500 and a message. A worker that starts listens before it
    has REST resources, and until then answers 404 to everything, its own connectors included (KAFKA-8418; half a
    second on 3.9.1 and 4.3.1). That 404 is its web server's; Connect's own has an `error_code`.
    """
    code, body = answer.status_code, answer.content
    failed = code == httpx.codes.INTERNAL_SERVER_ERROR
    if code == _BUSY or (failed and b"because a rebalance is expected" in body):
        return "the worker rebalances"
    if code == httpx.codes.NOT_FOUND and b'"error_code"' not in body:
        return "the worker is still starting, or the address is not a Connect worker"
    return "the service is unavailable" if code == httpx.codes.SERVICE_UNAVAILABLE else ""


def lost(where: str, method: str, path: str, error: Exception, seconds: float) -> CannotTell:
    """Return the error for a request without a response: `Indeterminate` where it may have changed something."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        reason = "not an address"
    elif isinstance(error, httpx.RemoteProtocolError):
        reason = "the connection was closed, or the answer is not HTTP"
    else:
        reason = why(error, seconds)
    if isinstance(error, _UNSENT):
        return Unreachable(f"cannot reach {where}: {reason}", _CHECK)
    if method == "GET":
        return Unreachable(f"{where}: request GET {path} failed: {reason}", _JOINS)
    return Indeterminate(
        f"{where}: request {method} {path} failed after it was sent: {reason}", _LOOKS
    )


def _workers(status: dict[str, Any]) -> tuple[str, ...]:
    rows = [status["connector"], *status["tasks"]]
    return tuple(sorted({row["worker_id"] for row in rows if row.get("worker_id")}))
