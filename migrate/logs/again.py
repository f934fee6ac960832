"""Maps verified again: both ends of a stretch are known, so its records can be read at any time, by anybody.

A record may rot on a disk, and a platform may say something else tomorrow. What differs takes the map back from there
on: the next pass reads both logs anew, and names every record.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrate.logs.logmap import LogMap, drop_line, read
from migrate.logs.looking import Pair
from migrate.logs.mapping import Pace
from migrate.logs.stretches import Stretch, Word
from migrate.logs.sums import NOTHING, Sum, sum_of
from migrate.model.record import TopicPartition
from migrate.model.words import count
from migrate.ports import Site
from migrate.ports.maps import Builders, Maps, Slice

_AT_ONCE = 64
"""Stretches in a slice: a quarter of a million records, some seconds of reading."""

_SIDES = ("source", "target")


@dataclass(frozen=True)
class Again:
    """What came of the stretches of a slice: how many records each has, and how many sides have them as they were.

    `differs` is the first stretch that is not, the side, and the records that were read there; those behind it were
    not read.
    """

    stretches: tuple[Stretch, ...]
    read: tuple[tuple[int, int], ...]
    differs: tuple[Stretch, int, int] | None = None


@dataclass(frozen=True)
class Verified:
    """What came of a partition: records read again on both sides, or on the only side that has them still.

    `lost` are records that neither side has any more, and `differs` says what is not as it was; empty if all is.
    """

    place: TopicPartition
    records: int = 0
    one_sided: int = 0
    lost: int = 0
    differs: str = ""


def read_again(pair: Pair, pace: Pace, one: Slice) -> Again:
    """Read the stretches of a slice on both sides; what a process does that was asked to."""
    read: list[tuple[int, int]] = []
    for stretch in one.again:
        sides = 0
        for side, site in enumerate((pair.source, pair.target)):
            # the cleaner of a compacted source may take any of these records
            if side == 0 and one.place[0] in pair.cleaned:
                continue
            total = _total(site, one.place, (stretch.source, stretch.target)[side], pace)
            if total is not None and total != stretch.sum:
                return Again(one.again, tuple(read), (stretch, side, total.records))
            sides += total is not None
        read.append((stretch.records[0], sides))
    return Again(one.again, tuple(read))


def _total(site: Site, place: TopicPartition, span: tuple[int, int], pace: Pace) -> Sum | None:
    """Return the sum of a range of offsets; None where its beginning is no longer held."""
    total = NOTHING
    for chunk in site.records.forward(place, *span):
        pace.spend(site.name, chunk.size)
        total = total.then(sum_of(chunk.marks))
    # asked afterwards: records expire while they are read
    held = site.reader.ends([place[0]])[place].start <= span[0]
    return total if held else None


def verified_again(
    builders: Builders | None, pair: Pair, maps: Maps, places: Iterable[TopicPartition], pace: Pace
) -> list[Verified]:
    """Read every equal stretch of these maps again, by several processes where there are some.

    A map is taken back from the first stretch that is not as it was; the others of a partition count as far as they
    are before it.
    """
    parts = [
        part
        for place in places
        if (known := read(maps.lines(place)))
        for part in _parts(place, known, pace.rate / builders.count if builders else 0.0)
    ]
    answers: dict[TopicPartition, list[Again]] = defaultdict(list)
    if builders is None:
        for part in parts:
            answers[part.place].append(read_again(pair, pace, part))
    else:
        for done in builders.built(parts):
            answers[done.place].append(done.found)
            for side, size in done.spent.items():
                pace.spent[side] += size
    return [_told(maps, place, own) for place, own in sorted(answers.items())]


def _parts(place: TopicPartition, known: LogMap, rate: float) -> Iterator[Slice]:
    equal = [one for one in known.stretches if one.word == Word.EQUAL]
    for begin in range(0, len(equal), _AT_ONCE):
        some = tuple(equal[begin : begin + _AT_ONCE])
        yield Slice(place, (), None, rate, 0.0, again=some)


def _told(maps: Maps, place: TopicPartition, answers: Sequence[Again]) -> Verified:
    records = [0, 0, 0]
    for found in sorted(answers, key=lambda one: one.stretches[0].source):
        for many, sides in found.read:
            records[sides] += many
        if found.differs is not None:
            stretch, side, now = found.differs
            why = _why(stretch, side, now)
            with maps.lock(place[0]):
                maps.append(place, [drop_line(stretch.source[0], stretch.target[0], why)])
            return Verified(place, records[2], records[1], records[0], why)
    return Verified(place, records[2], records[1], records[0])


def _why(stretch: Stretch, side: int, records: int) -> str:
    begin, upto = (stretch.source, stretch.target)[side]
    where = f"offsets {begin} to {upto - 1} of the {_SIDES[side]}"
    if records != stretch.records[side]:
        return f"{where} held {count(stretch.records[side], 'record')}, and hold {records} now"
    return f"{where} hold other records than when they were compared"
