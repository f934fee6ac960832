"""Long lines of Markdown, broken at spaces so that they fit a terminal and mean what they meant."""

import re
from collections.abc import Iterable, Iterator

from migrate.render.plain import joined, plain

WIDTH = 118

_MARK = re.compile(r" *(?:> )?(?:[-*] |\d+\. )?")
_SAFE = re.compile(r"(?!\d+[.)]$)[^\W_]|[(\"'$&`\\]|\*\*")
"""A word that may begin a line: it can be taken for no list, heading, table or rule."""


def page(lines: Iterable[str]) -> str:
    """The text of a file of Markdown, of these lines."""
    return joined(wrapped(lines))


def wrapped(lines: Iterable[str]) -> Iterator[str]:
    """Return the same Markdown with no line of prose above `WIDTH`; tables, headings and code stay as they are."""
    for line in map(plain, lines):
        if len(line) <= WIDTH or line.startswith(("|", "#", "    ")):
            yield line
        else:
            yield from _broken(line)


def _broken(line: str) -> Iterator[str]:
    """The line at its spaces, the later parts under the first one's text."""
    matched = _MARK.match(line)
    mark = matched.group() if matched else ""
    begin, rest = mark, " " * len(mark)
    if ">" in mark:
        rest = mark[: mark.index(">") + 2].ljust(len(mark))
    for unit in _units(line[len(mark) :]):
        if begin in (mark, rest):
            begin += unit
        elif len(begin) + 1 + len(unit) > WIDTH:
            yield begin
            begin = rest + unit
        else:
            begin += f" {unit}"
    yield begin


def _units(text: str) -> list[str]:
    """Return the units that may begin a line: words, with a code span kept whole, and others with the word before."""
    units: list[str] = []
    for word in text.split(" "):
        if units and (units[-1].replace("\\`", "").count("`") % 2 or not _SAFE.match(word)):
            units[-1] += f" {word}"
        else:
            units.append(word)
    return units
