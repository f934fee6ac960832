"""What is shipped: a migration's own code, and what disposable clusters are made of; nothing of the tests."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.test_layers import MODULES, file_of, imports

ROOT = Path(__file__).parents[1]
STARTED_BY_NAME = (
    "migrate.__main__",
    "migrate.probes.__main__",
    "migrate.rehearse.compose",
    "migrate.rehearse.lab.docker.run",
    "migrate.rehearse.lab.fleet",
)
"""Modules of processes of their own."""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The files of the wheel, without its metadata."""
    place = tmp_path_factory.mktemp("wheel")
    build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    command = [sys.executable, "-m", "pip", *build, "--wheel-dir", str(place), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = place.glob("kmig-*.whl")
    return frozenset(ZipFile(wheel).namelist())


def test_it_holds_the_package_as_it_is_here_with_its_types(content: frozenset[str]) -> None:
    here = {p for p in (ROOT / "migrate").rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert content >= {str(path.relative_to(ROOT)) for path in here}
    assert "migrate/py.typed" in content
    assert "migrate/render/templates/report.html" in content
    assert "migrate/documents/templates/kmig.yaml" in content


def test_it_holds_the_scenarios_and_the_files_for_docker(content: frozenset[str]) -> None:
    for folder, inside in (
        ("scenarios", "migrate/rehearse/scenarios"),
        ("compose", "migrate/compose"),
    ):
        here = {p.relative_to(ROOT / folder) for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert here
        assert content >= {f"{inside}/{path}" for path in here}


def test_it_holds_nothing_else_and_a_licence(content: frozenset[str]) -> None:
    outside = {name for name in content if not name.startswith("migrate/")}
    assert {name.partition("/")[2] for name in outside} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    for word in ("test_", "fake", "bench", "conftest", "__pycache__"):
        assert not {name for name in content if word in Path(name).name}, word


def test_every_dependency_is_imported() -> None:
    named = {"kafka-python": "kafka", "confluent-kafka": "confluent_kafka", "PyYAML": "yaml"}
    named["pyjks"] = "jks"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[^\w-]", line)[0] for line in project["dependencies"]}
    imported = {name.partition(".")[0] for module in MODULES for name in imports(module)}
    assert {named.get(name, name) for name in needed} <= imported


def test_every_module_is_of_use_to_kmig(content: frozenset[str]) -> None:
    """It is a command's, or imported by one; what only tests import belongs under tests/."""
    commands = [m for m in MODULES if m.parts[1] == "cli"]
    started = [f for name in STARTED_BY_NAME if (f := file_of(name))]
    used, waiting = set(commands), [*commands, *started]
    while waiting:
        current = waiting.pop()
        used.add(current)
        waiting += [f for n in imports(current) if (f := file_of(n)) and f not in used]
    unused = {m for m in MODULES if m not in used and m.name != "__init__.py"}
    # a world is played once all its parts exist
    unused = {m for m in unused if m.parts[1:3] != ("rehearse", "worlds")}
    assert not unused
    assert {str(m) for m in MODULES} <= content
