"""Promise 8: SIGKILL at every point of `apply` and `rollback`, then the same command again: the same end.

The cluster is in memory, made durable in a file at every write, and the process is really killed: before a line is
durable, after it, and between two writes of one step.
"""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate.documents.plan import Wave
from migrate.execute import rollback
from migrate.execute.act import Invocation
from migrate.execute.prepare import prepare
from migrate.folder import Folder
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from migrate.model.acl import Acl
from migrate.model.cluster import ScramCredential
from migrate.ports import Site, Sites, WritableSite
from tests.estate import config, inventory, people
from tests.fakes.command_context import MemoryFolder, command_context
from tests.fakes.memory import MemoryClock, MemoryCluster, MemoryHeads
from tests.fakes.memory_moving import MemorySecrets
from tests.steps_table import ISSUED_USER, SECRET, SOURCE_USER, STEPS

FOREIGN = Acl(
    principal="User:other",
    permission="ALLOW",
    operation="READ",
    resource_type="TOPIC",
    resource_name="elsewhere",
)

UNDONE: object = ({FOREIGN}, {}, {}, {}, [SECRET])


@dataclass
class DurableCluster(MemoryCluster):
    """Every write is in the file before it returns; the countdown may kill the process right after."""

    file: Path = Path()
    countdown: list[int] = field(default_factory=list)

    def changed(self, what: str) -> None:
        super().changed(what)
        self.file.write_bytes(pickle.dumps({**self.__dict__, "countdown": []}))
        tick(self.countdown)


def tick(countdown: list[int]) -> None:
    if countdown:
        countdown[0] -= 1
        if countdown[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingJournal(JournalFile):
    """A journal whose process may be killed just before and just after a line is durable."""

    countdown: list[int]

    def append_all(self, every: Iterable[Mapping[str, object]]) -> list[Entry]:
        """Lines that become durable together may be torn apart: each of them is a point."""
        made = []
        for fields in every:
            tick(self.countdown)
            made += super().append_all([fields])
            tick(self.countdown)
        return made


def stamp(entry: Entry) -> Entry:
    return Entry(**{**entry.__dict__, "at": datetime(2026, 1, 1, tzinfo=UTC), "by": "me"})


def world(folder: Path, countdown: list[int]) -> tuple[Sites, DurableCluster]:
    file = folder / "cluster.pickle"
    target = DurableCluster(secrets={SECRET: "pw"}, file=file, acl_set={FOREIGN})
    if file.exists():
        target.__dict__.update(pickle.loads(file.read_bytes()))
    target.countdown = countdown
    source = MemoryCluster("source", secrets={SECRET: "pw"}, acl_set=set(WAVE.granted))
    for user in (SOURCE_USER, ISSUED_USER):
        credential = ScramCredential(user=user, mechanism="SCRAM-SHA-512", iterations=4096)
        source.scram[user, "SCRAM-SHA-512"] = (credential, "pw")
    writable = WritableSite("target", target, target, target, target)
    store = MemorySecrets(target.secrets, target.changed)
    return Sites(
        Site("source", source, source, source), writable, MemoryClock(), store=store
    ), target


class DyingFolder(MemoryFolder):
    """A directory with a journal that may be the last thing written."""

    countdown: list[int]

    def open_journal(self, stamp: Callable[[Entry], Entry]) -> DyingJournal:
        journal = super().open_journal(stamp)
        dying = DyingJournal(journal.path, journal.journal, stamp, journal.disk)
        dying.countdown = self.countdown
        return dying


WAVE = Wave(number=1, name="public-1", workloads=(), principals=(), prepare=STEPS)


def table(folder: Path, countdown: list[int]) -> Invocation:
    sites, _ = world(folder, countdown)
    here = DyingFolder(folder, config(), people(), inventory())
    here.countdown = countdown
    here.made = here.made.model_copy(update={"waves": (WAVE,)})
    return command_context(here, sites, MemoryHeads(), stamp)


def apply(folder: Path, countdown: list[int]) -> None:
    prepare(table(folder, countdown), 1)


def roll_back(folder: Path, countdown: list[int]) -> None:
    rollback.roll_back(table(folder, countdown), 1)


def killed(command: Callable[[Path, list[int]], None], folder: Path, point: int) -> bool:
    """Run the command in a child that dies at the point; False when it ended before."""
    child = os.fork()
    if child == 0:
        gc.disable()  # it would copy every page that both share
        try:
            command(folder, [point])
        except BaseException:
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def state(folder: Path) -> object:
    _, target = world(folder, [])
    scram = {key: password for key, (_, password) in target.scram.items()}
    quotas = {k: v for k, v in target.quota_values.items() if v}
    return target.acl_set, scram, quotas, target.topic_set, sorted(target.secrets)


def points(command: Callable[[Path, list[int]], None], folder: Path) -> int:
    counter = [10_000]
    command(folder, counter)
    return 10_000 - counter[0]


def test_apply_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    total = points(apply, whole)
    expected = state(whole)
    assert total > 30
    for point in range(1, total + 1):
        folder = tmp_path / str(point)
        folder.mkdir()
        assert killed(apply, folder, point)
        apply(folder, [])
        assert state(folder) == expected, f"killed at point {point}"
        journal = Folder(folder).journal()
        assert journal.fault is None
        roll_back(folder, [])
        assert state(folder) == UNDONE, f"undone after a kill at point {point}"


def test_rollback_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    measured = tmp_path / "measured"
    measured.mkdir()
    apply(measured, [])
    total = points(roll_back, measured)
    for point in range(1, total + 1):
        folder = tmp_path / str(point)
        folder.mkdir()
        apply(folder, [])
        assert killed(roll_back, folder, point)
        roll_back(folder, [])
        assert state(folder) == UNDONE, f"killed at point {point}"


def test_killed_in_apply_and_undone_at_once(tmp_path: Path) -> None:
    total = 40
    for point in range(1, total, 3):
        folder = tmp_path / str(point)
        folder.mkdir()
        killed(apply, folder, point)
        roll_back(folder, [])
        assert state(folder) == UNDONE, f"killed at point {point}"


@pytest.mark.parametrize("twice", [1, 2])
def test_a_second_run_writes_nothing(tmp_path: Path, twice: int) -> None:
    apply(tmp_path, [])
    _, target = world(tmp_path, [])
    writes = len(target.writes)
    states = Folder(tmp_path).journal().journal.states
    for _ in range(twice):
        apply(tmp_path, [])
    _, target = world(tmp_path, [])
    assert len(target.writes) == writes
    assert Folder(tmp_path).journal().journal.states == states
