"""Gate: every record of the copied topics is read on both sides, before anything is stopped.

What the copy lacks, holds twice or holds wrongly is refused while somebody has it before him, except what people
accept in writing; what all have read past is told.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.logs.concerns import concerns, fault
from migrate.logs.lag import told
from migrate.logs.logmap import BEGUN, digest
from migrate.logs.looking import pair
from migrate.logs.mapping import Mapped, Pace, Pass, mapped
from migrate.logs.stretches import GOES_ON, Word
from migrate.model.record import TopicPartition
from migrate.model.waiver import Readers
from migrate.model.words import count, volume
from migrate.ports import Sites
from migrate.steps.change import Gate


class ProveCopies(Gate):
    """Refuse unless every record that a group has yet to read is on the target once, and as it was.

    `most` bytes at most are read of each side: more is read by `kmig verify data`, with nobody waiting. `identical`
    copies have every record at the same offset.
    """

    KEY: ClassVar[str] = "prove_copies"

    op: Literal["prove_copies"] = "prove_copies"
    topics: tuple[str, ...]
    connectors: tuple[str, ...]
    readers: Readers
    most: int
    identical: bool = False

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return f"compare every record of {count(len(self.topics), 'topic')} on both sides"

    def apply(self, sites: Sites) -> "ProveCopies":
        """Extend the maps to the ends of the logs; the first fault that concerns somebody is the refusal."""
        assert sites.maps
        copied = told(sites, self.connectors)
        sides = pair(sites, self.topics)
        places = sorted(sites.source.reader.ends(self.topics))
        self._require_little(sites, places)
        reading = Pass(copied, Pace(sites.clock), lambda p: sites.tell(f"reading {p[0]}-{p[1]}"))
        maps = list(mapped(sides, sites.maps, places, reading))
        found = concerns(sites, self.readers, self.topics, maps)
        today = sites.clock.now().date()
        faults = [said for one in found if (said := fault(self.readers, one, today))]
        faults += [said for one in maps if self.identical and (said := _moved(one))]
        if faults:
            more = f"; and {count(len(faults) - 1, 'more fault')}" if len(faults) > 1 else ""
            raise Refused(
                f"not ready for a cutover: {faults[0]}{more}",
                "run `kmig verify data`: it names every record; what cannot be mended needs a line under `waive` "
                "in workloads.yaml",
            )
        known = digest(sites.maps.lines(place) for place in places)
        shown = _shortened([one.told for one in found])
        return self.seeing(*_evidence(maps), *shown, f"maps with SHA-256 {known}")

    def _require_little(self, sites: Sites, places: Iterable[TopicPartition]) -> None:
        """Refuse to read for hours in a cutover: maps are made beforehand."""
        assert sites.maps
        unread = {place for place in places if len(sites.maps.lines(place)) < BEGUN}
        sizes = sites.source.reader.sizes({topic for topic, _ in unread})
        size = sum(size for place, size in sizes.items() if place in unread)
        if size > self.most:
            raise Refused(
                f"not ready for a cutover: {count(len(unread), 'partition')} of copied topics were never compared, "
                f"{volume(size)} on the source",
                "run `kmig verify data` before: nobody waits for it, and the cutover goes on where it ended",
            )


def _moved(one: Mapped) -> str:
    """Return which records are at other offsets on the target; empty if none are."""
    moved = next((s for s in one.stretches if s.word == Word.EQUAL and s.source != s.target), None)
    if moved is None:
        return ""
    return (
        f"the copy is not identical: what {one.place[0]}-{one.place[1]} has at offset "
        f"{moved.source[0]} of the source is at {moved.target[0]} of the target"
    )


_SHOWN = 20


def _evidence(maps: list[Mapped]) -> Iterator[str]:
    both = sum(s.records[0] for one in maps for s in one.stretches if s.word in GOES_ON)
    yield f"{count(both, 'record')} equal in {count(len(maps), 'partition')}"
    for one in maps:
        if one.unread:
            yield f"{one.place[0]}-{one.place[1]} is not read: {one.unread}"


def _shortened(lines: list[str]) -> list[str]:
    more = [f"… {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]
