"""Commits translated while clients and copies run: what would have no proven place is known before anybody stops."""

from collections.abc import Sequence
from dataclasses import replace

from migrate.logs.mapping import Mapped
from migrate.logs.reading import patiently
from migrate.logs.stretches import Word
from migrate.logs.translate import Translation
from migrate.logs.translating import Asked, by_maps, through_maps
from migrate.model.record import TopicPartition
from migrate.ports import Sites


def foreseen(sites: Sites, every: Sequence[Asked]) -> list[tuple[Translation, ...]]:
    """Return where commits continue as far as maps know both logs; of partitions without a map nothing.

    What is not copied yet is expected to come. A commit on it is left out.
    """
    return patiently(lambda: _foreseen(sites, every))


def _settled(one: Mapped) -> Mapped:
    """Return the map without its end where that may still be copied; what did not come together stays apart."""
    left = one.left
    while left and left[-1].word not in (Word.EQUAL, Word.UNPROVEN):
        left = left[:-1]
    return replace(one, left=left)


def _foreseen(sites: Sites, every: Sequence[Asked]) -> list[tuple[Translation, ...]]:
    places = sorted({c.place for asked in every for c in asked.commits})
    maps = {
        place: settled
        for place, one in through_maps(sites, places, {}).items()
        if (settled := _settled(one)).stretches
    }
    ends = sites.source.reader.ends({topic for topic, _ in maps})
    found: list[dict[TopicPartition, Translation]] = [{} for _ in every]
    commits = [
        (c, asked, own)
        for asked, own in zip(every, found, strict=True)
        for c in asked.commits
        if c.place in maps
        and max(c.offset, ends[c.place].start) <= maps[c.place].stretches[-1].source[1]
    ]
    by_maps(sites, commits, maps)
    return [tuple(own[place] for place in sorted(own)) for own in found]
