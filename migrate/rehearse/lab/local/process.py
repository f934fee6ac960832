"""A server as a process of this machine: it dies with its parent, and is stopped by pid."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from migrate.rehearse.lab.disposable.server import Server
from migrate.rehearse.lab.local.parent_death import tied_to_parent


class Process(Server):
    """One running process, started from the main thread (see `parent_death`)."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str]
    ) -> None:
        super().__init__(name, folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                tied_to_parent(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended."""
        return self._process.poll()

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, and wait until the process is gone."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def pause(self) -> None:
        """Send SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Send SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
