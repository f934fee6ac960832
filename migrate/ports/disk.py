"""The disk: the primitive operations of which durable writes are made."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """Files and folders. Nothing written is durable before its `sync`, no name before its `sync_folder`.

    Every method raises `OSError` as the operating system does, with `errno`, `strerror` and `filename`: its callers
    know what they were about to do, and say so. `migrate.adapters.whole_file` replaces a file durably.
    """

    def read(self, path: Path) -> bytes:
        """Return the content of a file."""

    def exists(self, path: Path) -> bool:
        """Return whether a file or a folder exists."""

    def is_folder(self, path: Path) -> bool:
        """Return whether a folder exists."""

    def writable(self, folder: Path) -> bool:
        """Return whether files may be made in a folder."""

    def names(self, folder: Path) -> tuple[str, ...]:
        """Return the names in a folder, sorted."""

    def resolved(self, path: Path) -> Path:
        """Return the absolute path of a file that a link leads to; without a link, of the file itself."""

    def temporary(self, path: Path) -> Path:
        """Return a path beside `path` that no file has."""

    def create(self, path: Path) -> None:
        """Create an empty file that only its owner may read; an existing one raises `FileExistsError`."""

    def append(self, path: Path, data: bytes) -> None:
        """Add bytes to the end of a file, which is created as by `create` if it is missing.

        After an error some of the bytes may have been written.
        """

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file off behind its first `size` bytes."""

    def sync(self, path: Path) -> None:
        """Make the content of a file durable."""

    def resemble(self, path: Path, like: Path) -> None:
        """Give a new file the owner, mode and labels of another one, durably.

        Without the right to do so it is enough that the file's readers may read it; else raises `PermissionError`.
        """

    def rename(self, path: Path, to: Path) -> None:
        """Rename a file within its folder; a file that has the name already is replaced."""

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable, as far as its file system can be asked to."""

    def remove(self, path: Path) -> None:
        """Remove a file."""

    def make_folder(self, path: Path, mode: int = 0o777) -> None:
        """Make a folder in an existing one."""

    def lock(self, path: Path) -> AbstractContextManager[None]:
        """Hold an exclusive lock on a file, which is created if it is missing.

        Where another process holds it, raises `BlockingIOError` with the text of the file as `strerror`.
        """

    def process(self) -> int:
        """Return the id of this process, which a lock names."""
