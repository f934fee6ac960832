"""The real kmig, killed with -9 at one point of its journal: `dying_kmig.py POINT ARGUMENTS…`.

Each line of the journal has two points: before it is durable, and right after.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from migrate.cli.main import main
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from tests.live.countdown import tick

durable = JournalFile.append_all


def dying(self: JournalFile, every: Iterable[Mapping[str, Any]]) -> list[Entry]:
    made = []
    for fields in every:
        tick()
        made += durable(self, [fields])
        tick()
    return made


JournalFile.append_all = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[2:]))
