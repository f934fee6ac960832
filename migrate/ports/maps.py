"""The files of the maps: one for each copied partition, which only grows; and who else can make them."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from migrate.model.record import TopicPartition


class Maps(Protocol):
    """Maps by partition; who makes one holds the lock of its topic. They hold no contents of records."""

    def lines(self, place: TopicPartition) -> list[str]:
        """Return the whole lines of a partition's map; none if it has none."""

    def append(self, place: TopicPartition, lines: list[str]) -> None:
        """Add lines durably; a torn line that a killed process left goes first."""

    def lock(self, topic: str) -> AbstractContextManager[None]:
        """Hold the lock of a topic's maps; raises `Refused` where another process has it."""


@dataclass(frozen=True)
class Slice:
    """A part of making one partition's map: so many seconds of reading, at a rate in bytes a second, 0 for any.

    `lines` is the map so far, and `copied` the source offset that the copier reads next, where it is known. With
    `again`, no map is made: these stretches of one are read again.
    """

    place: TopicPartition
    lines: tuple[str, ...]
    copied: int | None
    rate: float
    seconds: float
    again: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Built:
    """What came of a slice: the lines for the map's file, the bytes read of each side, and what is known now.

    `found` is a map, as far as it is known now, or what came of stretches that were read again.
    """

    place: TopicPartition
    lines: tuple[str, ...]
    spent: dict[str, int]
    found: Any


class Builders(Protocol):
    """Processes, on this machine or on others, that make maps: each with connections of its own."""

    @property
    def count(self) -> int:
        """Return how many slices are made at once."""

    def built(self, slices: Iterable[Slice]) -> Iterator[Built]:
        """Yield what comes of these slices, each as soon as it is there; the order is not theirs."""
