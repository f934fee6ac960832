"""Client configuration files, replaced in one rename; the former content is kept beside it as `.kmig-before`."""

from pathlib import Path

from migrate.adapters import whole_file
from migrate.errors import Refused, StepFailed
from migrate.model.own_files import BEFORE

_PERMISSIONS = "check that the file exists and that kmig may read and write it and its folder"


class LocalClientFiles:
    """`migrate.ports.ClientFiles` on this machine; relative paths start at the migration directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        """See `ClientFiles`; a content kept by an earlier wave is overwritten."""
        target, source = self._place(path), self._folder / by
        try:
            now, coming = target.read_bytes(), source.read_bytes()
            if (keep and now != coming) or not _kept(target).exists():
                whole_file.replace(_kept(target), now, like=target)
            whole_file.replace(target, coming)
        except OSError as error:
            raise StepFailed(
                f"cannot replace client file {path} by {by}: {error.strerror}", _PERMISSIONS
            ) from error

    def restore(self, path: str) -> None:
        """See `ClientFiles`; where nothing is kept, the content is restored already (see `restorable`)."""
        file = self._place(path)
        try:
            if _kept(file).exists():
                _kept(file).replace(file)
                whole_file.flush(file.parent)
            _clear(file)
        except OSError as error:
            raise StepFailed(
                f"cannot restore client file {path}: {error.strerror}", _PERMISSIONS
            ) from error

    def replaced(self, path: str, by: str) -> bool:
        """See `ClientFiles`."""
        file, new = self._place(path), self._folder / by
        try:
            return _kept(file).exists() and file.read_bytes() == new.read_bytes()
        except OSError as error:
            raise Refused(
                f"cannot read client file {error.filename}: {error.strerror}", _PERMISSIONS
            ) from error

    def restorable(self, path: str, by: str) -> str:
        """See `ClientFiles`."""
        file, new = self._place(path), self._folder / by
        try:
            now = file.read_bytes()
            switched = now == new.read_bytes()
            kept = _kept(file).read_bytes() if _kept(file).exists() else None
        except OSError as error:
            return f"cannot read client file {error.filename}: {error.strerror}"
        if kept is not None:
            return "" if switched or now == kept else f"{path} was changed since kmig replaced it"
        return f"{path} equals {by}, and its former content is gone" if switched else ""

    def keeps(self, path: str) -> bool:
        """See `ClientFiles`."""
        return _kept(self._place(path)).exists()

    def forget(self, path: str) -> None:
        """See `ClientFiles`."""
        file = self._place(path)
        try:
            whole_file.remove(_kept(file))
            _clear(file)
        except OSError as error:
            raise StepFailed(
                f"cannot remove the former content of client file {path}: {error.strerror}",
                _PERMISSIONS,
            ) from error

    def _place(self, path: str) -> Path:
        return (self._folder / path).resolve()


def _kept(path: Path) -> Path:
    return path.with_name(path.name + BEFORE)


def _clear(file: Path) -> None:
    for path in (file, _kept(file)):
        whole_file.clear(path)
