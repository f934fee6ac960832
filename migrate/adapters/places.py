"""Where references lead: variables and files of this machine, stores that kmig.yaml names. Values are not kept."""

import re
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

import javaproperties

from migrate.adapters import connector_config
from migrate.adapters.file_readers import FileReaders
from migrate.adapters.secrets import Secrets, text_of
from migrate.errors import CannotTell, KmigError
from migrate.model.reference import Reference, parse
from migrate.model.stored import StoredSecret, StoreReader
from migrate.ports.stores import ReferenceUse

_A_REFERENCE = re.compile(r"\$\{[A-Za-z][\w.-]*:[ -~]+\}", re.ASCII)
"""What is shown of a value: a provider's name and visible characters; a password may begin with `${` too."""

_ENVIRON = StoreReader(who="the user that runs the process, and root", through="/proc/PID/environ")


class Store(Protocol):
    """A secret store of kmig.yaml."""

    def look(self, reference: Reference) -> StoredSecret:
        """Return what the store tells of a secret; raises `CannotTell` where it tells nothing."""


class Places:
    """`migrate.ports.stores.SecretPlaces`; each of the `stores` is opened when its first reference is looked at."""

    def __init__(
        self,
        environ: Mapping[str, str],
        folder: Path,
        stores: Mapping[str, Callable[[], Store]],
        key: bytes,
    ) -> None:
        self._environ = environ
        self._folder = folder
        self._secrets = Secrets(environ, folder)
        self._stores = {name: cache(opening) for name, opening in stores.items()}
        self._key = key
        self._host = socket.gethostname()
        self._readers = FileReaders(self._host)

    def look(self, use: ReferenceUse) -> StoredSecret:
        """See `SecretPlaces`."""
        reference = parse(use.reference)
        if reference is None:
            return StoredSecret(reference=use.reference, unknown="it is not a reference")
        if reference.provider == "env":
            return self._variable(use, reference)
        if reference.provider in ("file", "dir"):
            return self._file(use, reference)
        if reference.provider in self._stores:
            return self._stored(use, reference)
        why = f"kmig cannot read provider `{reference.provider}`"
        return StoredSecret(reference=use.reference, unknown=why)

    def fingerprints(self, reference: str) -> tuple[str, ...]:
        """See `SecretPlaces`; the line feed at the end of a file of one secret is no part of it."""
        parsed = parse(reference)
        if parsed is None or parsed.provider not in ("env", "file", "dir"):
            raise CannotTell(
                f"the value of {reference} was not read: kmig reads values of `env`, `file` and `dir` only"
            )
        secret = self._secrets.resolve(parsed).removesuffix("\n")
        try:
            return connector_config.fingerprints(secret, self._key)
        except ValueError:  # half a character; the error quotes the value
            raise CannotTell(f"the value of {reference} is no text in UTF-8") from None

    def _stored(self, use: ReferenceUse, reference: Reference) -> StoredSecret:
        try:
            told = self._stores[reference.provider]().look(reference)
        except KmigError as error:
            return StoredSecret(reference=use.reference, unknown=error.message)
        return told.model_copy(update={"reference": use.reference})

    def _variable(self, use: ReferenceUse, reference: Reference) -> StoredSecret:
        name = reference.key
        workers = f"the Connect workers of {', '.join(use.clusters)}"
        whose = "its processes" if use.declared else workers
        told = StoredSecret(
            reference=use.reference,
            place=f"variable {name} in the environment of {whose}",
            readers=(_ENVIRON,),
            unread=("who can read what sets the variable: a unit, a manifest or a script",),
        )
        if not use.declared:
            return told.model_copy(update={"unknown": f"on {workers}: kmig cannot look there"})
        if not (value := self._environ.get(name)):
            why = f"{name} is not set in kmig's environment on {self._host}"
            return told.model_copy(update={"unknown": why})
        return told.model_copy(update={"resolves_to": _named_by(value)})

    def _file(self, use: ReferenceUse, reference: Reference) -> StoredSecret:
        told = StoredSecret(reference=use.reference)
        workers = f"the workers of {', '.join(use.clusters)}"
        path = Path(reference.path, *((reference.key,) if reference.provider == "dir" else ()))
        if not use.declared and not path.is_absolute():
            why = f"on {workers}, relative to their directory; kmig cannot look there"
            return told.model_copy(update={"unknown": why})
        path = (self._folder / path).absolute()
        try:
            told = self._beside(told, path)
        except (FileNotFoundError, NotADirectoryError):
            why = f"{path} does not exist on {self._host}, where kmig ran"
            if use.clusters:
                why = f"on {workers}; kmig looked on {self._host}, where it does not exist"
            return told.model_copy(update={"unknown": why})
        except (OSError, ValueError, RuntimeError) as error:  # a hostile path, a loop of links
            why = f"kmig cannot look at {path} on {self._host}: {_reason(error)}"
            return told.model_copy(update={"unknown": why})
        if use.clusters:
            elsewhere = f"its readers on {workers}, unless these run on {self._host}"
            told = told.model_copy(update={"unread": (*told.unread, elsewhere)})
        try:
            return told.model_copy(update={"resolves_to": _named_by(_value(path, reference))})
        except KmigError as error:
            return told.model_copy(update={"unknown": f"on {self._host}: {error.message}"})

    def _beside(self, told: StoredSecret, path: Path) -> StoredSecret:
        """Add place, readers and last change of a file; raises `OSError`."""
        facts = path.stat()
        readers, unread = self._readers.of(path)
        link = "" if path.resolve() == path else f", a link to {path.resolve()},"
        return told.model_copy(
            update={
                "place": f"{path}{link} on {self._host} (where kmig ran)",
                "readers": readers,
                "unread": unread,
                "changed": datetime.fromtimestamp(facts.st_mtime, UTC),
            }
        )


def _value(path: Path, reference: Reference) -> str:
    """Return the secret, only to see whether it is a reference; raises `CannotTell` without its text."""
    try:
        if not (text := text_of(path)):
            raise CannotTell(f"the secret in {path} is empty")
        found = (
            text if reference.provider == "dir" else javaproperties.loads(text).get(reference.key)
        )
    except OSError as error:
        raise CannotTell(f"kmig may not read {path}: {error.strerror}") from None
    except ValueError:
        # the parser's message quotes the value
        raise CannotTell(f"{path} is not a file of secrets in UTF-8") from None
    if found is None:
        raise CannotTell(f"{path} has no key `{reference.key}`")
    if not found.strip():
        raise CannotTell(f"the secret in {path} is empty")
    return str(found)


def _named_by(value: str) -> str:
    """Return the reference that a value is as a whole; empty for a secret, which may only look like one."""
    inner = parse(value.strip())
    return str(inner) if inner and _A_REFERENCE.fullmatch(str(inner)) else ""


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "not a path of this machine"
