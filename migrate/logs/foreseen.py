"""Commits translated while clients and copies run: what would have no proven place is known before anybody stops."""

from collections.abc import Sequence

from migrate.logs.translate import Translation
from migrate.logs.translating import Asked, by_maps, patiently, through_maps
from migrate.model.record import TopicPartition
from migrate.ports import Sites


def foreseen(sites: Sites, every: Sequence[Asked]) -> list[tuple[Translation, ...]]:
    """Return where commits continue as far as maps know both logs; of partitions without a map nothing.

    What is not copied yet is expected to come. A commit on it is left out.
    """
    return patiently(lambda: _foreseen(sites, every))


def _foreseen(sites: Sites, every: Sequence[Asked]) -> list[tuple[Translation, ...]]:
    places = sorted({c.place for asked in every for c in asked.commits})
    maps = through_maps(sites, places, {})
    found: list[dict[TopicPartition, Translation]] = [{} for _ in every]
    commits = [
        (c, asked, own)
        for asked, own in zip(every, found, strict=True)
        for c in asked.commits
        if c.place in maps and c.offset <= maps[c.place].copied
    ]
    by_maps(sites, commits, maps)
    return [tuple(own[place] for place in sorted(own)) for own in found]
