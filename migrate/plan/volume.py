"""Estimates for each wave: how much is copied, how long it takes, what the pauses consist of, what could expire."""

from collections.abc import Iterable, Iterator

from migrate.documents.config import Config
from migrate.documents.plan import Volume, Wave
from migrate.estate import Estate
from migrate.model.cluster import Group, Topic
from migrate.model.words import volume

_MEGABYTE = 1_000_000
_DAY = 24 * 60
_BYOC_MINUTES = 7 * _DAY
"""AutoMQ BYOC keeps the commits of a group without members for seven days."""


def volumes(estate: Estate, waves: Iterable[Wave]) -> Iterator[Volume]:
    """Yield the estimate of each wave."""
    groups = {g.name: g for g in estate.inventory.groups.found}
    replication = estate.config.replication
    for wave in waves:
        topics = [estate.topics[name] for name in wave.copies]
        size = _sum(p.size for t in topics for p in t.partitions)
        rate = replication.megabytes_per_second if replication else None
        yield Volume(
            wave=wave.number,
            topics=len(topics),
            partitions=sum(len(t.partitions) for t in topics),
            records=_sum(_records(t) for t in topics),
            bytes=size,
            bytes_a_day=_daily(topics),
            seconds=round(size / (rate * _MEGABYTE), 1) if rate and size is not None else None,
            pauses=tuple(_pauses(estate.config, wave)),
            warnings=(
                *_expiring(estate, wave, [groups[g] for g in wave.groups if g in groups]),
                *_retained(estate.config, topics),
                *_growing(_daily(topics)),
            ),
        )


def _pauses(config: Config, wave: Wave) -> Iterator[str]:
    if wave.groups:
        yield (
            "consumers: stop hooks, unchanged commits where a group has no members, the fence on every broker, "
            "the rest of the copy, one read at each commit, start hooks"
        )
    if wave.producers:
        yield (
            "writes: stop hooks, the fence on every broker, two equal reads of the ends, the rest of the copy, proof "
            f"of the offsets, the consumers' start (at most {config.policy.start_seconds:g} s), start hooks"
        )


def _expiring(estate: Estate, wave: Wave, groups: list[Group]) -> Iterator[str]:
    """Yield warnings about commits of groups without members, which brokers delete after a time."""
    idle = [g.name for g in groups if g.state == "Empty" and g.commits]
    if not idle:
        return
    minutes = int(estate.inventory.cluster.found.defaults.get("offsets.retention.minutes", 0))
    waits = (wave.not_before - estate.inventory.taken_at.date()).days if wave.not_before else 0
    if minutes:
        late = minutes < waits * _DAY
        yield (
            f"{_some(idle)}: no members, so the source deletes the commits after {minutes / _DAY:g} days"
            + (f", but the wave waits until {wave.not_before}" if late else "")
        )
    if estate.config.target.profile == "automq-byoc":
        yield (
            f"{_some(idle)}: no members, so the target deletes the commits {_BYOC_MINUTES // _DAY} days after the "
            "cutover, unless members join"
        )


def _retained(config: Config, topics: list[Topic]) -> Iterator[str]:
    """Yield a warning where copied records, which keep their timestamps, could expire on arrival."""
    if config.target.profile == "automq-byoc" and topics:
        yield (
            "a copy keeps all records until the switch (retention.ms=-1), but AutoMQ BYOC documents 60 days at most: "
            "older records could be deleted on arrival"
        )


def _daily(topics: list[Topic]) -> int | None:
    """Return the bytes that a day brings to these topics, by the share of their records that is a day old at most."""
    found = []
    for p in (p for t in topics for p in t.partitions):
        if p.daily is None or p.size is None or p.start is None or p.end is None:
            return None
        found.append(round(p.size * p.daily / max(p.end - p.start, 1)))
    return sum(found)


def _growing(daily: int | None) -> Iterator[str]:
    """Yield what the copies will hold: nothing of them expires before their producers move."""
    if daily:
        yield (
            f"a copy keeps everything until its producers move: some {volume(daily)} a day, {volume(daily * 28)} in "
            "four weeks"
        )


def _records(topic: Topic) -> int | None:
    return _sum(
        None if p.end is None or p.start is None else p.end - p.start for p in topic.partitions
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return the sum, or None if one of the numbers is unknown."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def _some(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3:,} more"
