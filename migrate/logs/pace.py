"""Whether a copy keeps up: how far behind it is, how fast it copies, how fast its topics grow."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from migrate.model.base import Model
from migrate.model.record import Ends, Position, TopicPartition

SMALL_LAG_SECONDS = 5.0
_AS_FAST = 0.9
_FEW = 500


@dataclass(frozen=True)
class Sample:
    """One measurement: its time, each partition's ends on the source, and the offset after the last copied one."""

    at: float
    ends: Mapping[TopicPartition, Ends]
    copied: Mapping[TopicPartition, int]

    @property
    def gaps(self) -> dict[TopicPartition, tuple[int, int]]:
        """The offsets left to copy of each partition: from, and up to but not including."""
        return {place: e.readable(self.copied.get(place, 0)) for place, e in self.ends.items()}

    def behind(self, topic: str) -> int:
        """Return the offsets between the copy and the source's end, transaction markers included."""
        return sum(
            max(0, upto - at) for place, (at, upto) in self.gaps.items() if place[0] == topic
        )


class CopyPace(Model):
    """One topic between two samples: offsets behind, records not copied yet, both rates in offsets per second.

    `unread` is None when too many records are left to count them. `waiting` is a partition with records of which
    nothing was copied yet, empty if there is none. `resting` are the positions that did not move although records are
    left behind them: Connect may only not have said so yet.
    """

    topic: str
    behind: int
    unread: int | None
    produced: float
    copied: float
    waiting: str = ""
    resting: tuple[Position, ...] = ()

    @property
    def fault(self) -> str:
        """Why the copy is not ready for a cutover; empty when it is."""
        left = self._left
        if left <= _FEW or self.losing:
            return self.losing or self._unbegun
        if left > max(self.copied, 1.0) * SMALL_LAG_SECONDS:
            return f"the copy of `{self.topic}` is {left:,} records behind"
        return self._unbegun

    @property
    def losing(self) -> str:
        """Why the copy never comes nearer to its source's end; empty where it does, or is there."""
        if self._left <= _FEW:
            return ""
        if not self.copied:
            return (
                f"the copy of `{self.topic}` stands still: 0 records/s against {self.produced:,.0f}; "
                "check that the worker reaches the source, and its log"
            )
        if self.copied < self.produced * _AS_FAST:
            return (
                f"the copy of `{self.topic}` is slower than its producers: "
                f"{self.copied:,.0f} records/s against {self.produced:,.0f}"
            )
        return ""

    @property
    def _left(self) -> int:
        return self.behind if self.unread is None else self.unread

    @property
    def _unbegun(self) -> str:
        if not self.waiting:
            return ""
        return (
            f"nothing of `{self.waiting}` was copied yet, and it holds records; "
            "check that the copier may read it, and the log of its worker"
        )


def pace(
    before: Sample,
    after: Sample,
    topic: str,
    unread: Mapping[TopicPartition, int],
    begun: Collection[TopicPartition] = (),
) -> CopyPace:
    """Return the pace of a topic from two samples; `unread` counts what is left of partitions that were read.

    `begun` are partitions without a position of which something was copied all the same.
    """
    seconds = max(after.at - before.at, 0.001)

    def moved(now: Mapping[TopicPartition, int], was: Mapping[TopicPartition, int]) -> float:
        grown = (now[p] - was.get(p, 0) for p in now if p[0] == topic)
        return max(0, sum(grown)) / seconds

    known = {*after.copied, *begun}
    left = {place: number for place, number in sorted(unread.items()) if place[0] == topic}
    return CopyPace(
        topic=topic,
        behind=after.behind(topic),
        unread=sum(left.values()) if left else None,
        produced=moved(_stable(after), _stable(before)),
        copied=moved(after.copied, before.copied),
        waiting=next((f"{t}-{p}" for (t, p), n in left.items() if n and (t, p) not in known), ""),
        resting=tuple(
            Position(topic=place[0], partition=place[1], offset=after.copied[place])
            for place, number in left.items()
            if number and before.copied.get(place) == after.copied.get(place, -1)
        ),
    )


def _stable(sample: Sample) -> dict[TopicPartition, int]:
    return {place: ends.stable for place, ends in sample.ends.items()}
