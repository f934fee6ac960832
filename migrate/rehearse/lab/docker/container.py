"""A server as a container: its program's folders at their own paths, this user, ports on loopback."""

import os
import re
import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container as EngineContainer
from docker.types import Mount

from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import SECRET_VARIABLES, Program, Server
from migrate.rehearse.lab.docker.engine import engine_call

_START = """\
echo "what it prints is in $1"; exec >>"$1" 2>&1
if [ -n "$2" ]; then set -a; . "$2"; set +a; fi
shift 2; exec "$@"
"""
"""Arguments: the file for its output, a file with its variables or nothing, the command."""
_SECOND_NS = 1_000_000_000
_SIGNALLED = 128


@dataclass(frozen=True)
class RehearsalEngine:
    """The Docker engine, with name prefix, labels, private folder and networks of one rehearsal's containers."""

    client: DockerClient
    name: str
    labels: Mapping[str, str]
    private: Path
    networks: Mapping[str, str]

    def network(self, site: str) -> Any:
        """Return the network on which a site's servers meet; `""` is the one through which this machine connects."""
        return self.client.networks.get(self.networks[site])


def java(program: Program) -> list[str]:
    """Return the command within the image."""
    options = [f"-Xmx{program.heap}", f"-Dkafka.logs.dir={program.folder}"]
    return ["java", *options, "@/opt/kafka/java.args", program.main, *program.arguments]


def mounts(program: Program) -> list[Mount]:
    """Return mounts of the program's folder, and of what it reads, each at the path that it has on this machine."""
    own = Mount(str(program.folder), str(program.folder), type="bind")
    reads = [Mount(str(p), str(p), type="bind", read_only=True) for p in program.reads]
    return [own, *reads]


def this_user() -> str:
    """Return the user and group that own what a container writes into its folder."""
    return f"{os.getuid()}:{os.getgid()}"


class Container(Server):
    """One running container. A container that was removed counts as ended by SIGKILL."""

    def __init__(self, engine: RehearsalEngine, image: str, program: Program) -> None:
        super().__init__(program.name, program.folder)
        self._engine = engine
        self._host = program.host
        program.folder.mkdir(parents=True, exist_ok=True)
        self._gone = False
        with engine_call(f"start {program.name}"):
            self._running = self._create(image, program)
            # the name is known on these alone: with a host name, it would be on the clients' network too
            for site in program.sites:
                engine.network(site).connect(self._running, aliases=[program.host])
            self._running.start()

    def _create(self, image: str, program: Program) -> EngineContainer:
        output = str(program.folder / "out.log")
        start = ["bash", "-c", _START, "kmig", output, self._variables(program), *java(program)]
        slug = re.sub(r"[^a-z0-9]+", "-", program.name.lower())
        return self._engine.client.containers.create(
            image,
            start,
            name=f"{self._engine.name}-{slug}",
            labels=dict(self._engine.labels),
            user=this_user(),
            mounts=mounts(program),
            network=self._engine.networks[""],
            ports={f"{port}/tcp": (HOST, port) for port in program.ports},
            healthcheck=_health(program.ports),
        )

    def _variables(self, program: Program) -> str:
        """Return a private file with the secrets that connectors read from the environment; none for brokers."""
        if program.role != "connect":
            return ""
        file = self._engine.private / f"{program.host}.env"
        file.touch(mode=0o600)
        secret = {k: v for k, v in program.environ.items() if k.startswith(SECRET_VARIABLES)}
        file.write_text("".join(f"{k}={shlex.quote(v)}\n" for k, v in secret.items()))
        return str(file)

    @property
    def exit_code(self) -> int | None:
        """Return how the container's program ended."""
        if self._gone:
            return -signal.SIGKILL
        with engine_call(f"inspect {self.name}"):
            try:
                self._running.reload()
            except NotFound:
                return -signal.SIGKILL
        state = self._running.attrs["State"]
        if state["Status"] in ("created", "running", "paused", "restarting"):
            return None
        code = int(state["ExitCode"])
        return _SIGNALLED - code if code > _SIGNALLED else code

    def terminate(self) -> None:
        """Send SIGTERM."""
        with engine_call(f"stop {self.name}"):
            self._running.kill("SIGTERM")

    def kill(self) -> None:
        """Kill the program and remove its container."""
        self._gone = True
        with engine_call(f"remove {self.name}"):
            try:
                self._running.remove(force=True, v=True)
            except NotFound:
                return

    def pause(self) -> None:
        """Freeze the container's control group."""
        with engine_call(f"pause {self.name}"):
            self._running.pause()

    def resume(self) -> None:
        """Let the container's control group go on."""
        with engine_call(f"resume {self.name}"):
            self._running.unpause()

    def cut(self, site: str) -> None:
        """Take the container off a site's network; its other networks and published ports stay."""
        with engine_call(f"cut {self.name} off {site}"):
            self._engine.network(site).disconnect(self._running)

    def mend(self, site: str) -> None:
        """Put the container back on a site's network."""
        with engine_call(f"connect {self.name} to {site}"):
            self._engine.network(site).connect(self._running, aliases=[self._host])


def _health(ports: tuple[int, ...]) -> dict[str, Any] | None:
    """Return a health check for people who look with `docker ps`; kmig waits for an authenticated answer instead."""
    if not ports:
        return None
    connects = f"exec 3<>/dev/tcp/127.0.0.1/{ports[0]}"
    return {"test": ["CMD", "bash", "-c", connects], "interval": 5 * _SECOND_NS, "retries": 12}
