"""A rehearsal's switch hook, done when it is reached: `python -m migrate.adapters.switch FOLDER VERB WORKLOAD`."""

import sys
import time
import uuid
from pathlib import Path

_SECONDS = 50.0


def main(folder: Path, verb: str, workload: str) -> int:
    """Ask the fleet, and wait for its answer."""
    wanted = f"{verb} {uuid.uuid4()}"
    arriving = folder / f"{workload}.wanted.new"
    arriving.write_text(wanted, encoding="utf-8")
    arriving.replace(folder / f"{workload}.wanted")
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        state = folder / f"{workload}.state"
        said = state.read_text(encoding="utf-8") if state.exists() else ""
        if said.startswith(wanted):
            failed = said.removeprefix(wanted).strip()
            sys.stdout.write(f"{failed or verb}\n")
            return 1 if failed else 0
        time.sleep(0.01)
    sys.stdout.write(f"no answer to {verb}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
