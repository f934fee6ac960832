"""Client configuration files, switched in one rename. What was there is kept beside the file, as `.kmig-before`."""

import os
import shutil
from pathlib import Path

from migrate.errors import Refused, StepFailed

_KEPT = ".kmig-before"


class LocalFiles:
    """`migrate.ports.ClientFiles` on this machine; relative paths start at the migration directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def replace(self, path: str, by: str) -> None:
        """Put the content of `by` at `path`; what is there now is kept beside it, over what an earlier move kept."""
        there, new = self._folder / path, self._folder / by
        try:
            if there.read_bytes() != new.read_bytes() or not _kept(there).exists():
                _copy(there, _kept(there))
            _copy(new, there)
        except OSError as error:
            raise StepFailed(f"cannot put {by} at {path}: {error.strerror}") from error

    def restore(self, path: str) -> None:
        """Put back what was kept; nothing kept means that it is back already (see `restorable`)."""
        there = self._folder / path
        if not _kept(there).exists():
            return
        try:
            _kept(there).replace(there)
            _flush(there.parent)
        except OSError as error:
            raise StepFailed(f"cannot restore {path}: {error.strerror}") from error

    def replaced(self, path: str, by: str) -> bool:
        """Whether `path` now holds what `by` holds, and what it held is kept."""
        there, new = self._folder / path, self._folder / by
        try:
            return _kept(there).exists() and there.read_bytes() == new.read_bytes()
        except OSError as error:
            raise Refused(f"cannot read {error.filename}: {error.strerror}") from error

    def restorable(self, path: str, by: str) -> str:
        """What speaks against restoring, or nothing: somebody has changed `path`, or what was kept is gone."""
        there, new = self._folder / path, self._folder / by
        try:
            now = there.read_bytes()
            switched = now == new.read_bytes()
            kept = _kept(there).read_bytes() if _kept(there).exists() else None
        except OSError as error:
            return f"cannot read {error.filename}: {error.strerror}"
        if kept is not None:
            return "" if switched or now == kept else f"{path} was changed since kmig replaced it"
        return f"{path} holds what {by} holds, and what it held before is gone" if switched else ""


def _kept(path: Path) -> Path:
    return path.with_name(path.name + _KEPT)


def _copy(origin: Path, to: Path) -> None:
    arriving = to.with_name(to.name + ".kmig-new")
    arriving.unlink(missing_ok=True)
    # it may hold secrets: nobody else may read it at any moment
    handle = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as written:
        written.write(origin.read_bytes())
        written.flush()
        shutil.copystat(origin, arriving)
        os.fsync(written.fileno())
    arriving.replace(to)
    _flush(to.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
