"""The real kmig in a subprocess, as a person types it."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.rehearse.lab.local.parent_death import tied_to_parent

_LONGEST_SECONDS = 600


@dataclass(frozen=True)
class CommandResult:
    """One command, and how it ended."""

    line: str
    code: int
    out: str
    err: str
    seconds: float

    @property
    def said(self) -> str:
        """Everything printed, in one line, however its tables were wrapped."""
        return " ".join(f"{self.out} {self.err}".split())


def kmig(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    driver: Path | None = None,
) -> CommandResult:
    """Run `kmig ARGUMENTS` in `folder`, through a script that starts it in its own way if one is given."""
    began = time.monotonic()
    start = [str(driver)] if driver else ["-m", "migrate"]
    ran = subprocess.run(
        tied_to_parent([sys.executable, *start, *arguments]),
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_SECONDS,
    )
    seconds = time.monotonic() - began
    return CommandResult(
        "kmig " + " ".join(arguments), ran.returncode, ran.stdout, ran.stderr, seconds
    )
