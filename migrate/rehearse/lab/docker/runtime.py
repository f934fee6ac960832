"""Runtime `docker`: one rehearsal's networks and containers, all under one label, and what killed ones left behind.

Three networks: one through which this machine reaches published ports, and one for each site, without a way out, on
which its servers meet. A rehearsal holds a lock in its folder while it runs. Containers and networks whose lock is
free were left by a rehearsal that was killed; the next start removes them.
"""

import fcntl
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import NotFound
from docker.models.containers import Container as EngineContainer
from docker.models.networks import Network

from migrate.model.words import count
from migrate.rehearse.lab.disposable.server import ListenAddress, Program, Server
from migrate.rehearse.lab.docker import image
from migrate.rehearse.lab.docker.container import (
    Container,
    RehearsalEngine,
    java,
    mounts,
    this_user,
)
from migrate.rehearse.lab.docker.engine import address, connect, engine_call

LABEL = "kmig.rehearsal"
"""Its value is the folder."""
_LOCK = ".rehearsal.lock"
_SITES = ("source", "target")


@dataclass(frozen=True)
class DockerKafka:
    """`Kafka` of one version in containers of one rehearsal."""

    version: str
    tag: str
    runtime: "DockerRuntime"

    def listen_address(self, host: str) -> ListenAddress:
        """Return every address of the container; other servers know it by its name."""
        return ListenAddress("0.0.0.0", host)

    def launch(self, program: Program) -> Server:
        """Start a container."""
        return Container(self.runtime.containers, self.tag, program)

    def tool(self, program: Program) -> list[str]:
        """Return a command that runs the program in a container on this machine's network, where its clients are."""
        spec = {
            "engine": self.runtime.address,
            "image": self.tag,
            "command": java(program),
            "mounts": list(mounts(program)),
            "labels": dict(self.runtime.containers.labels),
            "user": this_user(),
            "network_mode": "host",
        }
        file = program.folder / f"{program.name}.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        return [sys.executable, "-m", "migrate.rehearse.lab.docker.run", str(file)]


class DockerRuntime:
    """`Runtime` of containers: everything of one rehearsal that the engine keeps."""

    uncounted = "containers"

    def __init__(
        self, folder: Path, private: Path, environ: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        name = f"kmig-{secrets.token_hex(4)}"
        self.address = address(environ)
        self._client = connect(self.address)
        self._environ, self._say = environ, say
        self._locked = ExitStack()
        self._folder = folder
        self.containers = RehearsalEngine(
            self._client, name, {LABEL: str(folder)}, private, _networks(name)
        )

    def open(self) -> None:
        """Remove what killed rehearsals left, and create this rehearsal's networks."""
        lock = self._locked.enter_context((self._folder / _LOCK).open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        self._sweep()
        with engine_call("create the rehearsal's networks"):
            for site, name in self.containers.networks.items():
                self._client.networks.create(
                    name, driver="bridge", internal=bool(site), labels=dict(self.containers.labels)
                )

    @property
    def client_host(self) -> str:
        """Return the gateway of the clients' network: brokers see this machine's clients come from it."""
        with engine_call("inspect the clients' network"):
            pools = self.containers.network("").attrs["IPAM"]["Config"]
        return str(pools[0]["Gateway"])

    def kafka(self, version: str) -> DockerKafka:
        """Return Kafka of one version; build its image if the engine lacks it."""
        return DockerKafka(
            version, image.ensure(self._client, version, self._environ, self._say), self
        )

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Yield what anybody with access to the engine sees of the containers: settings and argument lists."""
        with engine_call("inspect a rehearsal's containers"):
            for container in self._containers(str(self._folder)):
                yield f"docker inspect {container.name}", json.dumps(container.attrs).encode()
                if container.status == "running":
                    top = json.dumps(container.top(), ensure_ascii=False)
                    yield f"docker top {container.name}", top.encode()

    def close(self) -> None:
        """Remove this rehearsal's containers and networks, those of its tools included."""
        self._remove(str(self._folder))
        (self._folder / _LOCK).unlink(missing_ok=True)
        self._locked.close()
        self._client.close()

    def _sweep(self) -> None:
        """Remove what bears the label and belongs to a rehearsal that no longer runs."""
        with engine_call("list what earlier rehearsals left"):
            left = [*self._containers(), *self._networks()]
        abandoned = {f for f in (_folder(one.attrs) for one in left) if not _held(Path(f))}
        for folder in sorted(abandoned):
            removed = self._remove(folder)
            self._say(f"removed {removed}: left by a rehearsal that was killed, in {folder}")

    def _remove(self, folder: str) -> str:
        with engine_call("remove a rehearsal's containers and networks"):
            containers = self._containers(folder)
            for container in containers:
                with suppress(NotFound):
                    container.remove(force=True, v=True)
            networks = self._networks(folder)
            for network in networks:
                with suppress(NotFound):
                    network.remove()
        return f"{count(len(containers), 'container')} and {count(len(networks), 'network')}"

    def _containers(self, folder: str = "") -> list[EngineContainer]:
        """Return the containers of one rehearsal, or of all."""
        return self._client.containers.list(
            all=True, ignore_removed=True, filters={"label": _label(folder)}
        )

    def _networks(self, folder: str = "") -> list[Network]:
        return self._client.networks.list(filters={"label": _label(folder)})


def _networks(name: str) -> dict[str, str]:
    return {"": f"{name}-clients", **{site: f"{name}-{site}" for site in _SITES}}


def _label(folder: str) -> str:
    return f"{LABEL}={folder}" if folder else LABEL


def _folder(attributes: Mapping[str, Any]) -> str:
    """Return the folder in the label of a container or a network."""
    labels = attributes.get("Config", attributes)["Labels"]
    return str(labels[LABEL])


def _held(folder: Path) -> bool:
    """Return whether a running rehearsal holds the folder's lock; one of another user counts as running."""
    try:
        with (folder / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except (BlockingIOError, PermissionError):
        return True
    return False
