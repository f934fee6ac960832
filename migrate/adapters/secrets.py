"""References resolved to secrets, at the moment of use; a secret is never stored, printed or put in an error."""

import stat
from collections.abc import Mapping
from pathlib import Path

import javaproperties

from migrate.errors import CannotTell, KmigError, Refused
from migrate.model.cluster import MECHANISMS
from migrate.model.reference import Reference


def require_private(path: Path, what: str) -> None:
    """Refuse a file of secrets that everybody on this machine may read; one that is not there is for the reader."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & stat.S_IROTH:
        raise Refused(f"{what}: everybody may read {path}", f"chmod o-rwx {path}")


class Secrets:
    """The providers `env`, `file` and `dir`, as Kafka's ConfigProviders read them."""

    def __init__(self, environ: Mapping[str, str], base: Path) -> None:
        self._environ = environ
        self._base = base

    def resolve(self, reference: Reference) -> str:
        """What the reference holds; relative paths start at the migration directory. Raises `CannotTell`."""
        if reference.provider == "env":
            value = self._environ.get(reference.key)
        elif reference.provider == "file":
            value = self._properties(reference).get(reference.key)
        elif reference.provider == "dir":
            value = self._read(reference, self._base / reference.path / reference.key)
        else:
            raise CannotTell(
                f"{reference}: no provider `{reference.provider}` here",
                "kmig resolves ${env:NAME}, ${file:/path.properties:key} and ${dir:/path:name}",
            )
        if not value:
            raise CannotTell(f"{reference} holds nothing", "check the name and the key")
        return value

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """The SCRAM mechanism that stands at a place, or what it was before."""
        try:
            found = self.resolve(place)
        except KmigError:
            return otherwise
        # whatever else stands there may be a secret, and would be told as a mechanism
        return found if found in MECHANISMS.values() else otherwise

    def _properties(self, reference: Reference) -> dict[str, str]:
        text = self._read(reference, self._base / reference.path)
        try:
            return dict(javaproperties.loads(text))
        except ValueError:
            # the parser's message quotes the value
            raise CannotTell(f"cannot read {reference}: not a properties file") from None

    def _read(self, reference: Reference, path: Path) -> str:
        require_private(path, str(reference))
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise CannotTell(f"cannot read {reference}: {error.strerror}") from error
        except UnicodeDecodeError:
            raise CannotTell(f"cannot read {reference}: not UTF-8") from None
