"""How far copies have come, by their maps; Connect, which is slow to tell, is asked for what does not come."""

from collections.abc import Iterable, Mapping

from migrate.logs.lag import next_offsets
from migrate.logs.mapping import Mapped
from migrate.logs.translating import through_maps
from migrate.model.record import TopicPartition
from migrate.ports import Sites

_COMES_SECONDS = 2.0
"""What is on its way has usually come by then."""


class Arriving:
    """Copies that are waited for. Records that Connect calls copied, and that are not there, are missing."""

    def __init__(self, sites: Sites, connectors: tuple[str, ...]) -> None:
        self._sites, self._connectors = sites, connectors
        self._began = sites.clock.monotonic()

    def maps(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, Mapped]:
        """Return the maps of those partitions that have one, read to the ends of both logs."""
        late = self._sites.clock.monotonic() - self._began > _COMES_SECONDS
        copied: Mapping[TopicPartition, int] = {}
        if late:
            copied = next_offsets(self._sites, self._connectors)
        return through_maps(self._sites, places, copied)


def to_come(
    maps: Mapping[TopicPartition, Mapped], uptos: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Return how many offsets of each partition are still to be copied, up to the given one."""
    return {
        place: uptos[place] - one.pending
        for place, one in maps.items()
        if one.pending < uptos.get(place, 0)
    }
