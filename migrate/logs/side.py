"""One log that is read forward, and what is at hand of it: as much as two logs need to come together again."""

from collections.abc import Iterator

from migrate.model.record import Chunk

WINDOW = 100_000
"""Records of each side in which the two logs must come together again; beyond them is `unproven`."""


class Side:
    """One log that is read forward up to an offset, with what is needed of it at a time.

    `begin` is where its records begin; if that is behind the place where reading was to go on, records are gone.
    """

    def __init__(self, chunks: Iterator[Chunk], begin: int, upto: int) -> None:
        self.offsets: list[int] = []
        self.marks: list[bytes] = []
        self.times: list[int] = []
        self.keys: list[bytes] = []
        self.tombs: list[bool] = []
        self.at = 0
        self.read_to, self.begin = begin, begin
        self.upto = upto
        self._chunks = chunks
        self._epochs: list[tuple[int, int]] = []

    def fill(self, wanted: int) -> int:
        """Read until so many records are at hand; return how many are, fewer only where no more are read."""
        while len(self.marks) - self.at < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            if 2 * self.at > len(self.marks):
                self._forget()
            self.offsets += chunk.offsets
            self.marks += chunk.marks
            self.times += chunk.times
            self.keys += chunk.keys
            self.tombs += chunk.tombs
            for first, epoch in chunk.epochs:
                if not self._epochs or self._epochs[-1][1] != epoch:
                    self._epochs.append((first, epoch))
            self.read_to = chunk.upto
        return min(wanted, len(self.marks) - self.at)

    @property
    def ended(self) -> bool:
        """Whether it was read to where it ends."""
        return self.read_to >= self.upto

    @property
    def left(self) -> int:
        """How many records were read and not passed."""
        return len(self.marks) - self.at

    def ahead(self, count: int) -> list[bytes]:
        """Return the fingerprints of the next records, as many as are at hand."""
        return self.marks[self.at : self.at + count]

    def placed(self, count: int) -> list[int]:
        """Return the offsets of the next records, as many as are at hand."""
        return self.offsets[self.at : self.at + count]

    def next_offset(self) -> int:
        """Return the offset of the next record; behind the last one, where reading goes on."""
        return self.offsets[self.at] if self.left else self.read_to

    def span(self, count: int) -> tuple[int, int]:
        """Return the offsets from the next record to behind the last of so many; empty for none."""
        begin = self.next_offset()
        return (begin, self.offsets[self.at + count - 1] + 1) if count else (begin, begin)

    def epoch(self, offset: int) -> int:
        """Return the leader epoch of a record; -1 if the platform tells none."""
        return next((epoch for first, epoch in reversed(self._epochs) if first <= offset), -1)

    def _forget(self) -> None:
        for column in (self.offsets, self.marks, self.times, self.keys, self.tombs):
            del column[: self.at]
        self.at = 0
