"""The real kmig, killed with -9 at one point of its journal: `dying_kmig.py POINT ARGUMENTS…`.

Each line of the journal has two points: before it is durable, and right after.
"""

import sys
from typing import Any

from migrate.cli.main import main
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from tests.live.countdown import tick

durable = JournalFile.append


def dying(self: JournalFile, **fields: Any) -> Entry:
    tick()
    entry = durable(self, **fields)
    tick()
    return entry


JournalFile.append = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[2:]))
