"""The Connect cluster that copies, over REST: MirrorMaker 2 source connectors are created, stopped, read and deleted.

Configs hold references only. `config/validate` would resolve them, so it gets dummies in their place.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from migrate.adapters.connect import NO_LOGIN, SETTLE, lost, unsettled
from migrate.errors import CannotTell, NotAuthorized, StepFailed
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.reference import PATTERN

_BUSY_SECONDS = 30.0
_DUMMY = "dummy"
_NO_STATUS: dict[str, Any] = {"connector": {"state": ""}, "tasks": []}
"""Status of a connector that no worker has started, or whose status Connect has not read: REST shows both alike."""


class ConnectCopy:
    """`migrate.ports.CopyCluster` over HTTP."""

    def __init__(self, url: str, workers: Iterable[str], timeout: float) -> None:
        self._url = url.rstrip("/")
        self._workers = [self._url, *(w.rstrip("/") for w in workers)]
        self._timeout = timeout

    def kafka_cluster_id(self) -> str:
        """See `CopyCluster`."""
        return str(self._json("GET", "/").get("kafka_cluster_id", ""))

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """See `CopyCluster`."""
        dummies = {key: PATTERN.sub(_DUMMY, value) for key, value in config.items()}
        path = f"/connector-plugins/{config['connector.class']}/config/validate"
        errors: list[str] = []
        for worker in self._workers:
            answer = self._json("PUT", path, dummies, worker)
            for row in answer["configs"]:
                errors += [f"{worker}: {row['value']['name']}: {e}" for e in row["value"]["errors"]]
        return tuple(errors)

    def copy(self, name: str) -> Copier | None:
        """See `CopyCluster`; a deleted connector still exists until its last task has ended.

        The config is read first: a worker that still joins its group answers that request only after it has joined,
        and would answer 404 to `status` before.
        """
        config = self._json("GET", f"/connectors/{name}/config", missing=True)
        status = self._json("GET", f"/connectors/{name}/status", missing=True)
        if config is None and status is None:
            return None
        status = status or _NO_STATUS
        tasks = status["tasks"]
        return Copier(
            name=name,
            config=config or {},
            state=status["connector"]["state"],
            tasks=tuple(task["state"] for task in tasks),
            traces=tuple(
                _cause(row["trace"]) for row in (status["connector"], *tasks) if row.get("trace")
            ),
        )

    def positions(self, names: Iterable[str]) -> dict[TopicPartition, int]:
        """See `CopyCluster`; a request takes some second, so they run in parallel."""
        wanted = list(names)
        with ThreadPoolExecutor(max(1, min(len(wanted), 8))) as pool:
            positions = list(pool.map(self._positions, wanted))
        return {place: offset for own in positions for place, offset in own.items()}

    def _positions(self, name: str) -> dict[TopicPartition, int]:
        answer = self._json("GET", f"/connectors/{name}/offsets", missing=True) or {"offsets": []}
        return {
            (row["partition"]["topic"], int(row["partition"]["partition"])): int(
                row["offset"]["offset"]
            )
            for row in answer["offsets"]
            if row.get("offset")
        }

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:
        """See `CopyCluster`."""
        if self._json("GET", f"/connectors/{name}/config", missing=True) is not None:
            self._json("PUT", f"/connectors/{name}/config", dict(config))
            return
        state = {"initial_state": "STOPPED"} if stopped else {}
        self._json("POST", "/connectors", {"name": name, "config": dict(config), **state})

    def stop(self, name: str) -> None:
        """See `CopyCluster`."""
        self._json("PUT", f"/connectors/{name}/stop")

    def resume(self, name: str) -> None:
        """See `CopyCluster`; failed tasks are restarted too, which `resume` alone does not do (KIP-745)."""
        self._json("PUT", f"/connectors/{name}/resume")
        failed = f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true"
        self._json("POST", failed, missing=True)  # 404: no task of it has run yet

    def delete(self, name: str) -> None:
        """See `CopyCluster`; a connector that does not exist is no error."""
        self._json("DELETE", f"/connectors/{name}", missing=True)

    def _json(
        self,
        method: str,
        path: str,
        body: object = None,
        worker: str = "",
        *,
        missing: bool = False,
    ) -> Any:
        """Send one request, repeated for 30 s while the worker has not settled; None for 404 if `missing` is set."""
        url = worker or self._url
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            answer = self._send(method, url, path, body)
            if not unsettled(answer) or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if answer.status_code == httpx.codes.NOT_FOUND and missing and not unsettled(answer):
            return None
        _require_ok(answer, f"Connect at {url}", f"{method} {path}")
        return answer.json() if answer.content else {}

    def _send(self, method: str, url: str, path: str, body: object) -> httpx.Response:
        try:
            return httpx.request(method, url + path, json=body, timeout=self._timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise lost(f"Connect at {url}", method, path, error, self._timeout) from error


def _require_ok(answer: httpx.Response, where: str, request: str) -> None:
    code = answer.status_code
    if reason := unsettled(answer):
        detail = _message(answer) or reason
        raise CannotTell(
            f"{where} is not ready: HTTP {code} to {request} for {_BUSY_SECONDS:g} s: {detail}",
            SETTLE,
        )
    if code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotAuthorized(f"{where} does not authorize kmig: HTTP {code} to {request}", NO_LOGIN)
    if answer.is_error:
        detail = _message(answer) or "no reason given"
        raise StepFailed(
            f"{where} rejected {request}: HTTP {code}: {detail}", "see the Connect worker's log"
        )


def _cause(trace: str) -> str:
    """Return the last cause in a Java stack trace, or its first line where it names none."""
    lines = trace.splitlines()
    causes = [line.strip() for line in lines if line.startswith("Caused by: ")]
    return causes[-1] if causes else lines[0]


def _message(answer: httpx.Response) -> str:
    """Return Connect's own error message; empty where it gives none."""
    try:
        return str(answer.json().get("message", ""))[:300]
    except (ValueError, AttributeError):
        return ""
