"""Secrets in properties files through a rotation: pending before any cluster knows it, old until it is proven dead.

Beside key `app` stand `app.kmig-pending` and `app.kmig-old`. Every change is one rename of the whole file, so no
reader sees a secret without its mechanism; comments and order stay.
"""

import os
import secrets as random
from pathlib import Path

import javaproperties

from migrate.errors import StepFailed

_LENGTH = 24
_SUFFIX = {"pending": ".kmig-pending", "old": ".kmig-old", "current": ""}


class PropertiesSecrets:
    """`migrate.ports.SecretStore` on this machine; relative paths start at the migration directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def issue(self, path: str, key: str) -> None:
        """Make a new secret and keep it as pending, unless one waits there already; the file is made if need be."""
        self._make(path, key + _SUFFIX["pending"])

    def provide(self, path: str, key: str) -> None:
        """Make a secret under the key itself, unless one is there; the file is made if need be."""
        self._make(path, key)

    def provided(self, path: str, key: str) -> bool:
        """Whether there is a secret under the key itself; a file that is not there has none."""
        return (self._folder / path).exists() and key in self._read(path)

    def _make(self, path: str, name: str) -> None:
        there = self._folder / path
        file = self._read(path) if there.exists() else javaproperties.PropertiesFile()
        if name not in file:
            file[name] = random.token_urlsafe(_LENGTH)
            self._write(path, file)

    def deliver(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """Pending becomes current, current becomes old, and the mechanism is named beside it."""
        self._shift(path, key, ("pending", "current", "old"), mechanism_key, mechanism)

    def withdraw(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """The inverse of `deliver`."""
        self._shift(path, key, ("old", "current", "pending"), mechanism_key, mechanism)

    def forget(self, path: str, key: str, *, which: str) -> None:
        """Remove the `pending`, the `current` or the `old` secret; of a file that is not there, there is none."""
        if not (self._folder / path).exists():
            return
        file = self._read(path)
        if file.pop(key + _SUFFIX[which], None) is not None:
            self._write(path, file)

    def discard(self, path: str) -> None:
        """Remove a file of secrets that was made for a drill."""
        (self._folder / path).unlink(missing_ok=True)

    def holds(self, path: str, key: str, *, which: str) -> bool:
        """Whether there is a `pending`, `current` or `old` secret."""
        return key + _SUFFIX[which] in self._read(path)

    def _shift(
        self, path: str, key: str, way: tuple[str, str, str], mechanism_key: str, mechanism: str
    ) -> None:
        file = self._read(path)
        first, middle, last = (key + _SUFFIX[name] for name in way)
        if first not in file:
            return
        if middle in file:
            file[last] = file[middle]
        file[middle] = file.pop(first)
        file[mechanism_key] = mechanism
        self._write(path, file)

    def _read(self, path: str) -> "javaproperties.PropertiesFile":
        try:
            return javaproperties.PropertiesFile.loads(
                (self._folder / path).read_text(encoding="utf-8")
            )
        except OSError as error:
            raise StepFailed(f"cannot read {path}: {error.strerror}") from error
        except ValueError:
            raise StepFailed(f"cannot read {path}: not a properties file in UTF-8") from None

    def _write(self, path: str, file: "javaproperties.PropertiesFile") -> None:
        there = self._folder / path
        arriving = there.with_name(there.name + ".kmig-new")
        try:
            handle = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(file.dumps())
                out.flush()
                os.fsync(out.fileno())
                if there.exists():
                    os.fchmod(out.fileno(), there.stat().st_mode & 0o777)
            arriving.replace(there)
        except OSError as error:
            raise StepFailed(f"cannot write {path}: {error.strerror}") from error
