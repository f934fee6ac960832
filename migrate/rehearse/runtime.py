"""Where a rehearsal's clusters run: on this machine's Java, or in containers."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol

from migrate.rehearse.lab.disposable.server import Kafka
from migrate.rehearse.lab.local.runtime import LocalRuntime

Name = Literal["local", "docker"]


class Runtime(Protocol):
    """A place where clusters can run. `open` it, use `kafka`, `close` it."""

    uncounted: str
    """Servers whose memory is not counted with kmig's processes, such as `containers`; empty when all is counted."""

    @property
    def client_host(self) -> str:
        """Return the address from which brokers see this machine's clients."""

    def open(self) -> None:
        """Prepare what servers need; remove what a killed rehearsal left."""

    def kafka(self, version: str) -> Kafka:
        """Return Kafka of one version; fetch or build it if it is missing."""

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Yield what other users of the machine see of the servers: the place, and the bytes."""

    def close(self) -> None:
        """Remove everything but the rehearsal's folder."""


def runtime(
    name: Name, folder: Path, private: Path, environ: Mapping[str, str], say: Callable[[str], None]
) -> Runtime:
    """Return the runtime of that name for a rehearsal in `folder`; `private` is for secrets."""
    if name == "local":
        return LocalRuntime(environ, say)
    from migrate.rehearse.lab.docker.runtime import DockerRuntime

    return DockerRuntime(folder, private, environ, say)
