"""Gates on the copy: it keeps up before anything is stopped, and it has passed every commit.

Each is asked at the last moment at which its answer still helps.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from migrate.errors import CannotTell, Refused, StepFailed
from migrate.logs.arriving import Arriving, to_come
from migrate.logs.lag import copies, lacking, next_offsets, paces
from migrate.logs.pace import CopyPace
from migrate.model.record import Position, TopicPartition
from migrate.model.words import count, first_of, listed
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.settle import wait

_WINDOW_SECONDS = 2.0
_TOLD_SECONDS = 75.0
"""Connect tells a new position after `offset.flush.interval.ms` at the latest, by default a minute."""


class AwaitPace(Gate):
    """Refuse unless every connector runs, is as fast as its producers, and is not far behind.

    It stands before the first stop: with a copy that cannot catch up, clients would be paused without an end.
    `carried` are the topics by connector.
    """

    op: Literal["await_pace"] = "await_pace"
    carried: dict[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        """See `Change`."""
        return "await_pace"

    def describe(self) -> str:
        """See `Change`."""
        topics = sum(len(names) for names in self.carried.values())
        return f"check that the copy of {count(topics, 'topic')} keeps up"

    def apply(self, sites: Sites) -> "AwaitPace":
        """Measure each topic over two seconds; the first fault is the refusal.

        A position that rests before records is looked at again: the drain would wait for it with clients stopped.
        """
        if lacks := lacking(sites, (t for topics in self.carried.values() for t in topics)):
            raise Refused(
                f"not ready for a cutover: {lacks.what} does not exist on the target", lacks.remedy
            )
        for copy in copies(sites, self.carried).values():
            if copy.running:
                continue
            if not copy.state:
                raise CannotTell(
                    f"connector {copy.name}: Connect has no status of it yet",
                    "wait a few seconds, then rerun the command",
                )
            raise Refused(
                f"connector {copy.name} is not running: {copy.shown}",
                copy.resume_hint or "wait until its tasks run, then rerun the command",
            )
        measured = self._seen_going_on(sites)
        behind = sum(pace.behind for pace in measured)
        return self.seeing(
            f"{count(len(self.carried), 'connector')} RUNNING",
            f"{count(len(measured), 'topic')}, {behind:,} offsets behind after {_WINDOW_SECONDS:g} s",
        )

    def _seen_going_on(self, sites: Sites) -> tuple[CopyPace, ...]:
        """Measure until no position rests where it was at first; refuse where one does for too long."""
        measured = self._paces_of(sites)
        resting = {position for pace in measured for position in pace.resting}

        def not_gone_on() -> str:
            nonlocal measured
            if resting:
                measured = self._paces_of(sites)
                resting.intersection_update(r for pace in measured for r in pace.resting)
            return f"nothing behind {first_of(sorted(map(str, resting)), 3)}" if resting else ""

        try:
            wait(sites, "the copy to go on", not_gone_on, _TOLD_SECONDS)
        except StepFailed as error:
            raise Refused(
                f"not ready for a cutover: {error.message}",
                "check the log of the copy's worker, then rerun the command",
            ) from None
        return measured

    def _paces_of(self, sites: Sites) -> tuple[CopyPace, ...]:
        measured = paces(sites, self.carried, _WINDOW_SECONDS)
        for pace in measured:
            if pace.fault:
                raise Refused(
                    f"not ready for a cutover: {pace.fault}",
                    "wait until `kmig replicate WAVE --status` shows `ready`, or choose a quieter hour",
                )
        return measured


class AwaitPassed(Gate):
    """Wait until no visible record of the source lies between the copied position and a commit of the moving groups.

    `noted` are further positions to pass: commits that were seen before, and where groups without a commit begin.
    `copied` is how far each partition of `topics` was copied then at least: the offset behind the last copied one.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"copied"})

    op: Literal["await_passed"] = "await_passed"
    part: str = ""
    groups: tuple[str, ...]
    topics: tuple[str, ...]
    connectors: tuple[str, ...]
    seconds: float
    noted: tuple[Position, ...] = ()
    copied: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"await_passed {self.part}".strip()

    def describe(self) -> str:
        """See `Change`."""
        return f"wait for the copy to pass every commit of {listed(self.groups, 'group')}"

    def apply(self, sites: Sites) -> "AwaitPassed":
        """Wait for the copy; refuse a commit beyond the log's end, which no copy can pass."""
        highest: dict[TopicPartition, int] = {}
        commits: dict[str, int] = {}
        for p in self.noted:
            highest[p.place] = max(highest.get(p.place, 0), p.offset)
        for group in sites.source.reader.groups(self.groups):
            for commit in group.commits:
                place = (commit.topic, commit.partition)
                if commit.topic not in self.topics:
                    continue
                if commit.end is not None and commit.offset > commit.end:
                    raise Refused(
                        f"group {group.name} committed {commit.offset} on {place[0]}-{place[1]} of the source, "
                        f"beyond the log's end at {commit.end}",
                        "these records are lost on the source: reset the group there, then rerun the command",
                    )
                highest[place] = max(highest.get(place, 0), commit.offset)
                commits[group.name] = commits.get(group.name, 0) + 1

        arriving, copied = Arriving(sites, self.connectors), dict[TopicPartition, int]()

        def left() -> str:
            require_started(sites, self.connectors)
            ends = sites.source.reader.ends(self.topics)
            maps = arriving.maps(ends)
            copied.update({p: min(one.pending, ends[p].end) for p, one in maps.items()})
            bare = {p: upto for p, upto in highest.items() if p not in maps}
            return to_copy(to_come(maps, highest), "or fewer ") or (
                uncopied(sites, self.connectors, bare) if bare else ""
            )

        wait(
            sites,
            "the copy to pass every commit",
            left,
            self.seconds,
            "read the log of the Connect worker that copies, then rerun the command",
        )
        passed = count(sum(commits.values()), "commit")
        without = [name for name in self.groups if name not in commits]
        known = self.model_copy(update={"copied": self._copied(sites, copied)})
        return known.seeing(
            f"{passed} of {count(len(commits), 'group')} passed",
            *(
                [f"no commit to pass on topics whose producers stay: {', '.join(without)}"]
                if without
                else []
            ),
        )

    def _copied(self, sites: Sites, known: Mapping[TopicPartition, int]) -> tuple[Position, ...]:
        """Return how far each partition is copied; where nothing was, up to the first record that could be."""
        ends = sites.source.reader.ends(self.topics)
        bare = ends.keys() - known.keys()
        told = {**(next_offsets(sites, self.connectors) if bare else {}), **known}
        return tuple(
            Position(topic=t, partition=p, offset=told.get((t, p), e.start))
            for (t, p), e in sorted(ends.items())
        )


def require_started(sites: Sites, connectors: tuple[str, ...]) -> None:
    """Raise `StepFailed` for a connector that has failed or is stopped, instead of a wait that cannot end."""
    for copy in copies(sites, connectors).values():
        if copy.resume_hint:
            raise StepFailed(
                f"connector {copy.name} is not running: {copy.shown}", copy.resume_hint
            )


def uncopied(
    sites: Sites,
    connectors: tuple[str, ...],
    uptos: Mapping[TopicPartition, int],
) -> str:
    """Return how many visible records lie between the copied positions and these offsets, in words, or nothing.

    Records that have expired on the source are no gap.
    """
    copied = next_offsets(sites, connectors)
    # read each time, and last: records expire during the wait
    ends = sites.source.reader.ends({topic for topic, _ in uptos})
    begins = {p: ends[p].readable(copied.get(p, 0))[0] for p in uptos}
    gaps = {p: (begin, uptos[p]) for p, begin in begins.items() if begin < uptos[p]}
    visible = sites.source.records.visible(gaps)
    return to_copy({place: len(records) for place, records in visible.items() if records})


def to_copy(left: Mapping[TopicPartition, int], more: str = "") -> str:
    """Return in words how many records are left, and where the first of them are; nothing where none is."""
    if not left:
        return ""
    topic, partition = min(left)
    others = f" and {count(len(left) - 1, 'other partition')}" if len(left) > 1 else ""
    records = f"{sum(left.values())} {more}records" if more else count(sum(left.values()), "record")
    return f"{records} of {topic}-{partition}{others} to copy"
