"""How long commands take that need no cluster, against `python -c 'import typer, pydantic'`, in one run.

Each round starts every command once, in turn, so that a busy moment meets all of them; the ratio is that of medians.
Processor time is told beside wall time: it says more on a machine that others use too.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "plans" / "first-wave"
BASE = "python -c 'import typer, pydantic'"
LEAST = """
from pathlib import Path
from typing import Annotated
import typer, pydantic
class One(pydantic.BaseModel):
    name: str
def run(folder: Annotated[Path, typer.Option("-C")] = Path()) -> None:
    One.model_validate_json('{"name": "one"}')
app = typer.Typer(rich_markup_mode=None)
app.command()(run)
app()
"""
"""What every program of Typer and pydantic does before its own work: one option is read, and one document."""

COMMANDS = {
    BASE: [sys.executable, "-c", "import typer, pydantic"],
    "one command, one model": [sys.executable, "-c", LEAST, "-C", "."],
    **{
        f"kmig {typed}": [str(Path(sys.executable).with_name("kmig")), *typed.split()]
        for typed in (
            *("--help", "--version", "status", "plan --why ledger", "audit --check", "assess"),
        )
    },
}
"""What is measured."""

Seconds = tuple[float, float]
"""Wall and processor time."""


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--rounds", type=int, default=31)
    given = options.parse_args()
    found = measured(given.rounds)
    print(f"{'':36} {'wall ms':>8} {'ratio':>6} {'processor ms':>13} {'ratio':>6}")
    for name, (wall, processor) in found.items():
        base = found[BASE]
        print(
            f"{name:36} {wall * 1000:>8.0f} {wall / base[0]:>6.2f} "
            f"{processor * 1000:>13.0f} {processor / base[1]:>6.2f}"
        )
    if given.json:
        base = found[BASE]
        print(json.dumps({name: round(row[0] / base[0], 2) for name, row in found.items()}))


def measured(rounds: int) -> dict[str, Seconds]:
    """Medians of each command, in a copy of the example."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(EXAMPLE, Path(place) / "first-wave"))
        once(list(COMMANDS.values())[-1], folder)  # files are read from memory from here on
        rows = [[once(line, folder) for line in COMMANDS.values()] for _ in range(rounds)]
    return {
        name: (statistics.median(w for w, _ in taken), statistics.median(p for _, p in taken))
        for name, taken in zip(COMMANDS, zip(*rows, strict=True), strict=True)
    }


def once(line: list[str], folder: Path) -> Seconds:
    """One start, from the call to the end."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        line,
        cwd=folder,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
