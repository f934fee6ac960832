"""What was made of files: the same bytes are the same document, and no document changes."""

from collections.abc import Callable
from typing import Any, TypeVar

_Made = TypeVar("_Made")


class Parsed:
    """What was made of bytes, by the bytes: one command may read kmig.yaml three times."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, bytes], Any] = {}

    def once(self, kind: object, raw: bytes, parse: Callable[[], _Made]) -> _Made:
        """Return what `parse` makes of a file's bytes, or raises, made once for each kind and content."""
        key = (kind, raw)
        if key not in self._known:
            self._known[key] = parse()
        made: _Made = self._known[key]
        return made
