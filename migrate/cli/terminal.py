"""What stands between kmig and a terminal: only lines are printed, and nothing in one moves the cursor."""

from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

from migrate.render.plain import json_text, plain


def put(stream: TextIO, lines: Iterable[str], end: str = "\n") -> None:
    """Print each line as one, whatever is in it."""
    print("\n".join(map(plain, lines)), end=end, file=stream, flush=True)


def put_json(stream: TextIO, document: str) -> None:
    """Print a JSON document: the same one, without what a terminal would act on."""
    print(json_text(document), file=stream, flush=True)


class Guarded(TextIOWrapper):
    """A stream for what others print (usage errors, warnings, a traceback): of what is not seen, line breaks stay."""

    def write(self, text: str, /) -> int:
        """Write it, with the rest spelled out."""
        return super().write("\n".join(map(plain, text.split("\n"))))


def guarded(stream: TextIO) -> TextIO:
    """The stream, guarded."""
    if not isinstance(stream, TextIOWrapper):
        return stream
    return Guarded(
        stream.buffer,
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )
