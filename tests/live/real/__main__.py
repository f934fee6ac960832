"""Play histories on real clusters and print what is not in the table: `python -m tests.live.real VERSION [NAME…]`."""

import os
import sys
import tempfile
import time
from pathlib import Path

from migrate.rehearse.lab.local import home, tools
from tests.conftest import CACHE
from tests.histories.history import differences
from tests.histories.table import of_version
from tests.live.real.run import opened, run


def main(version: str, names: list[str]) -> None:
    chosen = [h for h in of_version(version) if not names or h.name in names]
    kafka = home.fetch(version, CACHE, tools.find(os.environ), print)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, opened(kafka, Path(folder)) as real:
        print(f"{version}: ready after {time.monotonic() - began:.1f} s")
        found = run(chosen, real)
    for history in chosen:
        got = found[history.name]
        lines = [repr(got)] if isinstance(got, Exception) else differences(history, version, got)
        for line in lines:
            print(f"{history.name}: {line}")
    longest = sorted(real.took.items(), key=lambda row: -row[1])[:8]
    print("longest:", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in longest))
    print(f"{version}: {len(chosen)} histories, {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
