"""A whole world from a history: two clusters, Connect, clients, a disk; and what commands see of it."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.adapters.client_files import LocalClientFiles
from migrate.adapters.map_files import MapFiles
from migrate.adapters.secret_store import PropertiesSecrets
from migrate.checks.network import Side
from migrate.documents.config import SiteConfig
from migrate.errors import CannotTell, StepFailed
from migrate.folder import Folder
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource
from migrate.model import permissions
from migrate.model.reference import Reference
from migrate.parsed import Parsed
from migrate.ports import MovingPorts, Site, Sites, WritableSite
from migrate.ports.address_tester import AddressTester
from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.clients import Client
from migrate.rehearse.worlds.cluster import Cluster, Credential
from migrate.rehearse.worlds.connect import Connect
from migrate.rehearse.worlds.disk import MemoryDisk
from migrate.rehearse.worlds.facts import Facts
from migrate.rehearse.worlds.hands import (
    WorldAccess,
    WorldCopy,
    WorldHooks,
    WorldLogins,
)
from migrate.rehearse.worlds.history import ClientSpec, ClusterSpec, Event, History
from migrate.rehearse.worlds.programs import Doings, Login, Surroundings
from migrate.rehearse.worlds.reading import WorldReader
from migrate.rehearse.worlds.shadow import Shadows
from migrate.rehearse.worlds.survey import WorldSurvey
from migrate.rehearse.worlds.timeline import Timeline, WorldClock
from migrate.rehearse.worlds.visible import WorldRecords
from migrate.rehearse.worlds.writing import WorldHeads, WorldWriter

HOME = Path("/migration")
SECRETS = "secrets/clients.properties"
COPIER, KMIG = "User:copier", "User:kmig"


@dataclass(frozen=True)
class OpenSites:
    """See `migrate.cli.world.OpenWorld`."""

    sites: Sites
    heads: WorldHeads
    writer: WorldWriter
    access: tuple[WorldAccess, WorldAccess]

    def writes(self) -> int:
        """Return how many writes were sent to the target."""
        return self.writer.sent


class World:
    """Everything of one history. It is `migrate.cli.world.World` for the commands that run in it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.timeline = Timeline()
        self.facts, self.doings = Facts(), Doings()
        spec = history.estate
        self.source = self._cluster("source", spec.source)
        self.target = self._cluster("target", spec.target)
        self.clusters = {"source": self.source, "target": self.target}
        self.connect = Connect(self.source, self.target, COPIER, spec.worker)
        self.connect.poll_seconds = spec.poll
        self.calls = Calls(self.timeline)
        self.disk = MemoryDisk(before=lambda name, _: self.calls.file(name))
        self.shadows = Shadows(self.source, self.facts)
        self.typing = False
        self.command = ""
        self.home = HOME
        self.type_beside: Callable[..., None] = lambda *_: None
        self.happened: list[tuple[float, Event]] = []
        self.lost: set[int] = set()
        self.backups: dict[Path, bytes] = {}
        self._parsed: dict[str, tuple[bytes, dict[str, str]]] = {}
        self._documents = Parsed()
        self._secrets_made = 0
        self.copies: list[Path] = []
        self.secrets: set[str] = set()
        around = Surroundings(
            self.timeline, self.clusters, self._login, lambda: self.typing, self.doings
        )
        self.clients = {c.name: Client(c, around) for c in spec.clients}

    def _cluster(self, side: str, spec: ClusterSpec) -> Cluster:
        made = Cluster(side, self.timeline, self.facts, spec)
        grants = (
            permissions.acls(KMIG, (*permissions.SOURCE, *permissions.SOURCE_WRITE))
            + permissions.acls(COPIER, permissions.COPIER_SOURCE)
            if side == "source"
            else permissions.acls(KMIG, permissions.TARGET)
            + permissions.acls(COPIER, permissions.COPIER_TARGET, "connect-cluster")
        )
        made.change_acls(grants, by="User:admin")
        made.set_user("kmig", "SCRAM-SHA-512", Credential("kmig", 4096), by="User:admin")
        made.set_user("copier", "SCRAM-SHA-512", Credential("copier", 4096), by="User:admin")
        return made

    # files

    def password(self, name: str) -> str:
        """Return the password that a client has in its secrets file."""
        return self.properties(SECRETS).get(name, "")

    def properties(self, path: str) -> Mapping[str, str]:
        """Return the lines of a properties file as a program reads them; empty where there is none."""
        content = self.disk.present(_at(path))
        if content is None:
            return {}
        # a client that a supervisor starts again and again reads the same bytes each time
        before, parsed = self._parsed.get(path, (b"", {}))
        if content != before:
            parsed = _properties(content.decode())
            self._parsed[path] = (content, parsed)
        return parsed

    def resolve(self, reference: Reference) -> str:
        """Return the secret that a reference names."""
        values = self.properties(reference.path)
        if reference.key not in values:
            raise CannotTell(f"cannot resolve {reference}: no key {reference.key}")
        return values[reference.key]

    def new_secret(self, length: int) -> str:  # noqa: ARG002
        """Return a new secret, the same in every run of a history."""
        self._secrets_made += 1
        made = f"new-{hashlib.sha256(b'%d' % self._secrets_made).hexdigest()[:24]}"
        self.secrets.add(made)
        return made

    def _login(self, spec: ClientSpec) -> Login | None:
        user = spec.user or spec.name
        address = self.properties(f"clients/{user}.properties").get("bootstrap.servers", "")
        side = address.partition("-")[0]
        if side not in self.clusters:
            return None
        secrets = self.properties(SECRETS)
        mechanism = secrets.get(f"{user}.mechanism", spec.mechanism)
        return Login(side, mechanism, secrets.get(user, ""))

    def hook(self, command: Sequence[str], _facts: Mapping[str, str], _seconds: float) -> None:
        """Run a hook of the operator: `switch stop NAME`, `switch start NAME`, `switch health NAME`."""
        _, verb, name = command
        self.timeline.advance(0.2)
        programs = [c for c in self.clients.values() if name in (c.spec.name, c.spec.user)]
        begun = [c for c in programs if c.processes or not c.spec.user]
        for client in begun:
            if verb == "stop":
                client.stop()
            elif verb == "start":
                client.start()
        ill = [f"{c.spec.name} {c.ailment}" for c in begun if c.ailment]
        if verb == "health" and ill:
            raise StepFailed(
                f"hook `{' '.join(command)}` failed with exit code 1: {ill[0]}",
                "mend its cause, then rerun the command",
            )

    def writer_of(self, topic: str) -> str:
        """Return the principal of a client that writes to a topic."""
        return (
            f"User:{next((n for n, c in self.clients.items() if topic in c.spec.writes), 'admin')}"
        )

    # what commands see

    def folder(self) -> Folder:
        """Return the migration directory."""
        return Folder(self.home, self.disk, self._documents)

    def copy_directory(self) -> Path:
        """Copy the migration directory as it is now; return where to."""
        to = Path(f"/copy-{self.timeline.now:.0f}")
        self.copies.append(to)
        self.disk.put_folder(to)
        self.disk.copy_files(HOME, to)
        return to

    def clock(self) -> WorldClock:
        """See `migrate.cli.world.World`."""
        return WorldClock(self.timeline)

    def _leads_to(self, content: bytes, _: Path) -> str | None:
        """Return the cluster that a client's file names."""
        return next((c.id for c in (self.source, self.target) if c.side.encode() in content), None)

    def user(self) -> str:
        """See `migrate.cli.world.World`."""
        return "operator"

    @contextmanager
    def opening(
        self, folder: Folder, *, moving: bool, tell: Callable[[str], None]
    ) -> Iterator[OpenSites]:
        """See `migrate.cli.world.World`."""
        calls, resolve = self.calls, self.resolve
        # the clients' own files are no part of the directory: a copy of it names the same ones
        writer = WorldWriter(self.target, calls, resolve)
        fencing = WorldWriter(self.source, calls, resolve)
        source, target = (
            (WorldReader(c, calls), WorldLogins(c, calls, resolve), WorldRecords(c, calls))
            for c in (self.source, self.target)
        )
        ports = MovingPorts(
            fencing,
            WorldCopy(self.connect, calls),
            WorldHooks(self.hook, calls),
            LocalClientFiles(HOME, self.disk, self._leads_to),
        )
        maps = MapFiles(folder.path, self.disk, lambda: b"world")
        maps.key()
        sites = Sites(
            Site("source", *source),
            WritableSite("target", *target, writer),
            self.clock(),
            ports if moving else None,
            tell,
            PropertiesSecrets(HOME, self.disk, self.new_secret),
            maps,
        )
        access = (
            WorldAccess(self.source, calls, resolve),
            WorldAccess(self.target, calls, resolve),
        )
        heads = WorldHeads(self.target, writer, calls, folder.config().name)
        yield OpenSites(sites, heads, writer, access)

    @contextmanager
    def source_for_inventory(
        self,
        folder: Folder,  # noqa: ARG002
        *,
        kcp_state: Path | None,
    ) -> Iterator[InventorySource]:
        """See `migrate.cli.world.World.source`."""
        assert kcp_state is None
        declared = DeclaredAuthorizer(("User:admin",), self.history.estate.source.allow_everyone)
        yield InventorySource(
            survey=WorldSurvey(self.source, self.calls),
            connects={},
            clock=self.clock(),
            principal=KMIG,
            bootstrap_servers="source-1:9092",
            declared=declared,
        )

    def network(self, _: Folder) -> tuple[tuple[Side, ...], AddressTester]:
        """See `migrate.cli.world.World`: no command of a world asks for it."""
        raise CannotTell("a world has no network")

    def own_login(self, folder: Folder, site: SiteConfig) -> tuple[str, str]:  # noqa: ARG002
        """See `migrate.cli.world.World`."""
        return KMIG, "SCRAM-SHA-512"


@cache
def _at(path: str) -> str:
    return str(HOME / path)


def _properties(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


class CommandWorld:
    """`migrate.cli.world.World` over a `World`, whose own `source` is a cluster."""

    def __init__(self, world: World) -> None:
        self.clock, self.user = world.clock, world.user
        self.opening, self.source = world.opening, world.source_for_inventory
        self.network, self.own_login = world.network, world.own_login

    def builders(self, folder: Folder, sites: Sites) -> AbstractContextManager[None]:  # noqa: ARG002
        """See `migrate.cli.world.World`: one process makes every map."""
        return nullcontext(None)
