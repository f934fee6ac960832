"""Clusters that Compose starts from compose/*.yaml; their settings are written here, their servers only asked."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import CannotTell, StepFailed, UsageError
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import Place, Program, Server
from migrate.rehearse.lab.docker import image
from migrate.rehearse.lab.docker.engine import address, connect

_LONGEST_SECONDS = 600


class Foreign(Server):
    """A server that Compose started: waited for, and never touched."""

    @property
    def exit_code(self) -> int | None:
        """Unknown, so it counts as running."""
        return None

    def terminate(self) -> None:
        """Refused."""
        raise UsageError(f"{self.name} is Compose's", "use docker compose")

    kill = pause = resume = terminate


@dataclass(frozen=True)
class Composed:
    """`Kafka` of one version as a service."""

    version: str

    def place(self, host: str) -> Place:
        """Every address of its container; others know it by its name."""
        return Place("0.0.0.0", host)

    def launch(self, program: Program) -> Server:
        """Compose starts it."""
        return Foreign(program.name, program.folder)

    def tool(self, program: Program) -> list[str]:
        """There is none."""
        raise UsageError(f"{program.name} is not run beside Compose")


class Compose:
    """A `Runtime` whose containers come and go by Compose's hand."""

    client_host = HOST
    uncounted = "containers"

    def open(self) -> None:
        """Nothing to do."""

    def kafka(self, version: str) -> Composed:
        """Kafka of one version."""
        return Composed(version)

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Nothing is judged."""
        return iter(())

    def close(self) -> None:
        """Nothing to do."""


def images(
    versions: Mapping[str, str], environ: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """The variables that name images, built if the engine lacks them."""
    with closing(connect(address(environ))) as client:
        return {
            f"KMIG_{name}_IMAGE": image.ensure(client, version, environ, say)
            for name, version in versions.items()
        }


def env_file(variables: Mapping[str, str]) -> str:
    """For `--env-file`, whose values are taken as they stand."""
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def command(folder: Path, files: Sequence[str], *arguments: str) -> list[str]:
    """Compose's command line for the trial in `folder`: the plugin of Docker, else docker-compose."""
    plugin = shutil.which("docker")
    tool = ["docker", "compose"] if plugin and _answers([plugin, "compose"]) else ["docker-compose"]
    if not shutil.which(tool[0]):
        raise CannotTell(
            "Compose is not installed", "apt-get install docker-compose, or Docker's compose plugin"
        )
    named = [part for file in files for part in ("-f", str(image.compose_folder() / file))]
    return [*tool, "-p", folder.name, "--env-file", str(folder / "compose.env"), *named, *arguments]


def up(folder: Path, files: Sequence[str], environ: Mapping[str, str]) -> None:
    """Start every service; what Compose says is quoted when it fails."""
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
            [f"Compose ended with {ran.returncode}:", *last], f"it was: {shlex.join(line)}"
        )


def _answers(tool: Sequence[str]) -> bool:
    return not subprocess.run([*tool, "version"], capture_output=True, check=False).returncode
