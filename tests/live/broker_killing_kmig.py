"""The real kmig, during which a broker is killed: `broker_killing_kmig.py PID POINT ARGUMENTS…`."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from migrate.cli.main import main
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile

victim, left = int(sys.argv[1]), int(sys.argv[2])
durable = JournalFile.append_all


def killing(self: JournalFile, every: Iterable[Mapping[str, Any]]) -> list[Entry]:
    global left
    made = []
    for fields in every:
        left -= 1
        if left == 0:
            os.kill(victim, signal.SIGKILL)
        made += durable(self, [fields])
    return made


JournalFile.append_all = killing  # type: ignore[method-assign]
sys.exit(main(sys.argv[3:]))
