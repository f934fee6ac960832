"""The journal as a file: read up to its first broken line, and only ever appended to, durably."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from migrate.errors import KmigError
from migrate.journal.entry import Entry, fault, seal, unseal
from migrate.journal.standing import Journal
from migrate.ports.disk import Disk

_UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class JournalRead:
    """The whole entries, a torn last line if there is one, and the first broken line with the reason."""

    journal: Journal
    torn: bytes = b""
    fault: tuple[int, str] | None = None


def read_journal(raw: bytes) -> JournalRead:
    """Return the entries up to the first broken line. A last line without newline is torn: it was never acted on."""
    *lines, torn = raw.split(b"\n")
    entries: list[Entry] = []
    broken: tuple[int, str] | None = None
    for number, line in enumerate(lines, 1):
        try:
            entries.append(unseal(line))
        except ValueError as error:
            why = "it is not a journal entry" if isinstance(error, ValidationError) else str(error)
            broken = (number, why)
            break
    # a zero is no change: a power failure may leave the size of a line without its last bytes
    if broken is None and not torn.endswith(b"\0") and _is_whole(torn[:-1]):
        broken = (len(lines) + 1, "its newline was changed")
    journal = Journal(entries=tuple(entries))
    return JournalRead(journal=journal, torn=torn, fault=fault(entries) or broken)


def _is_whole(line: bytes) -> bool:
    try:
        unseal(line)
    except ValueError:
        return False
    return True


class JournalFile:
    """The journal, open for appending; a line is durable when `append` returns."""

    def __init__(
        self, path: Path, journal: Journal, stamp: Callable[[Entry], Entry], disk: Disk
    ) -> None:
        self.path = path
        self.journal = journal
        self.disk = disk
        self._stamp = stamp
        self._named = False

    def append(self, **fields: Any) -> Entry:
        """Add one entry: stamp it with time and person, chain it to the last, and force its line to disk."""
        return self.append_all([fields])[0]

    def append_all(self, every: Iterable[Mapping[str, Any]]) -> list[Entry]:
        """Add entries that become durable together."""
        number, prev = self.journal.count, self.journal.head
        entries, lines = [], []
        for fields in every:
            number += 1
            entry, sealed = seal(
                self._stamp(Entry(seq=number, prev=prev, at=_UNKNOWN, by="", **fields))
            )
            prev = entry.hash
            entries.append(entry)
            lines.append(sealed + b"\n")
        if entries:
            # the file may be new, or of a run that was killed before its name was durable
            append(self.disk, self.path, b"".join(lines), new=not self._named)
            self._named = True
            self.journal = Journal(entries=(*self.journal.entries, *entries))
        return entries

    def cut(self, count: int) -> None:
        """Remove the last `count` bytes: a torn line that was set aside."""
        self.disk.truncate(self.path, len(self.disk.read(self.path)) - count)


def append(disk: Disk, path: Path, data: bytes, *, new: bool) -> None:
    """Append and force to disk, or raise; what was written in part stays as a torn line.

    The name of a file that may be `new` is made durable too.
    """
    try:
        disk.append(path, data)
        disk.sync(path)
        if new:
            disk.sync_folder(disk.resolved(path).parent)
    except OSError as error:
        raise KmigError(
            f"cannot append to {path}: {error.strerror}",
            "make room or correct the permissions, then rerun the command; no step was made without its line",
        ) from error
