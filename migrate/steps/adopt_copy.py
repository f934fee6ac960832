"""Take over a copy that somebody else runs: kmig compares it, and starts none."""

from typing import Literal

from migrate.errors import Refused
from migrate.logs.lag import lacking
from migrate.logs.mapping import begin
from migrate.model.words import listed
from migrate.ports import Sites
from migrate.steps.change import Change


class AdoptCopy(Change):
    """Count on the copy of these topics that runs already; `name` is what kmig calls it."""

    op: Literal["adopt_copy"] = "adopt_copy"
    name: str
    topics: tuple[str, ...]

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"adopt_copy {self.name}"

    def describe(self) -> str:
        """See `Change`."""
        return f"count on the copy of {listed(self.topics, 'topic')} that runs already"

    def guard(self, sites: Sites) -> None:
        """Refuse while the target lacks a topic, or a partition of one."""
        if lacks := lacking(sites, self.topics):
            raise Refused(
                f"{lacks.what} does not exist on the target, so nothing is copied to it",
                "have the copier make it, then rerun the command",
            )

    def extending(self, begun: "AdoptCopy", sites: Sites) -> "AdoptCopy | None":  # noqa: ARG002
        """Continue `begun` with more topics."""
        return self if set(begun.topics) <= set(self.topics) else None

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: to look again changes nothing."""
        return False

    def apply(self, sites: Sites) -> "AdoptCopy":
        """Begin the maps of the topics."""
        self.guard(sites)
        begin(sites, self.topics)
        return self.seeing("every topic is on the target, with all of its partitions")

    def undo(self, sites: Sites) -> None:
        """Do nothing: the copy is not kmig's."""
