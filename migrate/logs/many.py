"""Maps made by several processes: one partition at a time each, a slice after the other, until all are read.

A partition's map needs nothing of another's. Who makes it has no part in what it says: the lines are those that one
process would have written, and only this process writes them down.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, nullcontext

from migrate.logs.again import read_again
from migrate.logs.looking import Pair
from migrate.logs.mapping import Mapped, Pace, Pass, mapped
from migrate.model.record import TopicPartition
from migrate.ports.maps import Builders, Built, Maps, Slice

SECONDS = 20.0
"""How long a slice is read: so much is lost at most with the process that reads it."""


class _Collected:
    """`Maps` of one partition whose new lines are handed back instead of written down."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = list(known)
        self.new: list[str] = []

    def lines(self, place: TopicPartition) -> list[str]:  # noqa: ARG002
        """See `Maps`."""
        return [*self._known, *self.new]

    def append(self, place: TopicPartition, lines: list[str]) -> None:  # noqa: ARG002
        """See `Maps`."""
        self.new += lines

    def lock(self, topic: str) -> nullcontext[None]:  # noqa: ARG002
        """See `Maps`: who asked for the slice holds it."""
        return nullcontext()


def built(pair: Pair, one: Slice) -> Built:
    """Make a slice; what a process does that was asked to."""
    into, pace = _Collected(one.lines), Pace(pair.clock, one.rate)
    if one.again:
        again = read_again(pair, pace, one)
        return Built(one.place, (), dict(pace.spent), again)
    copied = {} if one.copied is None else {one.place: one.copied}
    until = pair.clock.monotonic() + one.seconds
    (found,) = mapped(pair, into, [one.place], Pass(copied, pace, until=until))
    return Built(one.place, tuple(into.new), dict(pace.spent), found)


def mapped_by_many(
    builders: Builders,
    maps: Maps,
    sizes: Mapping[TopicPartition, int],
    uptos: Mapping[TopicPartition, int],
    reading: Pass,
) -> Iterator[Mapped]:
    """Extend the map of each partition, the largest first, up to these offsets of the source or to its end.

    Producers may be faster than one reader: what comes after the offsets is nobody's to wait for here.
    """
    rate = reading.pace.rate / builders.count

    def part(place: TopicPartition) -> Slice:
        lines = tuple(maps.lines(place))
        return Slice(place, lines, reading.copied.get(place), rate, SECONDS)

    with ExitStack() as held:
        for topic in sorted({topic for topic, _ in sizes}):
            held.enter_context(maps.lock(topic))
        left = sorted(sizes, key=lambda place: -sizes[place])
        while left:
            again = []
            for done in builders.built(map(part, left)):
                if done.lines:
                    maps.append(done.place, list(done.lines))
                for side, size in done.spent.items():
                    reading.pace.spent[side] += size
                reading.tell(done.place)
                enough = done.found.known.reaches(0) >= uptos[done.place]
                if done.found.finished or done.found.unread or enough:
                    yield done.found
                else:
                    again.append(done.place)
            left = again
