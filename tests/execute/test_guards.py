"""The ritual of acting, guard by guard: each command refuses, and acts when that guard is replaced by nothing.

What is removed is the guard alone, so that no other one stands in for it, and none can be left out unseen.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import Broken, KmigError, Refused, Stale, UsageError
from migrate.execute import drill, guards, later, prepare, prune, rollback
from migrate.execute.act import Invocation
from migrate.folder import Folder
from migrate.journal.file import JournalFile
from migrate.model.cluster import Commit, Partition
from migrate.plan.inputs import inputs
from migrate.ports import JournalHead
from tests.estate import acls, group, inventory
from tests.execute.moving import SOURCE_ACLS, WAVE, World, blindly, cut_over, directory, world
from tests.execute.test_crash import DyingFolder, stamp
from tests.execute.test_moving_crash import to_the_gate
from tests.fakes.command_context import command_context
from tests.fakes.memory import MemoryClock

EXTRA = acls("ALLOW READ on topic elsewhere to User:till")

COMMANDS: dict[str, tuple[str, Callable[[Invocation, int], object]]] = {
    "apply": ("new", prepare.prepare),
    "apply --prune": (
        "new",
        lambda command_context, number: prune.prune(command_context, number, at_most=5),
    ),
    "replicate": ("prepared", later.replicate),
    "cutover": ("new", later.cutover),
    "rollback": ("at the gate", rollback.roll_back),
    "rotate": ("moved", later.rotate),
    "rotate --drill": ("moved", drill.rehearse_rotation),
    "close": ("moved", later.close),
}
"""Every command that changes a site, and where the wave stands when it is typed."""


@dataclass
class Typed:
    """A command about to be typed, in a world that a fault may be put into."""

    here: World
    folder: DyingFolder
    command_context: Invocation
    wave: int = 1


@contextmanager
def _held(typed: Typed) -> Iterator[None]:
    with DyingFolder(typed.folder.path, *typed.folder.parts).locked("another"):
        yield


def _broken(typed: Typed) -> AbstractContextManager[None]:
    with (typed.folder.path / "journal.jsonl").open("a") as out:
        out.write('{"seq":1}\n')
    return nullcontext()


def _edited(typed: Typed) -> AbstractContextManager[None]:
    config, people, inventory = typed.folder.parts
    typed.folder.parts = (config.model_copy(update={"name": "another"}), people, inventory)
    return nullcontext()


def _unknown(typed: Typed) -> AbstractContextManager[None]:
    typed.wave = 9
    return nullcontext()


def _stale(typed: Typed) -> AbstractContextManager[None]:
    clock = typed.command_context.clock
    assert isinstance(clock, MemoryClock)
    clock.passed += 30 * 24 * 3600
    return nullcontext()


def _beyond(typed: Typed) -> AbstractContextManager[None]:
    """A group whose commit lies beyond its log's end: a finding that blocks its wave."""
    config, people, _ = typed.folder.parts
    commit = Commit(topic="paid", partition=0, offset=11, start=0, end=10)
    stuck = group("ledger").model_copy(update={"commits": (commit,)})
    found = inventory(groups=(stuck,))
    typed.folder.parts = (config, people, found)
    made = {"inputs": inputs(config, people, found)}
    typed.folder.made = typed.folder.made.model_copy(update=made)
    return nullcontext()


def _unwilling(typed: Typed) -> AbstractContextManager[None]:
    def agree(_: str) -> None:
        raise Refused("nothing was changed: the answer was no")

    typed.command_context = replace(typed.command_context, agree=agree)
    return nullcontext()


def _one_cluster(typed: Typed) -> AbstractContextManager[None]:
    typed.here.source.name = "target"
    return nullcontext()


def _other_source(typed: Typed) -> AbstractContextManager[None]:
    typed.here.source.name = "elsewhere"
    return nullcontext()


def _other_kind(typed: Typed) -> AbstractContextManager[None]:
    config, people, found = typed.folder.parts
    target = config.target.model_copy(update={"profile": "automq-oss"})
    config = config.model_copy(update={"target": target})
    typed.folder.parts = (config, people, found)
    made = {"inputs": inputs(config, people, found)}
    typed.folder.made = typed.folder.made.model_copy(update=made)
    return nullcontext()


def _other_target(typed: Typed) -> AbstractContextManager[None]:
    typed.folder.open_journal(stamp).append(event="run", target="id-other")
    return nullcontext()


def _older_copy(typed: Typed) -> AbstractContextManager[None]:
    typed.here.heads.head = JournalHead(99, "f" * 64)
    return nullcontext()


def _revoked(typed: Typed) -> AbstractContextManager[None]:
    typed.here.source.acl_set -= set(SOURCE_ACLS)  # the write gate asks for its own grants itself
    return nullcontext()


Fault = tuple[Callable[[Typed], AbstractContextManager[None]], type[KmigError], str]
FAULTS: dict[str, Fault] = {
    "lock": (_held, Refused, "another kmig works on"),
    "whole_journal": (_broken, Broken, "not a journal entry"),
    "true_plan": (_edited, Stale, r"since it was made, kmig\.yaml"),
    "known_wave": (_unknown, UsageError, "no wave 9"),
    "actable": (_stale, Stale, "days old"),
    "unblocked": (_beyond, Refused, "offset-beyond-end"),
    "consent": (_unwilling, Refused, "the answer was no"),
    "both_sites": (_one_cluster, Refused, "the same cluster"),
    "both_sites, another source": (_other_source, Stale, "the plan was made for cluster id-source"),
    "both_sites, another kind": (_other_kind, Refused, "profile"),
    "same_target": (_other_target, Refused, "the journal is about cluster id-other"),
    "newest_head": (_older_copy, Refused, "not in this directory"),
    "source_allows": (_revoked, Refused, "the source now denies"),
}
"""For each guard, faults that it alone refuses, and how."""


def _any_journal(folder: DyingFolder, stamp: Any) -> JournalFile:
    path = folder.path / "journal.jsonl"
    return JournalFile(path, folder.journal().journal, stamp, folder.disk)


def _unjudged(opening: Any, config: object, plan: object, **how: Any) -> Any:
    return opening(**how)


NOTHING: dict[str, Callable[..., object]] = {
    "lock": lambda *_: nullcontext(),
    "whole_journal": _any_journal,
    "true_plan": lambda folder: folder.plan(),
    "known_wave": lambda plan, _: plan.waves[0],
    "actable": lambda *_: None,
    "unblocked": lambda *_: None,
    "consent": lambda *_: None,
    "both_sites": _unjudged,
    "same_target": lambda *_: None,
    "newest_head": lambda *_: None,
    "source_allows": lambda *_: None,
}
"""What stands in for a guard: it gives what the guard gives, and judges nothing."""

CANNOT: dict[tuple[str, str], str] = {
    ("true_plan", "rollback"): "undo reads the journal alone",
    ("actable", "rollback"): "the way back stays open, however old the inventory is",
    ("unblocked", "rollback"): "the way back waits for no finding",
    ("unblocked", "apply --prune"): "it takes away, and grants nothing",
    ("unblocked", "rotate --drill"): "it is about principals of its own",
    ("unblocked", "close"): "it ends what the wave left behind",
    **{
        ("source_allows", command): "it grants no workload anything"
        for command in COMMANDS
        if command not in ("apply", "cutover")
    },
}
"""Pairs that cannot occur, and why."""

PAIRS = [
    (guard, command)
    for guard in FAULTS
    for command in COMMANDS
    if (guard, command) != ("consent", "cutover")  # it asks later: tests/execute/test_asking.py
]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wave before its cutover, stopped before the write gate, and cut over."""
    made = {"prepared": prepared(tmp_path_factory.mktemp("prepared"))}
    for name, command in (("new", None), ("at the gate", to_the_gate), ("moved", cut_over)):
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        here = world(folder, [])
        here.durable()
        directory(folder, [])
        if command is not None:
            command(folder, [])
        made[name] = folder
    return made


def prepared(folder: Path) -> Path:
    """The wave with its topics on the target, and nothing copied yet."""
    world(folder, []).durable()
    journal = Folder(folder).open_journal(stamp)
    journal.append(event="end", wave=1, stage="prepare", detail=f"wave {WAVE.work}")
    return folder


def typed(worlds: dict[str, Path], command: str, folder: Path) -> Typed:
    shutil.copytree(worlds[COMMANDS[command][0]], folder)
    here, there = world(folder, []), directory(folder, [])
    if command == "apply --prune":
        here.target.acl_set |= set(EXTRA)
    for topic in ("paid", "seen"):
        empty = (Partition(index=0, start=0, end=0),)
        made = here.target.topic_set[topic].model_copy(update={"partitions": empty})
        here.source.topic_set[topic] = here.target.topic_set[topic] = made
    return Typed(here, there, command_context(there, here.sites(), here.heads, stamp))


def runs(folder: DyingFolder) -> int:
    return (folder.path / "journal.jsonl").read_text().count('"event":"run","command":"kmig')


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_fault_each_command_acts(
    worlds: dict[str, Path], command: str, tmp_path: Path
) -> None:
    one = typed(worlds, command, tmp_path / "one")
    before = runs(one.folder)
    COMMANDS[command][1](one.command_context, 1)
    assert runs(one.folder) == before + 1


@pytest.mark.parametrize(("guard", "command"), PAIRS, ids=[f"{g} of {c}" for g, c in PAIRS])
def test_each_guard_refuses_alone(
    worlds: dict[str, Path],
    guard: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = typed(worlds, command, tmp_path / "guarded")
    fault, kind, says = FAULTS[guard]
    act = COMMANDS[command][1]
    if (guard, command) in CANNOT:
        with fault(one):
            act(one.command_context, one.wave)
        return
    with fault(one):
        before, writes = runs(one.folder), len(one.here.target.writes)
        with pytest.raises(kind, match=says):
            act(one.command_context, one.wave)
        assert (runs(one.folder), len(one.here.target.writes)) == (before, writes)
    name = guard.partition(",")[0]
    monkeypatch.setattr(guards, name, NOTHING[name])
    if name in ("source_allows", "both_sites"):
        blindly(monkeypatch)  # it would look at the same rights, and at where files lead
    again = typed(worlds, command, tmp_path / "unguarded")
    with fault(again):
        before = runs(again.folder)
        act(again.command_context, again.wave)
        # nothing is known of wave 9, so there is nothing to undo and no run to record
        idle = (guard, command) == ("known_wave", "rollback")
        assert runs(again.folder) == before + (not idle)


def test_every_guard_that_the_ritual_asks_is_walked() -> None:
    text = Path(guards.__file__).with_name("act.py").read_text()
    asked = {word.split("(")[0] for word in text.split("guards.")[1:]}
    assert {name for name in asked if name.islower() and name.isidentifier()} == {
        fault.partition(",")[0] for fault in FAULTS
    }
