"""The Connect cluster that copies, over REST: MirrorMaker 2 source connectors made, stopped, asked and deleted.

Configs hold references only; to `config/validate`, which would resolve them, go dummies in their place.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from migrate.adapters.connect import SETTLE, lost, unsettled
from migrate.errors import CannotTell, NotAuthorized, StepFailed
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.reference import PATTERN

_BUSY_SECONDS = 30.0
_DUMMY = "dummy"
_NO_STATUS: dict[str, Any] = {"connector": {"state": ""}, "tasks": []}
"""A connector that no worker has taken up yet, or whose status Connect has not read yet: which, nobody knows."""


class ConnectCopy:
    """`migrate.ports.CopyCluster` over HTTP."""

    def __init__(self, url: str, workers: Iterable[str], timeout: float) -> None:
        self._url = url.rstrip("/")
        self._workers = [self._url, *(w.rstrip("/") for w in workers)]
        self._timeout = timeout

    def kafka_cluster_id(self) -> str:
        """The Kafka cluster that its workers keep their own topics in."""
        return str(self._json("GET", "/").get("kafka_cluster_id", ""))

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """What any worker says against this config; each worker answers for itself."""
        dummies = {key: PATTERN.sub(_DUMMY, value) for key, value in config.items()}
        path = f"/connector-plugins/{config['connector.class']}/config/validate"
        found: list[str] = []
        for worker in self._workers:
            answer = self._json("PUT", path, dummies, worker)
            for row in answer["configs"]:
                found += [f"{worker}: {row['value']['name']}: {e}" for e in row["value"]["errors"]]
        return tuple(found)

    def copy(self, name: str) -> Copier | None:
        """A connector with its state, or None.

        Its config is asked first: a worker that still joins its group answers that only once it has joined;
        to `status` it would answer 404 before. A deleted one is there until its last task has ended.
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
                _cause(one["trace"]) for one in (status["connector"], *tasks) if one.get("trace")
            ),
        )

    def positions(self, names: Iterable[str]) -> dict[TopicPartition, int]:
        """The last offset that these connectors copied of each partition; a second for each, so all at once."""
        wanted = list(names)
        with ThreadPoolExecutor(max(1, min(len(wanted), 8))) as pool:
            found = list(pool.map(self._positions, wanted))
        return {place: offset for one in found for place, offset in one.items()}

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
        """Create a connector, stopped if asked, or replace the config of one."""
        if self._json("GET", f"/connectors/{name}/config", missing=True) is not None:
            self._json("PUT", f"/connectors/{name}/config", dict(config))
            return
        state = {"initial_state": "STOPPED"} if stopped else {}
        self._json("POST", "/connectors", {"name": name, "config": dict(config), **state})

    def stop(self, name: str) -> None:
        """Ask it to stop: its tasks end, its positions stay."""
        self._json("PUT", f"/connectors/{name}/stop")

    def resume(self, name: str) -> None:
        """Ask it to go on; failed tasks are started anew, which resuming alone does not do (KIP-745)."""
        self._json("PUT", f"/connectors/{name}/resume")
        failed = f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true"
        self._json("POST", failed, missing=True)  # 404: nothing of it has run yet

    def delete(self, name: str) -> None:
        """Delete it; one that is gone already is no error."""
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
        """One request; a worker that has not settled is asked again, bounded. None for 404 where it may be."""
        url = worker or self._url
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            answer = self._send(method, url, path, body)
            if not unsettled(answer) or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        said = f"Connect at {url} answers {answer.status_code}"
        if reason := unsettled(answer):
            raise CannotTell(
                f"{said} to {method} {path} for {_BUSY_SECONDS:g} s: {_message(answer) or reason}",
                SETTLE,
            )
        if answer.status_code == httpx.codes.NOT_FOUND and missing:
            return None
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise NotAuthorized(said)
        if answer.is_error:
            raise StepFailed(f"{said} to {method} {path}: {_message(answer) or 'no reason given'}")
        return answer.json() if answer.content else {}

    def _send(self, method: str, url: str, path: str, body: object) -> httpx.Response:
        try:
            return httpx.request(method, url + path, json=body, timeout=self._timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise lost(f"Connect at {url}", method, path, error, self._timeout) from error


def _cause(trace: str) -> str:
    """The last cause of a Java stack trace, its first line where it names none."""
    lines = trace.splitlines()
    causes = [line.strip() for line in lines if line.startswith("Caused by: ")]
    return causes[-1] if causes else lines[0]


def _message(answer: httpx.Response) -> str:
    """Connect's own words, where there are any."""
    try:
        return str(answer.json().get("message", ""))[:300]
    except (ValueError, AttributeError):
        return ""
