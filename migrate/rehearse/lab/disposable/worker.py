"""A distributed Connect worker beside one cluster, reached by this machine on loopback.

Its own password comes from a file, through the worker's FileConfigProvider; `env`, `file` and `dir` providers are
there for connectors, each limited to the rehearsal's secrets.
"""

from dataclasses import dataclass, field
from pathlib import Path

import httpx

from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.lab.disposable.ports import HOST, free
from migrate.rehearse.lab.disposable.server import SECRET_VARIABLES, Program, Server

_READY_SECONDS = 150.0
"""A worker that was killed within a transaction leaves it open on its offsets topic; the next one reads that topic to
its end only when the transaction has timed out, after a minute."""

_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass
class Worker:
    """A Connect worker that keeps its topics on `cluster`. `start` it, use `url`, `stop` it."""

    name: str
    cluster: Cluster
    user: str
    secrets: Path
    folder: Path
    environ: dict[str, str]
    port: int = field(default_factory=lambda: free(1)[0])
    dump_archive: bool = False
    prefix: str = "_"
    exactly_once: bool = False
    reaches: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Return the REST address."""
        return f"http://{HOST}:{self.port}"

    @property
    def group(self) -> str:
        """Return the workers' group id, which the names of internal topics begin with."""
        return f"connect-{self.name}"

    def start(self) -> None:
        """Write the worker's settings and start it."""
        self.write()
        self.server: Server = self.cluster.kafka.launch(
            Program(
                name=f"Connect {self.name}",
                main="org.apache.kafka.connect.cli.ConnectDistributed",
                arguments=(str(self.folder / "worker.properties"),),
                role="connect",
                heap="256m",
                folder=self.folder,
                host=self.group,
                sites=(self.cluster.spec.name, *self.reaches),
                reads=(self.secrets,),
                ports=(self.port,),
                environ=self.environ,
                dump=self.dump_archive,
            )
        )

    def write(self) -> None:
        """Write the worker's settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "worker.properties"
        properties.write_text("".join(f"{k}={v}\n" for k, v in self._properties().items()))

    def wait_ready(self) -> None:
        """Wait until the worker has joined its group (KIP-1017). Before that it answers 200 with no connectors."""
        self.server.wait_for(f"answer on {self.url}", self._answers, _READY_SECONDS)

    def stop(self) -> None:
        """Kill the worker."""
        self.server.kill()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2.0).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _properties(self) -> dict[str, str]:
        password = f"${{file:{self.secrets / f'{self.user}.properties'}:password}}"
        login = {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.jaas.config": f'{_SCRAM} required username="{self.user}" password="{password}";',
        }
        clients = ("", "producer.", "consumer.", "admin.")
        return {
            "bootstrap.servers": self.cluster.inside,
            "group.id": self.group,
            "listeners": f"http://{self.cluster.kafka.listen_address(self.group).bind}:{self.port}",
            "rest.advertised.host.name": HOST,
            "config.storage.topic": f"{self.prefix}{self.group}-configs",
            "offset.storage.topic": f"{self.prefix}{self.group}-offsets",
            "status.storage.topic": f"{self.prefix}{self.group}-status",
            "offset.storage.partitions": "1",
            "status.storage.partitions": "1",
            "config.storage.replication.factor": "-1",
            "offset.storage.replication.factor": "-1",
            "status.storage.replication.factor": "-1",
            "offset.flush.interval.ms": "1000",
            "scheduled.rebalance.max.delay.ms": "0",
            # a status for each record of a topic not yet noted (KIP-558): on AutoMQ the status topic lags minutes
            "topic.tracking.enable": "false",
            "plugin.discovery": "service_load",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "connector.client.config.override.policy": "All",
            **({"exactly.once.source.support": "enabled"} if self.exactly_once else {}),
            **_providers(self.secrets),
            **{f"{prefix}{key}": value for prefix in clients for key, value in login.items()},
        }


def _providers(secrets: Path) -> dict[str, str]:
    package = "org.apache.kafka.common.config.provider"
    return {
        "config.providers": "file,env,dir",
        "config.providers.file.class": f"{package}.FileConfigProvider",
        "config.providers.file.param.allowed.paths": str(secrets),
        "config.providers.env.class": f"{package}.EnvVarConfigProvider",
        "config.providers.env.param.allowlist.pattern": f"^{SECRET_VARIABLES}.*",
        "config.providers.dir.class": f"{package}.DirectoryConfigProvider",
        "config.providers.dir.param.allowed.paths": str(secrets),
    }
