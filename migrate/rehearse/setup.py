"""A scenario's set-up: two real clusters, the estate, Connect workers, live clients, and the authored files."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import javaproperties
import yaml

from migrate.documents.config import Profile
from migrate.errors import Refused
from migrate.folder import CONFIG, WORKLOADS, Folder
from migrate.model.check import Check
from migrate.model.record import TopicPartition
from migrate.model.words import count
from migrate.rehearse import estate, runtime
from migrate.rehearse.lab.command import CommandResult
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.server import Kafka, Program, Server
from migrate.rehearse.lab.disposable.worker import Worker
from migrate.rehearse.lab.local.process import Process
from migrate.rehearse.records import Judgement
from migrate.rehearse.scenario import Scenario

SECRETS, CLIENTS = "secrets", "clients"
_SESSION_MS = 5_000
"""A session bound, without which no revocation could be proven."""
_TOOLS = "org.apache.kafka.tools"


@dataclass(frozen=True)
class Options:
    """Options of `kmig rehearse`."""

    scenario: str
    folder: Path | None
    source_version: str | None
    target_version: str | None
    hold: bool
    runtime: runtime.Name


@dataclass
class Rehearsal:
    """One rehearsal that runs. `worker` runs the source's connectors, `copier` the copies, `fleet` the clients."""

    scenario: Scenario
    folder: Path
    say: Callable[[str], None]
    environ: dict[str, str]
    runtime: runtime.Runtime
    source: Cluster
    target: Cluster
    passwords: estate.Passwords
    worker: Worker | None = None
    copier: Worker | None = None
    fleet: Server | None = None
    began: dict[str, dict[TopicPartition, int]] = field(default_factory=dict)
    ran: list[CommandResult] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    judgement: Judgement | None = None

    @property
    def servers(self) -> list[Server]:
        """Return every server that must stay alive."""
        workers = [w.server for w in (self.worker, self.copier) if w is not None]
        fleet = [self.fleet] if self.fleet else []
        return [*self.source.servers, *self.target.servers, *workers, *fleet]


def start(
    scenario: Scenario,
    options: Options,
    folder: Path,
    say: Callable[[str], None],
    cleanup: ExitStack,
) -> Rehearsal:
    """Start the clusters, build the estate and write the files; `cleanup` ends everything."""
    environ = dict(os.environ)
    where = runtime.runtime(options.runtime, folder, folder / SECRETS, environ, say)
    cleanup.callback(where.close)
    where.open()
    passwords = estate.make_passwords(scenario, folder / SECRETS)
    versions = (
        options.source_version or scenario.source.kafka,
        options.target_version or scenario.target.kafka,
    )
    kafkas = [where.kafka(version) for version in versions]
    environ |= estate.environment(passwords, scenario)
    brokers = (scenario.source.brokers, scenario.target.brokers)
    source, target = (
        _cluster(side, number, kafka, folder, environ, say, cleanup)
        for side, number, kafka in zip(("source", "target"), brokers, kafkas, strict=True)
    )
    here = Rehearsal(scenario, folder, say, environ, where, source, target, passwords)
    source.wait_ready()
    target.wait_ready()
    estate.grant_source(source, passwords, copied=bool(scenario.clients))
    estate.grant_target(target, passwords)
    here.copier = _started(copier(here), cleanup) if scenario.clients else None
    say("building the estate on the source")
    here.began = estate.populate(scenario, source, passwords, where.client_host)
    if scenario.connectors:
        here.worker = _started(worker(here), cleanup)
        here.worker.wait_ready()
        estate.connect(scenario, here.worker, source, passwords)
    if here.copier:
        here.copier.wait_ready()
    write_files(here)
    if scenario.clients:
        here.fleet = fleet(here, cleanup)
    return here


def claim(folder: Path) -> None:
    """Create the folder, which must be new or empty."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"folder {folder} is not empty", "name a new folder, or an empty one")
    folder.mkdir(parents=True, exist_ok=True)


def discard_data(folder: Path) -> None:
    """Logs stay; the brokers' data goes: it holds what connectors were configured with."""
    for path in (folder / "clusters").glob("*/broker-*/data"):
        shutil.rmtree(path)


def _started(worker: Worker, cleanup: ExitStack) -> Worker:
    worker.start()
    cleanup.callback(worker.stop)
    return worker


def worker(here: Rehearsal, prefix: str = "_") -> Worker:
    """Return the Connect worker of the source's own connectors, not started; `prefix` begins its topics' names."""
    place = here.folder / "clusters" / "connect"
    secrets = here.folder / SECRETS
    return Worker("main", here.source, estate.CONNECT, secrets, place, here.environ, prefix=prefix)


def copier(here: Rehearsal, *, exactly_once: bool = True) -> Worker:
    """Return the Connect worker that copies, on the target, not started."""
    return Worker(
        estate.COPY_WORKER,
        here.target,
        estate.COPY_WORKER,
        here.folder / SECRETS,
        here.folder / "clusters" / "copier",
        here.environ,
        prefix="",
        exactly_once=exactly_once,
        reaches=("source",),
    )


def fleet(here: Rehearsal, cleanup: ExitStack) -> Server:
    """Write every client's configuration file for each side, and start the process of the live clients."""
    folder = here.folder / CLIENTS
    folder.mkdir(exist_ok=True)
    newest = max((here.source.kafka, here.target.kafka), key=lambda one: one.version)
    tools = {"java-producer": "VerifiableProducer", "java-consumer": "VerifiableConsumer"}
    java = {
        kind: newest.tool(
            Program(
                name=kind,
                main=f"{_TOOLS}.{tool}",
                role="connect",
                folder=folder,
                reads=(here.folder / SECRETS,),
            )
        )
        for kind, tool in tools.items()
    }
    clients = [client.model_dump() for client in here.scenario.clients]
    spec = {"base": str(here.folder), "java": java, "clients": clients}
    (folder / "fleet.json").write_text(json.dumps(spec), encoding="utf-8")
    for client in here.scenario.clients:
        for side, cluster, suffix in (
            ("source", here.source, ""),
            ("target", here.target, ".target"),
        ):
            file = folder / f"{client.workload}{suffix}.properties"
            values = _client_file(here, client.workload, client.user, side, cluster)
            file.write_text(javaproperties.dumps(values, timestamp=False), encoding="utf-8")
    switch = here.folder / "switch"
    python = f'exec "{sys.executable}" -m migrate.rehearse.lab.switch {CLIENTS} "$@"\n'
    switch.write_text(f"#!/bin/sh\n{python}")
    switch.chmod(0o755)
    command = [sys.executable, "-m", "migrate.rehearse.lab.fleet", str(folder)]
    server = Process("the live clients", command, folder / "fleet", here.environ)
    cleanup.callback(server.kill)
    return server


def _client_file(
    here: Rehearsal, workload: str, user: str, side: str, cluster: Cluster
) -> dict[str, str]:
    secrets = here.folder / SECRETS / "clients.properties"
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "bootstrap.servers": cluster.bootstrap,
        "client.id": f"{workload}@{side}",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": f"${{file:{secrets}:{user}.mechanism}}",
        "sasl.jaas.config": f'{module} required username="{user}" password="${{file:{secrets}:{user}}}";',
        "config.providers": "file",
        "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
        # read by Java alone; librdkafka's are set in the client
        "isolation.level": "read_committed",
        "enable.idempotence": "true",
        "retries": "2147483647",  # VerifiableProducer's own are 0, which idempotence does not take
    }


def _cluster(  # noqa: PLR0913
    side: str,
    brokers: int,
    kafka: Kafka,
    folder: Path,
    environ: dict[str, str],
    say: Callable[[str], None],
    cleanup: ExitStack,
) -> Cluster:
    say(f"starting the {side}: Kafka {kafka.version}, {count(brokers, 'broker')}")
    secret_file = folder / SECRETS / f"{side}-brokers.properties"
    cluster = Cluster(
        ClusterSpec(side, brokers=brokers, reauth_ms=_SESSION_MS),
        kafka,
        folder / "clusters" / side,
        secret_file,
        environ,
    )
    cleanup.callback(cluster.stop)
    cluster.start()
    return cluster


def write_files(here: Rehearsal, profile: Profile = "apache") -> None:
    """Write kmig.yaml, whose target has this profile, and workloads.yaml."""
    sites: dict[str, dict[str, Any]] = {
        side: {
            "bootstrap_servers": cluster.bootstrap,
            "command_config": f"{SECRETS}/{side}.properties",
            "allow_everyone_if_no_acl_found": False,
            "super_users": ["User:admin", "User:broker"],
        }
        for side, cluster in (("source", here.source), ("target", here.target))
    }
    sites["source"] |= {
        "write_command_config": f"{SECRETS}/source-writer.properties",
        "write_principal": f"User:{estate.WRITER}",
    }
    sites["target"]["profile"] = profile
    config: dict[str, Any] = {
        "version": 1,
        "name": here.scenario.name,
        **sites,
        "connect": [{"name": "main", "source": here.worker.url}] if here.worker else [],
        "sensitivity": list(here.scenario.sensitivity),
    }
    if here.copier:
        config["replication"] = _replication(here, here.copier)
    if here.scenario.policy:
        config["policy"] = here.scenario.policy
    folder = Folder(here.folder)
    folder.write(CONFIG, yaml.safe_dump(config, sort_keys=False))
    folder.write(WORKLOADS, here.scenario.workloads)


def _replication(here: Rehearsal, worker: Worker) -> dict[str, Any]:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    secrets = (here.folder / SECRETS).resolve()

    def login(side: str, cluster: Cluster) -> dict[str, str]:
        password = f"${{file:{secrets / 'copier.properties'}:{side}}}"
        inside = {"bootstrap.servers": cluster.inside}
        return {
            **(inside if cluster.inside != cluster.bootstrap else {}),
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": estate.KMIG_MECHANISM,
            "sasl.jaas.config": f'{module} required username="{estate.COPIER}" password="{password}";',
        }

    return {
        "connect": worker.url,
        "principal": f"User:{estate.COPIER}",
        "worker_group": worker.group,
        "source": login("source", here.source),
        "target": login("target", here.target),
        "overrides": {"tasks.max": "1"},
    }
