"""Clusters that Docker Compose runs from compose/*.yaml: kmig writes their settings, and waits for their servers."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import CannotTell, StepFailed, UsageError
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import ListenAddress, Program, Server
from migrate.rehearse.lab.docker import image
from migrate.rehearse.lab.docker.engine import address, connect

_LONGEST_SECONDS = 600


class ComposeServer(Server):
    """A server that Docker Compose runs: kmig waits for it, and neither stops nor pauses it."""

    @property
    def exit_code(self) -> int | None:
        """Return None: how it ended is unknown, so it counts as running."""
        return None

    def terminate(self) -> None:
        """Raise `UsageError`."""
        raise UsageError(
            f"server {self.name} is run by Docker Compose: kmig does not stop or pause it",
            "use docker compose",
        )

    kill = pause = resume = terminate


@dataclass(frozen=True)
class ComposeKafka:
    """`Kafka` of one version, as services of Docker Compose."""

    version: str

    def listen_address(self, host: str) -> ListenAddress:
        """Return every address of the container; other servers know it by its name."""
        return ListenAddress("0.0.0.0", host)

    def launch(self, program: Program) -> Server:
        """Return the server, which Compose starts."""
        return ComposeServer(program.name, program.folder)

    def tool(self, program: Program) -> list[str]:
        """Raise `UsageError`: no tool runs beside Compose's services."""
        raise UsageError(
            f"tool {program.name} cannot run: the clusters are services of Docker Compose",
            "run it in a container of the service: docker compose exec",
        )


class Compose:
    """`Runtime` whose containers Docker Compose starts and stops."""

    client_host = HOST
    uncounted = "containers"

    def open(self) -> None:
        """Do nothing."""

    def kafka(self, version: str) -> ComposeKafka:
        """Return Kafka of one version."""
        return ComposeKafka(version)

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Return nothing: no rehearsal is judged."""
        return iter(())

    def close(self) -> None:
        """Do nothing."""


def images(
    versions: Mapping[str, str], environ: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Return the variables that name images; build those that the engine lacks."""
    with closing(connect(address(environ))) as client:
        return {
            f"KMIG_{name}_IMAGE": image.ensure(client, version, environ, say)
            for name, version in versions.items()
        }


def env_file(variables: Mapping[str, str]) -> str:
    """Return the text of a file for `--env-file`, whose values are taken literally."""
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def command(folder: Path, files: Sequence[str], *arguments: str) -> list[str]:
    """Return Compose's command line for the clusters in `folder`: Docker's plugin, else docker-compose."""
    plugin = shutil.which("docker")
    tool = ["docker", "compose"] if plugin and _answers([plugin, "compose"]) else ["docker-compose"]
    if not shutil.which(tool[0]):
        raise CannotTell(
            "Docker Compose is not installed",
            "apt-get install docker-compose, or install Docker's compose plugin",
        )
    named = [part for file in files for part in ("-f", str(image.compose_folder() / file))]
    return [*tool, "-p", folder.name, "--env-file", str(folder / "compose.env"), *named, *arguments]


def up(folder: Path, files: Sequence[str], environ: Mapping[str, str]) -> None:
    """Start every service; raise `StepFailed` with Compose's last lines when it fails."""
    line = command(folder, files, "up", "-d")
    ran = subprocess.run(
        line,
        env={**environ, "DOCKER_HOST": address(environ)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_SECONDS,
    )
    if ran.returncode:
        last = (f"  | {text}" for text in ran.stderr.strip().splitlines()[-5:])
        raise StepFailed(
            [f"Docker Compose ended with exit code {ran.returncode}:", *last],
            f"rerun it to see all of its output: {shlex.join(line)}",
        )


def _answers(tool: Sequence[str]) -> bool:
    return not subprocess.run([*tool, "version"], capture_output=True, check=False).returncode
