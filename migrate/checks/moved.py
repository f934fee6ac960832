"""watch: whether what has moved stays moved: groups gone from the source, joined on the target, no stray write."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrate.documents.watched import WatchedGroup
from migrate.logs.translate import Translation
from migrate.model.check import Check, Verdict
from migrate.model.cluster import Group
from migrate.model.record import Position, TopicPartition
from migrate.model.words import count, lasting
from migrate.ports import Sites
from migrate.steps.await_groups import members
from migrate.steps.freeze_topics import strays

_RETENTION = "offsets.retention.minutes"


@dataclass(frozen=True)
class MovedGroup:
    """A group whose commits a cutover wrote to the target, and when."""

    name: str
    at: datetime
    translations: tuple[Translation, ...]

    @property
    def here(self) -> dict[TopicPartition, int]:
        """Where it stood on the source."""
        return {(t.topic, t.partition): t.source for t in self.translations if t.source is not None}

    @property
    def across(self) -> dict[TopicPartition, int]:
        """Where it was placed on the target."""
        return {(t.topic, t.partition): t.target for t in self.translations if t.target is not None}


@dataclass(frozen=True)
class FrozenTopics:
    """The topics of a wave that were fenced on the source, and where they ended."""

    wave: int
    topics: tuple[str, ...]
    ends: tuple[Position, ...]


@dataclass(frozen=True)
class Moved:
    """What one look found: the moved groups on both sides, how long the target keeps commits, and stray writes.

    `retention` is None where the target does not tell it. `strays` has by wave what was written after the fence.
    """

    groups: tuple[MovedGroup, ...]
    here: Mapping[str, Group]
    across: Mapping[str, Group]
    retention: timedelta | None
    strays: Mapping[int, tuple[str, ...]]


def gather(sites: Sites, groups: Iterable[MovedGroup], frozen: Iterable[FrozenTopics]) -> Moved:
    """Read both sides' groups, and the ends of fenced topics."""
    known = tuple(groups)
    names = [group.name for group in known]
    minutes = sites.target.reader.settings().get(_RETENTION, "") if known else ""
    return Moved(
        groups=known,
        here={g.name: g for g in sites.source.reader.groups(names)} if names else {},
        across={g.name: g for g in sites.target.reader.groups(names)} if names else {},
        retention=timedelta(minutes=int(minutes)) if minutes.isdecimal() else None,
        strays={one.wave: strays(sites, one.topics, one.ends)[0] for one in frozen},
    )


def judge(found: Moved, now: datetime) -> tuple[Check, ...]:
    """Return a check for each moved group, and one for the fenced topics of each wave."""
    groups = [_group(found, group, now) for group in found.groups]
    fenced = [_fenced(wave, written) for wave, written in sorted(found.strays.items())]
    return (*groups, *fenced)


def unjoined(found: Moved) -> tuple[WatchedGroup, ...]:
    """Return the groups that have not joined on the target, and when their commits vanish."""
    if found.retention is None:
        return ()
    return tuple(
        WatchedGroup(group=group.name, vanishes_at=group.at + found.retention)
        for group in found.groups
        if _waits(group, found.across.get(group.name))
    )


def _group(found: Moved, group: MovedGroup, now: datetime) -> Check:
    name = f"moved group {group.name}"
    if faults := tuple(_faults(found, group, now)):
        return Check(name=name, verdict=Verdict.FAIL, evidence=faults)
    if not _waits(group, found.across.get(group.name)):
        return Check(name=name, verdict=Verdict.PASS, evidence=("runs on the target, or has run",))
    if found.retention is None:
        said = f"has not joined on the target, and how long commits are kept there is unknown ({_RETENTION})"
        return Check(name=name, verdict=Verdict.UNKNOWN, evidence=(said,))
    said = f"has not joined on the target yet: its commits vanish on {group.at + found.retention:%Y-%m-%d %H:%M} UTC"
    return Check(name=name, verdict=Verdict.PASS, evidence=(said,))


def _faults(found: Moved, group: MovedGroup, now: datetime) -> Iterator[str]:
    here, across = found.here.get(group.name), found.across.get(group.name)
    if here is not None:
        if alive := members((here,)):
            yield f"still runs on the source: {alive}"
        own = {(c.topic, c.partition): c.offset for c in here.commits}
        moved = [p for p, at in group.here.items() if own.get(p, at) > at]
        if moved:
            topic, partition = moved[0]
            yield (
                f"has gone on on the source since it moved: {topic}-{partition} "
                f"from {group.here[moved[0]]} to {own[moved[0]]}"
            )
    there = {(c.topic, c.partition): c.offset for c in across.commits} if across else {}
    if gone := sorted(p for p in group.across if p not in there):
        topic, partition = gone[0]
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        yield (
            f"its commit on {topic}-{partition}{more} has vanished on the target: "
            f"it would begin by auto.offset.reset"
        )
    if found.retention and _waits(group, across) and now - group.at > found.retention / 2:
        yield (
            f"has not joined on the target since {group.at:%Y-%m-%d %H:%M} UTC, more than half of {_RETENTION} "
            f"({lasting(found.retention.total_seconds())}): its commits vanish on "
            f"{group.at + found.retention:%Y-%m-%d %H:%M} UTC"
        )


def _waits(group: MovedGroup, across: Group | None) -> bool:
    """Whether nobody has joined the group on the target: it has no member, and stands where it was placed."""
    if across is None or members((across,)):
        return False
    own = {(c.topic, c.partition): c.offset for c in across.commits}
    return bool(group.across) and all(own.get(p) == at for p, at in group.across.items())


def _fenced(wave: int, written: tuple[str, ...]) -> Check:
    name = f"fenced topics of wave {wave}"
    if not written:
        return Check(name=name, verdict=Verdict.PASS, evidence=("no record was written since",))
    records = count(len(written), "partition")
    said = f"{records} written on the source after the fence: {'; '.join(written[:5])}"
    return Check(name=name, verdict=Verdict.FAIL, evidence=(said,))
