"""Connect's nouns. A connector's configuration itself stays in the adapter that read it."""

from pydantic import Field

from migrate.model.base import Model
from migrate.model.secrecy import Secrecy


class SecretUse(Model):
    """That a configuration key holds a secret, and of which class; never the value.

    `fingerprint` is of a literal, keyed anew at every look: it tells equal ones apart from others within that look,
    and is replaced by `same_as`, the first place that holds the same one, before anything is written.
    """

    key: str
    secrecy: Secrecy
    references: tuple[str, ...] = ()
    fingerprint: str = Field(default="", exclude=True, repr=False)
    same_as: str = ""


class Connector(Model):
    """One connector of a Connect cluster.

    `principals` are the Kafka users that its overrides log in as; `systems` the host:port outside Kafka that its
    configuration names; `registries` the addresses of schema registries; `positions` how many partitions the worker
    keeps a position of, None where it does not say.
    """

    name: str
    cluster: str
    type: str
    connector_class: str
    version: str = ""
    state: str
    tasks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    topics_regex: str = ""
    dead_letters: str = ""
    positions: int | None = None
    principals: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    error: str = ""

    @property
    def id(self) -> str:
        """`cluster/name`: how kmig.yaml, workloads.yaml and every message call it."""
        return f"{self.cluster}/{self.name}"


class Plugin(Model):
    """A plugin that a worker offers."""

    name: str
    type: str
    version: str = ""


class ConnectCluster(Model):
    """One Connect cluster: its version, the Kafka cluster its workers use, the workers seen, and its plugins."""

    name: str
    url: str
    version: str = ""
    kafka_cluster_id: str = ""
    workers: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    error: str = ""
