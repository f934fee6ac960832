"""A rehearsal's switch hook: `python -m migrate.rehearse.lab.switch FOLDER VERB WORKLOAD`."""

import sys
import time
import uuid
from pathlib import Path

_SECONDS = 50.0


def ask(folder: Path, verb: str, workload: str) -> str:
    """Write what is wanted; return what the answer will begin with."""
    wanted = f"{verb} {uuid.uuid4()}"
    arriving = folder / f"{workload}.wanted.new"
    arriving.write_text(wanted, encoding="utf-8")
    arriving.replace(folder / f"{workload}.wanted")
    return wanted


def answer(folder: Path, workload: str, wanted: str) -> str:
    """Wait for the fleet's answer, bounded; return what went wrong, or nothing."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        state = folder / f"{workload}.state"
        reached = state.read_text(encoding="utf-8") if state.exists() else ""
        if reached.startswith(wanted):
            return reached.removeprefix(wanted).strip()
        time.sleep(0.01)
    return f"no answer to `{wanted.split()[0]}` within {_SECONDS:.0f} s"


def main(folder: Path, verb: str, workload: str) -> int:
    """Ask the fleet, and wait for its answer."""
    failed = answer(folder, workload, ask(folder, verb, workload))
    sys.stdout.write(f"{failed or verb}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
