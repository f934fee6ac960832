"""A server process: started on a leash, watched, quoted when it dies, stopped by pid."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from migrate.adapters.local.leash import leashed
from migrate.errors import StepFailed

_TROUBLE = re.compile(r"(\] (ERROR|FATAL) |^Caused by: |^Exception |^Error)")


class Server:
    """One running server. Its output goes to `folder/out.log`; its own log is `folder/server.log`."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str]
    ) -> None:
        self.name = name
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def require_alive(self) -> None:
        """Raise `StepFailed`, quoting the server's last words, when it has ended."""
        code = self._process.poll()
        if code is not None:
            raise StepFailed(
                f"{self.name} ended with {_ending(code)}\n{self._last_words()}",
                f"its logs are in {self.folder}",
            )

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Ask until `ready`; a dead server or the end of the time raises `StepFailed`."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise StepFailed(
                    f"{self.name}: {what} not seen in {seconds:.0f} s\n{self._last_words()}",
                    f"its logs are in {self.folder}",
                )
            time.sleep(0.05)

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, and reap it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def join(self, seconds: float) -> bool:
        """Wait for its end; False when it still runs."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _last_words(self) -> str:
        lines: list[str] = []
        for log in (self.folder / "server.log", self.folder / "out.log"):
            if log.exists():
                lines += log.read_text(errors="replace").splitlines()[-400:]
        telling = list(dict.fromkeys(line for line in lines if _TROUBLE.search(line))) or lines[-5:]
        # the cause comes first, and what gave up last
        quoted = telling if len(telling) <= 5 else [*telling[:3], *telling[-2:]]
        return "\n".join(f"  | {line[:300]}" for line in quoted)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
