"""What failed is done again: every step, every gate and every hook of a cutover, a rotation and a rollback.

A first run in which one of them says no, then the same command. What a health hook denied is never kept, and the
clients that it denied are started once more, from their file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

from migrate.documents.config import Policy
from migrate.errors import KmigError, StepFailed
from migrate.execute.run import preview
from migrate.journal.copying import CopyConnector
from migrate.model.rights import SourceView
from migrate.stages.cutover import cutover
from migrate.stages.move import Move
from migrate.stages.rotate import rotate
from migrate.steps import (
    CommitOffsets,
    Gate,
    OpenWriteGate,
    ProveOffsets,
    Step,
    SwitchClients,
)
from tests.execute import moving
from tests.execute.moving import CONFIG, TOPICS, World, cut_over, opened, roll_back, rotated, world
from tests.execute.test_moving_crash import state, to_the_gate

Command = Callable[[Path, list[int]], None]
STEPS = get_args(get_args(Step)[0])
SHAPES = {"all topics move": TOPICS, "one topic stays": ("paid",), "consumers only": ()}
HEALTHY = ("till", "ledger")
"""They have a health hook; `old` is known by its group alone."""


def estate(owned: tuple[str, ...]) -> tuple[Any, Any]:
    """The wave that owns these topics, and its people, two of whom have a health hook."""
    wave, who = moving.owning(*owned)
    made = []
    for one in who.workloads:
        command = one.switch.command.model_copy(update={"health": ("health", one.name)})
        switch = one.switch.model_copy(update={"command": command})
        made.append(one.model_copy(update={"switch": switch}) if one.name in HEALTHY else one)
    return wave, who.model_copy(update={"workloads": tuple(made)})


def moved(owned: tuple[str, ...]) -> Move:
    wave, who = estate(owned)
    copies = {"copy": CopyConnector(TOPICS, CONFIG)}
    return Move(
        wave, who.workloads, Policy(), moving.SOURCE_ACLS, SourceView(), copies, "User:copier"
    )


def keys(stage: str, owned: tuple[str, ...]) -> list[str]:
    steps = cutover(moved(owned)) if stage == "cutover" else rotate(moved(owned), {})
    return [step.key for step in preview(steps)]


def undoable(owned: tuple[str, ...]) -> list[str]:
    """What a rollback undoes: up to the write gate, where there is one."""
    made = preview(cutover(moved(owned)))
    behind = [i for i, step in enumerate(made) if isinstance(step, OpenWriteGate)]
    return [s.key for s in made[: behind[0] if behind else None] if not isinstance(s, Gate)]


ENDS = ("consumers only", "cutover")
"""It ends without a write gate, and its copies go on: between them both shapes have every kind of step."""
PLACES = [
    pytest.param(shape, stage, key, id=f"{shape}, {stage}: {key}")
    for shape, stage in (("all topics move", "cutover"), ("all topics move", "rotate"), ENDS)
    for key in keys(stage, SHAPES[shape])
]
COMMANDS: dict[str, Command] = {"cutover": cut_over, "rotate": rotated, "rollback": roll_back}


@pytest.fixture(autouse=True)
def no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is killed here."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every hook that was run, in order."""
    seen: list[tuple[str, str]] = []
    switch = World.client

    def client(self: World, command: Any, facts: Any) -> None:
        seen.append(tuple(command))
        switch(self, command, facts)

    monkeypatch.setattr(World, "client", client)
    return seen


@contextmanager
def saying_no(hook: tuple[str, str]) -> Iterator[None]:
    """A hook that exits 1, whatever it did before."""
    honest = World.client

    def client(self: World, command: Any, facts: Any) -> None:
        honest(self, command, facts)
        if tuple(command) == hook:
            raise StepFailed(f"hook {' '.join(hook)} failed with exit code 1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "client", client)
        yield


TOGETHER = (CommitOffsets, ProveOffsets)


def _each_failing(key: str, *, late: bool) -> Any:
    """`SwitchClients.apply_each` in which the hook of this step fails."""
    honest = SwitchClients.apply_each

    def each(steps: Any, sites: Any) -> Iterator[Any]:
        for number, step in enumerate(steps):
            made = [] if step.key == key and not late else list(honest([step], sites))
            yield ((number, StepFailed("a test") if step.key == key else made[0][0][1]),)

    return each


@contextmanager
def failing(key: str, verb: str, *, late: bool) -> Iterator[None]:
    """The step of this key fails, before it had its effect or after it."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in STEPS:
            honest = getattr(kind, verb)

            def failed(self: Any, sites: Any, honest: Any = honest) -> Any:
                if self.key != key:
                    return honest(self, sites)
                if late:
                    honest(self, sites)
                raise StepFailed("a test")

            if verb == "apply" and kind is SwitchClients:
                patch.setattr(kind, "apply_each", staticmethod(_each_failing(key, late=late)))
                continue
            if verb != "apply" or kind not in TOGETHER:
                patch.setattr(kind, verb, failed)
                continue
            honest_all = kind.apply_all

            def all_failed(steps: Any, sites: Any, honest_all: Any = honest_all) -> Any:
                ended: list[Any] = []
                for step in steps:
                    made = [] if step.key == key and not late else honest_all([step], sites)
                    ended += [StepFailed("a test")] if step.key == key else made
                return ended

            patch.setattr(kind, "apply_all", staticmethod(all_failed))
        yield


def begin(monkeypatch: pytest.MonkeyPatch, folder: Path, shape: str, stage: str) -> None:
    """A world of this shape, in which whatever comes before the stage was done."""
    wave, who = estate(SHAPES[shape])
    monkeypatch.setattr(moving, "WAVE", wave)
    monkeypatch.setattr(moving, "PEOPLE", who)
    folder.mkdir()
    world(folder, []).durable()
    if stage == "rotate":
        cut_over(folder, [])
    elif stage == "rollback":
        (to_the_gate if wave.grants else cut_over)(folder, [])


_WHOLE: dict[tuple[str, str], object] = {}


def whole(monkeypatch: pytest.MonkeyPatch, folder: Path, shape: str, stage: str) -> object:
    """How the stage ends where nothing fails."""
    if (shape, stage) not in _WHOLE:
        begin(monkeypatch, folder / "whole", shape, stage)
        COMMANDS[stage](folder / "whole", [])
        _WHOLE[shape, stage] = state(folder / "whole")
    return _WHOLE[shape, stage]


def events(folder: Path, key: str) -> list[str]:
    return [e.event for e in opened(folder, []).journal.entries if e.key == key]


@pytest.mark.parametrize("late", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize(("shape", "stage", "key"), PLACES)
def test_what_failed_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, stage: str, key: str, late: bool
) -> None:
    folder, expected = tmp_path / "failed", whole(monkeypatch, tmp_path, shape, stage)
    begin(monkeypatch, folder, shape, stage)
    for _ in range(2):
        with failing(key, "apply", late=late), pytest.raises(KmigError, match="a test"):
            COMMANDS[stage](folder, [])
    COMMANDS[stage](folder, [])
    assert events(folder, key)[-1] == "done"
    assert state(folder) == expected


@pytest.mark.parametrize("late", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize(
    ("shape", "key"),
    [
        pytest.param(shape, key, id=f"{shape}: {key}")
        for shape in ("all topics move", "consumers only")
        for key in undoable(SHAPES[shape])
    ],
)
def test_an_undo_that_failed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, key: str, late: bool
) -> None:
    folder, expected = tmp_path / "failed", whole(monkeypatch, tmp_path, shape, "rollback")
    begin(monkeypatch, folder, shape, "rollback")
    for _ in range(2):
        with failing(key, "undo", late=late), pytest.raises(KmigError, match="a test"):
            roll_back(folder, [])
    roll_back(folder, [])
    assert events(folder, key)[-1] == "undone"
    assert state(folder) == expected


HOOKS = [
    pytest.param(shape, stage, (verb, name), id=f"{shape}, {stage}: {verb} {name}")
    for shape, owned in SHAPES.items()
    for stage in ("cutover", "rotate", "rollback")
    for name in (["ledger"] if stage == "rotate" else ["till", "ledger", "old"])
    for verb in ("stop", "start", "health")
    if (name != "till" or owned)
    and not (name == "old" and verb == "health")
    and not (stage == "rollback" and (verb == "health" or (name, verb) == ("till", "stop")))
    and not (stage == "rotate" and shape == "one topic stays")
]


@pytest.mark.parametrize(("shape", "stage", "hook"), HOOKS)
def test_a_hook_that_said_no_is_run_again_and_its_no_is_never_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ran: list[tuple[str, str]],
    shape: str,
    stage: str,
    hook: tuple[str, str],
) -> None:
    folder, expected = tmp_path / "no", whole(monkeypatch, tmp_path, shape, stage)
    begin(monkeypatch, folder, shape, stage)
    for run in ("first", "second"):
        ran.clear()
        with saying_no(hook), pytest.raises(KmigError, match="failed with exit code 1"):
            COMMANDS[stage](folder, [])
        assert hook in ran, f"not asked in the {run} run"
        if hook[0] == "health":
            assert ran.index(("start", hook[1])) < ran.index(hook), f"not started in the {run} run"
    ran.clear()
    COMMANDS[stage](folder, [])
    assert hook in ran
    if hook[0] == "health":
        assert ran.index(("start", hook[1])) < ran.index(hook)
    assert state(folder) == expected


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ("all topics move", "till"),
        ("all topics move", "ledger"),
        ("one topic stays", "till"),
        ("consumers only", "ledger"),
    ],
)
def test_a_client_that_its_health_hook_denies_finds_its_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, name: str
) -> None:
    """Somebody put the source's file back meanwhile."""
    folder = tmp_path / "no"
    begin(monkeypatch, folder, shape, "cutover")
    with saying_no(("health", name)), pytest.raises(KmigError, match="failed with exit code 1"):
        cut_over(folder, [])
    here = world(folder, [])
    here.files.replacements.pop(f"{name}.properties")
    here.durable()
    cut_over(folder, [])
    assert f"{name}.properties" in world(folder, []).files.replacements


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_before_a_gate_makes_its_answer_moot(shape: str) -> None:
    """`until` is the gate's own key, or that of a step behind it; what is made again stands before it."""
    for steps in (cutover(moved(SHAPES[shape])), rotate(moved(SHAPES[shape]), {})):
        made = preview(steps)
        for index, step in enumerate(made):
            if isinstance(step, Gate):
                assert step.until in ["", *(s.key for s in made[index:])], step.key
                assert set(step.repeats) <= {s.key for s in made[:index]}, step.key
