"""What is read of two logs when one of them has lost its end."""

from collections.abc import Container, Iterator, Mapping

from migrate.logs.reading import logs_between
from migrate.model.record import Chunk, TopicPartition, VisibleRecord
from migrate.ports import Site
from tests.fakes.memory import MemoryCluster

PLACE = ("payments", 0)


class _Asked:
    """Records that note up to where they were asked for: a consumer waits for what lies beyond the end."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster
        self.uptos: list[int] = []

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        self.uptos += [upto for _, upto in ranges.values()]
        return self._cluster.visible(ranges)

    def key_check(self) -> str:
        return self._cluster.key_check()

    def forward(
        self,
        place: TopicPartition,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        return self._cluster.forward(place, begin, upto, keys=keys, timeless=timeless)

    def near(
        self, ranges: Mapping[TopicPartition, tuple[int, int]], keyed: Container[str]
    ) -> dict[TopicPartition, tuple[Chunk, ...]]:
        return {
            place: tuple(self.forward(place, *span, keys=place[0] in keyed))
            for place, span in ranges.items()
        }


def test_nothing_is_awaited_beyond_the_end_of_a_source_that_lost_records() -> None:
    log = [VisibleRecord(offset, b"%d" % offset) for offset in range(44)]
    source = MemoryCluster("source", logs={PLACE: log[:41]})
    target = MemoryCluster("target", logs={PLACE: log})
    asked = _Asked(source)
    origin = Site("source", source, source, asked)
    copy = Site("target", target, target, target)
    logs_between(origin, copy, {PLACE: 40}, {PLACE: 44}, {})
    assert max(asked.uptos) == 41
