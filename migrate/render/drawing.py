"""What drawings of a page share: boxes with text that fits, and lines between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from migrate.render.plain import plain

_NARROW, _BROAD = frozenset("iIjl.,:;'|!/()[]{}`- "), frozenset("mwMW@%—")


@dataclass(frozen=True)
class Box:
    """A thing of the estate; `rank` is the index of its sensitivity, -1 where it has none."""

    key: str
    label: str
    small: str
    title: str
    x: int
    y: int
    wide: int
    high: int
    rank: int
    kind: str = ""

    @property
    def middle(self) -> float:
        """Return the y coordinate of the middle."""
        return self.y + self.high / 2


@dataclass(frozen=True)
class Line:
    """An edge between two boxes; `kind` says how it is drawn, `path` is the curve in SVG.

    `via` are the keys of the boxes that it exists for. `crossing`: it leaves a zone.
    """

    one: str
    other: str
    kind: str
    title: str
    path: str
    via: tuple[str, ...] = ()
    crossing: bool = False


def curve(one: Box, other: Box, shift: int = 0) -> str:
    """Return a curve between the facing sides of two boxes, `shift` below their middles."""
    left, right = (one, other) if one.x <= other.x else (other, one)
    x1, x2, y1, y2 = left.x + left.wide, right.x, left.middle + shift, right.middle + shift
    if x1 > x2:  # in one column: bow out to the right
        x2, bow = right.x + right.wide, 40
        return f"M{x1} {y1:g}C{x1 + bow} {y1:g} {x2 + bow} {y2:g} {x2} {y2:g}"
    bend = max(24, (x2 - x1) // 2)
    return f"M{x1} {y1:g}C{x1 + bend} {y1:g} {x2 - bend} {y2:g} {x2} {y2:g}"


def rank(classes: Sequence[str], sensitivity: str) -> int:
    """Return the index of a sensitivity, -1 if it is none of the classes."""
    return classes.index(sensitivity) if sensitivity in classes else -1


def shortened(text: str, most: int = 24) -> str:
    """Return the text, its end cut off where it has more characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def fitting(text: str, wide: int, size: float = 12) -> str:
    """Return the text as it is shown in so many pixels: its middle cut out, for names differ at both ends."""
    shown = plain(text)
    room = wide / size
    if sum(map(_width, shown)) <= room:
        return shown
    head, tail = _cut(shown, (room - 1) * 0.4), _cut(shown[::-1], (room - 1) * 0.6)
    return f"{head}…{tail[::-1]}"


def _cut(text: str, room: float) -> str:
    for at, character in enumerate(text):
        room -= _width(character)
        if room < 0:
            return text[:at]
    return text


def _width(character: str) -> float:
    """Return the width of a character by its font size, as wide as common fonts have it."""
    if character in _NARROW:
        return 0.42
    if character in _BROAD or east_asian_width(character) in ("W", "F", "A"):
        return 1.05
    return 0.74 if character.isupper() else 0.64
