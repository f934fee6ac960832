"""Client configuration files, switched in one rename. What was there is kept beside the file, as `.kmig-before`."""

from pathlib import Path

from migrate.adapters import whole_file
from migrate.errors import Refused, StepFailed
from migrate.model.own_files import BEFORE


class LocalFiles:
    """`migrate.ports.ClientFiles` on this machine; relative paths start at the migration directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        """Put the content of `by` at `path`; what is there now is kept beside it, over what an earlier move kept."""
        there, new = self._place(path), self._folder / by
        try:
            now, coming = there.read_bytes(), new.read_bytes()
            if (keep and now != coming) or not _kept(there).exists():
                whole_file.replace(_kept(there), now, like=there)
            whole_file.replace(there, coming)
        except OSError as error:
            raise StepFailed(f"cannot put {by} at {path}: {error.strerror}") from error

    def restore(self, path: str) -> None:
        """Put back what was kept; nothing kept means that it is back already (see `restorable`)."""
        there = self._place(path)
        try:
            if _kept(there).exists():
                _kept(there).replace(there)
                whole_file.flush(there.parent)
            _clear(there)
        except OSError as error:
            raise StepFailed(f"cannot restore {path}: {error.strerror}") from error

    def replaced(self, path: str, by: str) -> bool:
        """Whether `path` now holds what `by` holds, and what it held is kept."""
        there, new = self._place(path), self._folder / by
        try:
            return _kept(there).exists() and there.read_bytes() == new.read_bytes()
        except OSError as error:
            raise Refused(f"cannot read {error.filename}: {error.strerror}") from error

    def restorable(self, path: str, by: str) -> str:
        """What speaks against restoring, or nothing: somebody has changed `path`, or what was kept is gone."""
        there, new = self._place(path), self._folder / by
        try:
            now = there.read_bytes()
            switched = now == new.read_bytes()
            kept = _kept(there).read_bytes() if _kept(there).exists() else None
        except OSError as error:
            return f"cannot read {error.filename}: {error.strerror}"
        if kept is not None:
            return "" if switched or now == kept else f"{path} was changed since kmig replaced it"
        return f"{path} holds what {by} holds, and what it held before is gone" if switched else ""

    def keeps(self, path: str) -> bool:
        """See `ClientFiles`."""
        return _kept(self._place(path)).exists()

    def forget(self, path: str) -> None:
        """See `ClientFiles`."""
        there = self._place(path)
        try:
            whole_file.remove(_kept(there))
            _clear(there)
        except OSError as error:
            raise StepFailed(f"cannot remove what {path} held before: {error.strerror}") from error

    def _place(self, path: str) -> Path:
        return (self._folder / path).resolve()


def _kept(path: Path) -> Path:
    return path.with_name(path.name + BEFORE)


def _clear(there: Path) -> None:
    for one in (there, _kept(there)):
        whole_file.clear(one)
