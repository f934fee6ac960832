"""Suffix equality: the end of one log found again, record by record from the back, at the end of another.

Both logs must be quiet. Greedy from the right, so each record gets the last place it can have; a position in between
is then the largest from which nothing is skipped, and it is exact when nothing else stands behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.model.record import VisibleRecord


@dataclass(frozen=True)
class Alignment:
    """Where each record of `tail` stands in `other`. `places` are indexes; None from `missing` on backwards."""

    tail: Sequence[VisibleRecord]
    other: Sequence[VisibleRecord]
    places: tuple[int | None, ...]

    @property
    def missing(self) -> VisibleRecord | None:
        """The last record of the tail that `other` does not hold in its place, or None."""
        lost = [r for r, place in zip(self.tail, self.places, strict=True) if place is None]
        return lost[-1] if lost else None

    def index(self, commit: int) -> int:
        """Index of the first record of the tail that a reader at `commit` has not read."""
        return next((i for i, r in enumerate(self.tail) if r.offset >= commit), len(self.tail))

    def extras(self, commit: int) -> tuple[VisibleRecord, ...] | None:
        """Records of `other` behind the position that are not in the unread tail; None when a record is missing."""
        first = self.index(commit)
        if first == len(self.tail):
            return ()
        begin = self.places[first]
        if begin is None:
            return None
        taken = set(self.places[first:])
        return tuple(self.other[i] for i in range(begin, len(self.other)) if i not in taken)

    def position(self, commit: int) -> int | None:
        """The offset in `other` at which a reader at `commit` continues; None when a record is missing."""
        first = self.index(commit)
        if first == len(self.tail):
            return self.other[-1].offset + 1 if self.other else 0
        place = self.places[first]
        return None if place is None else self.other[place].offset


def align(tail: Sequence[VisibleRecord], other: Sequence[VisibleRecord]) -> Alignment:
    """Match `tail` backwards against `other`; stops at the first record that has no place."""
    places: list[int | None] = [None] * len(tail)
    at = len(other) - 1
    for index in range(len(tail) - 1, -1, -1):
        while at >= 0 and other[at].mark != tail[index].mark:
            at -= 1
        if at < 0:
            break
        places[index] = at
        at -= 1
    return Alignment(tail, other, tuple(places))
