"""Two logs and a copier that moves one into the other, with everything that happens to logs in weeks.

The model knows every record that ever was: what a map says of a stretch is held against it.
"""

import random
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from migrate.logs.looking import Pair
from migrate.logs.mapping import Mapped, Pace, Pass, mapped
from migrate.model.record import Chunk, Ends, TopicPartition, VisibleRecord
from migrate.model.settings import Cleaning
from migrate.ports import Site
from tests.fakes.memory_maps import MemoryMaps

PLACE = ("t", 0)


class Entry(NamedTuple):
    """A record, or with content None something that nobody sees: a marker, an aborted record."""

    offset: int
    content: int | None
    key: int
    tomb: bool
    at: int
    epoch: int

    @property
    def mark(self) -> bytes:
        return int(self.content or 0).to_bytes(16, "big")


@dataclass
class Log:
    """One partition: what is in it, and everything that ever was."""

    entries: list[Entry] = field(default_factory=list)
    ever: list[Entry] = field(default_factory=list)
    start: int = 0
    end: int = 0
    epoch: int = 0
    id: int = 0
    epochs: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])

    def put(self, content: int | None, key: int, at: int, *, tomb: bool = False) -> None:
        entry = Entry(self.end, content, key, tomb, at, self.epoch)
        self.entries.append(entry)
        self.ever.append(entry)
        self.end += 1

    def expire(self, start: int) -> None:
        self.start = max(self.start, start)
        self.entries = [e for e in self.entries if e.offset >= self.start]

    def truncate(self, end: int) -> None:
        """What an unclean election does: the end is lost, and a new epoch begins there."""
        self.end = max(self.start, end)
        self.entries = [e for e in self.entries if e.offset < self.end]
        self.ever = [e for e in self.ever if e.offset < self.end]
        self.epoch += 1
        self.epochs = [e for e in self.epochs if e[1] < self.end] + [(self.epoch, self.end)]

    def compact(self, upto: int, *, tombs: bool) -> None:
        """Keep the last record of each key before an offset; with `tombs`, deletions are forgotten too."""
        last = {e.key: e.offset for e in self.entries if e.offset < upto and e.content is not None}
        self.entries = [
            e
            for e in self.entries
            if e.offset >= upto
            or e.content is None
            or (last[e.key] == e.offset and not (tombs and e.tomb))
        ]

    def seen(self, begin: int, upto: int) -> list[Entry]:
        return [e for e in self.entries if e.content is not None and begin <= e.offset < upto]

    def records(self, begin: int, upto: int) -> list[VisibleRecord]:
        """The visible records of a range that are still there."""
        return [VisibleRecord(e.offset, e.mark) for e in self.seen(begin, upto)]

    def was(self, begin: int, upto: int) -> list[int | None]:
        """The visible contents of a range, expired and compacted ones too."""
        return [e.content for e in self.ever if e.content is not None and begin <= e.offset < upto]


class ModelSite:
    """A log behind the ports that maps are made through; chunks have any size."""

    def __init__(self, log: Log, chance: random.Random) -> None:
        self.log, self.chance = log, chance

    def ids(self, topics: Iterable[str]) -> dict[str, str]:
        return {topic: str(self.log.id) for topic in topics}

    def ends(self, topics: Iterable[str]) -> dict[TopicPartition, Ends]:
        ends = Ends(start=self.log.start, stable=self.log.end, end=self.log.end)
        return {(topic, 0): ends for topic in topics}

    def epoch_ends(
        self, epochs: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, tuple[int, int]]:
        found = {}
        for place, epoch in epochs.items():
            known = [e for e, _ in self.log.epochs if e <= epoch]
            later = [first for e, first in self.log.epochs if e > epoch]
            found[place] = (known[-1] if known else -1, later[0] if later else self.log.end)
        return found

    def key_check(self) -> str:
        return "key"

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        return {
            p: tuple(VisibleRecord(e.offset, e.mark) for e in self.log.seen(*span))
            for p, span in ranges.items()
        }

    def forward(
        self,
        place: TopicPartition,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        assert place == PLACE
        left = self.log.seen(begin, upto)
        while left:
            size = self.chance.randint(1, 30)
            some, left = left[:size], left[size:]
            yield Chunk(
                some[-1].offset + 1,
                [e.offset for e in some],
                [e.mark for e in some],
                [e.at for e in some],
                [e.key.to_bytes(16, "big") for e in some] if keys else (),
                [e.tomb for e in some] if keys else (),
                tuple((e.offset, e.epoch) for e in some),
            )
        yield Chunk(upto)

    def near(
        self, ranges: Mapping[TopicPartition, tuple[int, int]], keyed: Container[str]
    ) -> dict[TopicPartition, tuple[Chunk, ...]]:
        return {
            place: tuple(self.forward(place, *span, keys=place[0] in keyed))
            for place, span in ranges.items()
        }


class Killed(BaseException):
    """The process is gone."""


class DyingMaps(MemoryMaps):
    """Maps of a process that is killed after so many lines, before or after the next one is durable."""

    def __init__(self) -> None:
        super().__init__()
        self.left: float = float("inf")

    def append(self, place: TopicPartition, lines: list[str]) -> None:
        for line in lines:
            self._tick()
            super().append(place, [line])
            self._tick()

    def _tick(self) -> None:
        self.left -= 0.5
        if self.left <= 0:
            raise Killed


class _Clock:
    def __init__(self) -> None:
        self.at = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return float(self.at)

    def sleep(self, seconds: float) -> None:
        self.at += int(seconds)


@dataclass
class History:
    """One history: both logs, the copier, the map; every method is something that happens."""

    seed: int
    kinds: int = 0
    keys: int = 0
    source: Log = field(default_factory=Log)
    target: Log = field(default_factory=Log)
    maps: DyingMaps = field(default_factory=DyingMaps)
    at: int = 0
    faults: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = _Clock()
        self._number = 1000

    # what clients and the copier do

    def produce(self) -> None:
        for _ in range(self.chance.choice((1, 5, 40, 150))):
            self.clock.at += 1
            self._number += 1
            if self.chance.random() < 0.1:
                self.source.put(None, 0, self.clock.at)
                continue
            content = self.chance.randrange(self.kinds) + 1 if self.kinds else self._number
            key = self.chance.randrange(self.keys) + 1 if self.keys else 0
            self.source.put(content, key, self.clock.at, tomb=self.chance.random() < 0.1)

    def copy(self) -> None:
        for _ in range(self.chance.choice((3, 20, 200))):
            self.at = max(self.at, self.source.start)
            here = next((e for e in self.source.entries if e.offset >= self.at), None)
            if here is None:
                self.at = max(self.at, min(self.source.end, self.at))
                break
            self.at = here.offset + 1
            if here.content is not None:
                self.target.put(here.content, here.key, here.at, tomb=here.tomb)
            if self.chance.random() < 0.05:
                self.target.put(None, 0, self.clock.at)

    # what goes wrong

    def replay(self) -> None:
        self._fault("replay")
        self.at = max(0, self.at - self.chance.randint(1, 30))

    def replay_longer_than_the_window(self) -> None:
        self._fault("long replay")
        self.at = max(0, self.at - self.chance.randint(130, 400))

    def skip(self) -> None:
        self._fault("skip")
        self.at = min(self.source.end, self.at + self.chance.randint(1, 20))

    def gap(self) -> None:
        """Retention overtakes the copier."""
        self._fault("gap")
        self.source.expire(self.chance.randint(self.source.start, self.source.end))

    def expire_on_target(self) -> None:
        self._fault("target expired")
        self.target.expire(self.chance.randint(self.target.start, self.target.end))

    def another_hand(self) -> None:
        self._fault("another hand")
        self._number += 1
        self.target.put(self._number, 0, self.clock.at)

    def source_loses_its_end(self) -> None:
        self._fault("source election")
        self.source.truncate(self.chance.randint(self.source.start, self.source.end))
        self.at = min(self.at, self.source.end) if self.chance.random() < 0.5 else 0

    def target_loses_its_end(self) -> None:
        self._fault("target election")
        self.target.truncate(self.chance.randint(self.target.start, self.target.end))

    def compact(self) -> None:
        self._fault("compaction")
        self.source.compact(self.chance.randint(0, self.source.end), tombs=False)

    def forget_deletions(self) -> None:
        self._fault("forgotten deletions")
        self.source.compact(self.chance.randint(0, self.source.end), tombs=True)

    # what kmig does

    def look(self) -> Mapped:
        """A pass of the map, to the ends of both logs."""
        (found,) = self._mapped(self.maps)
        return found

    def look_and_die(self) -> None:
        self._fault("kill")
        self.maps.left = self.chance.choice((0.5, 1, 1.5, 2, 3))
        try:
            self.look()
        except Killed:
            pass
        finally:
            self.maps.left = float("inf")

    def fetch(
        self, source: tuple[int, int], target: tuple[int, int]
    ) -> tuple[list[VisibleRecord], list[VisibleRecord]]:
        """What a look-up in the map reads."""
        return self.source.records(*source), self.target.records(*target)

    def anew(self) -> Mapped:
        """The map made from nothing."""
        (found,) = self._mapped(MemoryMaps())
        return found

    def pair(self) -> Pair:
        """Both sides as they are now."""
        source, target = (ModelSite(log, self.chance) for log in (self.source, self.target))
        sides: list[Any] = [Site(n, s, s, s) for n, s in (("source", source), ("target", target))]  # type: ignore[arg-type]
        cleaned = {"t": Cleaning(10**12, deletes=False)} if self.keys else {}
        return Pair(sides[0], sides[1], ("s", "t"), cleaned, self.clock)

    def _mapped(self, maps: MemoryMaps) -> list[Mapped]:
        return list(mapped(self.pair(), maps, [PLACE], Pass({PLACE: self.at}, Pace(self.clock))))

    def _fault(self, name: str) -> None:
        self.faults.add(name)
