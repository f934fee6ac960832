"""Client configuration files: switched and back, and never over what somebody else wrote."""

from pathlib import Path

import pytest

from migrate.adapters.client_files import LocalFiles


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    (tmp_path / "app").write_text("source")
    (tmp_path / "app").chmod(0o640)
    (tmp_path / "target").write_text("target")
    return LocalFiles(tmp_path)


def test_there_and_back(files: LocalFiles, tmp_path: Path) -> None:
    files.replace("app", "target")
    files.replace("app", "target")
    assert files.replaced("app", "target")
    assert files.restorable("app", "target") == ""
    files.restore("app")
    assert (tmp_path / "app").read_text() == "source"
    assert (tmp_path / "app").stat().st_mode & 0o777 == 0o640
    assert files.restorable("app", "target") == "", "it is back already"


def test_what_an_earlier_move_kept_is_not_what_comes_back(
    files: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "app.kmig-before").write_text("two clusters ago")
    files.replace("app", "target")
    files.restore("app")
    assert (tmp_path / "app").read_text() == "source"


def test_an_edit_since_is_not_overwritten(files: LocalFiles, tmp_path: Path) -> None:
    files.replace("app", "target")
    (tmp_path / "app").write_text("an operator's words")
    assert "was changed since" in files.restorable("app", "target")


def test_a_kept_file_that_is_gone_is_said(files: LocalFiles, tmp_path: Path) -> None:
    files.replace("app", "target")
    (tmp_path / "app.kmig-before").unlink()
    assert "what it held before is gone" in files.restorable("app", "target")


def test_killed_before_the_rename_is_no_edit(files: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "app.kmig-before").write_text("source")
    assert files.restorable("app", "target") == ""
