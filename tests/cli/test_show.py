"""kmig show: what it needs, what it warns of, and how it ends."""

import json
import shutil
from pathlib import Path

import pytest

from migrate.cli.main import main
from migrate.documents.inventory import State
from migrate.folder import INVENTORY, PLAN, WORKLOADS, Folder

EXAMPLE = Path(__file__).parents[2] / "plans" / "first-wave"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "here")
    return tmp_path / "here"


def show(folder: Path, *words: str) -> int:
    return main(["-C", str(folder), "show", *words])


@pytest.mark.parametrize("what", ["topics", "acls", "groups", "connectors", "users"])
def test_every_kind_is_listed(what: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(folder, what) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert show(folder, what, "-o", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema_version"] == 1
    assert found["total"] == len(found["rows"]) > 0
    noun = {"acls": "ACLs"}.get(what, what)
    assert f"{found['total']} {noun}: " in out.splitlines()[-1]


def test_before_there_are_workloads_or_a_plan(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / WORKLOADS).unlink()
    (folder / PLAN).unlink()
    assert show(folder, "topics", "--name", "orders", "-o", "json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["workloads"], row["wave"]) for row in rows] == [([], None)] * 3


def test_a_section_that_is_not_complete_is_shown_and_ends_with_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Folder(folder)
    taken = here.inventory()
    partial = {"standing": State.PARTIAL, "error": "broker 2 did not answer"}
    groups = taken.groups.model_copy(update=partial)
    here.save(INVENTORY, taken.model_copy(update={"groups": groups}))
    assert show(folder, "groups") == 3
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "groups: partial: broker 2 did not answer"
    assert out.splitlines()[-1].startswith("at least 8 groups: ")
    assert err.splitlines()[-3:-1] == [
        "error: sections of the inventory are not complete: groups",
        "hint: grant what is missing (kmig inventory --permissions), then run kmig inventory",
    ]
    assert show(folder, "topics") == 0


def test_a_plan_of_another_inventory_is_warned_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Folder(folder)
    taken = here.inventory()
    fewer = taken.topics.model_copy(update={"found": taken.topics.found[:-1]})
    here.save(INVENTORY, taken.model_copy(update={"topics": fewer}))
    assert show(folder, "users") == 0
    assert "plan.json was made from another inventory.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["topics", "--wave", "9"], "no wave 9 in plan.json\nhint: waves: 1, 2"),
        (["topics", "--wave", "0"], "invalid value for `--wave`"),
        (["topics", "--workload", "nobody"], "unknown workload: `nobody`"),
        (["quotas"], "invalid value for"),
        ([], "missing argument"),
    ],
)
def test_usage_errors(
    words: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(folder, *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("missing", "hint"), [(INVENTORY, "inventory"), (PLAN, "plan")])
def test_what_is_needed_and_missing_is_named(
    missing: str, hint: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / missing).unlink()
    assert show(folder, "topics", "--wave", "1") == 2
    err = capsys.readouterr().err
    assert missing in err
    assert f"kmig {hint}" in err
