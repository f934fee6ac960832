"""Play a scenario: start two real clusters, build the estate, type the commands, judge, leave the folder behind."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import javaproperties
import yaml

from migrate.adapters.clock import SystemClock
from migrate.adapters.command import Ran, kmig
from migrate.adapters.local import archives, home, tools
from migrate.adapters.local.broker import Cluster, ClusterSpec
from migrate.adapters.local.home import Home
from migrate.adapters.local.worker import Worker
from migrate.adapters.watch import Watch
from migrate.documents.store import CONFIG, WORKLOADS, Folder
from migrate.errors import Interrupted, KmigError, Refused
from migrate.model import permissions
from migrate.model.check import Check, Verdict, worst
from migrate.model.words import count
from migrate.rehearse import estate, judge, probe
from migrate.rehearse.scenario import Played, Scenario, load
from migrate.render import tables

_SECRETS = "secrets"
_GIB = 1024**3


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    scenario: str
    folder: Path | None
    source_version: str | None
    target_version: str | None
    hold: bool
    runtime: Literal["local"]


@dataclass
class Rehearsal:
    """One rehearsal under way."""

    scenario: Scenario
    folder: Path
    say: Callable[[str], None]
    environ: dict[str, str]
    source: Cluster
    target: Cluster
    worker: Worker | None
    passwords: estate.Passwords
    ran: list[Ran] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def play(options: Options, say: Callable[[str], None], show: Callable[[str], None]) -> None:
    """Play it; raises when a command ended otherwise than the scenario says, or the judge says no."""
    scenario = load(options.scenario)
    folder = _folder(options.folder, scenario.name)
    watch = Watch().start()
    began = time.monotonic()
    cleanup = ExitStack()
    try:
        here = start(scenario, options, folder, say, cleanup)
        _type(here, scenario.commands)
        here.checks.append(probe.rights(scenario, here.source, here.target, here.passwords))
        if options.hold:
            _hold(here)
    finally:
        cleanup.close()
        _discard_data(folder)
    _type(here, scenario.afterwards)
    watch.stop()
    here.checks.append(_secrets(here, watch))
    _summary(here, watch, time.monotonic() - began, show)


def start(
    scenario: Scenario,
    options: Options,
    folder: Path,
    say: Callable[[str], None],
    cleanup: ExitStack,
) -> Rehearsal:
    """Clusters up, the estate built, kmig.yaml and workloads.yaml written; `cleanup` ends it all."""
    environ = dict(os.environ)
    passwords = estate.make_passwords(scenario, folder / _SECRETS)
    versions = (
        options.source_version or scenario.source.kafka,
        options.target_version or scenario.target.kafka,
    )
    homes = _homes(versions, environ, say)
    environ |= estate.environment(passwords, scenario)
    shapes = (("source", scenario.source), ("target", scenario.target))
    source, target = (
        _cluster(side, shape.brokers, kafka, folder, environ, say, cleanup)
        for (side, shape), kafka in zip(shapes, homes, strict=True)
    )
    for cluster, grants in ((source, permissions.SOURCE), (target, permissions.TARGET)):
        cluster.wait_ready()
        password = passwords.by_name[f"{estate.KMIG}-{cluster.spec.name}"]
        estate.grant_kmig(cluster, password, grants)
    say("building the estate on source")
    estate.populate(scenario, source, passwords)
    worker = None
    if scenario.connectors:
        place = folder / "clusters" / "connect"
        secrets = folder / _SECRETS
        worker = Worker("main", homes[0], source.bootstrap, estate.CONNECT, secrets, place, environ)
        worker.start()
        cleanup.callback(worker.stop)
        worker.wait_ready()
        estate.connect(scenario, worker, source, passwords)
    here = Rehearsal(scenario, folder, say, environ, source, target, worker, passwords)
    _write_files(here)
    return here


def _homes(
    versions: tuple[str, str], environ: dict[str, str], say: Callable[[str], None]
) -> list[Home]:
    found = tools.find(environ)
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"
    homes = [home.fetch(version, cache, found, say) for version in versions]
    for one in homes:
        archives.ensure(one, environ, say)
    return homes


def _cluster(  # noqa: PLR0913
    side: str,
    brokers: int,
    kafka: Home,
    folder: Path,
    environ: dict[str, str],
    say: Callable[[str], None],
    cleanup: ExitStack,
) -> Cluster:
    say(f"starting {side}: Kafka {kafka.version}, {count(brokers, 'broker')}")
    secret_file = folder / _SECRETS / f"{side}-brokers.properties"
    cluster = Cluster(
        ClusterSpec(side, brokers), kafka, folder / "clusters" / side, secret_file, environ
    )
    cleanup.callback(cluster.stop)
    cluster.start()
    return cluster


def _write_files(here: Rehearsal) -> None:
    sites = {
        side: {
            "bootstrap_servers": cluster.bootstrap,
            "command_config": f"{_SECRETS}/{side}.properties",
            "allow_everyone_if_no_acl_found": False,
            "super_users": ["User:admin", "User:broker"],
        }
        for side, cluster in (("source", here.source), ("target", here.target))
    }
    config = {
        "version": 1,
        "name": here.scenario.name,
        **sites,
        "connect": [{"name": "main", "source": here.worker.url}] if here.worker else [],
        "sensitivity": list(here.scenario.sensitivity),
    }
    folder = Folder(here.folder)
    folder.write(CONFIG, yaml.safe_dump(config, sort_keys=False))
    folder.write(WORKLOADS, here.scenario.workloads)


def _type(here: Rehearsal, commands: tuple[Played, ...]) -> None:
    """Type each command; one that ends otherwise than expected ends the rehearsal."""
    for played in commands:
        ran = kmig(played.run.split(), here.folder, here.environ)
        here.ran.append(ran)
        with (here.folder / "transcript.txt").open("a", encoding="utf-8") as transcript:
            transcript.write(f"$ {ran.line}\n{ran.err}{ran.out}exit {ran.code}\n\n")
        here.say(f"  {ran.line:30} exit {ran.code}  {ran.seconds:4.1f} s")
        said = ran.out + ran.err
        lacking = [text for text in played.expect if text not in said]
        if ran.code != played.exit or lacking:
            wanted = f"exit {played.exit}" + (f" and `{lacking[0]}`" if lacking else "")
            raise KmigError(
                f"`{ran.line}` ended with exit {ran.code}; the scenario wants {wanted}\n{said}",
                f"folder: {here.folder}",
            )


def _hold(here: Rehearsal) -> None:
    here.say(
        f"source  {here.source.bootstrap}  --command-config {here.folder}/{_SECRETS}/source.properties"
    )
    here.say(
        f"target  {here.target.bootstrap}  --command-config {here.folder}/{_SECRETS}/target.properties"
    )
    servers = [*here.source.servers, *here.target.servers]
    if here.worker:
        here.say(f"connect {here.worker.url}")
        servers.append(here.worker.server)
    here.say(f"kmig -C {here.folder} …; the clusters stay until Control-C")
    try:
        while True:
            for server in servers:
                server.require_alive()
            SystemClock().sleep(0.5)
    except Interrupted:
        here.say("ending the clusters")


def _discard_data(folder: Path) -> None:
    """Logs stay; the brokers' data goes: it holds what connectors were configured with."""
    for path in (folder / "clusters").glob("*/broker-*/data"):
        shutil.rmtree(path)


def _secrets(here: Rehearsal, watch: Watch) -> Check:
    def places() -> Iterator[tuple[str, bytes]]:
        for path in sorted(here.folder.rglob("*")):
            if path.is_file() and here.folder / _SECRETS not in path.parents:
                yield str(path.relative_to(here.folder)), path.read_bytes()
        for ran in here.ran:
            yield f"the output of {ran.line}", (ran.out + ran.err).encode()
        for line in watch.argument_lists:
            yield "an argument list", line

    secrets = dict(here.passwords.by_name)
    for cluster in (here.source, here.target):
        found = javaproperties.loads(cluster.secret_file.read_text())
        secrets |= {f"{cluster.spec.name} {name}": value for name, value in found.items()}
    return judge.secret_search(secrets, places())


def _summary(here: Rehearsal, watch: Watch, seconds: float, show: Callable[[str], None]) -> None:
    show(f"{here.scenario.name}: {here.scenario.about.strip()}\n")
    for ran in here.ran:
        if ran.line.split()[1] in ("inventory", "plan", "verify", "status") and ran.code == 0:
            last = {r.line: r for r in here.ran}[ran.line]
            if last is ran:
                show(f"$ {ran.line}\n{ran.out}")
    rows = [
        (check.name, check.verdict.value, line) for check in here.checks for line in check.evidence
    ]
    show(tables.table(rows, ("judge", "verdict", "evidence")))
    memory = f"{watch.peak_bytes / _GIB:.2f} GiB in {watch.peak_processes} processes"
    show(f"{len(here.ran)} commands as expected; {seconds:.0f} s; peak memory {memory}")
    verdict = worst(check.verdict for check in here.checks)
    show(f"verdict: {verdict.value}")
    show(f"folder: {here.folder}")
    if verdict is not Verdict.PASS:
        raise KmigError("the judge says no")


def _folder(wanted: Path | None, name: str) -> Path:
    stamp = f"{SystemClock().now():%Y%m%d-%H%M%S}"
    folder = (wanted or Path("rehearsals") / f"{name}-{stamp}").absolute()
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty", "name a new one with --folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
