"""References resolved to secrets, at the moment of use; a secret is never stored, printed or put in an error."""

from collections.abc import Mapping
from pathlib import Path

import javaproperties

from migrate.errors import CannotTell
from migrate.model.reference import Reference


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

    def _properties(self, reference: Reference) -> dict[str, str]:
        text = self._read(reference, self._base / reference.path)
        try:
            return dict(javaproperties.loads(text))
        except ValueError:
            # the parser's message quotes the value
            raise CannotTell(f"cannot read {reference}: not a properties file") from None

    def _read(self, reference: Reference, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise CannotTell(f"cannot read {reference}: {error.strerror}") from error
        except UnicodeDecodeError:
            raise CannotTell(f"cannot read {reference}: not UTF-8") from None
