"""Hooks: the operator's own commands, each in a process group that is killed when its time is over."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from migrate.errors import NotRun, StepFailed
from migrate.ports.moving import HookCall

_QUOTED = 300
_POLL_SECONDS = 0.01


class CommandHooks:
    """`migrate.ports.Hooks` as subprocesses, started in the migration directory."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """See `Hooks`."""
        for _, failed in self.run_all([HookCall(tuple(command), facts, seconds)], 1):
            if failed:
                raise failed

    def run_all(
        self, calls: Sequence[HookCall], most: int
    ) -> Iterator[tuple[int, StepFailed | None]]:
        """See `Hooks`."""
        waiting = deque(enumerate(calls))
        running: dict[int, _Running] = {}
        failed = False
        try:
            while waiting or running:
                while waiting and (failed or len(running) < most):
                    number, call = waiting.popleft()
                    try:
                        running[number] = self._begun(call, failed=failed)
                    except StepFailed as error:
                        failed = True
                        yield number, error
                for number, one in list(running.items()):
                    if one.over():
                        del running[number]
                        failed |= one.failure is not None
                        yield number, one.failure
                if running:
                    time.sleep(_POLL_SECONDS)
        finally:
            for one in running.values():
                one.end()
                one.output.close()

    def _begun(self, call: HookCall, *, failed: bool) -> "_Running":
        if failed:
            raise NotRun(
                f"hook `{_shown(call.command)}` was not run: another one failed before it",
                "mend the cause of the other, then rerun the command",
            )
        # a file and no pipe: clients that a hook leaves behind keep its output open
        output = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            process = subprocess.Popen(
                call.command,
                cwd=self._folder,
                env={**self._environ, **call.facts},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            output.close()
            raise StepFailed(
                f"cannot run hook `{call.command[0]}`: {error.strerror}",
                "check that the command in workloads.yaml exists and is executable",
            ) from error
        return _Running(call, process, output, time.monotonic() + call.seconds)

    def lacking(self, command: Sequence[str]) -> str:
        """See `Hooks`."""
        name = command[0]
        path = os.path.join(self._folder, name) if os.sep in name else name  # noqa: PTH118
        if shutil.which(path, path=self._environ.get("PATH", os.defpath)):
            return ""
        exists = os.sep in name and Path(path).exists()
        return "it may not be executed" if exists else "there is no such file"


@dataclass
class _Running:
    """A hook that was begun, and how it failed once it is over."""

    call: HookCall
    process: "subprocess.Popen[bytes]"
    output: IO[bytes]
    deadline: float
    failure: StepFailed | None = None

    def over(self) -> bool:
        """Whether it has ended, or its time is over."""
        code = self.process.poll()
        late = code is None and time.monotonic() > self.deadline
        if code is None and not late:
            return False
        shown = _shown(self.call.command)
        if late:
            self.end()
            self.failure = StepFailed(
                f"hook `{shown}` did not finish within {self.call.seconds:.0f} s and was killed: {self._said()}",
                "check its clients by hand, then rerun the command",
            )
        elif code:
            self.failure = StepFailed(
                f"hook `{shown}` failed with exit code {code}: {self._said()}",
                "mend its cause, then rerun the command",
            )
        elif self.call.says and self.call.says not in self._lines():
            self.failure = StepFailed(
                f"hook `{shown}` exited with 0 and did not print `{self.call.says}`: {self._said()}",
                "let it do what that line says, and print it, then rerun the command",
            )
        self.output.close()
        return True

    def end(self) -> None:
        """Kill it and everything that it has begun."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _said(self) -> str:
        """Return the last line of its output."""
        lines = self._lines()
        return lines[-1][:_QUOTED] if lines else "no output"

    def _lines(self) -> list[str]:
        """Return the last lines of its output."""
        self.output.seek(0, os.SEEK_END)
        self.output.seek(max(0, self.output.tell() - 16 * _QUOTED))
        return self.output.read().decode(errors="replace").strip().splitlines()


def _shown(command: Sequence[str]) -> str:
    return " ".join(command)[:_QUOTED]
