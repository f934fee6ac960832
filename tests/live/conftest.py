"""Real clusters, started once: the source of scenario first-wave with its estate, and an empty target."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka.protocol.admin import DeleteGroupsRequest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka import coordinator, metadata
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.acl import Acl
from migrate.model.permissions import HEADS_GROUP_PREFIX, HEADS_TOPIC
from migrate.rehearse.estate import KMIG
from migrate.rehearse.lab.command import CommandResult
from migrate.rehearse.lab.command import kmig as run_kmig
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.lab.local.home import Home
from migrate.rehearse.scenario import load
from migrate.rehearse.setup import Options, Rehearsal, start
from migrate.steps.settle import settle


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory, homes: dict[str, Home]) -> Iterator[Rehearsal]:
    folder = tmp_path_factory.mktemp("stage") / "migration"
    folder.mkdir()
    options = Options("first-wave", folder, None, None, hold=False, runtime="local")
    with ExitStack() as cleanup:
        # its clients are for rehearsals; tests that move clients have clusters of their own
        still = load("first-wave").model_copy(update={"clients": ()})
        yield start(still, options, folder, print, cleanup)


@dataclass
class Side:
    """One cluster as its super user sees it."""

    cluster: Cluster
    wire: Wire
    reader: KafkaReader
    writer: KafkaWriter

    def clear(self) -> None:
        """Remove everything but kmig's own principal."""
        self.writer.delete_acls(a for a in self.reader.acls() if a.principal != f"User:{KMIG}")
        for credential in self.reader.scram_credentials():
            if credential.user != KMIG:
                self.writer.delete_scram(credential.user, credential.mechanism)
        for quota in self.reader.quotas():
            self.writer.set_quota(quota.entity, dict.fromkeys(quota.values))
        for topic in self.reader.topics():
            if not topic.internal:
                self.writer.delete_topic(topic.name)
        settle(SystemClock(), "topics to be gone from every broker", self._empty)
        self.forget_heads()

    def _empty(self) -> bool:
        answers = (self.wire.call(metadata.request(None), b.id) for b in self.reader.brokers())
        return all(row.is_internal for answer in answers for row in answer.topics)

    def forget_heads(self) -> None:
        """Remove the heads that migrations recorded here."""
        for group in self.reader.groups():
            if group.name.startswith(HEADS_GROUP_PREFIX):
                keeper = coordinator.find(self.wire, group.name)
                self.wire.call(DeleteGroupsRequest(groups_names=[group.name]), keeper)

    @contextmanager
    def changed(self, add: Sequence[Acl] = (), remove: Sequence[Acl] = ()) -> Iterator[None]:
        """Other ACLs for a while; both the change and its end are waited for on every broker."""
        self._exchange(add, remove)
        try:
            yield
        finally:
            self._exchange(remove, add)

    def _exchange(self, add: Sequence[Acl], remove: Sequence[Acl]) -> None:
        self.writer.create_acls(add)
        self.writer.delete_acls(remove)

        def shown() -> bool:
            each = [self.reader.acls(broker.id) for broker in self.reader.brokers()]
            return all(acls.issuperset(add) and acls.isdisjoint(remove) for acls in each)

        settle(SystemClock(), "the exchanged ACLs", shown)

    def state(self) -> object:
        """What a migration changes, without what moves by itself."""
        topics = {
            (t.name, len(t.partitions), *sorted(t.configs.items()))
            for t in self.reader.topics()
            if not t.internal and t.name != HEADS_TOPIC
        }
        scram = {(c.user, c.mechanism, c.iterations) for c in self.reader.scram_credentials()}
        quotas = {(q.key, *sorted(q.values.items())) for q in self.reader.quotas()}
        return topics, self.reader.acls(), scram, quotas


def opened(cluster: Cluster) -> Side:
    wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
    return Side(cluster, wire, KafkaReader(wire), KafkaWriter(wire))


@pytest.fixture(scope="package")
def source(stage: Rehearsal) -> Iterator[Side]:
    side = opened(stage.source)
    yield side
    side.wire.close()


@pytest.fixture(scope="package")
def target_side(stage: Rehearsal) -> Iterator[Side]:
    side = opened(stage.target)
    yield side
    side.wire.close()


@pytest.fixture
def target(target_side: Side) -> Side:
    target_side.clear()
    return target_side


@dataclass
class Migration:
    """A migration directory of a test, and the real kmig in it."""

    folder: Path
    environ: dict[str, str]

    def kmig(self, *arguments: str) -> CommandResult:
        return run_kmig(arguments, self.folder, self.environ)

    def must(self, *arguments: str, code: int = 0) -> CommandResult:
        ran = self.kmig(*arguments)
        assert ran.code == code, f"{ran.line}: exit {ran.code}\n{ran.out}{ran.err}"
        assert "Traceback" not in ran.err
        return ran

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def _directory(stage: Rehearsal, folder: Path) -> Migration:
    folder.mkdir()
    for name in ("kmig.yaml", "workloads.yaml"):
        shutil.copy(stage.folder / name, folder)
    shutil.copytree(stage.folder / "secrets", folder / "secrets")
    return Migration(folder, stage.environ)


@pytest.fixture
def migration(stage: Rehearsal, tmp_path: Path) -> Migration:
    return _directory(stage, tmp_path / "migration")


@pytest.fixture(scope="package")
def planned_once(stage: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Migration:
    """The plan of the estate, which every test leaves on the source as it found it."""
    made = _directory(stage, tmp_path_factory.mktemp("planned") / "migration")
    made.must("inventory")
    made.must("plan")
    return made


@pytest.fixture
def planned(planned_once: Migration, tmp_path: Path) -> Migration:
    folder = shutil.copytree(planned_once.folder, tmp_path / "migration", symlinks=True)
    return Migration(folder, planned_once.environ)
