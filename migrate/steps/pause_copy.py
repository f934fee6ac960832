"""Stop copy connectors so that the target is quiet, and note how far they came; and let them go on."""

from typing import ClassVar, Literal

from migrate.model.record import Position
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import wait
from migrate.steps.start_copy import wait_running

_QUIET_SECONDS = 120.0
"""A connector ends its transaction first: 3 s is usual, 45 s was seen with a backlog on a slow object store."""


class PauseCopy(Change):
    """Connectors by name; `positions` are the last offsets copied, the same in two readings after the stop.

    Those of `topics` whose producers stay are complete.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"positions"})

    op: Literal["pause_copy"] = "pause_copy"
    connectors: tuple[str, ...]
    topics: tuple[str, ...]
    positions: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return "pause_copy"

    def describe(self) -> str:
        """One line."""
        return f"quiet the copy: {listed(self.connectors, 'connector')}"

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Unknown without the positions, and stopping twice is stopping once."""
        return False

    def apply(self, sites: Sites) -> "PauseCopy":
        """Stop them; no task is left and two readings of the positions agree."""
        quiet(sites, self.connectors)
        first = _positions(sites, self.connectors)

        def moving() -> str:
            nonlocal first
            before, first = first, _positions(sites, self.connectors)
            return "" if before == first else "positions that move"

        wait(sites, "positions of the copy", moving, _QUIET_SECONDS)
        untouched = self._untouched(sites, first)
        made = self.model_copy(update={"positions": (*first, *untouched)})
        bare = count(len(untouched), "partition")
        return made.seeing(
            f"stopped, {count(len(first), 'position')} read twice",
            *([f"{bare} of which nothing was copied"] if untouched else []),
        )

    def _untouched(self, sites: Sites, known: tuple[Position, ...]) -> tuple[Position, ...]:
        """Partitions of `topics` of which nothing was copied: as if the copy stood before their first record."""
        there = {p.place for p in known}
        ends = sites.source.reader.ends(self.topics)
        return tuple(
            Position(topic=t, partition=p, offset=e.start - 1)
            for (t, p), e in sorted(ends.items())
            if (t, p) not in there
        )

    def undo(self, sites: Sites) -> None:
        """Let them go on."""
        _resume(sites, self.connectors)


class ResumeCopy(Change):
    """Connectors of topics whose producers stay go on."""

    op: Literal["resume_copy"] = "resume_copy"
    connectors: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return "resume_copy"

    def describe(self) -> str:
        """One line."""
        return f"resume the copy: {listed(self.connectors, 'connector')}"

    def present(self, sites: Sites) -> bool:
        """Whether all of them run."""
        found = [sites.moving.copy.copy(name) for name in self.connectors]
        return all(copy is not None and copy.running for copy in found)

    def apply(self, sites: Sites) -> "ResumeCopy":
        """Resume them, and see their tasks run."""
        _resume(sites, self.connectors)
        return self

    def undo(self, sites: Sites) -> None:
        """Quiet them again."""
        quiet(sites, self.connectors)


def quiet(sites: Sites, names: tuple[str, ...]) -> None:
    """Stop connectors and wait until nothing of them runs."""
    copy = sites.moving.copy
    for name in names:
        copy.stop(name)

    def running() -> str:
        left = [n for n in names if (found := copy.copy(n)) is not None and not found.quiet]
        return f"{', '.join(left)} ending a transaction" if left else ""

    wait(sites, "the copy to stop", running, _QUIET_SECONDS, "see the Connect worker's log")


def _resume(sites: Sites, names: tuple[str, ...]) -> None:
    for name in names:
        sites.moving.copy.resume(name)
    for name in names:
        wait_running(sites, name)


def _positions(sites: Sites, names: tuple[str, ...]) -> tuple[Position, ...]:
    return tuple(
        Position(topic=topic, partition=partition, offset=offset)
        for (topic, partition), offset in sorted(sites.moving.copy.positions(names).items())
    )
