"""The interfaces between kmig's logic and the world: clusters, Connect, clients, secrets, time.

Readers and writers are separate types, so that code which reads cannot write. Adapters implement these Protocols;
`steps`, `checks`, `inventory` and `execute` know nothing else. Every method raises only `migrate.errors`, is bounded
in time, and takes and returns types of `migrate.model`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from migrate.errors import Refused
from migrate.ports.cluster import (
    Access,
    Clock,
    ClusterFacts,
    ClusterReader,
    ClusterWriter,
    ConnectReader,
    HeadStore,
    JournalHead,
    Logins,
    Records,
    Session,
    SourceWriter,
)
from migrate.ports.maps import Maps
from migrate.ports.moving import ClientFiles, CopyCluster, Hooks, SecretStore

__all__ = [
    "Access",
    "ClientFiles",
    "Clock",
    "ClusterFacts",
    "ClusterReader",
    "ClusterWriter",
    "ConnectReader",
    "CopyCluster",
    "HeadStore",
    "Hooks",
    "JournalHead",
    "Logins",
    "Maps",
    "MovingPorts",
    "Records",
    "SecretStore",
    "Session",
    "Site",
    "Sites",
    "SourceWriter",
    "WritableSite",
]


@dataclass(frozen=True)
class Site:
    """The source or the target for readers: nothing here can change it."""

    name: str
    reader: ClusterReader
    logins: Logins
    records: Records


@dataclass(frozen=True)
class WritableSite(Site):
    """A site that the current stage may change."""

    writer: ClusterWriter


@dataclass(frozen=True)
class MovingPorts:
    """What the stages after `prepare` may change too: fences and commits on the source, the copy, the clients."""

    fencing: SourceWriter
    copy: CopyCluster
    hooks: Hooks
    files: ClientFiles


@dataclass(frozen=True)
class Sites:
    """What a step acts on. The source is a `Site` without a writer: a step that writes to it asks for `moving`."""

    source: Site
    target: WritableSite
    clock: Clock
    opened: MovingPorts | None = None
    tell: Callable[[str], None] = lambda _: None
    store: SecretStore | None = None
    maps: Maps | None = None

    @property
    def moving(self) -> MovingPorts:
        """The ports for moving a wave; raises `Refused` in a command that did not open them."""
        if self.opened is None:
            raise Refused(
                "this command may not change the source, the copy or the clients",
                "run the stage of this step: kmig status names it",
            )
        return self.opened

    @property
    def secrets(self) -> SecretStore:
        """The store of new secrets; raises `Refused` in a command that did not open it."""
        if self.store is None:
            raise Refused(
                "this command may not create secrets",
                "run the stage of this step: kmig status names it",
            )
        return self.store
