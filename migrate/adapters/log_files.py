"""Lines of log files: plain, gzip, rotated, directories, standard input. A line's tail beyond 1 MiB is dropped."""

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from migrate.errors import UsageError

_LONGEST = 1 << 20
_BUFFER = 1 << 20
_GZIP = b"\x1f\x8b"


class _Readable(Protocol):
    def readline(self, limit: int, /) -> bytes: ...


def expand(names: Sequence[str]) -> list[str]:
    """Return the files in the order given, for a directory all files below it; `-` is standard input."""
    files: list[str] = []
    for name in names:
        path = Path(name)
        if name == "-" or path.is_file():
            files.append(name)
        elif path.is_dir():
            inside = sorted(str(entry) for entry in path.rglob("*") if entry.is_file())
            if not inside:
                raise UsageError(
                    f"{name}: the directory contains no file", "name the brokers' authorizer logs"
                )
            files += inside
        else:
            raise UsageError(
                f"{name}: no such file or directory", "name an existing file or directory"
            )
    return list(dict.fromkeys(files))


def lines(name: str) -> Iterator[bytes]:
    """Yield the lines of one file; raises `OSError` for a damaged or truncated gzip stream."""
    if name == "-":
        yield from _lines(sys.stdin.buffer)
        return
    with Path(name).open("rb", buffering=_BUFFER) as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        if not packed:
            yield from _lines(raw)
            return
        try:
            with gzip.open(raw) as unpacked:
                yield from _lines(unpacked)
        except (EOFError, zlib.error) as error:
            raise OSError(f"its gzip stream is damaged: {error}") from error


def _lines(stream: _Readable) -> Iterator[bytes]:
    while line := stream.readline(_LONGEST):
        yield line
        while len(line) == _LONGEST and not line.endswith(b"\n"):
            line = stream.readline(_LONGEST)
