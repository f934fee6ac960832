"""What stands between kmig and a terminal: only lines are printed, and nothing in one moves the cursor."""

from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

from migrate.render.plain import block, json_text, plain


def put(stream: TextIO, lines: Iterable[str], end: str = "\n") -> None:
    """Print each line as one, whatever is in it."""
    print("\n".join(map(plain, lines)), end=end, file=stream, flush=True)


def put_json(stream: TextIO, document: str) -> None:
    """Print a JSON document: the same one, without what a terminal would act on."""
    print(json_text(document), file=stream, flush=True)


class Guarded(TextIOWrapper):
    """A stream for what others print: usage errors, completions, a traceback. Their line breaks and tabs stay."""

    def write(self, text: str, /) -> int:
        """Write it, with what else is not seen spelled out."""
        return super().write("\t".join(map(block, text.split("\t"))))


def guarded(stream: TextIO) -> TextIO:
    """The stream, guarded; the stream itself must be kept, or it takes the file with it."""
    if not isinstance(stream, TextIOWrapper):
        return stream
    return Guarded(
        stream.buffer,
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )
