"""Gate: the copies are there. One that somebody has deleted is made again, and goes on where it was."""

from typing import ClassVar, Literal

from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.connectors import wait_running


class KeepCopies(Gate):
    """Make connectors again that Connect does not have: it keeps their offsets under their names.

    The one gate that may change something: what it asks for was there when the stage began, and must be there in each
    run of it, until the stage itself changes the copies. `configs` are by connector.
    """

    KEY: ClassVar[str] = "keep_copies"

    op: Literal["keep_copies"] = "keep_copies"
    configs: dict[str, dict[str, str]]

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return f"look for {count(len(self.configs), 'connector')} on Connect"

    def apply(self, sites: Sites) -> "KeepCopies":
        """Look for each connector; wait until one that was made again runs."""
        copy = sites.moving.copy
        gone = [name for name in self.configs if copy.copy(name) is None]
        for name in gone:
            copy.put(name, self.configs[name])
        for name in gone:
            wait_running(sites, name)
        there = len(self.configs) - len(gone)
        return self.seeing(
            *([f"{count(there, 'connector')} there"] if there else []),
            *(f"connector {name} made again: somebody had deleted it" for name in gone),
        )
