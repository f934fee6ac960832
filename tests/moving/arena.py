"""Two clusters and a copier for tests that move live clients; scenario tiny is built anew on them for each test."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from kafka.protocol.admin import DeleteGroupsRequest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import KmigError
from migrate.rehearse import estate, live, setup
from migrate.rehearse.lab import data
from migrate.rehearse.lab.command import CommandResult
from migrate.rehearse.lab.command import kmig as run_kmig
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.records import Judgement
from migrate.rehearse.scenario import Scenario, load
from migrate.rehearse.setup import Options, Rehearsal
from migrate.steps.settle import settle

OWN = {estate.KMIG, estate.WRITER, estate.COPIER, estate.COPY_WORKER}
WORKER = f"connect-{estate.COPY_WORKER}"
PYTHON_DRIVERS = Path(__file__).parent


@dataclass
class Admin:
    """One cluster as its super user sees it."""

    cluster: Cluster
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire(
            self.cluster.spec.name, self.cluster.admin_addresses, self.cluster.admin_login
        )
        self.reader, self.writer = KafkaReader(self.wire), KafkaWriter(self.wire)

    def clear(self) -> None:
        """Everything goes but what serves the migration itself."""
        own = {f"User:{name}" for name in OWN}
        self.writer.delete_acls(
            a
            for a in self.reader.acls()
            if a.principal not in own
            or (a.resource_type == "TOPIC" and a.resource_name[:4] == "tiny")
        )
        for credential in self.reader.scram_credentials():
            if credential.user not in OWN:
                self.writer.delete_scram(credential.user, credential.mechanism)
        for group in self.reader.groups():
            if group.name != WORKER:
                keeper = coordinator.find(self.wire, group.name)
                self.wire.call(DeleteGroupsRequest(groups_names=[group.name]), keeper)
        for topic in self._topics():
            self.writer.delete_topic(topic)
        settle(SystemClock(), "topics gone", lambda: not self._topics())

    def _topics(self) -> list[str]:
        own = (WORKER, "__")
        return [t.name for t in self.reader.topics() if not t.name.startswith(own)]

    def write(self, topic: str, count: int, producer: str = "stray") -> None:
        """Records from a super user."""
        bootstrap = ",".join(f"{host}:{port}" for host, port in self.cluster.admin_addresses)
        values = ((topic, 0, b"k", f"{producer}/{n}".encode()) for n in range(count))
        data.produce(bootstrap, self.cluster.admin_login, values)


@dataclass
class Arena:
    """The shared part: started once a run."""

    base: Rehearsal
    source: Admin
    target: Admin

    @contextmanager
    def built(self, folder: Path, scenario: Scenario) -> Iterator["Moving"]:
        """The scenario on both clusters, its clients stopped; everything is gone afterwards."""
        self.clear()
        base = self.base
        with ExitStack() as cleanup:
            cleanup.callback(self.clear)
            (folder / setup.SECRETS).symlink_to(base.folder / setup.SECRETS)
            estate.make_users(scenario, base.passwords)
            here = Rehearsal(
                scenario,
                folder,
                print,
                dict(base.environ),
                base.runtime,
                base.source,
                base.target,
                base.passwords,
                copier=base.copier,
            )
            here.began = estate.populate(scenario, base.source, base.passwords)
            setup.write_files(here)
            here.fleet = setup.fleet(here, cleanup)
            cleanup.callback(_stop, here)  # or their groups keep members that are gone
            yield Moving(here, self)

    def clear(self) -> None:
        """No connector, no topic, no user is left."""
        assert self.base.copier is not None
        url = self.base.copier.url
        for name in httpx.get(f"{url}/connectors", timeout=30).json():
            httpx.delete(f"{url}/connectors/{name}", timeout=30)
        self.source.clear()
        self.target.clear()


@dataclass
class Moving:
    """One test's migration, with its live clients."""

    here: Rehearsal
    arena: Arena

    @property
    def folder(self) -> Path:
        return self.here.folder

    def kmig(self, *arguments: str) -> CommandResult:
        return run_kmig(arguments, self.folder, self.here.environ)

    def driven(self, driver: str, *arguments: str) -> CommandResult:
        """kmig through one of the drivers beside this file: killed, or with a fault in it."""
        return run_kmig(arguments, self.folder, self.here.environ, PYTHON_DRIVERS / driver)

    def must(self, *arguments: str, code: int = 0) -> CommandResult:
        ran = self.kmig(*arguments)
        assert ran.code == code, f"{ran.line}: exit {ran.code}\n{ran.out}{ran.err}"
        assert "Traceback" not in ran.err
        return ran

    def ready(self) -> None:
        """Clients run, the wave is prepared and copied, and ready to be cut over."""
        self.must("inventory")
        self.must("plan")
        self.must("apply", "1", "--yes")
        live.run(self.here)
        self.must("replicate", "1", "--yes")
        self.wait_ready()

    def wait_ready(self) -> None:
        """The copy keeps up."""
        deadline = time.monotonic() + 60
        while (ran := self.kmig("replicate", "1", "--status", "--window", "0.5")).code:
            assert time.monotonic() < deadline, f"the copy never got ready:\n{ran.out}{ran.err}"

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def judged(self, seconds: float = 30.0) -> Judgement:
        """Producers stop, groups read to the end, every record is counted."""
        return live.finish(self.here, seconds)

    def clean(self) -> Judgement:
        """Nothing lost, skipped, duplicated or out of order."""
        found = self.judged()
        assert found.clean, found.model_dump_json(indent=1)
        return found


@contextmanager
def opened(folder: Path) -> Iterator[Arena]:
    """Clusters, principals and the copier's worker, without an estate."""
    scenario = load("tiny")
    bare = scenario.model_copy(update={"clients": (), "topics": (), "groups": (), "acls": ()})
    options = Options("tiny", folder, None, None, hold=False, runtime="local")
    with ExitStack() as cleanup:
        here = setup.start(bare, options, folder, print, cleanup)
        estate.grant_source(here.source, here.passwords)
        here.copier = setup.copier(here)
        here.copier.start()
        cleanup.callback(here.copier.stop)
        here.copier.wait_ready()
        here.environ |= {k: v for k, v in os.environ.items() if k not in here.environ}
        sides = Admin(here.source), Admin(here.target)
        for side in sides:
            cleanup.callback(side.wire.close)
        yield Arena(here, *sides)


def _stop(here: Rehearsal) -> None:
    """Stop all clients, as far as they can be stopped."""
    with suppress(KmigError):
        live.stop(here)
