"""Tables and prose within a width, the one place where a line for a terminal is laid out.

A long cell goes on under its column. Only a list of names is shortened, and the rest of it counted: `a, b … and 4,212
more`; numbers are never broken, and errors never cut. The width is fixed: equal facts print equal lines.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from migrate.model.words import first_of
from migrate.render.plain import plain

WIDTH = 100
_GAP = 2
_FEW_LINES = 3
"""A list of names that needs more is shortened to one line."""

_LONGEST_WORDS = (30, 20, 12)
"""What a column has room for without breaking a word, as far as the others let it."""

_NUMBER = re.compile(r"(?:≥ )?[+-]?\d[\d,]*(\.\d+)?( ?[A-Za-z/%]{1,3})?")
_ABSENT = ("", "–", "unknown")
_SEPARATORS = "./-_:,"

Cell = str | tuple[str, ...]
"""Text, or a list of names."""


def table(
    rows: Iterable[Sequence[object]], headers: Sequence[str], below: Sequence[str] = ()
) -> list[str]:
    """Return columns without rules: numbers to the right, a tuple of names shortened by count where it is long.

    `below` holds one text for each row, which is printed under it across the columns.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(headers)
    titles = [plain(header) for header in headers] or [""] * len(columns)
    widths = _widths(columns, titles)
    lines: list[str] = []
    if widths is None:
        laid = [_stacked(row, titles) for row in cells]
    else:
        right = [number > 0 and _numbers(column) for number, column in enumerate(columns)]
        lines += _row(titles, widths, right) if any(titles) else []
        laid = [_row(row, widths, right) for row in cells]
    for row, text in zip_longest(laid, below, fillvalue=""):
        lines += [*row, *(prose(f"    {text}", hang=4) if text else ())]
    return lines


def prose(*lines: str, hang: int | None = None) -> list[str]:
    """Return the lines, each wrapped; what goes on is indented by `hang`, or by two more than its beginning."""
    found = []
    for line in map(plain, lines):
        indent = len(line) - len(line.lstrip(" "))
        under = indent + 2 if hang is None else hang
        first, *rest = _broken(line, WIDTH, WIDTH - under)
        found += [first, *(" " * under + one for one in rest)]
    return found


def wrapped(text: str, width: int) -> list[str]:
    """Return the text in lines of that width."""
    return _broken(plain(text), width, width)


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cell(value: object) -> Cell:
    if isinstance(value, tuple):
        return tuple(plain(str(name)) for name in value) or "–"
    return plain(str(value))


def _whole(cell: Cell) -> str:
    return cell if isinstance(cell, str) else ", ".join(cell)


def _numbers(column: Sequence[Cell]) -> bool:
    told = [cell for cell in column if cell not in _ABSENT]
    return bool(told) and all(isinstance(c, str) and _NUMBER.fullmatch(c) for c in told)


def _widths(columns: Sequence[Sequence[Cell]], titles: Sequence[str]) -> list[int] | None:
    """Return how wide each column is; None when they do not fit beside each other.

    Columns that need little get all of it. The widest one takes what is left, or wide ones share it alike.
    """
    wanted = [
        max([columns_of(title), *(columns_of(_whole(cell)) for cell in column)])
        for title, column in zip(titles, columns, strict=True)
    ]
    room = WIDTH - _GAP * (len(wanted) - 1)
    if sum(wanted) <= room:
        return wanted
    words = [
        want if _numbers(column) else _longest_word([title, *column])
        for want, title, column in zip(wanted, titles, columns, strict=True)
    ]
    for most in _LONGEST_WORDS:
        least = [
            word if _numbers(column) else min(word, most)
            for word, column in zip(words, columns, strict=True)
        ]
        if sum(least) <= room:
            return _shared(wanted, least, room)
    return None


def _shared(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    def level(share: int) -> list[int]:
        return [min(want, max(low, share)) for want, low in zip(wanted, least, strict=True)]

    share = max(share for share in range(room + 1) if sum(level(share)) <= room)
    widest = max(range(len(wanted)), key=lambda number: wanted[number])
    left = room - (sum(wanted) - wanted[widest])
    if left >= max(least[widest], share * 2 // 3):  # one column wraps, and the others stay whole
        return [*wanted[:widest], left, *wanted[widest + 1 :]]
    return level(share)


def _longest_word(cells: Iterable[Cell]) -> int:
    found = 0
    for text in map(_whole, cells):
        indent = len(text) - len(text.lstrip(" "))
        found = max(found, *(indent + columns_of(word) for word in text.split(" ")))
    return found


def _row(row: Sequence[Cell], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """Return the lines of a row: one, unless a cell goes on below."""
    parts = [_lines(cell, width) for cell, width in zip(row, widths, strict=True)]
    found = []
    for line in zip_longest(*parts, fillvalue=""):
        padded = [
            _padded(text, width, to_right)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        found.append((" " * _GAP).join(padded).rstrip())
    return found


def _padded(text: str, width: int, to_right: bool) -> str:  # noqa: FBT001
    space = " " * (width - columns_of(text))
    return space + text if to_right else text + space


def _lines(cell: Cell, width: int) -> list[str]:
    whole = _whole(cell)
    if columns_of(whole) <= width:
        return [whole]
    if isinstance(cell, str):
        return _broken(cell, width, width)
    if sum(map(len, cell)) <= width * _FEW_LINES:
        lines = _broken(whole, width, width)
        if len(lines) <= _FEW_LINES:
            return lines
    fitting = 1
    while columns_of(first_of(cell, fitting + 1)) <= width:
        fitting += 1
    return _broken(first_of(cell, fitting), width, width)


def _stacked(row: Sequence[Cell], titles: Sequence[str]) -> list[str]:
    """Return a row whose cells do not fit beside each other, one below the other."""
    found: list[str] = []
    for cell, title in zip(row, titles, strict=True):
        head = f"{'  ' if found else ''}{title}: " if title else "  "
        first, *rest = _lines(cell, WIDTH - columns_of(head))
        found += [(head + first).rstrip(), *(" " * columns_of(head) + line for line in rest)]
    return found


def _broken(text: str, width: int, later: int) -> list[str]:
    """Return the text in lines of `width`, and of `later` after the first."""
    lines = []
    while columns_of(text) > width:
        at = _break(text, width)
        lines.append(text[:at].rstrip())
        text, width = text[at:].lstrip(), later
    return [*lines, text.rstrip()]


def _break(text: str, width: int) -> int:
    """Return where a line ends: at a space, or else behind a separator within a name, or else anywhere."""
    end = _fitting(text, width)
    indent = len(text) - len(text.lstrip(" "))
    space = text.rfind(" ", indent + 1, end + 1)
    if space > 0:
        return space
    behind = 1 + max(text.rfind(separator, indent, end) for separator in _SEPARATORS)
    return behind if behind > end // 2 else end


def _fitting(text: str, width: int) -> int:
    """Return how many characters of a text that is too long fit a line; one at the least."""
    if text[: width + 1].isascii():
        return width
    used = 0
    for number, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return max(number, 1)
    return len(text)
