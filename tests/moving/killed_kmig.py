"""kmig, killed with -9 at one line of its journal: `killed_kmig.py before|after EVENT KEY ARGUMENTS…`."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from migrate.cli.main import main
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile

when, event, key = sys.argv[1:4]
durable = JournalFile.append_all


def dying(self: JournalFile, every: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Lines that become durable together may be torn apart: each is written by itself."""
    made = []
    for fields in every:
        here = fields.get("event") == event and str(fields.get("key", "")).startswith(key)
        if here and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        made += durable(self, [fields])
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
    return made


JournalFile.append_all = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[4:]))
