"""Secrets in properties files through a rotation: pending before any cluster knows it, old until it is proven dead.

Of a file that clients read, only the key that they read changes, and the mechanism beside it: librdkafka refuses a
property that it does not know. What only kmig reads, `app.kmig-pending` and `app.kmig-old`, stands in a file of its
own in the migration directory, one for each delivered file. Every change of either file is one durable rename. A
secret is durable in kmig's file before it leaves the other one, so a kill between the two loses nothing.
"""

import re
import secrets as random
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import javaproperties

from migrate.adapters import whole_file
from migrate.errors import StepFailed
from migrate.model.own_files import SECRETS
from migrate.model.reference import Reference

_LENGTH = 24
_SUFFIX = {"pending": ".kmig-pending", "old": ".kmig-old", "current": ""}
_OWN = (_SUFFIX["pending"], _SUFFIX["old"])
_UP_TO_THE_VALUE = re.compile(r"[ \t\f]*(?:\\.|[^\\\s:=])+[ \t\f]*[:=]?[ \t\f]*", re.DOTALL)
_LINE_ENDS = re.compile(r"\r\n|\n|\r")


class PropertiesSecrets:
    """`migrate.ports.SecretStore` on this machine; relative paths start at the migration directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def where(self, path: str, key: str, *, which: str) -> Reference:
        """See `SecretStore`; one that a version before left in the delivered file is read there."""
        name = key + _SUFFIX[which]
        elsewhere = which != "current" and (name in self._own(path) or name not in self._read(path))
        return Reference(provider="file", path=_own_name(path) if elsewhere else path, key=name)

    def issue(self, path: str, key: str) -> None:
        """See `SecretStore`."""
        kept = self._kept(path)
        fresh = random.token_urlsafe(_LENGTH)
        self._keep(path, {key + _SUFFIX["pending"]: fresh, **kept})

    def provide(self, path: str, key: str) -> None:
        """See `SecretStore`."""
        if key not in self._read(path):
            self._edit(path, {key: random.token_urlsafe(_LENGTH)})

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
        found = self._read(path) if which == "current" else self._kept(path)
        return key + _SUFFIX[which] in found

    def apart(self, path: str) -> bool:
        """See `SecretStore`."""
        return not any(key.endswith(_OWN) for key in self._read(path))

    def _shift(self, path: str, key: str, way: tuple[str, str], beside: Mapping[str, str]) -> None:
        """`way` names what becomes current, and what the current one becomes."""
        kept, current = self._kept(path), self._read(path).get(key)
        comes, goes = (key + _SUFFIX[which] for which in way)
        if comes in kept:
            if current not in (None, kept[comes]):  # else a killed run has delivered it
                if kept.setdefault(goes, current) != current:
                    raise StepFailed(
                        f"`{key}` of {path} was changed since kmig read it",
                        f"put the value of `{goes}` in {_own_name(path)} back there, then rerun the command",
                    )
                self._keep(path, kept)
            self._edit(path, {key: kept.pop(comes), **beside})
        self._keep(path, kept)

    def _kept(self, path: str) -> dict[str, str]:
        """What only kmig reads, wherever it stands."""
        left = {k: v for k, v in self._read(path).items() if k.endswith(_OWN)}
        return {**left, **self._own(path)}

    def _own(self, path: str) -> dict[str, str]:
        return self._read(_own_name(path))

    def _keep(self, path: str, values: Mapping[str, str]) -> None:
        """Make kmig's own file hold these; then nothing of them stands in the delivered one."""
        name = _own_name(path)
        if values and values != self._own(path):
            self._make_folder()
            text = javaproperties.dumps(values, comments=f"kmig's own, of {path}", timestamp=False)
            self._write(name, text)
        left = [key for key in self._read(path) if key.endswith(_OWN)]
        self._edit(path, dict.fromkeys(left))
        if not values:
            self._remove(name)

    def _make_folder(self) -> None:
        folder = self._folder / SECRETS
        try:
            if not folder.exists():
                folder.mkdir(mode=0o700)
                whole_file.flush(self._folder)
            if not (folder / ".gitignore").exists():
                whole_file.replace(folder / ".gitignore", b"*\n")
        except OSError as error:
            raise StepFailed(f"cannot make {SECRETS}: {error.strerror}") from error

    def _edit(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set keys of a file, or remove them where the value is None; every other byte stays."""
        text, held = self._text(path), self._read(path)
        edited = _edited(text, changes)
        rest = {key: value for key, value in held.items() if key not in changes}
        wanted = rest | {key: value for key, value in changes.items() if value is not None}
        if javaproperties.loads(edited) != wanted:
            raise StepFailed(
                f"cannot change `{'`, `'.join(changes)}` of {path} without another key",
                "end the last line of the file without a backslash",
            )
        if edited != text:
            self._write(path, edited)

    def _read(self, path: str) -> dict[str, str]:
        """What a file holds; one that does not exist holds nothing."""
        try:
            return dict(javaproperties.loads(self._text(path)))
        except ValueError:
            raise _no_properties(path) from None

    def _text(self, path: str) -> str:
        try:
            return (self._folder / path).read_bytes().decode()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise StepFailed(f"cannot read {path}: {error.strerror}") from error
        except ValueError:
            raise _no_properties(path) from None

    def _write(self, path: str, text: str) -> None:
        try:
            whole_file.replace(self._folder / path, text.encode())
        except OSError as error:
            raise StepFailed(f"cannot write {path}: {error.strerror}") from error

    def _remove(self, path: str) -> None:
        try:
            whole_file.remove(self._folder / path)
        except OSError as error:
            raise StepFailed(f"cannot remove {path}: {error.strerror}") from error


def _own_name(path: str) -> str:
    """Where kmig keeps its own of a delivered file: told apart by the whole path, and known by its last part."""
    known = quote(Path(path).name, safe="")[:60]
    return f"{SECRETS}/{known}-{sha256(path.encode()).hexdigest()[:12]}.properties"


def _no_properties(path: str) -> StepFailed:
    # the parser's message quotes the value
    return StepFailed(f"cannot read {path}: not a properties file in UTF-8")


def _edited(text: str, changes: Mapping[str, str | None]) -> str:
    """The text of a properties file with other values; a key that stands twice gets its value twice."""
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
    """The line of a key with another value: what stands before and behind the value stays."""
    ends = source[len(source.rstrip("\r\n")) :]
    match = _UP_TO_THE_VALUE.match(source)
    line = f"{match.group() if match else ''}{_plain(value)}{ends}"
    if javaproperties.loads(line) == {key: value}:
        return line
    # a key without a sign behind it, or in two lines
    return f"{javaproperties.escape(key)}={_plain(value)}{ends}"


def _plain(value: str) -> str:
    """As a properties file writes a value, and, as far as Java reads it back, as clients of other languages do."""
    text = value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    return "\\" + text if text[:1] in (" ", "\t", "\f") else text
