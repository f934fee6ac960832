"""kmig, killed with -9 at one line of its journal: `killed_kmig.py before|after EVENT KEY ARGUMENTS…`."""

import os
import signal
import sys
from typing import Any

from migrate.cli.main import main
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile

when, event, key = sys.argv[1:4]
durable = JournalFile.append


def dying(self: JournalFile, **fields: Any) -> Entry:
    here = fields.get("event") == event and str(fields.get("key", "")).startswith(key)
    if here and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    entry = durable(self, **fields)
    if here:
        os.kill(os.getpid(), signal.SIGKILL)
    return entry


JournalFile.append = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[4:]))
