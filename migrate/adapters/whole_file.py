"""Files replaced as a whole: in one rename, durable. No other module decides what of it is synced, and when."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.model.own_files import ARRIVING

if TYPE_CHECKING:  # a short command has no use for the other ports
    from migrate.ports.disk import Disk


class Unsynced(OSError):
    """The file was replaced, but its new name may not be durable."""


def replace(disk: "Disk", path: Path, content: bytes, like: Path | None = None) -> None:
    """Put the content at the path, with the owner and the mode of `like`, by default of what it replaces.

    A new file is its owner's alone. A link stays, and what it points to is replaced. Raises `OSError`.
    """
    target = disk.resolved(path)
    arriving = _arriving(target)
    with suppress(FileNotFoundError):
        disk.remove(arriving)
    disk.create(arriving)
    put(disk, arriving, content, target, like=like or target)


def put(
    disk: "Disk",
    arriving: Path,
    content: bytes,
    path: Path,
    *,
    like: Path | None = None,
    instead_of: Iterable[Path] = (),
) -> None:
    """Fill a new, empty file and rename it to the path, after the files that it is `instead_of` are removed.

    Raises `OSError`: the old content is at the path then, and the new file is gone; but see `Unsynced`.
    """
    try:
        disk.append(arriving, content)
        disk.sync(arriving)
        if like is not None and disk.exists(like):
            disk.resemble(arriving, like)
        for folder in _removed(disk, instead_of):
            disk.sync_folder(folder)  # else the rename may be durable before they are gone
        disk.rename(arriving, path)
    except OSError:
        with suppress(FileNotFoundError):
            disk.remove(arriving)
        raise
    try:
        disk.sync_folder(path.parent)
    except OSError as error:
        raise Unsynced(error.errno, error.strerror, str(path.parent)) from error


def make_folder(disk: "Disk", path: Path) -> None:
    """Make a folder and those above it, durably; an existing one stays as it is. Raises `OSError`."""
    try:
        disk.make_folder(path)
    except FileNotFoundError:
        if path.parent == path:
            raise
        make_folder(disk, path.parent)
        make_folder(disk, path)
    except OSError:
        if not disk.is_folder(path):
            raise
    else:
        disk.sync_folder(path.parent)


def remove(disk: "Disk", path: Path) -> None:
    """Remove a file, durably, with what a killed `replace` of it left. Raises `OSError`."""
    _remove(disk, disk.resolved(path))
    clear(disk, path)


def clear(disk: "Disk", path: Path) -> None:
    """Remove what a killed `replace` left beside a file. Raises `OSError`."""
    _remove(disk, _arriving(disk.resolved(path)))


def _removed(disk: "Disk", paths: Iterable[Path]) -> tuple[Path, ...]:
    """Remove files, as far as they exist; return the folders whose names changed."""
    changed: dict[Path, None] = {}
    for path in paths:
        with suppress(FileNotFoundError):
            disk.remove(path)
            changed[path.parent] = None
    return tuple(changed)


def _remove(disk: "Disk", path: Path) -> None:
    if disk.exists(path):
        disk.remove(path)
        disk.sync_folder(path.parent)


def _arriving(path: Path) -> Path:
    return path.with_name(path.name + ARRIVING)
