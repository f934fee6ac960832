"""A disk in memory that forgets in a crash what was not synced, as POSIX allows it to.

What an `fsync` of the file or of its folder has not made durable may be lost, each part apart from the others and in
any order. Real file systems keep more: on ext4 and XFS names become durable in the order in which they were changed.
Not modelled: owners and modes, links, and a disk that loses what it has confirmed.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from migrate.rehearse.worlds.kept_files import File, Folder

_ROOT = "/"


class MemoryDisk:
    """`migrate.ports.disk.Disk` in memory.

    `before` is called before each operation with its name and its path: it may count, and raise what it likes.
    `appended` is told what was appended to a file. `room` is how many more bytes can be written. `pid` is the
    process that acts.
    """

    def __init__(self, before: Callable[[str, Path], None] = lambda _, __: None) -> None:
        self.before = before
        self.appended: Callable[[Path, bytes], None] = lambda _, __: None
        self.room: int | None = None
        self.pid = 1
        self._root = Folder()
        self._nodes: dict[str, File | Folder] = {_ROOT: self._root}
        self._locks: dict[str, object] = {}
        self._given = 0

    # what the world itself sees and puts there: nobody counts it, and it is durable

    def content(self, path: Path) -> bytes:
        """Return the content of a file."""
        return self._file(path).contents[-1]

    def present(self, path: str) -> bytes | None:
        """Return the content of a file; None where it does not exist."""
        node = self._nodes.get(path)
        return node.contents[-1] if isinstance(node, File) else None

    def listed(self, folder: Path) -> tuple[str, ...]:
        """Return the names in a folder, sorted; none where it does not exist."""
        node = self._nodes.get(str(folder))
        return tuple(sorted(node.names)) if isinstance(node, Folder) else ()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield every file by its path."""
        for path, node in self._nodes.items():
            if isinstance(node, File):
                yield path, node.contents[-1]

    def put_folder(self, path: Path) -> None:
        """Make a folder in an existing one."""
        self._new(path, Folder())
        self._folder(path.parent).sync()

    def put_file(self, path: Path, content: bytes) -> None:
        """Write a new file."""
        file = File()
        file.contents = [content]
        self._new(path, file)
        self._folder(path.parent).sync()

    def copy_files(self, folder: Path, to: Path) -> None:
        """Copy all files below a folder to another one, but for what locks it."""
        for path, node in sorted(self._nodes.items()):
            if path.startswith(f"{folder}/") and not path.endswith(".lock"):
                there = to / Path(path).relative_to(folder)
                if isinstance(node, File):
                    self.put_file(there, node.contents[-1])
                else:
                    self.put_folder(there)

    def remove_quietly(self, path: Path) -> None:
        """Remove a file."""
        self._folder(path.parent).change(path.name, self._file(path), given=False)
        self._folder(path.parent).sync()
        del self._nodes[str(path)]

    # what kmig does

    def crash(self, choose: Callable[[int], int]) -> None:
        """Lose what is not durable, as far as `choose(n)`, one of 0 to n-1, decides; every lock is free afterwards.

        0 always loses and n-1 always keeps. What is left is durable. Where all is durable, nothing is chosen.
        """
        self._locks, self._nodes = {}, {}
        self._survive(_ROOT, self._root, choose)

    def _survive(self, at: str, node: File | Folder, choose: Callable[[int], int]) -> None:
        self._nodes[at] = node
        node.survive(choose)
        if isinstance(node, Folder):
            for name, inner in node.names.items():
                self._survive(f"{at.rstrip('/')}/{name}", inner, choose)

    def read(self, path: Path) -> bytes:
        """See `Disk`."""
        self.before("read", path)
        return self._file(path).contents[-1]

    def exists(self, path: Path) -> bool:
        """See `Disk`."""
        self.before("exists", path)
        return str(path) in self._nodes

    def is_folder(self, path: Path) -> bool:
        """See `Disk`."""
        self.before("is_folder", path)
        return isinstance(self._nodes.get(str(path)), Folder)

    def writable(self, folder: Path) -> bool:
        """See `Disk`."""
        return self.is_folder(folder)

    def names(self, folder: Path) -> tuple[str, ...]:
        """See `Disk`."""
        self.before("names", folder)
        return tuple(sorted(self._folder(folder).names))

    def resolved(self, path: Path) -> Path:
        """See `Disk`: there are no links, and a relative path starts at the root."""
        self.before("resolved", path)
        return Path(os.path.normpath(_ROOT / path))

    def temporary(self, path: Path) -> Path:
        """See `Disk`: the names are counted."""
        self.before("temporary", path)
        self._given += 1
        return path.with_name(f".{path.name}.{self._given}")

    def create(self, path: Path) -> None:
        """See `Disk`."""
        self.before("create", path)
        self._new(path, File())

    def append(self, path: Path, data: bytes) -> None:
        """See `Disk`."""
        self.before("append", path)
        if str(path) not in self._nodes:
            self._new(path, File())
        file = self._file(path)
        fits = data if self.room is None else data[: self.room]
        if fits:
            file.contents.append(file.contents[-1] + fits)
        if self.room is not None:
            self.room -= len(fits)
        if fits != data:
            raise _error(errno.ENOSPC, path)
        self.appended(path, data)

    def truncate(self, path: Path, size: int) -> None:
        """See `Disk`."""
        self.before("truncate", path)
        file = self._file(path)
        if size != len(file.contents[-1]):
            file.contents.append(file.contents[-1][:size].ljust(size, b"\0"))

    def sync(self, path: Path) -> None:
        """See `Disk`."""
        self.before("sync", path)
        file = self._file(path)
        file.contents = file.contents[-1:]

    def resemble(self, path: Path, like: Path) -> None:
        """See `Disk`: owners and modes are not modelled."""
        self.before("resemble", path)
        self._file(like)
        self._file(path)

    def rename(self, path: Path, to: Path) -> None:
        """See `Disk`."""
        self.before("rename", path)
        file = self._file(path)
        if path.parent != to.parent:
            raise _error(errno.EXDEV, path)
        if isinstance(self._nodes.get(str(to)), Folder):
            raise _error(errno.EISDIR, path)
        self._folder(path.parent).change(to.name, file, given=True)
        del self._nodes[str(path)]
        self._nodes[str(to)] = file

    def sync_folder(self, folder: Path) -> None:
        """See `Disk`."""
        self.before("sync_folder", folder)
        self._folder(folder).sync()

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        self.before("remove", path)
        file = self._file(path)
        self._folder(path.parent).change(path.name, file, given=False)
        del self._nodes[str(path)]

    def make_folder(self, path: Path, mode: int = 0o777) -> None:  # noqa: ARG002
        """See `Disk`: modes are not modelled."""
        self.before("make_folder", path)
        self._new(path, Folder())

    @contextmanager
    def lock(self, path: Path) -> Iterator[None]:
        """See `Disk`."""
        self.before("lock", path)
        if str(path) not in self._nodes:
            self._new(path, File())
        text = self._file(path).contents[-1]
        if str(path) in self._locks:
            holder = text.decode(errors="backslashreplace").strip()
            raise BlockingIOError(errno.EAGAIN, holder, str(path))
        own = self._locks[str(path)] = object()
        try:
            yield
        finally:
            # a killed holder unwinds late: the lock may be another's by then
            if self._locks.get(str(path)) is own:
                del self._locks[str(path)]

    def process(self) -> int:
        """See `Disk`."""
        return self.pid

    def _new(self, path: Path, node: File | Folder) -> None:
        if str(path) in self._nodes:
            raise _error(errno.EEXIST, path)
        parent = self._nodes.get(str(path.parent))
        if not isinstance(parent, Folder):
            raise _error(errno.ENOTDIR if parent else errno.ENOENT, path)
        parent.change(path.name, node, given=True)
        self._nodes[str(path)] = node

    def _file(self, path: Path) -> File:
        node = self._nodes.get(str(path))
        if not isinstance(node, File):
            raise _error(errno.EISDIR if node else self._missing(path), path)
        return node

    def _folder(self, path: Path) -> Folder:
        node = self._nodes.get(str(path))
        if not isinstance(node, Folder):
            raise _error(errno.ENOTDIR if node else self._missing(path), path)
        return node

    def _missing(self, path: Path) -> int:
        above = self._nodes.get(str(path.parent))
        return errno.ENOTDIR if isinstance(above, File) else errno.ENOENT


def _error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))


def choosing(seed: int) -> Callable[[int], int]:
    """Return how a disk that lost power decides, by one number of the history."""
    state = seed

    def choose(count: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (state >> 33) % count

    return choose
