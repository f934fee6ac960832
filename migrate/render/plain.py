"""Names as they may be shown: what could move a cursor, reorder a line or end a cell is spelled out."""

import re
import unicodedata

_SPELLED = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories that show nothing of themselves: controls, among them line breaks, and marks of direction."""

_MARKDOWN = str.maketrans(
    {c: f"\\{c}" for c in "\\`*[]|"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
)
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that are not inside a word: those would be taken for emphasis."""


_UNUSUAL = re.compile(r"[^A-Za-z0-9 .:,;/=+@'(){}$-]")
"""What most names do not hold: only then is there anything to escape."""


def plain(text: str) -> str:
    """The text in one line of what can be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in _SPELLED else _escaped(c) for c in text)


def markdown(text: str) -> str:
    """The same inside a line or a cell of Markdown, where it means nothing but itself."""
    if not _UNUSUAL.search(text):
        return text
    return _EMPHASIS.sub(r"\\_", plain(text).translate(_MARKDOWN))


def _escaped(character: str) -> str:
    return f"\\u{ord(character):04x}"
