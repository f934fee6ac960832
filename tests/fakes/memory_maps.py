"""Maps in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from migrate.model.record import TopicPartition


class MemoryMaps:
    """`migrate.ports.maps.Maps` of one process."""

    def __init__(self) -> None:
        self.kept: dict[TopicPartition, list[str]] = {}

    def lines(self, place: TopicPartition) -> list[str]:
        """Those that were added."""
        return list(self.kept.get(place, ()))

    def append(self, place: TopicPartition, lines: list[str]) -> None:
        """Add some."""
        self.kept.setdefault(place, []).extend(lines)

    @contextmanager
    def lock(self, topic: str) -> Iterator[None]:
        """Nobody else is there."""
        yield
