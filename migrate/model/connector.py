"""Connectors and Connect clusters. A connector's config itself never leaves the adapter that read it."""

from datetime import datetime

from pydantic import Field

from migrate.model.base import Model
from migrate.model.secrecy import Secrecy


class SecretUse(Model):
    """A config key that holds a secret, with the class of the secret; never the value.

    `fingerprint` is of a literal secret, under a new key for each inventory: it shows which literals are equal.
    Before anything is written, `same_as`, the first place with the same literal, replaces it, and `of`, the reference
    of workloads.yaml whose secret it is.
    """

    key: str
    secrecy: Secrecy
    references: tuple[str, ...] = ()
    fingerprint: str = Field(default="", exclude=True, repr=False)
    same_as: str = ""
    of: str = ""


class Connector(Model):
    """One connector of a Connect cluster.

    `principals` are the Kafka principals of its client overrides; `systems` the host:port outside Kafka that its
    config names; `registries` the addresses of schema registries; `positions` the number of offsets that Connect
    keeps for it, None where it does not say.
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
        """`cluster/name`, its name in kmig.yaml, workloads.yaml and every message."""
        return f"{self.cluster}/{self.name}"


class Plugin(Model):
    """A plugin that a worker offers."""

    name: str
    type: str
    version: str = ""


class ConnectCluster(Model):
    """One Connect cluster: its version, the Kafka cluster its workers use, the workers seen, and its plugins.

    `silent` has a sentence for each address of kmig.yaml at which no worker answered; `certificates` is when the
    certificate of each address with TLS ends, in UTC.
    """

    name: str
    url: str
    silent: tuple[str, ...] = ()
    certificates: dict[str, datetime] = Field(default_factory=dict)
    version: str = ""
    kafka_cluster_id: str = ""
    workers: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    error: str = ""
