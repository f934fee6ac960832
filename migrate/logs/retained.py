"""What a topic's retention would delete of what groups have yet to read.

Retention deletes whole segments, the oldest first, and stops at the first that it must keep. So a record stays if one
at or before it is young enough; and if what is stored from it to the end is no more than the topic may hold. Source:
org.apache.kafka.storage.internals.log.UnifiedLog, deleteOldSegments.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrate.model import settings
from migrate.model.record import TopicPartition
from migrate.model.words import count, lasting
from migrate.ports import Site, Sites

_READ = 64_000_000
"""Bytes of a partition that are read at most to see how much a group has before it."""


@dataclass(frozen=True)
class Kept:
    """What a topic keeps: milliseconds and bytes, None for without end."""

    ms: int | None
    bytes: int | None

    @classmethod
    def of(cls, configs: Mapping[str, str | None], target: Site) -> "Kept":
        """Read it out of configs; what is None there is the brokers' default."""
        values = {k: v for k, v in configs.items() if v is not None}
        if len(values) < len(configs):
            values = {**settings.defaults(target.reader.settings()), **values}
        found = (int(values.get(key, "-1")) for key in ("retention.ms", "retention.bytes"))
        return cls(*(None if value < 0 else value for value in found))


def unread(
    sites: Sites, topics: Sequence[str], groups: Iterable[str], kept: Kept
) -> dict[str, tuple[str, ...]]:
    """Return by topic why this retention must wait: what it would take from which of the groups, now.

    A group of which the commits cannot be read may be anywhere.
    """
    if kept.ms is None and kept.bytes is None:
        return {}
    commits, unknown = _commits(sites.target, topics, groups)
    if unknown:
        return dict.fromkeys(topics, unknown)
    if not commits:
        return {}
    reader = sites.target.reader
    ends = reader.ends({topic for topic, _ in commits})
    behind = {
        (place, group): max(at, ends[place].start)
        for place, by_group in commits.items()
        for group, at in by_group.items()
        if place in ends and at < ends[place].end
    }
    reasons: dict[str, list[str]] = defaultdict(list)
    for place, group, why in (*_by_time(sites, behind, kept), *_by_size(sites, behind, kept)):
        left = ends[place].end - behind[place, group]
        reasons[place[0]].append(
            f"group {group} has {count(left, 'record')} of {place[0]}-{place[1]} to read, and {why}"
        )
    return {topic: tuple(some) for topic, some in reasons.items()}


_Behind = Mapping[tuple[TopicPartition, str], int]
_Reasons = list[tuple[TopicPartition, str, str]]


def _commits(
    target: Site, topics: Iterable[str], groups: Iterable[str]
) -> tuple[dict[TopicPartition, dict[str, int]], tuple[str, ...]]:
    wanted, names = set(topics), sorted(groups)
    found: dict[TopicPartition, dict[str, int]] = defaultdict(dict)
    read = target.reader.groups(names) if names else ()
    for group in read:
        for commit in group.commits:
            if commit.topic in wanted:
                found[commit.topic, commit.partition][group.name] = commit.offset
    return found, tuple(f"group {g.name} cannot be read: {g.error}" for g in read if g.error)


def _by_time(sites: Sites, behind: _Behind, kept: Kept) -> _Reasons:
    if kept.ms is None or not behind:
        return []
    oldest = int(sites.clock.now().timestamp() * 1000) - kept.ms
    young = sites.target.reader.first_since({topic for (topic, _), _ in behind}, oldest)
    return [
        (place, group, f"what is older than {lasting(kept.ms / 1000)} would be deleted")
        for (place, group), at in behind.items()
        if (first := young.get(place)) is None or first > at
    ]


def _by_size(sites: Sites, behind: _Behind, kept: Kept) -> _Reasons:
    if kept.bytes is None or not behind:
        return []
    reader = sites.target.reader
    sizes = reader.sizes({topic for (topic, _), _ in behind})
    found: _Reasons = []
    for (place, group), at in behind.items():
        if 0 < sizes.get(place, 0) <= kept.bytes:
            continue  # a platform that tells no size is asked for the batches
        most = min(kept.bytes, _READ)
        if reader.bytes_from({place: at}, most)[place] > most:
            found.append(
                (place, group, f"what is before the last {kept.bytes:,} bytes would be deleted")
            )
    return found
