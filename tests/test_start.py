"""What a command imports that needs no cluster: exactly this, so that it starts as fast as it can.

How long it takes is measured by `make bench` (bench/start.py), and asserted nowhere.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMAND_LINE = {"cli", "errors", "model", "render"}
DOCUMENTS = COMMAND_LINE | {
    *("adapters", "documents", "folder", "journal", "logs", "ports", "preflight", "steps"),
    "wiring",
    "parsed",
    "sealed",
}
"""Rooms: those of the command line alone, and with those in which a plan and a journal can be read.

Of `adapters` that is the disk alone, and of `wiring` the machine: the rest imports clients.
"""

TYPER = {"annotated_doc", "shellingham", "typer"}
PYDANTIC = {
    "annotated_types",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
}
YAML = {"cython_runtime", "yaml"}

IMPORTED = {
    "--help": (COMMAND_LINE, set(), TYPER),
    "audit --check": (DOCUMENTS, {"digest", "plan"}, TYPER | PYDANTIC),
    "plan --why ledger": (DOCUMENTS, {"digest", "plan"}, TYPER | PYDANTIC),
    "status": (
        DOCUMENTS,
        {"authored", "config", "connect", "digest", "plan", "replication", "secrets"},
        TYPER | PYDANTIC | YAML,
    ),
    "assess": (
        DOCUMENTS | {"assess", "boundary", "estate", "plan"},
        {
            *(
                "assessment",
                "authored",
                "boundary",
                "config",
                "connect",
                "decisions",
                "digest",
                "inventory",
            ),
            *("plan", "replication", "secrets", "workloads"),
        },
        TYPER | PYDANTIC | YAML,
    ),
}
"""By what is typed: rooms of kmig, its documents, and what is not Python's own (at most: platforms differ)."""

ASKED = """
import json, sys
known = set(sys.modules)
from migrate.cli.main import main
main(sys.argv[1:])
print(json.dumps(sorted(set(sys.modules) - known)))
"""


@pytest.mark.parametrize("typed", IMPORTED)
def test_it_imports_what_it_needs(typed: str, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "plans" / "first-wave", tmp_path / "first-wave")
    ran = subprocess.run(
        [sys.executable, "-c", ASKED, *typed.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = [name.split(".") for name in json.loads(ran.stdout.splitlines()[-1])]
    own = [name[1:] for name in modules if name[0] == "migrate" and name[1:]]
    foreign = {name[0] for name in modules} - sys.stdlib_module_names - {"migrate"}
    rooms, documents, libraries = IMPORTED[typed]
    assert {name[0] for name in own} == rooms
    assert {name[1] for name in own if name[0] == "documents" and name[1:]} == documents
    assert {name for name in foreign if not name.startswith("_")} <= libraries


def test_an_answer_to_a_closed_output_is_no_success() -> None:
    command = f"{sys.executable} -m migrate --version >&-"
    ended = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (3, "")
