"""Two clusters, a copier and live clients: those of tests/live are gone before these start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.rehearse.scenario import load
from tests.moving import arena as arenas


@pytest.fixture(scope="package")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[arenas.Arena]:
    folder = tmp_path_factory.mktemp("arena") / "shared"
    folder.mkdir()
    with arenas.opened(folder) as opened_arena:
        yield opened_arena


@pytest.fixture
def moving(arena: arenas.Arena, tmp_path: Path) -> Iterator[arenas.Moving]:
    """A wave of a test's own, its clients stopped."""
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as built:
        yield built


@pytest.fixture(scope="module")
def wave(arena: arenas.Arena, tmp_path_factory: pytest.TempPathFactory) -> Iterator[arenas.Moving]:
    """One wave, copied and ready, that all tests of a module play on, in their order."""
    folder = tmp_path_factory.mktemp("wave") / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as built:
        built.ready()
        yield built
