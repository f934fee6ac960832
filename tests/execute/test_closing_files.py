"""What a switch kept beside a client's file: there while a rollback may need it, gone once the wave is closed."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from migrate.adapters.client_files import LocalClientFiles
from tests.execute import moving
from tests.execute.moving import World, closed, cut_over, roll_back
from tests.execute.test_moving_crash import to_the_gate
from tests.fakes.memory_moving import MemoryFiles

NAMES = ("till", "ledger", "old")
world_in_memory = moving.world


@dataclass
class Both(MemoryFiles):
    """Files on this machine, noted as the world's clients want them."""

    real: LocalClientFiles = field(default_factory=lambda: LocalClientFiles(Path()))

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        self.real.replace(path, by, keep=keep)
        super().replace(path, by, keep=keep)

    def restore(self, path: str) -> None:
        self.real.restore(path)
        super().restore(path)

    def forget(self, path: str) -> None:
        self.real.forget(path)
        super().forget(path)


def on_files(folder: Path, countdown: list[int]) -> World:
    here = world_in_memory(folder, countdown)
    files = here.files
    made = Both(here.durable, files.replacements, files.before, {}, LocalClientFiles(folder))
    here.files = made
    return here


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(moving, "world", on_files)
    for name in NAMES:
        (tmp_path / f"{name}.properties").write_text("source")
        (tmp_path / f"{name}.target").write_text("target")
    return tmp_path


def kept(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.glob("*.kmig-*")}


def test_it_is_there_until_the_close_and_not_after_it(folder: Path) -> None:
    cut_over(folder, [])
    assert kept(folder) == set(NAMES)
    closed(folder, [])
    assert kept(folder) == set()
    assert {(folder / f"{name}.properties").read_text() for name in NAMES} == {"target"}


def test_a_rollback_finds_it_and_leaves_none(folder: Path) -> None:
    to_the_gate(folder, [])
    assert kept(folder) == {"ledger", "old"}
    roll_back(folder, [])
    assert kept(folder) == set()
    assert {(folder / f"{name}.properties").read_text() for name in NAMES} == {"source"}
