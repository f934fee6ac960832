"""Connect's REST interface, read only. Connector configs are classified here, and their values stay here.

Nothing is ever sent to `config/validate`: it resolves references and answers with the secrets.
"""

from typing import Any

import httpx

from migrate.errors import NotAuthorized, StepFailed, Unreachable
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.reference import is_secret, references, secrecy


class ConnectRest:
    """`migrate.ports.ConnectReader` over HTTP."""

    def __init__(self, name: str, url: str, timeout: float) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._timeout = timeout

    def describe(self) -> ConnectCluster:
        """Version and the Kafka cluster id that its workers use."""
        root = self._get("/")
        return ConnectCluster(
            name=self._name,
            url=self._url,
            version=root.get("version", ""),
            kafka_cluster_id=root.get("kafka_cluster_id", ""),
        )

    def connectors(self) -> tuple[Connector, ...]:
        """Every connector, with the class of each secret in its config."""
        answer = self._get("/connectors?expand=info&expand=status")
        types = {info["info"]["config"].get("connector.class", "") for info in answer.values()}
        passwords = {plugin: self._password_keys(plugin) for plugin in types}
        return tuple(self._connector(name, row, passwords) for name, row in sorted(answer.items()))

    def _connector(
        self, name: str, row: dict[str, Any], passwords: dict[str, frozenset[str]]
    ) -> Connector:
        config: dict[str, str] = row["info"]["config"]
        status = row["status"]
        plugin = config.get("connector.class", "")
        topics = config.get("topics") or config.get("topic") or ""
        return Connector(
            name=name,
            cluster=self._name,
            type=row["info"].get("type", ""),
            connector_class=plugin,
            state=status["connector"]["state"],
            tasks=tuple(task["state"] for task in status["tasks"]),
            topics=tuple(sorted(t.strip() for t in topics.split(",") if t.strip())),
            secrets=tuple(
                SecretUse(key=key, secrecy=secrecy(value), references=references(value))
                for key, value in sorted(config.items())
                if is_secret(key, value, password_type=key in passwords[plugin])
            ),
        )

    def _password_keys(self, plugin: str) -> frozenset[str]:
        """Keys that the plugin declares as PASSWORD; none where the worker does not say (before 3.2)."""
        try:
            keys = self._get(f"/connector-plugins/{plugin}/config")
        except StepFailed:
            return frozenset()
        return frozenset(key["name"] for key in keys if key.get("type") == "PASSWORD")

    def _get(self, path: str) -> Any:
        where = f"Connect {self._name} at {self._url}"
        try:
            answer = httpx.get(self._url + path, timeout=self._timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"cannot reach {where}: {type(error).__name__}") from error
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise NotAuthorized(f"{where} answers {answer.status_code}")
        if answer.status_code != httpx.codes.OK:
            raise StepFailed(f"{where} answers {answer.status_code} to {path}")
        try:
            return answer.json()
        except ValueError as error:
            raise Unreachable(f"{where} does not answer with JSON") from error
