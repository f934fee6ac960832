"""Where a rehearsal's clusters run: on this machine's Java, or in containers."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol

from migrate.rehearse.lab.disposable.server import Kafka
from migrate.rehearse.lab.local.runtime import Local

Name = Literal["local", "docker"]


class Runtime(Protocol):
    """`open` it, use `kafka`, `close` it."""

    uncounted: str
    """What its servers' memory is called where it is not in kmig's own; nothing where it is."""

    @property
    def client_host(self) -> str:
        """The address from which brokers see this machine's clients."""

    def open(self) -> None:
        """Make ready what servers need; remove what a killed rehearsal left."""

    def kafka(self, version: str) -> Kafka:
        """Kafka of one version, fetched or built if it is missing."""

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """What onlookers see of the servers: where, and the bytes."""

    def close(self) -> None:
        """Leave nothing behind."""


def runtime(
    name: Name, folder: Path, private: Path, environ: Mapping[str, str], say: Callable[[str], None]
) -> Runtime:
    """The runtime of that name for a rehearsal in `folder`; `private` is for secrets."""
    if name == "local":
        return Local(environ, say)
    from migrate.rehearse.lab.docker.runtime import Docker

    return Docker(folder, private, environ, say)
