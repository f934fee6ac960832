"""What a generator draws from: a seeded source of chance with few words."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_Item = TypeVar("_Item")
_WORDS = (
    *("created", "paid", "shipped", "raw", "sessions", "levels", "audit", "changes", "events"),
    *("totals", "alerts", "scores", "rates", "prices", "visits", "orders", "returns", "stock"),
)


class Chance:
    """Draws; two of one seed draw the same."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def rarely(self) -> bool:
        """Return true one time in twelve."""
        return self._random.random() < 1 / 12

    def sometimes(self) -> bool:
        """Return true one time in three."""
        return self._random.random() < 1 / 3

    def often(self) -> bool:
        """Return true four times in five."""
        return self._random.random() < 4 / 5

    def pick(self, items: Sequence[_Item]) -> _Item:
        """Return one of the items."""
        return items[int(self._random.random() * len(items))]

    def some(self, items: Sequence[_Item], most: int) -> list[_Item]:
        """Return up to `most` different items, at least one, in their order."""
        count = self.between(1, min(most, len(items)))
        chosen: set[int] = set()
        while len(chosen) < count:
            chosen.add(int(self._random.random() * len(items)))
        return [items[i] for i in sorted(chosen)]

    def between(self, low: int, high: int) -> int:
        """Return a whole number between two, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def magnitude(self, high: int) -> int:
        """Return a whole number from one on, of each order of magnitude as often."""
        return min(high, int((high + 1) ** self._random.random()))

    def word(self) -> str:
        """Return a part of a topic's name."""
        return self.pick(_WORDS)
