"""Connect's nouns. A connector's configuration itself stays in the adapter that read it."""

from migrate.model.base import Model
from migrate.model.reference import Secrecy


class SecretUse(Model):
    """That a configuration key holds a secret, and of which class; never the value."""

    key: str
    secrecy: Secrecy
    references: tuple[str, ...] = ()


class Connector(Model):
    """One connector of a Connect cluster."""

    name: str
    cluster: str
    type: str
    connector_class: str
    state: str
    tasks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    secrets: tuple[SecretUse, ...] = ()

    @property
    def id(self) -> str:
        """`cluster/name`: how kmig.yaml, workloads.yaml and every message call it."""
        return f"{self.cluster}/{self.name}"


class ConnectCluster(Model):
    """One Connect cluster: its version, and the Kafka cluster its workers use."""

    name: str
    url: str
    version: str = ""
    kafka_cluster_id: str = ""
    error: str = ""
