"""What `--scan` passes over: files of kmig's own that this migration still needs, and no others."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from migrate.cli.evidence import gather
from migrate.folder import Folder
from migrate.model.own_files import SECRETS
from migrate.model.use import ExposedSecret
from migrate.steps import ForgetFile, PointClients, Step
from tests.execute.test_crash import stamp

SWITCHED = PointClients(because="test", workload="till", path="etc/app", by="etc/target")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A migration whose switch has just replaced etc/app."""
    (tmp_path / "etc").mkdir()
    for name in ("app.kmig-before", "other.kmig-before", "app.kmig-new"):
        (tmp_path / "etc" / name).write_text("sasl.password=hunter2xx\n")
    found = Folder(tmp_path)
    append(found, 1, "cutover", "started", SWITCHED)
    append(found, 1, "cutover", "done", SWITCHED)
    return found


def append(folder: Folder, wave: int, stage: str, event: str, step: Step) -> None:
    fields = {"wave": wave, "stage": stage, "event": event}
    folder.open_journal(stamp).append(key=step.key, step=step, **fields)


def scanned(folder: Folder) -> list[str]:
    given: dict[str, Sequence[str]] = {"observed": [], "copies": [str(folder.path)]}
    copies: Sequence[ExposedSecret] = gather(folder, given)["copies"].found
    return sorted(Path(one.file).name for one in copies)


def test_what_a_rollback_may_put_back_is_passed_over(folder: Folder) -> None:
    assert scanned(folder) == ["app.kmig-new", "other.kmig-before"]


def test_what_no_rollback_needs_is_found(folder: Folder) -> None:
    append(folder, 1, "cutover", "undone", SWITCHED)
    assert scanned(folder) == ["app.kmig-before", "app.kmig-new", "other.kmig-before"]


def test_what_a_close_has_forgotten_is_found(folder: Folder) -> None:
    """As where somebody put it there again: nothing of this migration reads it."""
    append(folder, 1, "close", "done", ForgetFile(because="test", path="etc/app"))
    assert "app.kmig-before" in scanned(folder)


def test_secrets_of_a_rotation_are_where_they_belong_in_this_directory_only(
    folder: Folder,
) -> None:
    for place in (folder.path, folder.path / "etc"):
        (place / SECRETS).mkdir()
        (place / SECRETS / "of.properties").write_text("sasl.password.kmig-old=hunter2xx\n")
    assert scanned(folder).count("of.properties") == 1


def test_a_reference_in_place_of_a_secret_is_not_searched_for(tmp_path: Path) -> None:
    """Every file that refers to the other secret would look like a copy."""
    place = "${file:app.properties:password}"
    workload = {
        "name": "till",
        "kind": "service",
        "owner": "us",
        "sensitivity": "public",
        "principal": "User:till",
        "credential": {"mechanism": "SCRAM-SHA-256", "secret": place},
    }
    (tmp_path / "workloads.yaml").write_text(yaml.safe_dump({"workloads": [workload]}))
    (tmp_path / "app.properties").touch(mode=0o600)
    (tmp_path / "app.properties").write_text("password=${env:OTHER_SECRET}\n")
    (tmp_path / "uses.env").write_text("KAFKA=${env:OTHER_SECRET}\n")
    section = gather(Folder(tmp_path), {"observed": [], "copies": [str(tmp_path)]})["copies"]
    assert section.found == ()
    assert section.standing == "partial"
    assert (
        section.error == f"{place} holds a reference in place of a secret: files were not searched"
    )
