"""The files of the maps: one for each copied partition, which only grows."""

from contextlib import AbstractContextManager
from typing import Protocol

from migrate.model.record import TopicPartition


class Maps(Protocol):
    """Maps by partition; who makes one holds the lock of its topic. They hold no contents of records."""

    def lines(self, place: TopicPartition) -> list[str]:
        """Return the whole lines of a partition's map; none if it has none."""

    def append(self, place: TopicPartition, lines: list[str]) -> None:
        """Add lines durably; a torn line that a killed process left goes first."""

    def lock(self, topic: str) -> AbstractContextManager[None]:
        """Hold the lock of a topic's maps; raises `Refused` where another process has it."""
