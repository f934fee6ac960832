"""Documents that were parsed: the same bytes are the same document, and no document changes."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

_Document = TypeVar("_Document", bound=BaseModel)


class Parsed:
    """Documents by the digest of their bytes: one command may read kmig.yaml three times."""

    def __init__(self) -> None:
        self._known: dict[tuple[type[BaseModel], bytes], BaseModel] = {}

    def once(self, kind: type[_Document], raw: bytes, parse: Callable[[], _Document]) -> _Document:
        """Return the document of a file's bytes; `parse` makes it of bytes that were not read before, or raises."""
        key = (kind, hashlib.sha256(raw).digest())
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = parse()
        assert isinstance(known, kind)
        return known
