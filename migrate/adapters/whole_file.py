"""Files replaced as a whole: in one rename, durable, and readable for exactly those users as before."""

import errno
import os
import shutil
import stat
from pathlib import Path

from migrate.model.own_files import ARRIVING


def replace(path: Path, content: bytes, like: Path | None = None) -> None:
    """Put the content at the path, with the owner and the mode of `like`, by default of what it replaces.

    A new file is its owner's alone. A link stays, and what it points to is replaced. Raises `OSError`.
    """
    target = path.resolve()
    pattern = like or target
    arriving = _arriving(target)
    arriving.unlink(missing_ok=True)
    # the file may hold secrets: no other user may read it at any moment
    handle = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(content)
            written.flush()
            if pattern.exists():
                _own(written.fileno(), pattern.stat())
                shutil.copystat(pattern, arriving)  # the mode, and what access lists and labels say
                os.utime(arriving)
            os.fsync(written.fileno())
        arriving.replace(target)
    except OSError:
        arriving.unlink(missing_ok=True)
        raise
    flush(target.parent)


def remove(path: Path) -> None:
    """Remove a file, durably, with what a killed `replace` of it left. Raises `OSError`."""
    _unlink(path.resolve())
    clear(path)


def clear(path: Path) -> None:
    """Remove what a killed `replace` left beside a file. Raises `OSError`."""
    _unlink(_arriving(path.resolve()))


def flush(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unlink(there: Path) -> None:
    if there.exists():
        there.unlink()
        flush(there.parent)


def _arriving(there: Path) -> Path:
    return there.with_name(there.name + ARRIVING)


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
