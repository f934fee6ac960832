"""The real kmig, killed with -9 at one point of its journal: `dying_kmig.py POINT ARGUMENTS…`.

Each line of the journal has two points: before it is durable, and right after.
"""

import os
import signal
import sys
from typing import Any

from migrate.cli.main import main
from migrate.documents.journal import Entry
from migrate.documents.journal_file import JournalFile

left = int(sys.argv[1])
durable = JournalFile.append


def tick() -> None:
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def dying(self: JournalFile, **fields: Any) -> Entry:
    tick()
    entry = durable(self, **fields)
    tick()
    return entry


JournalFile.append = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[2:]))
