"""Vault's and OpenBao's HTTP interface, read only, through hvac: an optional library, imported when a store is named.

Nothing of a secret's data is ever asked for: metadata, the names of its keys, policies and who holds them.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from migrate.adapters.connection_errors import why
from migrate.errors import CannotTell, NotAuthorized, Unreachable


class Answer:
    """The data of an answer; what is missing or of another type is empty."""

    def __init__(self, data: object) -> None:
        self._data: Mapping[str, Any] = data if isinstance(data, dict) else {}

    def text(self, *keys: str) -> str:
        """Return the first of these values that is not empty."""
        found = (self._data.get(key) for key in keys)
        return next((str(one) for one in found if isinstance(one, str | int) and one), "")

    def texts(self, *keys: str) -> tuple[str, ...]:
        """Return the members of these lists, each once; a list may also be one text with commas."""
        members: dict[str, None] = {}
        for key in keys:
            value = self._data.get(key)
            some = value.split(",") if isinstance(value, str) else value
            if isinstance(some, list):
                members |= {str(one).strip(): None for one in some if one}
        return tuple(members)

    def flag(self, key: str) -> bool:
        """Whether a value is true."""
        return self._data.get(key) is True

    def time(self, key: str) -> datetime | None:
        """Return a time in UTC; None where it is empty."""
        try:
            return datetime.fromisoformat(str(self._data.get(key))).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def inner(self, key: str) -> "Answer":
        """Return an object inside."""
        return Answer(self._data.get(key))

    def table(self, key: str = "") -> dict[str, "Answer"]:
        """Return the objects of an object by their names; without a key, of this one."""
        whole = self._data.get(key) if key else self._data
        items = whole.items() if isinstance(whole, dict) else ()
        return {str(name): Answer(one) for name, one in items}


class VaultApi:
    """One server, one namespace, one token. Every request raises `CannotTell` or a kind of it."""

    def __init__(
        self, name: str, address: str, token: str, *, namespace: str, timeout: float
    ) -> None:
        try:
            import hvac
        except ModuleNotFoundError:
            raise CannotTell(
                f"cannot read store `{name}`: the library hvac is not installed",
                "install it beside kmig: pip install 'kmig[vault]'",
            ) from None
        self._where = f"store `{name}` at {address}"
        if not (token.isascii() and token.isprintable()) or " " in token:
            # the library's error would quote the token
            raise CannotTell(
                f"cannot read store `{name}`: its token holds a character that no token has",
                "check `token` in kmig.yaml, and the place that it names",
            )
        self.namespace = namespace.strip("/")
        self._timeout = timeout
        self._errors = hvac.exceptions
        self._silent: CannotTell | None = None
        self._client = hvac.Client(
            url=address,
            token=token,
            namespace=namespace or None,
            timeout=timeout,
            # the library would send the token to wherever an answer points
            allow_redirects=False,
        )

    def read(self, path: str) -> Answer | None:
        """Return the data at a path, or None where nothing is."""
        return self._data("read", path)

    def list(self, path: str) -> tuple[str, ...]:
        """Return the names below a path."""
        found = self._data("list", path)
        return found.texts("keys") if found else ()

    def _data(self, verb: str, path: str) -> Answer | None:
        if self._silent:
            raise self._silent  # it is waited for once
        if ".." in path.split("/"):
            raise CannotTell(f"{self._where} was not asked for a path with `..`")
        try:
            answer = getattr(self._client, verb)(quote(path, safe="/"))
        except (self._errors.Forbidden, self._errors.Unauthorized):
            raise NotAuthorized(
                f"{self._where} does not allow kmig to {verb} {path}",
                "give kmig's token the policy in docs/permissions.md",
            ) from None
        except self._errors.VaultError as error:
            # its text may repeat what was asked, and a token
            down = isinstance(error, self._errors.VaultDown)
            reason = "it is sealed, or no node is active" if down else "see the log of that server"
            raise CannotTell(
                f"{self._where} answered with an error to {verb} {path}: {reason}"
            ) from None
        except (OSError, ValueError) as error:  # requests derives its errors from OSError
            self._silent = Unreachable(
                f"cannot reach {self._where}: {why(error, self._timeout)}",
                "check `stores` in kmig.yaml, and that the server runs there",
            )
            raise self._silent from None
        except (
            AttributeError,
            TypeError,
            LookupError,
        ):  # in the library, by an error of another form
            raise self._unexpected(verb, path) from None
        if answer is None:
            return None
        if not _is_answer(answer):
            raise self._unexpected(verb, path)
        return Answer(answer["data"])

    def _unexpected(self, verb: str, path: str) -> CannotTell:
        # the answer is not repeated: it may hold secrets
        return CannotTell(
            f"{self._where} gave no answer of a secret store to {verb} {path}",
            "check `address` in kmig.yaml, a redirect and any proxy in front of it",
        )


def _is_answer(answer: object) -> bool:
    """Whether it is an object with data, in whole characters; a proxy's page and a redirect are none."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
        return False
    try:
        json.dumps(answer, ensure_ascii=False).encode()
    except ValueError:  # half a character, which no file can hold
        return False
    return True
