"""Connect's REST interface, read only. Connector configs are classified here, and their values never leave.

Nothing is ever sent to `config/validate`: it resolves references and returns the secrets.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from migrate.adapters import connector_config
from migrate.adapters.connect.workers import Absent, Workers
from migrate.errors import StepFailed, Unreachable
from migrate.model.connector import ConnectCluster, Connector, Plugin

_AT_ONCE = 8
"""Parallel requests for offsets: for each one, a worker reads its offsets topic to the end."""

_UNSEEN = {"type": "", "connector_class": "", "state": ""}


class ConnectRest:
    """`migrate.ports.ConnectReader` over HTTP; fingerprints made with one `key` can be compared."""

    def __init__(self, name: str, workers: Workers, key: bytes = b"") -> None:
        self._name = name
        self._workers = workers
        self._key = key or os.urandom(16)

    def describe(self) -> ConnectCluster:
        """See `ConnectReader`; `workers` stays empty: only the connectors' states name them."""
        roots, silent = self._workers.ask_each("GET", "/")
        try:
            offered = self._get("/connector-plugins?connectorsOnly=false")
        except StepFailed:
            offered = self._get("/connector-plugins")
        with self._expected_form():
            root = self._one_cluster(roots)
            plugins = {
                Plugin(name=p["class"], type=p.get("type", ""), version=p.get("version") or "")
                for p in offered
            }
            return ConnectCluster(
                name=self._name,
                url=self._workers.addresses[0],
                silent=tuple(error.message for error in silent.values()),
                certificates=self._workers.certificates,
                version=root.get("version", ""),
                kafka_cluster_id=root.get("kafka_cluster_id", ""),
                plugins=tuple(sorted(plugins, key=lambda p: (p.type, p.name, p.version))),
            )

    def _one_cluster(self, roots: dict[str, dict[str, str]]) -> dict[str, str]:
        """Return what the first worker says of itself; the others must use the same Kafka cluster."""
        used = {root.get("kafka_cluster_id", ""): address for address, root in roots.items()}
        if len(used) > 1:
            (one, here), (other, there) = list(used.items())[:2]
            raise StepFailed(
                f"the addresses of Connect {self._name} are of two clusters: {here} uses Kafka cluster {one}, "
                f"{there} uses {other}",
                "name them as two Connect clusters in kmig.yaml",
            )
        return next(iter(roots.values()))

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
                f"{self._workers.where} answered in an unexpected form: "
                "kmig needs Connect 2.3 or later",
                "check `connect` in kmig.yaml, and any proxy in front of that address",
            ) from None

    def _await_started(self) -> None:
        """Wait until the worker has joined its group, by a request about a connector that does not exist.

        A worker that still joins answers 200 and lists no connectors; `/health` exists since 3.9 only (KIP-1017).
        """
        self._workers.ask("GET", "/connectors/kmig/config", missing=True)

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

    def _get(self, path: str) -> Any:
        return self._workers.ask("GET", path)

    def _positions(self, name: str) -> tuple[int | None, str]:
        """Return how many offsets Connect keeps for it, and an error; None before 3.5, which has no such request."""
        try:
            return len(self._get(f"/connectors/{quote(name, safe='')}/offsets")["offsets"]), ""
        except Absent:
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


def _workers(status: dict[str, Any]) -> tuple[str, ...]:
    rows = [status["connector"], *status["tasks"]]
    return tuple(sorted({row["worker_id"] for row in rows if row.get("worker_id")}))
