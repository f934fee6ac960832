"""Start the clusters of compose/rehearsal.yaml, to be used by hand: `python -m migrate.rehearse.compose FOLDER`.

Writes FOLDER (settings from the functions that rehearsals use, made-up secrets, compose.env, kmig.yaml), lets Compose
start the containers, and makes kmig's, the workers' and the copier's users with exactly the documented ACLs.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.documents.config import Profile
from migrate.errors import KmigError, UsageError
from migrate.folder import Folder
from migrate.rehearse import estate, setup
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.server_properties import LISTENERS
from migrate.rehearse.lab.docker import compose
from migrate.rehearse.lab.docker.compose import Compose
from migrate.rehearse.lab.docker.container import this_user
from migrate.rehearse.scenario import ClusterShape, Scenario
from migrate.render.plain import joined

_SOURCE, _TARGET, _AUTOMQ = "3.9.1", "4.3.1", "automq"
_PROFILES: Mapping[str, Profile] = {"apache": "apache", _AUTOMQ: "automq-oss"}
_BUCKET = "@s3://automq-{}?region=us-east-1&endpoint=http://store:9000&pathStyle=true"
AUTOMQ = (
    ("elasticstream.enable", "true"),
    ("s3.data.buckets", "0" + _BUCKET.format("data")),
    ("s3.ops.buckets", "1" + _BUCKET.format("ops")),
    ("s3.wal.path", "0" + _BUCKET.format("data")),
)
"""Settings that AutoMQ needs beside Kafka's."""


@dataclass(frozen=True)
class ComposeClusters:
    """The clusters that Compose runs, before and after they are up."""

    here: setup.Rehearsal
    automq: bool

    @property
    def files(self) -> tuple[str, ...]:
        """Compose's files, in order."""
        return ("rehearsal.yaml", "automq.yaml") if self.automq else ("rehearsal.yaml",)

    def variables(self, images: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of Compose's files: images, cluster ids, ports, folder and user."""
        here, variables = self.here, dict(images)
        for side, cluster in (("SOURCE", here.source), ("TARGET", here.target)):
            variables[f"KMIG_{side}_ID"] = cluster.cluster_id
            ports = zip(LISTENERS, cluster.ports_of(1), strict=True)
            variables |= {f"KMIG_{side}_{name}": str(port) for name, port in ports}
        workers = {"SOURCE": here.worker, "TARGET": here.copier}
        variables |= {f"KMIG_CONNECT_{side}": str(w.port) for side, w in workers.items() if w}
        return {"KMIG_FOLDER": str(here.folder), "KMIG_USER": this_user(), **variables}


def write(
    folder: Path, environ: dict[str, str], say: Callable[[str], None], target: str
) -> ComposeClusters:
    """Write what the containers mount, and kmig.yaml for two empty clusters."""
    setup.claim(folder)
    scenario = Scenario(
        name=folder.name,
        about="two empty clusters",
        source=ClusterShape(kafka=_SOURCE, brokers=1),
        target=ClusterShape(kafka=_TARGET, brokers=1),
        sensitivity=("internal",),
        topics=(),
        users=(),
        acls=(),
        commands=(),
        workloads="workloads: []\n",
    )
    secrets = folder / setup.SECRETS
    passwords = estate.make_passwords(scenario, secrets)
    automq = target == _AUTOMQ
    runtime = Compose()
    kafkas = runtime.kafka(_SOURCE), runtime.kafka(_SOURCE if automq else _TARGET)
    source, target_cluster = (
        Cluster(
            ClusterSpec(name=side, extra=AUTOMQ if automq and side == "target" else ()),
            kafka,
            folder / "clusters" / side,
            secrets / f"{side}-brokers.properties",
            environ,
        )
        for side, kafka in zip(("source", "target"), kafkas, strict=True)
    )
    here = setup.Rehearsal(
        scenario, folder, say, environ, runtime, source, target_cluster, passwords
    )
    here.worker = setup.worker(here, prefix="")
    here.copier = setup.copier(here)
    if automq:
        passwords.write_plain("store-user", passwords.make("store-user", ""))
        passwords.write_plain("store-password", passwords.make("store-password", ""))
    for server in (source, target_cluster, here.worker, here.copier):
        server.write()
    setup.write_files(here, _PROFILES[target])
    return ComposeClusters(here, automq)


def up(trial: ComposeClusters) -> None:
    """Start the containers, make the users with their ACLs, and wait until every server answers."""
    here = trial.here
    versions = {"SOURCE": _SOURCE, "TARGET": _TARGET, "COPIER": _TARGET}
    images = compose.images(versions, here.environ, here.say)
    Folder(here.folder).write("compose.env", compose.env_file(trial.variables(images)))
    here.say("starting the containers")
    compose.up(here.folder, trial.files, here.environ)
    for cluster in (here.source, here.target):
        cluster.servers.append(cluster.launch(1))
        cluster.wait_ready()
    here.say("making users and their ACLs; the workers come up with them")
    estate.grant_source(here.source, here.passwords)
    estate.grant_worker(here.source, here.passwords)
    estate.grant_target(here.target, here.passwords)
    for worker in (here.worker, here.copier):
        if worker:
            worker.start()
            worker.wait_ready()


def main(arguments: list[str]) -> None:
    """Write the files, start the clusters, and print how to use and end them."""
    if len(arguments) not in (1, 2) or not {*arguments[1:]} <= _PROFILES.keys():
        raise UsageError(
            f"wrong arguments for migrate.rehearse.compose: {' '.join(arguments) or 'none'}",
            "run python -m migrate.rehearse.compose FOLDER [apache|automq]",
        )
    folder, target = Path(arguments[0]).absolute(), (*arguments, "apache")[1]

    def say(text: str) -> None:
        sys.stderr.write(joined([text]))

    trial = write(folder, dict(os.environ), say, target)
    up(trial)
    down = " ".join(compose.command(folder, trial.files, "down", "-v"))
    sys.stdout.write(f"next: kmig -C {folder} inventory\nto end: {down}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KmigError as error:
        sys.exit(joined([f"error: {error.message}", f"hint: {error.hint}"]).rstrip())
