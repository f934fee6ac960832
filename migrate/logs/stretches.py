"""Stretches of a copied log: what is known of how its records on both sides belong together.

Only what was read on both sides, record by record, is `equal`; it speaks of contents in order. Nothing is guessed.
"""

from dataclasses import dataclass
from enum import StrEnum

from migrate.logs.runs import Runs
from migrate.logs.sums import NOTHING, Sum

EVERY = 4096
"""Visible source records between two checkpoints: as many are read at most to find a record through the map."""


LONGEST = 8 * EVERY
"""Records of the target after which a stretch ends, if nothing else ends it."""


class Word(StrEnum):
    """What a stretch is. `unproven` and `pending` are no faults, and no proof either.

    `superseded`: equal, but for records that the source's cleaner has removed since, each of a key that was written
    again later. `stale`: such records whose key the source has not any more; it would live again after the move.
    `gone`: what was equal, and the target has deleted since.
    """

    EQUAL = "equal"
    MISSING = "missing"
    EXTRA = "extra"
    SUPERSEDED = "superseded"
    STALE = "stale"
    UNPROVEN = "unproven"
    PENDING = "pending"
    GONE = "gone"


GOES_ON = frozenset({Word.EQUAL, Word.SUPERSEDED})
"""Stretches that hold what both sides have."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records of both logs that belong together, as half-open ranges of offsets.

    `records` are the visible ones that were read on each side. `sum` is that of an equal stretch, the same on both
    sides. `epochs` are the leader epochs of its last records, -1 where there is none or a platform does not tell it.
    `runs` are where an equal one's records lie on each side; none where that takes too many numbers.
    `opened` are keys of superseded records with their target offsets, and `resolved` those of earlier stretches that
    were written again.
    """

    word: Word
    source: tuple[int, int]
    target: tuple[int, int]
    records: tuple[int, int]
    sum: Sum = NOTHING
    epochs: tuple[int, int] = (-1, -1)
    runs: tuple[Runs, Runs] = ((), ())
    opened: tuple[tuple[bytes, int], ...] = ()
    resolved: tuple[bytes, ...] = ()

    @property
    def of_keys(self) -> bool:
        """Whether it is about keys, in whichever stretches they lie, and has no place of its own in the log."""
        return bool(self.opened) and self.word not in GOES_ON

    @property
    def counted(self) -> bool:
        """Whether the target has as many records as the source had offsets, though none was compared."""
        begin, upto = self.source
        return not self.records[0] and self.records[1] == upto - begin > 0
