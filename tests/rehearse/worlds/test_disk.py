"""A disk that forgets what was not synced, and what kmig writes on it: killed at every operation, lost every way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.adapters.client_files import LocalClientFiles
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.adapters.secret_store import PropertiesSecrets
from migrate.documents.plan import Plan
from migrate.errors import KmigError, Refused
from migrate.folder import INVENTORY, JOURNAL, PLAN, REPORT, RUNBOOK, TORN, Folder
from migrate.journal.entry import Entry
from migrate.model.own_files import SECRETS
from migrate.ports.disk import Disk
from migrate.rehearse.worlds.disk import MemoryDisk
from tests.estate import inventory

HOME = Path("/home/kmig")
PLACE = ("app.properties", "sasl.password")


class Killed(BaseException):
    """The process ended at an operation of the disk."""


@dataclass
class Fate:
    """When the process is killed, and which of its syncs the disk forgets."""

    killed_at: int = 0
    forgotten: int = 0
    operations: int = 0
    syncs: int = 0


class FatefulDisk(MemoryDisk):
    """A disk whose process is killed before one operation, and which may pass over one sync."""

    def __init__(self) -> None:
        super().__init__()
        self.fate = Fate()

    def begin(self, fate: Fate) -> None:
        """Count from here."""
        self.fate = fate
        self.before = self._count

    def end(self) -> None:
        """Count no more: the next process is not killed."""
        self.before = lambda _, __: None
        self.fate = Fate()

    def _count(self, *_: object) -> None:
        self.fate.operations += 1
        if self.fate.killed_at and self.fate.operations >= self.fate.killed_at:
            raise Killed

    def sync(self, path: Path) -> None:
        if not self._forgets():
            super().sync(path)

    def sync_folder(self, folder: Path) -> None:
        if not self._forgets():
            super().sync_folder(folder)

    def _forgets(self) -> bool:
        self.fate.syncs += 1
        return self.fate.syncs == self.fate.forgotten


def stamp(entry: Entry) -> Entry:
    return Entry(**{**entry.__dict__, "at": datetime(2026, 1, 1, tzinfo=UTC), "by": "me"})


def folder_on(disk: MemoryDisk) -> Folder:
    return Folder(HOME, disk)


def settled(disk: MemoryDisk) -> None:
    """Make everything durable."""
    disk.crash(lambda number: number - 1)


def every_way(run: Callable[[Callable[[int], int]], None]) -> int:
    """Run with every sequence of choices, of a long append only its ends and its middle; return how often it ran."""
    script: list[tuple[int, int]] = []
    runs = 0
    while True:
        taken: list[tuple[int, int]] = []

        def choose(
            number: int,
            script: list[tuple[int, int]] = script,
            taken: list[tuple[int, int]] = taken,
        ) -> int:
            options = sorted({0, 1 % number, number // 2, number - 1})
            at = script[len(taken)][0] if len(taken) < len(script) else 0
            taken.append((at, len(options)))
            return options[at]

        run(choose)
        runs += 1
        while taken and taken[-1][0] == taken[-1][1] - 1:
            taken.pop()
        if not taken:
            return runs
        script = [*taken[:-1], (taken[-1][0] + 1, taken[-1][1])]


@dataclass(frozen=True)
class Case:
    """Something that kmig writes: what is there before, what it does, and what holds after a crash at any moment.

    `act` notes what it was told is done; `holds` is given those notes. `spare` are syncs that it does not need.
    """

    before: Callable[[MemoryDisk], None]
    act: Callable[[MemoryDisk, list[str]], None]
    holds: Callable[[MemoryDisk, list[str]], None]
    spare: tuple[int, ...] = ()


def acted(case: Case, fate: Fate) -> tuple[FatefulDisk, list[str]]:
    """Return the disk on which it was done, as far as the process came, and what it was told is done."""
    disk = FatefulDisk()
    disk.make_folder(HOME.parent)
    disk.make_folder(HOME)
    settled(disk)
    case.before(disk)
    done: list[str] = []
    disk.begin(fate)
    try:
        case.act(disk, done)
        done.append("ended")
    except Killed:
        pass
    disk.end()
    return disk, done


def played(case: Case, *, forgotten: int = 0) -> tuple[int, int]:
    """Kill at every operation, crash in every way, and look; return the kills and the crashes."""
    operations, crashes = Fate(), 0
    acted(case, operations)
    for point in range(1, operations.operations + 2):

        def once(choose: Callable[[int], int], point: int = point) -> None:
            disk, done = acted(case, Fate(killed_at=point, forgotten=forgotten))
            disk.crash(choose)
            case.holds(disk, done)

        crashes += every_way(once)
    return operations.operations + 1, crashes


def document(disk: MemoryDisk, principal: str) -> None:
    made = inventory().model_copy(update={"principal": principal})
    folder_on(disk).save(INVENTORY, made)


def document_holds(disk: MemoryDisk, done: list[str]) -> None:
    assert folder_on(disk).inventory().principal in (["new"] if done else ["old", "new"])


def plan(disk: MemoryDisk, migration: str) -> None:
    made = Plan(
        migration=migration,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        source_cluster="s",
        inputs={},
        waves=(),
        accounts=(),
    )
    folder_on(disk).save(PLAN, made)


GRANTS = "export/target/grants.tf"
TOLD = (RUNBOOK, REPORT, GRANTS)


def planned(disk: MemoryDisk, migration: str, done: list[str]) -> None:
    plan(disk, migration)
    done.append(migration)
    for name in TOLD:
        folder_on(disk).write(name, migration)
        done.append(name)


def plan_holds(disk: MemoryDisk, done: list[str]) -> None:
    folder = folder_on(disk)
    migration = folder.plan().migration
    assert migration in (["new"] if done else ["old", "new"])
    told = {name: disk.read(HOME / name).decode() for name in TOLD if folder.has(name)}
    assert set(told.values()) <= {migration}, "what is told is told of another plan"
    assert set(told) >= {name for name in TOLD if name in done}


def report(disk: MemoryDisk, done: list[str]) -> None:
    folder_on(disk).write("reports/verify.json", "report")
    done.append("report")


def report_holds(disk: MemoryDisk, done: list[str]) -> None:
    for name in folder_on(disk).reports():
        assert disk.read(HOME / name) == b"report"
    assert len(folder_on(disk).reports()) == 1 or not done


def journalled(disk: MemoryDisk, *names: str, done: list[str]) -> None:
    journal = folder_on(disk).open_journal(stamp)
    for name in names:
        journal.append(event="run", command=name)
        done.append(name)


def two_runs(disk: MemoryDisk, done: list[str]) -> None:
    journalled(disk, "1", "2", done=done)
    journalled(disk, "3", done=done)


def journal_holds(disk: MemoryDisk, done: list[str]) -> None:
    wanted = [name for name in done if name != "ended"]
    folder = folder_on(disk)
    folder.open_journal(stamp).append(event="run", command="next")
    read = folder.journal()
    assert (read.fault, read.torn) == (None, b"")
    commands = [entry.command for entry in read.journal.entries if entry.event == "run"]
    assert commands in ([*wanted, "next"], [*wanted, str(len(wanted) + 1), "next"])


TORN_LINE = b'{"seq":2,"at":"20'


def torn(disk: MemoryDisk) -> None:
    journalled(disk, "1", done=[])
    disk.append(HOME / JOURNAL, TORN_LINE)
    settled(disk)


def journal_of_a_killed_run(disk: MemoryDisk) -> None:
    """Its name is not durable yet, but the next run reads it."""
    journalled(disk, "1", done=[])
    line = disk.read(HOME / JOURNAL)
    disk.remove(HOME / JOURNAL)
    disk.append(HOME / JOURNAL, line)
    disk.sync(HOME / JOURNAL)


def next_run_holds(disk: MemoryDisk, done: list[str]) -> None:
    read = folder_on(disk).journal()
    assert read.fault is None
    commands = [entry.command for entry in read.journal.entries]
    assert commands in ([["1", "2"]] if done else [[], ["1"], ["1", "2"]])


def torn_holds(disk: MemoryDisk, done: list[str]) -> None:
    read = folder_on(disk).journal()
    assert read.fault is None
    assert [entry.command for entry in read.journal.entries][:1] == ["1"]
    set_aside = [entry.event for entry in read.journal.entries[1:]]
    assert set_aside == ["torn"] or not done
    if not read.torn.startswith(TORN_LINE):
        assert disk.read(HOME / TORN).startswith(TORN_LINE + b"\n"), "its bytes are lost"


APP = HOME / "app"


def client(disk: MemoryDisk) -> None:
    for name in ("source", "target"):
        folder_on(disk).write(name, name)
    folder_on(disk).write("app", "source")


def switched(disk: MemoryDisk) -> None:
    client(disk)
    LocalClientFiles(HOME, disk).replace("app", "target")


def replaced_holds(disk: MemoryDisk, done: list[str]) -> None:
    files = LocalClientFiles(HOME, disk)
    assert disk.read(APP) in ([b"target"] if done else [b"source", b"target"])
    assert disk.read(APP) == b"source" or files.replaced("app", "target")
    files.replace("app", "target")
    assert files.replaced("app", "target")
    files.restore("app")
    assert disk.read(APP) == b"source"


def restored_holds(disk: MemoryDisk, done: list[str]) -> None:
    files = LocalClientFiles(HOME, disk)
    assert disk.read(APP) in ([b"source"] if done else [b"source", b"target"])
    assert files.restorable("app", "target") == ""
    files.restore("app")
    assert disk.read(APP) == b"source"
    assert not [name for name in disk.names(HOME) if ".kmig-" in name]


def forgotten_holds(disk: MemoryDisk, done: list[str]) -> None:
    files = LocalClientFiles(HOME, disk)
    assert disk.read(APP) == b"target"
    assert not (done and files.keeps("app"))
    files.forget("app")
    assert not [name for name in disk.names(HOME) if ".kmig-" in name]


def store_on(disk: MemoryDisk) -> PropertiesSecrets:
    return PropertiesSecrets(HOME, disk, lambda _: "new")


def with_secret(disk: MemoryDisk) -> None:
    folder_on(disk).write(PLACE[0], "sasl.password=old\nsasl.mechanism=a\n")


def rotated(disk: MemoryDisk, done: list[str]) -> None:
    store = store_on(disk)
    store.issue(*PLACE)
    done.append("issued")
    store.deliver(*PLACE, "sasl.mechanism", "b")
    done.append("delivered")


def secrets_on(disk: MemoryDisk) -> list[str]:
    """The secrets that can be found, whatever file and key they are under."""
    own = HOME / SECRETS
    places = [HOME / PLACE[0]]
    if disk.exists(own):
        places += [own / name for name in disk.names(own) if name.endswith(".properties")]
    lines = b"\n".join(disk.read(place) for place in places).decode().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith("sasl.password")]


def rotated_holds(disk: MemoryDisk, done: list[str]) -> None:
    found = secrets_on(disk)
    assert "old" in found
    assert "new" in found or not done
    own = HOME / SECRETS
    if disk.exists(own) and any(name.endswith(".properties") for name in disk.names(own)):
        assert disk.read(own / ".gitignore") == b"*\n"
    current = disk.read(HOME / PLACE[0])
    assert current == b"sasl.password=new\nsasl.mechanism=b\n" or "delivered" not in done
    rotated(disk, [])
    assert sorted(secrets_on(disk)) == ["new", "old"]
    store = store_on(disk)
    store.forget(*PLACE, which="old")
    assert secrets_on(disk) == ["new"]


CASES = {
    "a document": Case(
        lambda disk: document(disk, "old"), lambda disk, _: document(disk, "new"), document_holds
    ),
    "a plan": Case(
        lambda disk: planned(disk, "old", []),
        lambda disk, done: planned(disk, "new", done),
        plan_holds,
    ),
    "a report in a new folder": Case(lambda _: None, report, report_holds),
    "a journal": Case(lambda _: None, two_runs, journal_holds, spare=(5,)),
    "a journal of a killed run": Case(
        journal_of_a_killed_run, lambda disk, done: journalled(disk, "2", done=done), next_run_holds
    ),
    "a torn journal": Case(torn, lambda disk, _: journalled(disk, done=[]), torn_holds, spare=(4,)),
    "a client's file replaced": Case(
        client,
        lambda disk, _: LocalClientFiles(HOME, disk).replace("app", "target"),
        replaced_holds,
    ),
    "a client's file restored": Case(
        switched, lambda disk, _: LocalClientFiles(HOME, disk).restore("app"), restored_holds
    ),
    "a client's file forgotten": Case(
        switched, lambda disk, _: LocalClientFiles(HOME, disk).forget("app"), forgotten_holds
    ),
    "a secret rotated": Case(with_secret, rotated, rotated_holds, spare=(11,)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_old_or_new_after_any_crash(name: str) -> None:
    kills, crashes = played(CASES[name])
    assert crashes >= kills > 1


@pytest.mark.parametrize("name", CASES)
def test_without_any_one_of_its_syncs_it_is_not(name: str) -> None:
    case, count = CASES[name], Fate()
    acted(case, count)
    for forgotten in range(1, count.syncs + 1):
        if forgotten not in case.spare:
            print(f"sync {forgotten} of {count.syncs}")
            with pytest.raises((AssertionError, KmigError, OSError)):
                played(case, forgotten=forgotten)


def fresh() -> MemoryDisk:
    made = MemoryDisk()
    made.make_folder(HOME.parent)
    made.make_folder(HOME)
    settled(made)
    return made


def left(make: Callable[[MemoryDisk], None]) -> set[tuple[tuple[str, bytes], ...]]:
    """Return every state that a crash may leave of the folder: its names with their contents."""
    found = set()

    def once(choose: Callable[[int], int]) -> None:
        disk = fresh()
        make(disk)
        disk.crash(choose)
        found.add(tuple((name, disk.read(HOME / name)) for name in disk.names(HOME)))

    every_way(once)
    return found


def durable(disk: MemoryDisk, name: str, content: bytes) -> None:
    disk.append(HOME / name, content)
    disk.sync(HOME / name)
    disk.sync_folder(HOME)


def test_what_was_appended_may_be_missing_whole_or_torn_and_have_a_hole() -> None:
    def make(disk: MemoryDisk) -> None:
        durable(disk, "a", b"one")
        disk.append(HOME / "a", b"two")

    contents = [b"one", b"onet", b"onetw", b"onetwo", b"one\0\0\0", b"onet\0\0", b"onetw\0"]
    assert left(make) == {(("a", content),) for content in contents}


def test_a_file_that_was_cut_off_is_as_before_or_as_after() -> None:
    def make(disk: MemoryDisk) -> None:
        durable(disk, "a", b"one")
        disk.truncate(HOME / "a", 1)

    assert left(make) == {(("a", b"one"),), (("a", b"o"),)}


def test_a_synced_file_is_lost_with_its_name() -> None:
    def make(disk: MemoryDisk) -> None:
        disk.append(HOME / "a", b"one")
        disk.sync(HOME / "a")

    assert left(make) == {(), (("a", b"one"),)}


def test_a_rename_happened_as_a_whole_or_not_at_all() -> None:
    def make(disk: MemoryDisk) -> None:
        durable(disk, "new", b"new")
        durable(disk, "old", b"old")
        disk.rename(HOME / "new", HOME / "old")

    assert left(make) == {(("new", b"new"), ("old", b"old")), (("old", b"new"),)}


def test_names_need_not_become_durable_in_order_and_no_file_has_two() -> None:
    def make(disk: MemoryDisk) -> None:
        durable(disk, "a", b"a")
        durable(disk, "b", b"b")
        disk.remove(HOME / "b")
        disk.rename(HOME / "a", HOME / "c")
        disk.rename(HOME / "c", HOME / "d")

    names = {tuple(name for name, _ in state) for state in left(make)}
    assert names == {
        *(("a", "b"), ("b", "c"), ("b", "d")),
        *(("a",), ("c",), ("d",)),
    }


def test_where_all_is_durable_nothing_is_chosen() -> None:
    disk = fresh()
    durable(disk, "a", b"a")
    disk.crash(lambda number: 1 // 0)
    assert disk.read(HOME / "a") == b"a"


def test_the_lock_names_its_holder_and_is_free_after_a_crash() -> None:
    disk = fresh()
    disk.pid = 7
    first = folder_on(disk).locked("plan")
    with first:
        with pytest.raises(Refused, match="pid 7, kmig plan"), folder_on(disk).locked("apply"):
            pass
        settled(disk)
        second = folder_on(disk).locked("apply")
        second.__enter__()
    with pytest.raises(Refused, match="kmig apply"), folder_on(disk).locked("status"):
        pass
    second.__exit__(None, None, None)
    with folder_on(disk).locked("status"):
        pass


def test_a_full_disk_takes_a_part_and_the_document_stays_as_it_was() -> None:
    disk = fresh()
    document(disk, "old")
    disk.room = 100
    with pytest.raises(KmigError, match=r"cannot write file .*: No space left on device"):
        document(disk, "new")
    assert disk.names(HOME) == (INVENTORY,)
    assert folder_on(disk).inventory().principal == "old"
    with pytest.raises(OSError, match="No space left"):
        disk.append(HOME / "a", bytes(200))
    disk.room = None
    journalled(disk, "1", done=[])


def test_a_rename_to_another_folder_is_none() -> None:
    disk = fresh()
    durable(disk, "a", b"a")
    with pytest.raises(OSError, match="cross-device"):
        disk.rename(HOME / "a", HOME.parent / "a")


PLACES = st.sampled_from(["a", "b", "f", "f/a", "f/g", "a/b", "g/a"])
OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(["read", "exists", "is_folder", "names", "create"]), PLACES),
    st.tuples(st.sampled_from(["sync", "remove", "make_folder"]), PLACES),
    st.tuples(st.just("append"), PLACES, st.binary(max_size=3)),
    st.tuples(st.just("truncate"), PLACES, st.integers(0, 4)),
    st.tuples(st.just("rename"), PLACES, st.sampled_from(["a", "b", "f", "g"])),
)


def outcome(disk: Disk, root: Path, operation: tuple[Any, ...]) -> object:
    name, place, *rest = operation
    path = root / place
    if name == "rename":
        if disk.is_folder(path):
            return "folders are not renamed"
        rest = [path.with_name(rest[0])]
    try:
        return getattr(disk, name)(path, *rest)
    except OSError as error:
        return type(error), error.errno, error.filename == str(path)


@settings(max_examples=300, deadline=None)
@given(st.lists(OPERATIONS, max_size=12))
def test_it_answers_as_a_real_disk(operations: list[tuple[Any, ...]]) -> None:
    disk = fresh()
    with TemporaryDirectory() as place:
        for operation in operations:
            real = outcome(LOCAL_DISK, Path(place), operation)
            assert outcome(disk, HOME, operation) == real, operation
