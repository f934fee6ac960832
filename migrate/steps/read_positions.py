"""Note where groups stand on the source, and where its logs end, while nobody reads: later it is too late to ask."""

from typing import ClassVar, Literal

from migrate.errors import Refused, StepFailed
from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.await_groups import VANISHED_HINT, committed, unanswered, vanished
from migrate.steps.change import Change
from migrate.steps.create_acls import everywhere


class ReadPositions(Change):
    """Of groups that are quiet, before they are fenced: their commits, and the ends of the topics they may read.

    It is no gate: its answer counts for as long as the fence behind it stands, over any number of runs, and is asked
    for again after a rollback. A run that is killed between the two has noted too early an end, never too late a one.

    `commits` are those that must be seen, and then those that were. `ends` are last stable offsets, as
    `auto.offset.reset=latest` means them to a consumer reading committed. One that reads uncommitted means the high
    watermark, which is never before that: nothing is skipped for either. No end is noted where the `fence` stands
    already, made by an earlier version or by somebody else: where the topics ended then is not known.
    """

    # the fence is made by the step behind this one, which refuses another plan of it
    NOTED: ClassVar[frozenset[str]] = frozenset({"commits", "ends", "fence"})

    op: Literal["read_positions"] = "read_positions"
    groups: tuple[str, ...]
    topics: tuple[str, ...]
    fence: tuple[Acl, ...]
    commits: dict[str, tuple[Position, ...]]
    ends: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return "read_positions"

    def describe(self) -> str:
        """One line."""
        return f"note where {listed(self.groups, 'group')} stand on source"

    def outcome(self) -> str:
        """How much was noted."""
        commits = sum(map(len, self.commits.values()))
        return f"{count(commits, 'commit')}, {count(len(self.ends), 'end')} noted"

    def aim(self, sites: Sites) -> "ReadPositions":
        """Read both; a commit that was seen before and is gone is refused."""
        reader = sites.source.reader
        found = reader.groups(self.groups)
        if gone := vanished(self.commits, found):
            raise Refused(gone, VANISHED_HINT)
        if error := unanswered(found):
            raise StepFailed(error)
        ends = {} if self._fenced(sites) else reader.ends(self.topics)
        noted = tuple(
            Position(topic=topic, partition=partition, offset=e.stable)
            for (topic, partition), e in sorted(ends.items())
        )
        return self.model_copy(update={"commits": committed(found), "ends": noted})

    def begins(self, uncommitted: str) -> tuple[Position, ...]:
        """Where groups go on: at their commits, and by the policy `latest` at the ends."""
        commits = (p for there in self.commits.values() for p in there)
        return (*commits, *(self.ends if uncommitted == "latest" else ()))

    def ends_for(self, group: str, reads: tuple[str, ...]) -> tuple[Position, ...]:
        """The ends of the topics that a group has commits on, or that its workload reads."""
        topics = {*reads, *(p.topic for p in self.commits.get(group, ()))}
        return tuple(p for p in self.ends if p.topic in topics)

    def _fenced(self, sites: Sites) -> bool:
        return bool(self.fence) and everywhere(sites.source.reader, frozenset(self.fence).issubset)

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: it is there once it is in the journal."""
        return False

    def apply(self, sites: Sites) -> "ReadPositions":  # noqa: ARG002
        """What was read is in the line that announced it."""
        return self

    def undo(self, sites: Sites) -> None:
        """Nothing was changed."""
