"""The outside world as commands see it: in whatever stands here, the command functions run unchanged.

`wiring.machine` is the real one. `verify protocol`, `probe`, rehearsals, and `inventory` where it reads logs and
searches files reach past it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from migrate.checks.network import Side
from migrate.documents.config import SiteConfig
from migrate.execute.guards import OpenSites
from migrate.folder import Folder
from migrate.inventory.take import InventorySource
from migrate.ports import Access, Clock, Sites
from migrate.ports.address_tester import AddressTester
from migrate.ports.maps import Builders


class OpenWorld(OpenSites, Protocol):
    """Both sites, open, and each of them as its workloads reach it."""

    @property
    def access(self) -> tuple[Access, Access]:
        """Return what asks the source, then the target, as a workload."""


class World(Protocol):
    """Everything that a command gets from outside its directory; nothing is opened before it is asked for."""

    def clock(self) -> Clock:
        """Return the clock that every time in the output and the documents comes from."""

    def user(self) -> str:
        """Return the operating system's user: it is recorded, not authenticated."""

    def opening(
        self, folder: Folder, *, moving: bool, tell: Callable[[str], None]
    ) -> AbstractContextManager[OpenWorld]:
        """Open both sites: with `moving` also what a cutover changes; `tell` prints what is waited for."""

    def source(
        self, folder: Folder, *, kcp_state: Path | None
    ) -> AbstractContextManager[InventorySource]:
        """Open what an inventory reads: the source, or kcp's state file instead of it."""

    def network(self, folder: Folder) -> tuple[tuple[Side, ...], AddressTester]:
        """Return both sites' addresses, as declared and as announced, and a tester; a site need not answer."""

    def builders(self, folder: Folder, sites: Sites) -> AbstractContextManager[Builders | None]:
        """Start or reach the processes that make maps; None where this process makes them alone."""

    def own_login(self, folder: Folder, site: SiteConfig) -> tuple[str, str]:
        """Return kmig's principal and SASL mechanism by the site's client properties; empty where unknown."""
