"""Suffix equality: the end of one log is matched, record by record from the back, with the end of its copy.

Nobody may write to either log meanwhile. Matching is greedy from the right, so each record gets the last place it can
have. A position between two records is then the largest one that skips nothing. It is exact when the copy holds no
other record after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.model.record import VisibleRecord


@dataclass(frozen=True)
class Alignment:
    """The place of each record of `tail` in `other`: indexes, and None for `missing` and all records before it."""

    tail: Sequence[VisibleRecord]
    other: Sequence[VisibleRecord]
    places: tuple[int | None, ...]

    @property
    def missing(self) -> VisibleRecord | None:
        """The last record of the tail that has no place in `other`, or None."""
        lost = [r for r, place in zip(self.tail, self.places, strict=True) if place is None]
        return lost[-1] if lost else None

    def index(self, commit: int) -> int:
        """Return the index of the first record of the tail that a reader at `commit` has not read."""
        return next((i for i, r in enumerate(self.tail) if r.offset >= commit), len(self.tail))

    def extras(self, commit: int) -> tuple[VisibleRecord, ...] | None:
        """Return the records of `other` after the position that the unread tail lacks; None if one is missing."""
        first = self.index(commit)
        if first == len(self.tail):
            return ()
        begin = self.places[first]
        if begin is None:
            return None
        taken = set(self.places[first:])
        return tuple(self.other[i] for i in range(begin, len(self.other)) if i not in taken)

    def position(self, commit: int) -> int | None:
        """Return the offset in `other` at which a reader at `commit` continues; None if a record is missing."""
        first = self.index(commit)
        if first == len(self.tail):
            return self.other[-1].offset + 1 if self.other else 0
        place = self.places[first]
        return None if place is None else self.other[place].offset


def align(tail: Sequence[VisibleRecord], other: Sequence[VisibleRecord]) -> Alignment:
    """Match `tail` with `other` from the back; stop at the first record that has no place."""
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
