"""Client configuration files: switched and back, and never over what somebody else wrote."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.adapters.client_files import LocalClientFiles
from migrate.errors import StepFailed
from migrate.ports import MovingPorts
from migrate.steps import PointClients
from tests.execute.moving import world

OTHERS = (4711, 4712)
"""A user and a group that are not kmig's."""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def files(tmp_path: Path) -> LocalClientFiles:
    (tmp_path / "app").write_text("source")
    (tmp_path / "app").chmod(0o640)
    (tmp_path / "target").write_text("target")
    return LocalClientFiles(tmp_path)


def test_there_and_back(files: LocalClientFiles, tmp_path: Path) -> None:
    files.replace("app", "target")
    files.replace("app", "target")
    assert files.replaced("app", "target")
    assert files.restorable("app", "target") == ""
    files.restore("app")
    assert (tmp_path / "app").read_text() == "source"
    assert (tmp_path / "app").stat().st_mode & 0o777 == 0o640
    assert files.restorable("app", "target") == "", "it is back already"


def test_what_an_earlier_move_kept_is_not_what_comes_back(
    files: LocalClientFiles, tmp_path: Path
) -> None:
    (tmp_path / "app.kmig-before").write_text("two clusters ago")
    files.replace("app", "target")
    files.restore("app")
    assert (tmp_path / "app").read_text() == "source"


def test_an_edit_since_is_not_overwritten(files: LocalClientFiles, tmp_path: Path) -> None:
    files.replace("app", "target")
    (tmp_path / "app").write_text("an operator's words")
    assert "was changed since" in files.restorable("app", "target")


def test_a_kept_file_that_is_gone_is_said(files: LocalClientFiles, tmp_path: Path) -> None:
    files.replace("app", "target")
    (tmp_path / "app.kmig-before").unlink()
    assert "its former content is gone" in files.restorable("app", "target")


def test_killed_before_the_rename_is_no_edit(files: LocalClientFiles, tmp_path: Path) -> None:
    (tmp_path / "app.kmig-before").write_text("source")
    assert files.restorable("app", "target") == ""


def test_what_was_kept_is_forgotten_with_what_a_kill_left(
    files: LocalClientFiles, tmp_path: Path
) -> None:
    files.replace("app", "target")
    for name in ("app.kmig-new", "app.kmig-before.kmig-new"):
        (tmp_path / name).write_text("half")
    assert files.keeps("app")
    files.forget("app")
    files.forget("app")
    assert not files.keeps("app")
    assert (tmp_path / "app").read_text() == "target"
    assert not list(tmp_path.glob("*.kmig-*"))


def test_a_rollback_leaves_nothing_of_a_killed_run(files: LocalClientFiles, tmp_path: Path) -> None:
    (tmp_path / "app.kmig-before.kmig-new").write_text("half")
    files.restore("app")
    files.replace("app", "target")
    (tmp_path / "app.kmig-new").write_text("half")
    files.restore("app")
    assert not list(tmp_path.glob("*.kmig-*"))


def test_a_link_stays_a_link(files: LocalClientFiles, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("app")
    files.replace("current", "target")
    assert ((tmp_path / "current").is_symlink(), (tmp_path / "app").read_text()) == (True, "target")
    files.restore("current")
    assert ((tmp_path / "current").is_symlink(), (tmp_path / "app").read_text()) == (True, "source")


@needs_root
def test_whoever_reads_the_file_reads_it_after_the_switch_and_after_the_way_back(
    files: LocalClientFiles, tmp_path: Path
) -> None:
    """The new content comes from a file of the operator's own, which the client's user may not read."""
    app, wanted = tmp_path / "app", (0o640, *OTHERS)
    (tmp_path / "target").chmod(0o600)
    os.chown(app, *OTHERS)
    files.replace("app", "target")
    switched = app.stat()
    files.restore("app")
    for found in (switched, app.stat()):
        assert (found.st_mode & 0o777, found.st_uid, found.st_gid) == wanted


@needs_root
@pytest.mark.parametrize(
    ("mode", "group_too", "says"),
    [
        (0o640, True, ""),
        (0o600, True, "uid 4711, gid 4712"),
        (0o640, False, "uid 4711, gid 4712"),
        (0o644, False, ""),  # everybody may read it, and so its client
        (0o604, True, ""),
    ],
)
def test_without_the_right_to_give_it_away_a_reader_is_enough(
    files: LocalClientFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: int,
    group_too: bool,
    says: str,
) -> None:
    app, real = tmp_path / "app", os.fchown
    os.chown(app, *OTHERS)
    app.chmod(mode)

    def fchown(handle: int, uid: int, gid: int) -> None:
        if uid != -1 or not group_too:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        real(handle, uid, gid)

    monkeypatch.setattr(os, "fchown", fchown)
    if says:
        with pytest.raises(StepFailed, match=says):
            files.replace("app", "target")
        assert app.read_text() == "source"
        assert not list(tmp_path.glob("*.kmig-*"))
    else:
        files.replace("app", "target")
        assert app.read_text() == "target"
        assert (app.stat().st_gid == OTHERS[1]) is group_too


def test_put_once_more_it_does_not_take_the_place_of_what_was_kept_first(
    files: LocalClientFiles, tmp_path: Path
) -> None:
    """Its target file was wrong, the clients did not start, somebody mended it: the source's file comes back."""
    step = PointClients(because="test", workload="app", path="app", by="target")
    here = world(tmp_path, [])
    sites = replace(here.sites(), opened=MovingPorts(here.source, here.copy, here.hooks, files))
    step = step.aim(sites).apply(sites)
    (tmp_path / "target").write_text("mended")
    assert not step.present(sites)
    step = step.apply(sites)
    assert (tmp_path / "app").read_text() == "mended"
    step.guard_undo(sites)
    step.undo(sites)
    assert (tmp_path / "app").read_text() == "source"
