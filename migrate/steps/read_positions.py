"""Read the commits of quiet groups on the source, and the ends of their topics, just before the groups are fenced."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from migrate.errors import Refused, StepFailed
from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.await_groups import VANISHED_HINT, committed, unanswered, vanished
from migrate.steps.change import Change
from migrate.steps.create_acls import everywhere
from migrate.steps.take_back import bring_back


class ReadPositions(Change):
    """Read the commits of groups that are quiet, before they are fenced, and the ends of the topics they may read.

    It is no gate: its answer holds as long as the fence after it stands, over any number of runs, and is read again
    after a rollback. A run that is killed between the two has noted an end that is too early, never too late.

    `commits` are those that must exist; once read, those that do. `ends` are last stable offsets, as
    `auto.offset.reset=latest` means them for `isolation.level=read_committed`. For `read_uncommitted` it means the
    high watermark, which is never lower: nothing is skipped for either. No end is noted if the `fence` exists before,
    made by an earlier version or by hand: where the topics ended then is unknown.
    """

    # the fence is made by the step behind this one, which refuses another plan of it
    NOTED: ClassVar[frozenset[str]] = frozenset({"commits", "ends", "fence"})

    op: Literal["read_positions"] = "read_positions"
    part: str = ""
    groups: tuple[str, ...]
    topics: tuple[str, ...]
    fence: tuple[Acl, ...]
    commits: dict[str, tuple[Position, ...]]
    ends: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"read_positions {self.part}".strip()

    def describe(self) -> str:
        """See `Change`."""
        return f"note the positions of {listed(self.groups, 'group')} on source"

    def outcome(self) -> str:
        """See `Change`."""
        commits = sum(map(len, self.commits.values()))
        return f"{count(commits, 'commit')}, {count(len(self.ends), 'end')} noted"

    def aim(self, sites: Sites) -> "ReadPositions":
        """Read both; refuse if a commit that was seen before does not exist any more, or is another one."""
        reader = sites.source.reader
        groups = reader.groups(self.groups)
        if gone := vanished(self.commits, groups):
            raise Refused(f"a commit is missing on the source: {gone}", VANISHED_HINT)
        if still := _moved(self.commits, committed(groups)):
            raise StepFailed(
                f"a group without members still commits: {still}",
                "stop the consumers that assign partitions themselves, then rerun the command",
            )
        if error := unanswered(groups):
            raise StepFailed(
                f"cannot read commits on the source: {error}",
                "wait until the group's coordinator answers, then rerun the command",
            )
        ends = {} if self._fenced(sites) else reader.ends(self.topics)
        noted = tuple(
            Position(topic=topic, partition=partition, offset=e.stable)
            for (topic, partition), e in sorted(ends.items())
        )
        return self.model_copy(update={"commits": committed(groups), "ends": noted})

    def begins(self, *, latest: bool) -> tuple[Position, ...]:
        """Return where groups continue: at their commits, and where one begins at the `latest`, at the ends."""
        positions = (p for commits in self.commits.values() for p in commits)
        return (*positions, *(self.ends if latest else ()))

    def ends_for(self, group: str, reads: tuple[str, ...]) -> tuple[Position, ...]:
        """Return the ends of the topics that a group has commits on, or that its workload reads."""
        topics = {*reads, *(p.topic for p in self.commits.get(group, ()))}
        return tuple(p for p in self.ends if p.topic in topics)

    def _fenced(self, sites: Sites) -> bool:
        return bool(self.fence) and everywhere(sites.source.reader, frozenset(self.fence).issubset)

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: its only effect is its line in the journal."""
        return False

    def apply(self, sites: Sites) -> "ReadPositions":  # noqa: ARG002
        """Do nothing: `aim` has read, and the line that announced the step holds the result."""
        return self

    def undo(self, sites: Sites) -> None:
        """Bring commits back that have expired on the source since, also those on topics that were not copied."""
        bring_back(sites, self.commits)


def _moved(
    before: Mapping[str, tuple[Position, ...]], now: Mapping[str, tuple[Position, ...]]
) -> str:
    """Return the first commit that has moved since the group was quiet."""
    for group, known in before.items():
        there = {p.place: p.offset for p in now.get(group, ())}
        for p in known:
            if there.get(p.place, p.offset) != p.offset:
                return (
                    f"group {group} on {p.topic}-{p.partition}, from {p.offset} to {there[p.place]}"
                )
    return ""
