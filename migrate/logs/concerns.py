"""Whom the faults of a copy concern: the groups that have them before them, each on the side that it reads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from migrate.logs.mapping import Mapped
from migrate.logs.stretches import Stretch, Word
from migrate.model.record import TopicPartition
from migrate.model.waiver import May, Readers, waived
from migrate.model.words import count, first_of
from migrate.ports import Site, Sites

ANYBODY = ""
"""Whoever reads a topic, where nobody is known who does."""

MAY: Mapping[Word, May] = {
    Word.MISSING: "miss",
    Word.UNPROVEN: "miss",
    Word.EXTRA: "read again",
    Word.STALE: "revive",
    Word.GONE: "miss",
}
SAID = {
    Word.MISSING: "missing on the target",
    Word.UNPROVEN: "not comparable, because the source's expired before they were read",
    Word.EXTRA: "twice on the target, or written there by another hand",
    Word.STALE: "deleted on the source, and would live again",
    Word.GONE: "deleted on the target since they were copied",
}


@dataclass(frozen=True)
class Concern:
    """A fault of one partition, and the groups that have it before them: `here` read the source, `across` the target.

    `passed` are groups that have read past it on the target. `lost` are those to which it was lost on the way: they
    moved before it, and the target has never had it.
    """

    place: TopicPartition
    stretch: Stretch
    here: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The fault and whom it concerns, in words."""
        before = [g for g in (*self.here, *self.across) if g]
        if before:
            read = self.passed and self.stretch.word == Word.EXTRA
            twice = f", group {first_of(self.passed, 3)} has read it twice" if read else ""
            return f"{self}: group {first_of(before, 3)} has it before it{twice}"
        if self.lost:
            gets = "never gets" if self.stretch.word == Word.MISSING else "may never get"
            return f"{self}: group {first_of(self.lost, 3)} has moved before it, and {gets} it"
        if self.here:
            return f"{self}: no group is known to have read past it"
        past = (
            f"group {first_of(self.passed, 3)} has read past it"
            if self.passed
            else "no group needs it"
        )
        return f"{self}: {past}"

    @property
    def records(self) -> int:
        """How many records it is at most."""
        return max(self.stretch.records) or self.stretch.source[1] - self.stretch.source[0]

    def __str__(self) -> str:
        one, word = self.stretch, self.stretch.word
        on_source = one.source[0] < one.source[1]
        side, (begin, upto) = ("source", one.source) if on_source else ("target", one.target)
        where = f"offset {begin}" if upto - begin == 1 else f"offsets {begin} to {upto - 1}"
        is_are = "is" if self.records == 1 else "are"
        return (
            f"{count(self.records, 'record')} of {self.place[0]}-{self.place[1]}, {side} {where}, "
            f"{is_are} {SAID[word]}"
        )


def fault(readers: Readers, one: Concern, today: date) -> str:
    """Return what a fault is, and for whom; empty where it is accepted, or no waiting helps."""
    word, topic = one.stretch.word, one.place[0]
    # what a group reads twice that has moved already, it reads twice in any case
    asked = one.here if word == Word.EXTRA else (*one.here, *one.across)
    left, lost = (
        tuple(g for g in some if not waived(readers.waivers, topic, g, MAY[word], today))
        for some in (asked, one.lost)
    )
    if not (left or lost):
        return ""
    return replace(one, here=left, across=(), lost=lost).told


def concerns(
    sites: Sites, readers: Readers, topics: Iterable[str], maps: Iterable[Mapped]
) -> list[Concern]:
    """Return the faults of these maps, and where the readers of their topics stand now."""
    standing = Standing(sites, topics, readers)
    return [concern for one in maps for concern in standing.concerns(one)]


class Standing:
    """Where groups stand on these topics."""

    def __init__(self, sites: Sites, topics: Iterable[str], readers: Readers) -> None:
        wanted = set(topics)
        self._here = _commits(sites.source, wanted, readers.here)
        self._across = _commits(sites.target, wanted, readers.across)
        self._moved = {
            group: {p.place: p.offset for p in positions}
            for group, positions in readers.moved.items()
        }
        self._starts = {p: e.start for p, e in sites.source.reader.ends(wanted).items()}

    def concerns(self, one: Mapped) -> Iterator[Concern]:
        """Yield the faults of a partition, each with the groups that have it before them or may have."""
        known = self._here.get(one.place, {}), self._across.get(one.place, {})
        for found in (*one.stretches, *one.gone):
            stretch = found
            if one.known.anew and found.records[1] and found.word in (Word.EXTRA, Word.UNPROVEN):
                # the records of a topic that is gone on the source
                stretch = replace(found, word=Word.STALE)
            if stretch.word not in SAID or stretch.counted:
                continue
            here = tuple(g for g, at in known[0].items() if self._ahead(one.place, at, stretch))
            lost = stretch.word in (Word.MISSING, Word.UNPROVEN, Word.GONE)
            # a place on the target tells nothing of records that are missing right there
            across = tuple(g for g, at in known[1].items() if at < stretch.target[1] + lost)
            anybody = stretch.word == Word.STALE or (
                stretch.word == Word.MISSING and not any(known)
            )
            if anybody and not (here or across):
                here = (ANYBODY,)
            beyond = [g for g in known[1] if g not in across]
            gone = stretch.word in (Word.MISSING, Word.UNPROVEN)
            missed = tuple(g for g in beyond if gone and self._missed(g, one.place, stretch))
            passed = tuple(g for g in beyond if g not in missed)
            yield Concern(one.place, stretch, here, across, passed, missed)

    def _missed(self, group: str, place: TopicPartition, stretch: Stretch) -> bool:
        """Whether a group that has moved had this before it on the source: it has not read it there, nor here."""
        begun = self._moved.get(group, {}).get(place)
        return begun is not None and begun < stretch.source[1]

    def _ahead(self, place: TopicPartition, at: int, stretch: Stretch) -> bool:
        """Whether a stretch is ahead of a place on the source."""
        if stretch.word == Word.EXTRA:
            return at <= stretch.source[0]
        if stretch.word in (Word.UNPROVEN, Word.GONE):
            # what has expired there unread is lost on the source; the target may still have it
            at = max(at, self._starts.get(place, 0))
        return at < stretch.source[1]


def _commits(
    site: Site, topics: set[str], groups: Iterable[str]
) -> dict[TopicPartition, dict[str, int]]:
    names = sorted(groups)
    found: dict[TopicPartition, dict[str, int]] = {}
    for group in site.reader.groups(names) if names else ():
        for commit in group.commits:
            if commit.topic in topics:
                found.setdefault((commit.topic, commit.partition), {})[group.name] = commit.offset
    return found
