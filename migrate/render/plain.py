"""Names made safe to show: characters that move a cursor, reorder or break a line, or hide, are escaped.

Anyone who may use a cluster chooses its names, and the text of a worker's error can be anything. So everything that
kmig prints or writes for people is made of lines, and each passes `plain` last: a line break inside a line can only
come from a name.
"""

import json
import re
from collections.abc import Callable, Iterable

_MARKDOWN = str.maketrans(
    {c: f"\\{c}" for c in "\\`*[]|"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
)
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that are not inside a word: Markdown reads them as emphasis."""


_UNUSUAL = re.compile(r"[^A-Za-z0-9 .:,;/=+@'(){}$-]")
"""Characters that most names do not hold: without them there is nothing to escape."""


def plain(text: str) -> str:
    r"""Return the text as one line of visible characters: `\n`, `\x1b` and `\u202e` stand for invisible ones."""
    return escaped(text, _escape)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def block(text: str, escape: Callable[[str], str] = _escape) -> str:
    """Return text with line breaks of its own, such as a JSON document or a traceback, in visible characters."""
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(escaped(line, escape) for line in text.split("\n"))


def escaped(text: str, escape: Callable[[str], str]) -> str:
    """Return the text with an escape for each invisible character.

    These are Unicode's categories "other" and "separator" without the space: controls (C0, DEL, C1), marks of
    direction, joiners, line separators, surrogates, unassigned code points, and other kinds of space.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else escape(c) for c in text)


def joined(lines: Iterable[str]) -> str:
    """Return the text of a file for people, made of these lines."""
    return "".join(f"{plain(line)}\n" for line in lines)


def between_blanks(line: str) -> tuple[str, str, str]:
    """Return the line between two empty ones."""
    return "", line, ""


def json_text(document: str) -> str:
    """Return the same JSON document, with escapes also for characters that JSON allows and a terminal obeys."""
    return block(document, lambda c: json.dumps(c)[1:-1])


def markdown(text: str) -> str:
    """Return the text escaped for a line or a cell of Markdown; the line is `joined` later."""
    if not _UNUSUAL.search(text):
        return text
    return _EMPHASIS.sub(r"\\_", text.translate(_MARKDOWN))
