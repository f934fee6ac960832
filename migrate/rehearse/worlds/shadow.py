"""What the source would hold if nobody had migrated: by it a judge tells what expired anyway from what was lost.

Each record that a client wrote on either side is in the shadow of its topic, which goes by the source's configs and
by what administrators did to the source's topic.
"""

from bisect import bisect_left

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.facts import Facts, Written
from migrate.rehearse.worlds.log import Log


class Shadows:
    """The shadow of every partition, brought up to date when it is asked."""

    def __init__(self, source: Cluster, facts: Facts) -> None:
        self._source, self._facts = source, facts
        self._logs: dict[TopicPartition, Log] = {}
        self._offsets: dict[int, tuple[Log, int]] = {}
        facts.watchers.append(self.written)

    def written(self, one: Written) -> None:
        """Add a record that a client wrote; what the copier wrote was written before."""
        if one.content.number in self._offsets:
            return
        log = self._log(one.place)
        if log is None:
            return
        log.settle(one.at)
        offset = log.append(one.content, one.transaction, one.at)
        self._offsets[one.content.number] = (log, offset)

    def forget(self, topic: str, now: float) -> None:
        """An administrator deleted the source's topic: its records are gone for good."""
        for place in [p for p in self._logs if p[0] == topic]:
            log = self._logs.pop(place)
            log.delete_before(log.end, now)

    def delete_before(self, place: TopicPartition, offset: int, now: float) -> None:
        """Records before this offset of the source's log were deleted on purpose."""
        source = self._source.log(*place)
        gone = [r.content.number for r in source.records if r.offset < offset and r.content]
        known = [self._offsets[n][1] for n in gone if n in self._offsets]
        log = self._logs.get(place)
        if log is not None and known:
            log.delete_before(max(known) + 1, now)

    def left_at(self, number: int, now: float) -> float | None:
        """Return when a record would have left the source's log; None while it would still be there."""
        found = self._offsets.get(number)
        if found is None:
            return None
        log, offset = found
        log.settle(now)
        for at, before, why in log.gone:
            if why != "compacted" and offset < before:
                return at
        if any(why == "compacted" for _, _, why in log.gone) and not _holds(log, offset):
            return next(at for at, _, why in log.gone if why == "compacted")
        return None

    def _log(self, place: TopicPartition) -> Log | None:
        known = self._logs.get(place)
        if known is None:
            topic = self._source.topics.get(place[0])
            if topic is None:
                return None
            known = self._logs[place] = Log(topic.effective, topic.began)
        return known


def _holds(log: Log, offset: int) -> bool:
    index = bisect_left(log.records, offset, key=lambda record: record.offset)
    return index < len(log.records) and log.records[index].offset == offset
