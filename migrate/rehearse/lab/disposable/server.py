"""What a disposable cluster is made of: programs of Kafka, the servers they become, and who runs them.

`lab.local` runs them as processes on this machine's Java, `lab.docker` in containers. What they are told
(`server_properties`, `worker`) is the same but for their addresses, which `Place` says.
"""

import re
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from migrate.errors import StepFailed, UsageError

SECRET_VARIABLES = "REHEARSAL_"
"""Environment variables that connectors may refer to begin so."""

_TROUBLE = re.compile(r"(\] (ERROR|FATAL) |^Caused by: |^Exception |^Error)")
_CONTAINERS = "kmig rehearse --runtime docker"
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Place:
    """Where a program's listeners are: the address they bind to, and the name that other servers know it by.

    Without such a name, everybody reaches it on loopback. Clients of this machine always do.
    """

    bind: str
    inside: str = ""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One of Kafka's programs, and all that it may touch.

    `folder` is its own, for logs and data; `reads` are files and folders besides; `ports` are published on loopback;
    `host` is what others call it, `sites` on whose networks they meet.
    """

    name: str
    main: str
    folder: Path
    arguments: tuple[str, ...] = ()
    role: Literal["broker", "connect"] = "broker"
    heap: str = "128m"
    host: str = ""
    sites: tuple[str, ...] = ()
    reads: tuple[Path, ...] = ()
    ports: tuple[int, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    dump: bool = False


class Server(ABC):
    """A program under way. Its output is in `folder/out.log`; its own log is `folder/server.log`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """How it ended, a signal as its negative number; None while it runs."""

    @abstractmethod
    def terminate(self) -> None:
        """Ask it to end."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once, and leave nothing of it but its folder."""

    @abstractmethod
    def pause(self) -> None:
        """Freeze it: its connections stay, and nobody answers on them."""

    @abstractmethod
    def resume(self) -> None:
        """Let it go on."""

    def cut(self, site: str) -> None:
        """Take it off a site's network, as containers can be: its connections there are dead, and nobody is told."""
        raise UsageError(f"{self.name} cannot be cut off {site} on this machine", _CONTAINERS)

    def mend(self, site: str) -> None:
        """Put it back."""
        raise UsageError(f"{self.name} was not cut off {site}", _CONTAINERS)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.exit_code is None

    def require_alive(self) -> None:
        """Raise `StepFailed`, quoting its last words, when it has ended."""
        code = self.exit_code
        if code is not None:
            raise StepFailed(
                [f"{self.name} ended with {_ending(code)}", *self._last_words()],
                f"its logs are in {self.folder}",
            )

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Ask until `ready`; a dead server or the end of the time raises `StepFailed`."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise StepFailed(
                    [f"{self.name}: {what} not seen in {seconds:.0f} s", *self._last_words()],
                    f"its logs are in {self.folder}",
                )
            time.sleep(_POLL_SECONDS)

    def join(self, seconds: float) -> bool:
        """Wait for its end; False when it still runs."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _last_words(self) -> list[str]:
        lines: list[str] = []
        for log in (self.folder / "server.log", self.folder / "out.log"):
            if log.exists():
                lines += log.read_text(errors="replace").splitlines()[-400:]
        telling = list(dict.fromkeys(line for line in lines if _TROUBLE.search(line))) or lines[-5:]
        # the cause comes first, and what gave up last
        quoted = telling if len(telling) <= 5 else [*telling[:3], *telling[-2:]]
        return [f"  | {line[:300]}" for line in quoted]


class Kafka(Protocol):
    """Kafka of one version, somewhere where it can run."""

    @property
    def version(self) -> str:
        """As `3.9.1`."""

    def place(self, host: str) -> Place:
        """Where a program that others call `host` listens."""

    def launch(self, program: Program) -> Server:
        """Start it. Whatever happens to this process, it does not outlive the next rehearsal's start."""

    def tool(self, program: Program) -> list[str]:
        """The command line, on this machine, that runs it to its end; more arguments may follow."""


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
