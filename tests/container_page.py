"""Writes what containers show into docs/docker.md: `python -m tests.container_page`, as root, some three minutes.

Both scenarios are played on an engine of their own, and what they print between two marks is what the page holds.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import CACHE
from tests.e2e.engine import Engine

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "docker.md"
SCENARIOS = ("broker-paused", "network-cut")


def block(scenario: str, told: str, seen: str) -> str:
    """The part of the page that a run fills."""
    return f"<!-- {scenario} -->\n```\n{told}\n\n{seen}\n```\n<!-- /{scenario} -->"


def play(engine: Engine, scenario: str, folder: Path) -> str:
    """The commands around the fault, what the operator read, and the judge's tables."""
    command = [sys.executable, "-m", "migrate", "rehearse", scenario, "--runtime", "docker"]
    ran = subprocess.run(
        [*command, "--folder", str(folder)],
        env=engine.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = ran.stderr.splitlines()
    at = next(n for n, line in enumerate(lines) if re.match(r"  the (target|copier)", line))
    transcript = (folder / "transcript.txt").read_text()
    complaint = re.findall(r"^error: .*(?:\nhint: .*)?", transcript, re.MULTILINE)
    told = "\n".join([*lines[max(0, at - 2) : at + 3], *complaint])
    tables = ran.stdout[ran.stdout.index("\ngroup  ") :].partition("report to open")[0]
    return block(scenario, told, tables.strip("\n"))


def main() -> None:
    """Play both, and write the page."""
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as place:
        engine = Engine(CACHE / "docker", Path(place))
        engine.start()
        try:
            base = [str(ROOT / "compose/kafka/base.sh"), "kmig-base"]
            subprocess.run(base, env=engine.environ, check=True)
            for scenario in SCENARIOS:
                new = play(engine, scenario, Path(place) / scenario)
                before, rest = text.split(f"<!-- {scenario} -->")
                text = before + new + rest.partition(f"<!-- /{scenario} -->")[2]
        finally:
            engine.stop()
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
