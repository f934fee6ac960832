"""A migration directory whose documents are in memory, and both sides opened in memory: for the ritual itself.

The lock and the journal are real files.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.documents.config import Config
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Plan
from migrate.documents.workloads import Workloads
from migrate.execute.act import Invocation
from migrate.folder import Folder
from migrate.journal.entry import Entry
from migrate.plan.inputs import inputs
from migrate.ports import HeadStore, Sites
from tests.fakes.memory import MemoryCluster


class MemoryFolder(Folder):
    """What a person would have in the directory; the plan is made from the rest."""

    def __init__(self, path: Path, config: Config, people: Workloads, inventory: Inventory) -> None:
        super().__init__(path)
        self.parts = (config, people, inventory)
        self.made = Plan(
            migration=config.name,
            as_of=inventory.taken_at,
            source_cluster="id-source",
            inputs=inputs(config, people, inventory),
            waves=(),
            accounts=(),
        )

    def config(self) -> Config:
        """As given."""
        return self.parts[0]

    def workloads(self) -> Workloads:
        """As given."""
        return self.parts[1]

    def inventory(self) -> Inventory:
        """As given."""
        return self.parts[2]

    def plan(self, at: Path | None = None) -> Plan:
        """As given."""
        return self.made


@dataclass(frozen=True)
class MemoryOpenSites:
    """`migrate.execute.guards.OpenSites` in memory."""

    sites: Sites
    heads: HeadStore

    def writes(self) -> int:
        """What the target was asked to change."""
        target = self.sites.target.writer
        assert isinstance(target, MemoryCluster)
        return len(target.writes)


def command_context(
    folder: Folder, sites: Sites, heads: HeadStore, stamp: Callable[[Entry], Entry]
) -> Invocation:
    """A command line that says nothing and agrees to everything."""

    @contextmanager
    def opening(*, moving: bool, tell: Callable[[str], None]) -> Iterator[MemoryOpenSites]:
        yield MemoryOpenSites(sites if moving else replace(sites, opened=None), heads)

    return Invocation(
        folder=folder,
        clock=sites.clock,
        stamp=stamp,
        say=lambda _: None,
        agree=lambda _: None,
        opening=opening,
    )
