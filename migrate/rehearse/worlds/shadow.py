"""What the source would have kept if nobody had migrated: by it a judge tells what expired anyway from what was lost.

Each record that a client wrote on either side is in the shadow of its partition, which goes by the source's configs
and by what was deleted on purpose. A broker deletes and compacts whole segments, so it keeps records longer than it
has to; a shadow has no segments: what may go is gone, since nobody may count on it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.facts import Facts, Written
from migrate.rehearse.worlds.log_configs import LogConfigs
from migrate.rehearse.worlds.topics import WorldTopic


@dataclass
class Shadow:
    """The records of one partition, in order, and the times by which they expire.

    `sizes` are the bytes up to and with each of them.
    """

    topic: WorldTopic
    rows: list[Written] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    newer: dict[int, int] = field(default_factory=dict)
    cuts: list[tuple[int, float]] = field(default_factory=list)
    _last: dict[int, int] = field(default_factory=dict)

    def add(self, one: Written) -> int:
        """Add a record, and return its place."""
        configs, content, index = self.topic.effective, one.content, len(self.rows)
        self.rows.append(one)
        self.stamps.append(one.at if configs.append_time else content.at)
        size = content.stored(packs=configs.packs)
        self.sizes.append(size + (self.sizes[-1] if index else 0))
        before = self._last.get(content.key)
        if before is not None:
            self.newer[before] = index
        self._last[content.key] = index
        return index

    def cut(self, index: int, now: float) -> None:
        """Delete the records before an index."""
        if not self.cuts or index > self.cuts[-1][0]:
            self.cuts.append((index, now))

    def left_at(self, index: int, now: float) -> float | None:
        """Return since when nobody may count on a record; None while one may."""
        configs = self.topic.effective
        cut = bisect_right(self.cuts, index, key=lambda one: one[0])
        ends = [self.cuts[cut][1]] if cut < len(self.cuts) else []
        if configs.expires:
            ends += self._expired(index, configs)
        if configs.compacts:
            ends += self._superseded(index)
        return min((at for at in ends if at <= now), default=None)

    def _expired(self, index: int, configs: LogConfigs) -> list[float]:
        seconds, limit = configs.retention_seconds, configs.retention_bytes
        ends = [self.stamps[index] + seconds] if seconds >= 0 else []
        before = self.sizes[index - 1] if index else 0
        over = bisect_right(self.sizes, before + limit) if limit >= 0 else len(self.sizes)
        return ends + ([self.rows[over].at] if over < len(self.rows) else [])

    def _superseded(self, index: int) -> list[float]:
        following = self.newer.get(index)
        while following is not None:
            row = self.rows[following]
            if row.transaction is None or row.transaction.state == "committed":
                return [row.at]
            following = self.newer.get(following)
        return []


class Shadows:
    """The shadow of every partition."""

    def __init__(self, source: Cluster, facts: Facts) -> None:
        self._source = source
        self._shadows: dict[TopicPartition, Shadow] = {}
        self._places: dict[int, tuple[Shadow, int]] = {}
        facts.watchers.append(self.written)
        facts.deletions.append(self.deleted)

    def written(self, one: Written) -> None:
        """Add a record that a client wrote; what the copier wrote was written before."""
        if one.content.number in self._places:
            return
        shadow = self._shadow(one.place)
        if shadow is not None:
            self._places[one.content.number] = (shadow, shadow.add(one))

    def forget(self, topic: str, now: float) -> None:
        """An administrator deleted the source's topic: its records are gone for good."""
        for place in [p for p in self._shadows if p[0] == topic]:
            shadow = self._shadows.pop(place)
            shadow.cut(len(shadow.rows), now)

    def deleted(self, place: TopicPartition, numbers: list[int], now: float) -> None:
        """Somebody deleted these records on purpose, on whichever side."""
        shadow = self._shadows.get(place)
        known = [self._places[n] for n in numbers if n in self._places]
        indexes = [index for which, index in known if which is shadow]
        if shadow is not None and indexes:
            shadow.cut(max(indexes) + 1, now)

    def left_at(self, number: int, now: float) -> float | None:
        """Return since when nobody could have counted on a record on the source; None while one could."""
        found = self._places.get(number)
        return found[0].left_at(found[1], now) if found else None

    def _shadow(self, place: TopicPartition) -> Shadow | None:
        known = self._shadows.get(place)
        topic = self._source.topics.get(place[0]) if known is None else None
        if topic is not None:
            known = self._shadows[place] = Shadow(topic)
        return known
