"""What kmig may ask of the world. Readers are apart from writers: what reads cannot write, by type.

Adapters satisfy these Protocols; `steps`, `checks`, `inventory` and `execute` see nothing else. Every method raises
only `migrate.errors`, is bounded in time, and speaks `migrate.model`.
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
    """One side of the migration as readers see it: nothing here can change it."""

    name: str
    reader: ClusterReader
    logins: Logins
    records: Records


@dataclass(frozen=True)
class WritableSite(Site):
    """A side that the stage at hand may change."""

    writer: ClusterWriter


@dataclass(frozen=True)
class MovingPorts:
    """What the stages after `prepare` may also touch: the source by consent, the copy, the clients."""

    fencing: SourceWriter
    copy: CopyCluster
    hooks: Hooks
    files: ClientFiles


@dataclass(frozen=True)
class Sites:
    """What a step acts on. A `Site` has no writer: what writes to the source says so by asking for `moving`."""

    source: Site
    target: WritableSite
    clock: Clock
    opened: MovingPorts | None = None
    tell: Callable[[str], None] = lambda _: None
    store: SecretStore | None = None

    @property
    def moving(self) -> MovingPorts:
        """What may be touched while a wave moves, if this command opened it."""
        if self.opened is None:
            raise Refused("this command may not touch the source, the copy or the clients")
        return self.opened

    @property
    def secrets(self) -> SecretStore:
        """Where new secrets are made durable."""
        if self.store is None:
            raise Refused("this command may make no secret")
        return self.store
