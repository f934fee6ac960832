"""The memory of this process and its descendants at their peak, and the argument lists seen."""

import os
import threading
from pathlib import Path

_EVERY_SECONDS = 0.4
_PROC = Path("/proc")


class ProcessWatch:
    """A thread that samples until it is stopped.

    Memory is proportional (PSS): pages that JVMs share are counted once.
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        self.peak_processes = 0
        self.argument_lists: set[bytes] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "ProcessWatch":
        """Start sampling."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop sampling."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(_EVERY_SECONDS):
            self._sample()

    def _sample(self) -> None:
        family = _family(os.getpid())
        total = sum(_proportional_bytes(pid) for pid in family)
        if total > self.peak_bytes:
            self.peak_bytes, self.peak_processes = total, len(family)
        for pid in family:
            self.argument_lists.add(_read(pid, "cmdline"))


def _family(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _read(int(entry.name), "stat").rpartition(b")")[2].split()
            if len(fields) > 1:
                parents[int(entry.name)] = int(fields[1])
    family, grew = {root}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family |= more
        grew = bool(more)
    return family


def _proportional_bytes(pid: int) -> int:
    for line in _read(pid, "smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""
