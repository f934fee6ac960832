"""The Connect cluster that copies, over REST: MirrorMaker 2 source connectors are created, stopped, read and deleted.

Configs hold references only. `config/validate` would resolve them, so it gets dummies in their place.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from migrate.adapters.connect.workers import Workers
from migrate.errors import Indeterminate
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.reference import PATTERN

_DUMMY = "dummy"
_NO_STATUS: dict[str, Any] = {"connector": {"state": ""}, "tasks": []}
"""Status of a connector that no worker has started, or whose status Connect has not read: REST shows both alike."""


class ConnectCopy:
    """`migrate.ports.CopyCluster` over HTTP."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._ask = workers.ask

    def kafka_cluster_id(self) -> str:
        """See `CopyCluster`."""
        return str(self._ask("GET", "/").get("kafka_cluster_id", ""))

    def version(self) -> str:
        """See `CopyCluster`."""
        return str(self._ask("GET", "/").get("version", ""))

    def silent(self) -> tuple[str, ...]:
        """See `CopyCluster`."""
        _, silent = self._workers.ask_each("GET", "/")
        return tuple(error.message for error in silent.values())

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """See `CopyCluster`."""
        dummies = {key: PATTERN.sub(_DUMMY, value) for key, value in config.items()}
        path = f"/connector-plugins/{config['connector.class']}/config/validate"
        errors: list[str] = []
        answering, _ = self._workers.ask_each("GET", "/")
        for worker in answering:
            answer = self._ask("PUT", path, dummies, at=worker)
            for row in answer["configs"]:
                errors += [f"{worker}: {row['value']['name']}: {e}" for e in row["value"]["errors"]]
        return tuple(errors)

    def copy(self, name: str) -> Copier | None:
        """See `CopyCluster`; a deleted connector still exists until its last task has ended.

        The config is read first: a worker that still joins its group answers that request only after it has joined,
        and would answer 404 to `status` before.
        """
        config = self._ask("GET", f"/connectors/{name}/config", missing=True)
        status = self._ask("GET", f"/connectors/{name}/status", missing=True)
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
        answer = self._ask("GET", f"/connectors/{name}/offsets", missing=True) or {"offsets": []}
        return {
            (row["partition"]["topic"], int(row["partition"]["partition"])): int(
                row["offset"]["offset"]
            )
            for row in answer["offsets"]
            if row.get("offset")
        }

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:
        """See `CopyCluster`."""

        def put() -> None:
            if self._ask("GET", f"/connectors/{name}/config", missing=True) is not None:
                self._ask("PUT", f"/connectors/{name}/config", dict(config))
                return
            state = {"initial_state": "STOPPED"} if stopped else {}
            self._ask("POST", "/connectors", {"name": name, "config": dict(config), **state})

        _surely(put)

    def stop(self, name: str) -> None:
        """See `CopyCluster`."""
        _surely(lambda: self._ask("PUT", f"/connectors/{name}/stop"))

    def resume(self, name: str) -> None:
        """See `CopyCluster`; failed tasks are restarted too, which `resume` alone does not do (KIP-745)."""
        _surely(lambda: self._ask("PUT", f"/connectors/{name}/resume"))
        failed = f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true"
        # 404: no task of it has run yet
        _surely(lambda: self._ask("POST", failed, missing=True))

    def forget(self, name: str, topics: Iterable[str]) -> None:
        """See `CopyCluster` (KIP-875); a partition is named by the very keys under which Connect has it."""
        unwanted = set(topics)
        path = f"/connectors/{name}/offsets"
        kept = self._ask("GET", path)["offsets"] if unwanted else []
        stale = [row["partition"] for row in kept if row["partition"].get("topic") in unwanted]
        if stale:
            nothing = {"offsets": [{"partition": one, "offset": None} for one in stale]}
            _surely(lambda: self._ask("PATCH", path, nothing))

    def delete(self, name: str) -> None:
        """See `CopyCluster`; a connector that does not exist is no error."""
        _surely(lambda: self._ask("DELETE", f"/connectors/{name}", missing=True))


def _surely(change: Callable[[], object]) -> None:
    """Send a change, and once more where its answer was lost: sent twice, each of them has the effect of one."""
    try:
        change()
    except Indeterminate:
        change()


def _cause(trace: str) -> str:
    """Return the last cause in a Java stack trace, or its first line where it names none."""
    lines = trace.splitlines()
    causes = [line.strip() for line in lines if line.startswith("Caused by: ")]
    return causes[-1] if causes else lines[0]
