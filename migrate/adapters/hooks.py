"""Hooks: the operator's own commands, each in a process group that is killed when its time is over."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from migrate.errors import StepFailed

_QUOTED = 300


class CommandHooks:
    """`migrate.ports.Hooks` as subprocesses, started in the migration directory."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """See `Hooks`."""
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
            raise StepFailed(
                f"cannot run hook `{command[0]}`: {error.strerror}",
                "check that the command in workloads.yaml exists and is executable",
            ) from error
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise StepFailed(
                f"hook `{_shown(command)}` did not finish within {seconds:.0f} s and was killed",
                "check its clients by hand, then rerun the command",
            ) from None
        except BaseException:
            _end(process)
            raise
        if process.returncode:
            lines = output.strip().splitlines() or ["no output"]
            raise StepFailed(
                f"hook `{_shown(command)}` failed with exit code {process.returncode}: "
                f"{lines[-1][:_QUOTED]}",
                "mend its cause, then rerun the command",
            )

    def lacking(self, command: Sequence[str]) -> str:
        """See `Hooks`."""
        name = command[0]
        path = os.path.join(self._folder, name) if os.sep in name else name  # noqa: PTH118
        if shutil.which(path, path=self._environ.get("PATH", os.defpath)):
            return ""
        exists = os.sep in name and Path(path).exists()
        return "it may not be executed" if exists else "there is no such file"


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _shown(command: Sequence[str]) -> str:
    return " ".join(command)[:_QUOTED]
