"""Client configuration files, replaced in one rename; the former content is kept beside it as `.kmig-before`."""

from collections.abc import Callable
from pathlib import Path

from migrate.adapters import whole_file
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.errors import Refused, StepFailed
from migrate.model.own_files import BEFORE
from migrate.ports.disk import Disk

_PERMISSIONS = "check that the file exists and that kmig may read and write it and its folder"


def _untried(_: bytes, __: Path) -> str | None:
    """Log in nowhere."""
    return None


class LocalClientFiles:
    """`migrate.ports.ClientFiles` on this machine; relative paths start at the migration directory."""

    def __init__(
        self,
        folder: Path,
        disk: Disk = LOCAL_DISK,
        trial: Callable[[bytes, Path], str | None] = _untried,
    ) -> None:
        self._folder = folder
        self._disk = disk
        self._trial = trial

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        """See `ClientFiles`; a content kept by an earlier wave is overwritten."""
        target, source = self._place(path), self._folder / by
        try:
            now, coming = self._disk.read(target), self._disk.read(source)
            if (keep and now != coming) or not self._disk.exists(_kept(target)):
                whole_file.replace(self._disk, _kept(target), now, like=target)
            whole_file.replace(self._disk, target, coming)
        except OSError as error:
            raise StepFailed(
                f"cannot replace client file {path} by {by}: {error.strerror}", _PERMISSIONS
            ) from error

    def lacking(self, path: str, by: str) -> str:
        """See `ClientFiles`."""
        file, new = self._place(path), self._folder / by
        try:
            for one in (file, new):
                self._disk.read(one)
        except OSError as error:
            return f"cannot read {error.filename}: {error.strerror}"
        return "" if self._disk.writable(file.parent) else f"kmig may not write to {file.parent}"

    def leads_to(self, by: str) -> str | None:
        """See `ClientFiles`."""
        new = self._folder / by
        try:
            return self._trial(self._disk.read(new), new)
        except OSError as error:
            raise Refused(
                f"cannot read client file {error.filename}: {error.strerror}", _PERMISSIONS
            ) from error

    def restore(self, path: str) -> None:
        """See `ClientFiles`; where nothing is kept, the content is restored already (see `restorable`)."""
        file = self._place(path)
        try:
            if self._disk.exists(_kept(file)):
                self._disk.rename(_kept(file), file)
                self._disk.sync_folder(file.parent)
            self._clear(file)
        except OSError as error:
            raise StepFailed(
                f"cannot restore client file {path}: {error.strerror}", _PERMISSIONS
            ) from error

    def replaced(self, path: str, by: str) -> bool:
        """See `ClientFiles`."""
        file, new = self._place(path), self._folder / by
        try:
            if not self._disk.exists(_kept(file)):
                return False
            return self._disk.read(file) == self._disk.read(new)
        except OSError as error:
            raise Refused(
                f"cannot read client file {error.filename}: {error.strerror}", _PERMISSIONS
            ) from error

    def restorable(self, path: str, by: str) -> str:
        """See `ClientFiles`."""
        file, new = self._place(path), self._folder / by
        try:
            now = self._disk.read(file)
            switched = now == self._disk.read(new)
            kept = self._disk.read(_kept(file)) if self._disk.exists(_kept(file)) else None
        except OSError as error:
            return f"cannot read client file {error.filename}: {error.strerror}"
        if kept is not None:
            return "" if switched or now == kept else f"{path} was changed since kmig replaced it"
        return f"{path} equals {by}, and its former content is gone" if switched else ""

    def keeps(self, path: str) -> bool:
        """See `ClientFiles`."""
        return self._disk.exists(_kept(self._place(path)))

    def forget(self, path: str) -> None:
        """See `ClientFiles`."""
        file = self._place(path)
        try:
            whole_file.remove(self._disk, _kept(file))
            self._clear(file)
        except OSError as error:
            raise StepFailed(
                f"cannot remove the former content of client file {path}: {error.strerror}",
                _PERMISSIONS,
            ) from error

    def _place(self, path: str) -> Path:
        return self._disk.resolved(self._folder / path)

    def _clear(self, file: Path) -> None:
        for path in (file, _kept(file)):
            whole_file.clear(self._disk, path)


def _kept(path: Path) -> Path:
    return path.with_name(path.name + BEFORE)
