"""Connect's REST interface, read only. Connector configs are classified here, and their values stay here.

Nothing is ever sent to `config/validate`: it resolves references and answers with the secrets.
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
"""Questions about positions at once: for each, a worker reads its offsets topic to the end."""

_BUSY = 409
_BUSY_SECONDS = 5.0
"""A worker that rebalances or starts is waited for so long."""

_UNSENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout),
    *(httpx.UnsupportedProtocol, httpx.InvalidURL),
)
"""With these nothing was asked: nothing can have come of it."""

_CHECK = "check the address, and that a worker is up there"
_JOINS = "a worker that has just started answers once it has joined its group; then run the same command again"
_LOOKS = "it may have happened; run the same command again, it looks first"
SETTLE = "wait until its workers have settled, then run the same command again"

_UNSEEN = {"type": "", "connector_class": "", "state": ""}


class _Absent(StepFailed):
    """404: there is no such thing, or no such request in this version."""


class ConnectRest:
    """`migrate.ports.ConnectReader` over HTTP; `key` makes fingerprints comparable within one look."""

    def __init__(self, name: str, url: str, timeout: float, key: bytes = b"") -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._key = key or os.urandom(16)

    def describe(self) -> ConnectCluster:
        """Version, the Kafka cluster id that its workers use, and its plugins; workers come with the connectors."""
        root = self._get("/")
        try:
            offered = self._get("/connector-plugins?connectorsOnly=false")
        except StepFailed:
            offered = self._get("/connector-plugins")
        with self._as_connect_does():
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
        """Every connector, with the class of each secret in its config."""
        self._await_started()
        answer = self._get("/connectors?expand=info&expand=status")
        with self._as_connect_does():
            types = {info["info"]["config"].get("connector.class", "") for info in answer.values()}
            passwords = {plugin: self._password_keys(plugin) for plugin in sorted(types)}
            listed = set(self._get("/connectors"))
            names = sorted(answer)
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                kept = dict(zip(names, pool.map(self._positions, names), strict=True))
            found = [self._connector(n, answer[n], passwords, kept[n]) for n in names]
            # left out of the answer until the worker has read its config and its status
            late = "it is listed, and neither its config nor its status is there yet"
            for name in sorted(listed - answer.keys()):
                found.append(
                    Connector.model_validate(
                        {**_UNSEEN, "name": name, "cluster": self._name, "error": late}
                    )
                )
            return tuple(found)

    @contextmanager
    def _as_connect_does(self) -> Iterator[None]:
        """JSON of another shape is a proxy's, or of Connect before 2.3, which lists names alone."""
        try:
            yield
        except (KeyError, TypeError, AttributeError, ValidationError):
            # nothing of what was answered is repeated: it may hold secrets
            raise Unreachable(
                f"Connect {self._name} at {self._url} does not answer as Connect 2.3 and later do",
                "check the address in kmig.yaml, and what stands between",
            ) from None

    def _await_started(self) -> None:
        """Ask about a connector that nobody has: that waits until the worker has joined its group.

        A worker that still joins lists no connectors, and answers 200; `/health` came with 3.9 only (KIP-1017).
        """
        with suppress(_Absent):
            self._get("/connectors/kmig/config")

    def _connector(
        self,
        name: str,
        row: dict[str, Any],
        passwords: dict[str, frozenset[str] | None],
        kept: tuple[int | None, str],
    ) -> Connector:
        config: dict[str, str] = {k: str(v or "") for k, v in row["info"]["config"].items()}
        status = row["status"]
        plugin = config.get("connector.class", "")
        topics = config.get("topics") or config.get("topic") or ""
        positions, error = kept
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
        """How many positions the worker keeps for it; None before 3.5, which has no such request."""
        try:
            return len(self._get(f"/connectors/{quote(name, safe='')}/offsets")["offsets"]), ""
        except _Absent:
            return None, ""
        except StepFailed as error:
            return None, error.message

    def _password_keys(self, plugin: str) -> frozenset[str] | None:
        """Keys that the plugin declares as PASSWORD; None where the worker does not say (before 3.2)."""
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
        _require_ok(answer, where, path)
        try:
            return answer.json()
        except ValueError as error:
            raise Unreachable(f"{where} does not answer with JSON") from error


def _require_ok(answer: httpx.Response, where: str, path: str) -> None:
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotAuthorized(f"{where} answers {answer.status_code}")
    if reason := unsettled(answer):
        raise CannotTell(
            f"{where} answers {answer.status_code} to {path} for {_BUSY_SECONDS:g} s: {reason}",
            SETTLE,
        )
    if answer.status_code != httpx.codes.OK:
        kind = _Absent if answer.status_code == httpx.codes.NOT_FOUND else StepFailed
        raise kind(f"{where} answers {answer.status_code} to {path}")


def unsettled(answer: httpx.Response) -> str:
    """Why this is no answer of a worker that has settled; empty where it is one.

    A rebalance is said by 409, and to a question about a config by 500 and a message. A worker that starts listens
    before it has REST resources, and until then answers 404 to everything, connectors that it has included
    (KAFKA-8418; half a second on 3.9.1 and 4.3.1): its web server's 404, while Connect's own has an `error_code`.
    """
    code, said = answer.status_code, answer.content
    failed = code == httpx.codes.INTERNAL_SERVER_ERROR
    if code == _BUSY or (failed and b"because a rebalance is expected" in said):
        return "it rebalances"
    if code == httpx.codes.NOT_FOUND and b'"error_code"' not in said:
        return "it is still starting, or something else answers there"
    return "it is not ready" if code == httpx.codes.SERVICE_UNAVAILABLE else ""


def lost(where: str, method: str, path: str, error: Exception, seconds: float) -> CannotTell:
    """What was asked of whom, and what happened instead of an answer."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        said = "not an address"
    elif isinstance(error, httpx.RemoteProtocolError):
        said = "the connection was closed, or what came is not HTTP"
    else:
        said = why(error, seconds)
    if isinstance(error, _UNSENT):
        return Unreachable(f"cannot reach {where}: {said}", _CHECK)
    kind, hint = (Unreachable, _JOINS) if method == "GET" else (Indeterminate, _LOOKS)
    return kind(f"{where} was asked {method} {path}: {said}", hint)


def _workers(status: dict[str, Any]) -> tuple[str, ...]:
    rows = [status["connector"], *status["tasks"]]
    return tuple(sorted({row["worker_id"] for row in rows if row.get("worker_id")}))
