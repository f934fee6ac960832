"""The disk of this machine."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ONE_WRITE = 1 << 30
"""Linux writes at most 2 GiB at once, and says that it wrote less: that looks like a full disk."""
_NO_SYNC = (errno.EACCES, errno.EINVAL)
"""Answers for a folder that may not be opened, or on a file system that cannot sync one (SMB): as PostgreSQL does."""


class LocalDisk:
    """`migrate.ports.disk.Disk` on this machine."""

    def read(self, path: Path) -> bytes:
        """See `Disk`."""
        return path.read_bytes()

    def exists(self, path: Path) -> bool:
        """See `Disk`."""
        return path.exists()

    def is_folder(self, path: Path) -> bool:
        """See `Disk`."""
        return path.is_dir()

    def writable(self, folder: Path) -> bool:
        """See `Disk`."""
        return os.access(folder, os.W_OK | os.X_OK)

    def names(self, folder: Path) -> tuple[str, ...]:
        """See `Disk`."""
        return tuple(sorted(os.listdir(folder)))  # noqa: PTH208

    def resolved(self, path: Path) -> Path:
        """See `Disk`."""
        return path.resolve()

    def temporary(self, path: Path) -> Path:
        """See `Disk`."""
        return path.with_name(f".{path.name}.{os.urandom(6).hex()}")

    def create(self, path: Path) -> None:
        """See `Disk`."""
        # the file may hold secrets: no other user may read it at any moment
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def append(self, path: Path, data: bytes) -> None:
        """See `Disk`; a write that ends early is a full disk."""
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            for at in range(0, len(data), _ONE_WRITE):
                part = data[at : at + _ONE_WRITE]
                if os.write(handle, part) != len(part):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(handle)

    def truncate(self, path: Path, size: int) -> None:
        """See `Disk`."""
        os.truncate(path, size)

    def sync(self, path: Path) -> None:
        """See `Disk`."""
        _sync(
            path, os.O_WRONLY
        )  # what could be written can be opened so; to read it may not be allowed

    def resemble(self, path: Path, like: Path) -> None:
        """See `Disk`."""
        import shutil  # with six compressions: most commands replace no client's file

        handle = os.open(path, os.O_WRONLY)
        try:
            _own(handle, like.stat())
            shutil.copystat(like, path)  # the mode, and what access lists and labels say
            os.utime(path)
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, path: Path, to: Path) -> None:
        """See `Disk`."""
        os.replace(path, to)  # noqa: PTH105

    def sync_folder(self, folder: Path) -> None:
        """See `Disk`."""
        try:
            _sync(folder, os.O_RDONLY)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        path.unlink()

    def make_folder(self, path: Path, mode: int = 0o777) -> None:
        """See `Disk`."""
        path.mkdir(mode)

    @contextmanager
    def lock(self, path: Path) -> Iterator[None]:
        """See `Disk`; a killed process holds nothing."""
        with path.open("ab+", buffering=0) as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                handle.seek(0)
                holder = handle.read().decode(errors="backslashreplace").strip()
                raise BlockingIOError(errno.EAGAIN, holder, str(path)) from error
            yield

    def process(self) -> int:
        """See `Disk`."""
        return os.getpid()


LOCAL_DISK = LocalDisk()


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _own(handle: int, wanted: os.stat_result) -> None:
    """Set owner and group; without the right to do so, it is enough that the file's group or everyone may read it."""
    try:
        os.fchown(handle, wanted.st_uid, wanted.st_gid)
    except PermissionError:
        try:
            os.fchown(handle, -1, wanted.st_gid)
        except PermissionError:
            readers = stat.S_IROTH
        else:
            readers = stat.S_IRGRP | stat.S_IROTH
        if not wanted.st_mode & readers:
            owner = f"uid {wanted.st_uid}, gid {wanted.st_gid}"
            raise PermissionError(
                errno.EPERM, f"kmig may not set its owner ({owner}), which has to read it"
            ) from None
