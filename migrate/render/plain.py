"""Names as they may be shown: what could move a cursor, reorder or break a line, or hide, is spelled out.

Names come from whoever may use a cluster, and a worker's error text from anywhere. So whatever kmig prints or writes
for people is made of lines, and each passes `plain` last: a line break within one can only come from a name.
"""

import json
import re
from collections.abc import Callable, Iterable

_MARKDOWN = str.maketrans(
    {c: f"\\{c}" for c in "\\`*[]|"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
)
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that are not inside a word: those would be taken for emphasis."""


_UNUSUAL = re.compile(r"[^A-Za-z0-9 .:,;/=+@'(){}$-]")
"""What most names do not hold: only then is there anything to escape."""


def plain(text: str) -> str:
    r"""The text in one line of what can be seen: `\n`, `\x1b` and `\u202e` stand for what cannot."""
    return spelled(text, _escape)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def block(text: str, escape: Callable[[str], str] = _escape) -> str:
    """The same for text whose line breaks are its own, as a JSON document or a traceback."""
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(spelled(line, escape) for line in text.split("\n"))


def spelled(text: str, escape: Callable[[str], str]) -> str:
    """The text with an escape for each character that shows nothing of itself.

    These are what Unicode calls "other" and "separator", but for the space: controls (C0, DEL, C1), marks of
    direction, joiners, line separators, halves of a pair, what is not assigned, and what only looks like a space.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else escape(c) for c in text)


def joined(lines: Iterable[str]) -> str:
    """The text of a file for people, of these lines."""
    return "".join(f"{plain(line)}\n" for line in lines)


def apart(line: str) -> tuple[str, str, str]:
    """The line, between empty ones."""
    return "", line, ""


def json_text(document: str) -> str:
    """The same JSON document, with escapes also for what JSON allows in strings and a terminal would act on."""
    return block(document, lambda c: json.dumps(c)[1:-1])


def markdown(text: str) -> str:
    """The text inside a line or a cell of Markdown, where it means nothing but itself; the line is `joined` later."""
    if not _UNUSUAL.search(text):
        return text
    return _EMPHASIS.sub(r"\\_", text.translate(_MARKDOWN))
