"""Switch hooks: the operator's own commands, run bounded, in a process group that is ended when the time is over."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from migrate.errors import StepFailed

_QUOTED = 300


class CommandHooks:
    """`migrate.ports.Hooks` as subprocesses of the migration directory."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """Run it, with `facts` as environment; `StepFailed` when it fails or is not done in time."""
        try:
            process = subprocess.Popen(
                list(command),
                cwd=self._folder,
                env={**self._environ, **facts},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise StepFailed(f"hook `{command[0]}` cannot be run: {error.strerror}") from error
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise StepFailed(
                f"hook `{_shown(command)}` was not done within {seconds:.0f} s and was ended",
                "see to its clients by hand, then run the same command again",
            ) from None
        except BaseException:
            _end(process)
            raise
        if process.returncode:
            last = said.strip().splitlines()[-1][:_QUOTED] if said.strip() else "it said nothing"
            raise StepFailed(f"hook `{_shown(command)}` ended with {process.returncode}: {last}")


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _shown(command: Sequence[str]) -> str:
    return " ".join(command)[:_QUOTED]
