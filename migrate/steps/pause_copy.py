"""Stop MirrorMaker connectors so that the target does not grow, and note how far they copied; resume them later."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from migrate.logs.lag import last_copied
from migrate.model.record import Position
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.connectors import quiet, wait_running
from migrate.steps.settle import wait

_QUIET_SECONDS = 120.0


class PauseCopy(Change):
    """Stop these connectors; `positions` are the last offsets copied, equal in two readings after the stop.

    `topics` are the copied topics whose producers stay: each of their partitions gets a position. `configs` are what
    the connectors are made of again where somebody has deleted one: Connect keeps its offsets under its name.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"positions", "configs"})

    KEY: ClassVar[str] = "pause_copy"

    op: Literal["pause_copy"] = "pause_copy"
    connectors: tuple[str, ...]
    topics: tuple[str, ...]
    positions: tuple[Position, ...] = ()
    configs: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return f"quiet the copy: {listed(self.connectors, 'connector')}"

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: it is unknown without the positions, and a second stop changes nothing."""
        return False

    def apply(self, sites: Sites) -> "PauseCopy":
        """Stop the connectors; wait until no task is left and two readings of the positions agree."""
        quiet(sites, self.connectors)
        latest = _positions(sites, self.connectors)

        def moving() -> str:
            nonlocal latest
            before, latest = latest, _positions(sites, self.connectors)
            return "" if before == latest else "they still change"

        wait(
            sites,
            "the connectors' offsets to stand still",
            moving,
            _QUIET_SECONDS,
            "read the log of the Connect worker that copies, then rerun the command",
        )
        uncopied = self._uncopied(sites, latest)
        paused = self.model_copy(update={"positions": (*latest, *uncopied)})
        partitions = count(len(uncopied), "partition")
        return paused.seeing(
            f"stopped, {count(len(latest), 'position')} read twice",
            *([f"nothing was copied of {partitions}"] if uncopied else []),
        )

    def _uncopied(self, sites: Sites, known: tuple[Position, ...]) -> tuple[Position, ...]:
        """Return a position before the first record for each partition of `topics` of which nothing was copied."""
        copied = {p.place for p in known}
        ends = sites.source.reader.ends(self.topics)
        return tuple(
            Position(topic=t, partition=p, offset=e.start - 1)
            for (t, p), e in sorted(ends.items())
            if (t, p) not in copied
        )

    def undo(self, sites: Sites) -> None:
        """Resume the connectors."""
        _resume(sites, self.connectors, self.configs)


class ResumeCopy(Change):
    """Resume the connectors of topics whose producers stay on the source; `configs` as in `PauseCopy`."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"configs"})

    op: Literal["resume_copy"] = "resume_copy"
    connectors: tuple[str, ...]
    configs: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """See `Change`."""
        return "resume_copy"

    def describe(self) -> str:
        """See `Change`."""
        return f"resume the copy: {listed(self.connectors, 'connector')}"

    def present(self, sites: Sites) -> bool:
        """Whether all of the connectors run; nobody knows whether a foreign one does."""
        copies = [sites.moving.copy.copy(name) for name in self.connectors]
        return all(copy is not None and copy.running and not copy.foreign for copy in copies)

    def apply(self, sites: Sites) -> "ResumeCopy":
        """Resume the connectors, and wait until their tasks run."""
        _resume(sites, self.connectors, self.configs)
        return self

    def undo(self, sites: Sites) -> None:
        """Stop the connectors again."""
        quiet(sites, self.connectors)


def _resume(sites: Sites, names: tuple[str, ...], configs: Mapping[str, Mapping[str, str]]) -> None:
    copy = sites.moving.copy
    for name in names:
        if configs.get(name) and copy.copy(name) is None:
            copy.put(name, configs[name])
        else:
            copy.resume(name)
    for name in names:
        wait_running(sites, name)


def _positions(sites: Sites, names: tuple[str, ...]) -> tuple[Position, ...]:
    return tuple(
        Position(topic=topic, partition=partition, offset=offset)
        for (topic, partition), offset in sorted(last_copied(sites, names).items())
    )
