"""Where two logs that differ come together again: by as many equal records in a row as no chance explains.

Of all such places the one is taken at which the fewest records are passed over, on both sides together.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

RUN = 32
"""Records in a row that must be equal for two logs to be together again."""

_TRIES = 200_000
"""Places that are tried at most: logs that repeat a few contents without end have too many of them."""

Marks = Sequence[bytes]


def together(a: Marks, b: Marks) -> tuple[int, int] | None:
    """Return how many records of each to pass over, so that `RUN` equal ones follow; None if these do not tell.

    An answer is final: with more records of either log it would be the same.
    """
    most = min(len(a), len(b)) - RUN
    return _least(a, b, most, lambda p, q: a[p : p + RUN] == b[q : q + RUN])


def together_at_the_end(a: Marks, b: Marks) -> tuple[int, int]:
    """Return how many records of each to pass over, so that they are equal up to where the first of them ends.

    It is the best answer that the ends of two logs give. Without another one, all of `b` is passed over.
    """

    def to_the_end(p: int, q: int) -> bool:
        rest = min(len(a) - p, len(b) - q)
        first = min(rest, RUN)
        return a[p : p + first] == b[q : q + first] and a[p : p + rest] == b[q : q + rest]

    return _least(a, b, len(b) - 1, to_the_end) or (0, len(b))


def _least(
    a: Marks, b: Marks, most: int, fits: Callable[[int, int], bool]
) -> tuple[int, int] | None:
    """Return the pair with the smallest sum, `most` at most, that fits and has equal records; None without any."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for q, mark in enumerate(b[: most + 1]):
        places[mark].append(q)
    best: tuple[int, int] | None = None
    tries = 0
    for p, mark in enumerate(a[: most + 1]):
        for q in places.get(mark, ()):
            if p + q > most:
                break
            tries += 1
            if tries > _TRIES:
                return None
            if fits(p, q):
                best, most = (p, q), p + q - 1
                break
        if p > most:
            break
    return best
