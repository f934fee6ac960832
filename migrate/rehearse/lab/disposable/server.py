"""Interfaces of a disposable cluster: a program of Kafka, the server that runs it, and Kafka of one version.

`lab.local` runs programs as processes on this machine's Java, `lab.docker` in containers. Their settings
(`server_properties`, `worker`) are the same but for their addresses, which a `ListenAddress` holds.
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
_CONTAINERS = "run kmig rehearse with --runtime docker"
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class ListenAddress:
    """Where a program's listeners are: the address they bind to, and the name that other servers know it by.

    Without such a name, everybody reaches it on loopback. Clients of this machine always do.
    """

    bind: str
    inside: str = ""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One of Kafka's programs, and all that it may read, write and listen on.

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
    """A program that runs. Its output is in `folder/out.log`; its own log is `folder/server.log`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """Return how the program ended, a signal as its negative number; None while it runs."""

    @abstractmethod
    def terminate(self) -> None:
        """Send SIGTERM."""

    @abstractmethod
    def kill(self) -> None:
        """End the program at once, and leave nothing of it but its folder."""

    @abstractmethod
    def pause(self) -> None:
        """Freeze the program: its connections stay open, and get no answer."""

    @abstractmethod
    def resume(self) -> None:
        """Let a frozen program go on."""

    def cut(self, site: str) -> None:
        """Take the program off a site's network: its connections there get no answer, and no reset."""
        raise UsageError(
            f"{self.name} cannot be cut off the {site} cluster: it runs in no container",
            _CONTAINERS,
        )

    def mend(self, site: str) -> None:
        """Put the program back on a site's network."""
        raise UsageError(
            f"{self.name} was never cut off the {site} cluster: it runs in no container",
            _CONTAINERS,
        )

    @property
    def alive(self) -> bool:
        """Return whether the program still runs."""
        return self.exit_code is None

    def require_alive(self) -> None:
        """Raise `StepFailed`, with the last lines of its logs, when the program has ended."""
        code = self.exit_code
        if code is not None:
            raise StepFailed(
                [f"server {self.name} ended early, with {_ending(code)}", *self._last_lines()],
                f"read its logs in {self.folder}",
            )

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready`; raise `StepFailed` when the server ends before, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise StepFailed(
                    [
                        f"server {self.name} is not ready after {seconds:.0f} s: it gave no {what}",
                        *self._last_lines(),
                    ],
                    f"read its logs in {self.folder}",
                )
            time.sleep(_POLL_SECONDS)

    def join(self, seconds: float) -> bool:
        """Wait for the program's end; return False when it still runs."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _last_lines(self) -> list[str]:
        lines: list[str] = []
        for log in (self.folder / "server.log", self.folder / "out.log"):
            if log.exists():
                lines += log.read_text(errors="replace").splitlines()[-400:]
        telling = list(dict.fromkeys(line for line in lines if _TROUBLE.search(line))) or lines[-5:]
        # the cause comes first, and what gave up last
        quoted = telling if len(telling) <= 5 else [*telling[:3], *telling[-2:]]
        return [f"  | {line[:300]}" for line in quoted]


class Kafka(Protocol):
    """Kafka of one version: on this machine's Java, or in an image."""

    @property
    def version(self) -> str:
        """Return the version, such as `3.9.1`."""

    def listen_address(self, host: str) -> ListenAddress:
        """Return where a program that others know as `host` listens."""

    def launch(self, program: Program) -> Server:
        """Start the program. Even when this process is killed, it does not outlive the next rehearsal's start."""

    def tool(self, program: Program) -> list[str]:
        """Return the command line that runs the program to its end; more arguments may be appended."""


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
