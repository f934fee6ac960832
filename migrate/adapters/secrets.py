"""References resolved to secrets when they are used; a secret is never stored, printed or quoted in an error."""

import stat
from collections.abc import Mapping
from pathlib import Path

import javaproperties

from migrate.errors import CannotTell, KmigError, Refused
from migrate.model.cluster import MECHANISMS
from migrate.model.reference import Reference

_LARGEST = 1024 * 1024
"""More is no file of secrets, and would fill the memory."""


def require_private(path: Path) -> None:
    """Raise `Refused` for a file of secrets that every user of this machine can read; a missing file passes."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & stat.S_IROTH:
        raise Refused(
            f"{path} holds a secret and every user of this machine can read it",
            f"take the permission away: chmod o-rwx {path}",
        )


class Secrets:
    """The providers `env`, `file` and `dir`, as Kafka's ConfigProviders read them."""

    def __init__(self, environ: Mapping[str, str], base: Path) -> None:
        self._environ = environ
        self._base = base

    def resolve(self, reference: Reference) -> str:
        """Return the secret; relative paths start at the migration directory. Raises `CannotTell`."""
        if reference.provider == "env":
            value = self._environ.get(reference.key)
        elif reference.provider == "file":
            value = self._properties(reference).get(reference.key)
        elif reference.provider == "dir":
            value = self._read(reference, self._base / reference.path / reference.key)
        else:
            raise CannotTell(
                f"cannot resolve {reference}: unknown provider `{reference.provider}`",
                "write ${env:NAME}, ${file:/path.properties:key} or ${dir:/path:name}",
            )
        if not value:
            raise CannotTell(
                f"cannot resolve {reference}: it does not exist or is empty",
                "check the name and the key, and the environment that kmig runs in",
            )
        return value

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """Return the SCRAM mechanism written at a place, or `otherwise` where none is."""
        try:
            value = self.resolve(place)
        except KmigError:
            return otherwise
        # any other value may be a secret, and a mechanism is printed
        return value if value in MECHANISMS.values() else otherwise

    def _properties(self, reference: Reference) -> dict[str, str]:
        text = self._read(reference, self._base / reference.path)
        try:
            return dict(javaproperties.loads(text))
        except ValueError:
            # the parser's message quotes the value
            raise CannotTell(
                f"cannot resolve {reference}: {reference.path} is not a properties file"
            ) from None

    def _read(self, reference: Reference, path: Path) -> str:
        try:
            require_private(path)
            return text_of(path)
        except OSError as error:
            raise CannotTell(
                f"cannot resolve {reference}: cannot read {path}: {error.strerror}",
                "check the path in the reference; relative paths start at the migration directory",
            ) from error
        except UnicodeDecodeError:
            raise CannotTell(f"cannot resolve {reference}: {path} is not in UTF-8") from None
        except ValueError:  # a zero byte, or half a character
            raise CannotTell(f"cannot resolve {reference}: it is no path of this machine") from None


def text_of(path: Path) -> str:
    """Return the text of a file of secrets; raises `CannotTell` for what is none, `OSError` and `ValueError`."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):  # reading a pipe would wait
        raise CannotTell(f"{path} is not a regular file")
    if facts.st_size > _LARGEST:
        raise CannotTell(f"{path} is larger than 1 MiB, which is no file of secrets")
    # also files of /proc have no size, and reading one may wait
    return path.read_text(encoding="utf-8") if facts.st_size else ""
