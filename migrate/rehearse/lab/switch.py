"""A rehearsal's switch hook: `python -m migrate.rehearse.lab.switch FOLDER VERB WORKLOAD`."""

import sys
import time
import uuid
from pathlib import Path

_SECONDS = 50.0


def ask(folder: Path, verb: str, workload: str) -> str:
    """Say what is wanted; returns what the answer will begin with."""
    wanted = f"{verb} {uuid.uuid4()}"
    arriving = folder / f"{workload}.wanted.new"
    arriving.write_text(wanted, encoding="utf-8")
    arriving.replace(folder / f"{workload}.wanted")
    return wanted


def answer(folder: Path, workload: str, wanted: str) -> str:
    """Wait for it, bounded; returns what went wrong, or nothing."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        state = folder / f"{workload}.state"
        said = state.read_text(encoding="utf-8") if state.exists() else ""
        if said.startswith(wanted):
            return said.removeprefix(wanted).strip()
        time.sleep(0.01)
    return f"no answer to {wanted.split()[0]}"


def main(folder: Path, verb: str, workload: str) -> int:
    """Ask the fleet, and wait for its answer."""
    failed = answer(folder, workload, ask(folder, verb, workload))
    sys.stdout.write(f"{failed or verb}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
