"""What producers send in a simulated world: a record is told apart by its number, and has a size."""

from typing import NamedTuple


class Content(NamedTuple):
    """What a producer sends: its identity in this world, key, size in bytes, and how far its batch is compressed.

    `packs` is how far brokers compress it; where it is 0, as far as its producer does, or else to a quarter.
    """

    number: int
    key: int
    size: int
    ratio: float = 1.0
    at: float = 0.0
    mark: bytes = b""
    packs: float = 0.0

    @property
    def packed(self) -> float:
        """How far brokers compress it."""
        return self.packs or (self.ratio if self.ratio < 1 else 0.25)

    def stored(self, *, packs: bool | None) -> int:
        """Return its bytes in a log whose brokers compress anew, or not, or (None) keep what the producer sent."""
        ratio = self.ratio if packs is None else self.packed if packs else 1.0
        return max(1, int(self.size * ratio))

    def copied(self, at: float, *, compressed: bool) -> "Content":
        """Return it as a copier sends it: with its own time, and compressed if the copier does that."""
        ratio = self.packed if compressed else 1.0
        return self._replace(ratio=ratio, at=at, packs=self.packed)
