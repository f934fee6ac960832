"""The runbook is enough: every command line of first-wave's, typed in order on real clusters, ends as it says."""

import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from migrate.rehearse import live
from migrate.rehearse.lab.local.home import Home
from migrate.rehearse.scenario import load
from migrate.rehearse.setup import Options, Rehearsal, start

ROW = re.compile(r"^\| `(kmig [^`]+)` \| (.*) \| (\d) \|$", re.M)
WITHIN = 90
"""Seconds until a copy must be ready; the runbook says to type its question again."""


def typed(here: Rehearsal, command: str) -> tuple[int, str]:
    """On a terminal, with a yes for every question."""
    ours, theirs = os.openpty()
    os.write(ours, b"y\ny\n")
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "migrate", *command.split()[1:]],
            cwd=here.folder,
            env={**os.environ, **here.environ},
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return ran.returncode, ran.stdout + ran.stderr


def as_said(here: Rehearsal, command: str, expect: str, code: int) -> None:
    deadline = time.monotonic() + (WITHIN if command.endswith("--status") else 0)
    while True:
        ended, out = typed(here, command)
        if ended == code or time.monotonic() > deadline:
            break
        assert ended == 1, (command, out)
    assert ended == code, (command, out)
    for text in re.findall(r"`([^`]+)`", expect):
        assert text in out, (command, out)


@pytest.mark.timeout(900)
def test_whoever_types_the_runbook_moves_the_estate(homes: dict[str, Home], tmp_path: Path) -> None:
    folder = tmp_path / "migration"
    folder.mkdir()
    options = Options("first-wave", folder, None, None, hold=False, runtime="local")
    scenario = load("first-wave")
    with ExitStack() as cleanup:
        here = start(scenario, options, folder, lambda _: None, cleanup)
        live.run(here)
        assert typed(here, "kmig inventory")[0] == 0
        assert typed(here, "kmig plan")[0] == 0
        rows = ROW.findall((folder / "runbook.md").read_text())
        assert len(rows) == 2 + 2 * 9, rows
        for command, expect, code in rows:
            as_said(here, command, expect, int(code))
        judgement = live.finish(here)
        assert judgement.clean, judgement
        assert judgement.records > 1_000
        assert typed(here, "kmig status")[1].count("done") >= 6
