"""The real outside world of a command: this machine, and the clusters that kmig.yaml names.

Adapters are imported by the method that needs them: every command has a `Machine`, few open a connection.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.checks.network import Side
    from migrate.documents.config import SiteConfig
    from migrate.folder import Folder
    from migrate.inventory.take import InventorySource
    from migrate.ports import Clock, Sites
    from migrate.ports.address_tester import AddressTester
    from migrate.ports.maps import Builders
    from migrate.wiring.sites import OpenSites


@dataclass(frozen=True)
class Machine:
    """`migrate.cli.world.World` as it is, with this environment."""

    environ: Mapping[str, str]

    def clock(self) -> "Clock":
        """See `World`."""
        from migrate.adapters.clock import SystemClock

        return SystemClock()

    def user(self) -> str:
        """See `World`."""
        import getpass
        import os

        try:
            return self.environ.get("SUDO_USER") or getpass.getuser()
        except (KeyError, OSError):
            return f"uid {os.getuid()}"

    def opening(
        self, folder: "Folder", *, moving: bool, tell: Callable[[str], None]
    ) -> "AbstractContextManager[OpenSites]":
        """See `World`."""
        from migrate.wiring import sites

        return sites.both(folder, self.environ, moving=moving, tell=tell)

    def source(
        self, folder: "Folder", *, kcp_state: Path | None
    ) -> "AbstractContextManager[InventorySource]":
        """See `World`."""
        from migrate.wiring.inventory_source import from_kcp, source

        return (
            nullcontext(from_kcp(folder, kcp_state)) if kcp_state else source(folder, self.environ)
        )

    def network(self, folder: "Folder") -> "tuple[tuple[Side, ...], AddressTester]":
        """See `World`."""
        from migrate.wiring.sites import network

        return network(folder, self.environ)

    def builders(
        self, folder: "Folder", sites: "Sites"
    ) -> "AbstractContextManager[Builders | None]":
        """See `World`."""
        import os

        policy = folder.config().policy.verify
        if policy.workers != "local":
            from migrate.wiring.builders import dask

            return dask(policy.workers, folder.path, sites)
        count = policy.processes or os.cpu_count() or 1
        if count < 2:
            return nullcontext(None)
        from migrate.wiring.builders import local

        return local(folder.path, self.environ, sites, count)

    def own_login(self, folder: "Folder", site: "SiteConfig") -> tuple[str, str]:
        """See `World`; client properties that are not written yet make both unknown."""
        if site.command_config is None or not folder.has(site.command_config):
            return "", ""
        from migrate.wiring.inventory_source import client_of, secrets_of

        client = client_of(folder, site, secrets_of(folder, self.environ))
        return client.principal, client.login.mechanism if client.login else ""
