"""Secrets in properties files during a rotation: the new one is `pending`, then `current`; the old one is kept.

In a file that clients read, only the key that they read changes, and the mechanism beside it: librdkafka refuses an
unknown property. The secrets that only kmig reads, `app.kmig-pending` and `app.kmig-old`, are kept in the migration
directory, in one file for each file of a client. Each change of either file is one durable rename. A secret is
durable in kmig's file before it leaves the client's file, so a kill between the two loses nothing.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import javaproperties

from migrate.adapters import whole_file
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.errors import StepFailed
from migrate.model.own_files import SECRETS
from migrate.model.reference import Reference
from migrate.ports.disk import Disk

_LENGTH = 24
_SUFFIX = {"pending": ".kmig-pending", "old": ".kmig-old", "current": ""}
_OWN = (_SUFFIX["pending"], _SUFFIX["old"])
_PERMISSIONS = "check that kmig may read and write the file and its folder, then rerun the command"
_UP_TO_THE_VALUE = re.compile(r"[ \t\f]*(?:\\.|[^\\\s:=])+[ \t\f]*[:=]?[ \t\f]*", re.DOTALL)
_LINE_ENDS = re.compile(r"\r\n|\n|\r")


class PropertiesSecrets:
    """`migrate.ports.SecretStore` on this machine; relative paths start at the migration directory.

    A new secret is made by `random`, from a number of random bytes.
    """

    def __init__(
        self,
        folder: Path,
        disk: Disk = LOCAL_DISK,
        random: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._folder = folder
        self._disk = disk
        self._random = random

    def where(self, path: str, key: str, *, which: str) -> Reference:
        """See `SecretStore`; a secret that an earlier version of kmig left in the client's file is read there."""
        name = key + _SUFFIX[which]
        in_own = which != "current" and (name in self._own(path) or name not in self._read(path))
        return Reference(provider="file", path=_own_name(path) if in_own else path, key=name)

    def issue(self, path: str, key: str) -> None:
        """See `SecretStore`."""
        kept = self._kept(path)
        secret = self._random(_LENGTH)
        self._keep(path, {key + _SUFFIX["pending"]: secret, **kept})

    def provide(self, path: str, key: str) -> None:
        """See `SecretStore`."""
        if key not in self._read(path):
            self._edit(path, {key: self._random(_LENGTH)})

    def provided(self, path: str, key: str) -> bool:
        """See `SecretStore`."""
        return key in self._read(path)

    def deliver(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """See `SecretStore`."""
        self._shift(path, key, ("pending", "old"), {mechanism_key: mechanism})

    def withdraw(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """See `SecretStore`."""
        self._shift(path, key, ("old", "pending"), {mechanism_key: mechanism})

    def forget(self, path: str, key: str, *, which: str) -> None:
        """See `SecretStore`."""
        name = key + _SUFFIX[which]
        if which == "current":
            self._edit(path, {name: None})
        else:
            self._keep(path, {k: v for k, v in self._kept(path).items() if k != name})

    def discard(self, path: str) -> None:
        """See `SecretStore`."""
        for name in (path, _own_name(path)):
            self._remove(name)

    def holds(self, path: str, key: str, *, which: str) -> bool:
        """See `SecretStore`."""
        values = self._read(path) if which == "current" else self._kept(path)
        return key + _SUFFIX[which] in values

    def apart(self, path: str) -> bool:
        """See `SecretStore`."""
        return not any(key.endswith(_OWN) for key in self._read(path))

    def _shift(self, path: str, key: str, way: tuple[str, str], beside: Mapping[str, str]) -> None:
        """Make one kept secret the current one: `way` is (which becomes current, what the current one becomes)."""
        kept, current = self._kept(path), self._read(path).get(key)
        coming, going = (key + _SUFFIX[which] for which in way)
        if coming in kept:
            if current not in (None, kept[coming]):  # else a killed run has delivered it
                if kept.setdefault(going, current) != current:
                    raise StepFailed(
                        f"the secret `{key}` in {path} was changed since kmig read it",
                        f"set it to the value of `{going}` in {_own_name(path)}, then rerun the command",
                    )
                self._keep(path, kept)
            self._edit(path, {key: kept.pop(coming), **beside})
        self._keep(path, kept)

    def _kept(self, path: str) -> dict[str, str]:
        """Return the pending and old secrets, from kmig's own file or, of an earlier version, from the client's."""
        in_client_file = {k: v for k, v in self._read(path).items() if k.endswith(_OWN)}
        return {**in_client_file, **self._own(path)}

    def _own(self, path: str) -> dict[str, str]:
        return self._read(_own_name(path))

    def _keep(self, path: str, values: Mapping[str, str]) -> None:
        """Write these secrets to kmig's own file, then remove kmig's keys from the client's file."""
        name = _own_name(path)
        if values and values != self._own(path):
            self._make_folder()
            text = javaproperties.dumps(values, comments=f"kmig's own, of {path}", timestamp=False)
            self._write(name, text)
        own_keys = [key for key in self._read(path) if key.endswith(_OWN)]
        self._edit(path, dict.fromkeys(own_keys))
        if not values:
            self._remove(name)

    def _make_folder(self) -> None:
        folder = self._folder / SECRETS
        try:
            if not self._disk.exists(folder):
                self._disk.make_folder(folder, mode=0o700)
                self._disk.sync_folder(self._folder)
            if not self._disk.exists(folder / ".gitignore"):
                whole_file.replace(self._disk, folder / ".gitignore", b"*\n")
        except OSError as error:
            raise StepFailed(
                f"cannot create the folder {SECRETS}: {error.strerror}",
                "let kmig write to the migration directory, then rerun the command",
            ) from error

    def _edit(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set keys of a file, or remove them where the value is None; every other byte stays."""
        text, before = self._text(path), self._read(path)
        edited = _edited(text, changes)
        rest = {key: value for key, value in before.items() if key not in changes}
        wanted = rest | {key: value for key, value in changes.items() if value is not None}
        if javaproperties.loads(edited) != wanted:
            raise StepFailed(
                f"cannot change `{'`, `'.join(changes)}` in {path} without changing another key",
                "end the last line of the file without a backslash",
            )
        if edited != text:
            self._write(path, edited)

    def _read(self, path: str) -> dict[str, str]:
        """Return the values of a file; none where it does not exist."""
        try:
            return dict(javaproperties.loads(self._text(path)))
        except ValueError:
            raise _no_properties(path) from None

    def _text(self, path: str) -> str:
        try:
            return self._disk.read(self._folder / path).decode()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise StepFailed(
                f"cannot read the secrets file {path}: {error.strerror}", _PERMISSIONS
            ) from error
        except ValueError:
            raise _no_properties(path) from None

    def _write(self, path: str, text: str) -> None:
        try:
            whole_file.replace(self._disk, self._folder / path, text.encode())
        except OSError as error:
            raise StepFailed(
                f"cannot write the secrets file {path}: {error.strerror}", _PERMISSIONS
            ) from error

    def _remove(self, path: str) -> None:
        try:
            whole_file.remove(self._disk, self._folder / path)
        except OSError as error:
            raise StepFailed(
                f"cannot remove the secrets file {path}: {error.strerror}", _PERMISSIONS
            ) from error


def _own_name(path: str) -> str:
    """Return the path of kmig's file for a client's file: the hash of its path makes it unique."""
    name = quote(Path(path).name, safe="")[:60]
    return f"{SECRETS}/{name}-{sha256(path.encode()).hexdigest()[:12]}.properties"


def _no_properties(path: str) -> StepFailed:
    # the parser's message quotes the value
    return StepFailed(
        f"cannot read the secrets file {path}: not a properties file in UTF-8",
        "write one `key=value` a line, then rerun the command",
    )


def _edited(text: str, changes: Mapping[str, str | None]) -> str:
    """Return the text of a properties file with other values; a key that is set twice gets the value twice."""
    lines, missing = [], {key: value for key, value in changes.items() if value is not None}
    for element in javaproperties.parse(text):
        key = element.key if isinstance(element, javaproperties.KeyValue) else ""
        if key not in changes:
            lines.append(element.source)
        elif (value := changes[key]) is not None:
            missing.pop(key, None)
            lines.append(_line(element.source, key, value))
    ends = (_LINE_ENDS.findall(text) or ["\n"])[0]
    if missing and lines and not lines[-1].endswith(("\r", "\n")):
        lines.append(ends)
    lines += [
        f"{javaproperties.escape(key)}={_plain(value)}{ends}" for key, value in missing.items()
    ]
    return "".join(lines)


def _line(source: str, key: str, value: str) -> str:
    """Return the line of a key with another value; everything before and after the value stays."""
    ends = source[len(source.rstrip("\r\n")) :]
    match = _UP_TO_THE_VALUE.match(source)
    line = f"{match.group() if match else ''}{_plain(value)}{ends}"
    if javaproperties.loads(line) == {key: value}:
        return line
    # a key without a separator, or one that is continued on a second line
    return f"{javaproperties.escape(key)}={_plain(value)}{ends}"


def _plain(value: str) -> str:
    """Return a value escaped for a properties file, no more than Java needs: other clients escape less."""
    text = value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    return "\\" + text if text[:1] in (" ", "\t", "\f") else text
