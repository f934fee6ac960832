"""The project's Markdown, as tests look at it: its files, its prose, its blocks of code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "plans", "scenarios", "compose", "migrate", "tests", "bench")
PAGES = sorted([*ROOT.glob("*.md"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md"))])

_FENCE = re.compile(r"\s*(```|~~~)(\w*)")
_LINK = re.compile(r"\[[^\]]*\]\([^)]*\)")
_ITEM = re.compile(r"\s*([-+*]|\d+\.) ")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number that is neither code nor a row of a table."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "    ")):
            yield number, line


def paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each paragraph with the number of its first line; items of lists, headings and comments are none."""
    lines: list[str] = []
    begin = last = 0
    for number, line in [*prose(text), (0, "")]:
        apart = not line.strip() or number != last + 1
        if (apart or line.startswith(("#", "<"))) and lines:
            if not _ITEM.match(lines[0]):
                yield begin, lines
            lines = []
        if line.strip() and not line.startswith(("#", "<")):
            if _ITEM.match(line) and lines:
                lines = []
            begin = begin if lines else number
            lines.append(line)
        last = number


def breakable(line: str) -> bool:
    """Whether a line has a place to break at: a space that is in no link, beyond a list's mark."""
    return " " in _LINK.sub("link", _ITEM.sub("", line, count=1)).strip()


def blocks(text: str, language: str) -> Iterator[tuple[int, str]]:
    """Each fenced block of a language, with the number of its first line."""
    inside: list[str] | None = None
    begin, kind = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if inside is None and fence:
            inside, begin, kind = [], number + 1, fence.group(2)
        elif inside is not None and fence:
            if kind == language:
                yield begin, "\n".join(inside)
            inside = None
        elif inside is not None:
            inside.append(line)


def anchors(text: str) -> set[str]:
    """What a link into a page may name: its headings, as GitHub writes them."""
    headings = (line.lstrip("#").strip() for _, line in prose(text) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def links(text: str) -> Iterator[tuple[str, str]]:
    """Each link to a page of this project: the file, empty for the same one, and the heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if ":" not in target:
            file, _, heading = target.partition("#")
            yield file, heading
