"""The disk of this machine: what is synced, and what is said when it cannot be."""

import errno
import os
from pathlib import Path

import pytest

from migrate.adapters.local_disk import LOCAL_DISK
from migrate.errors import KmigError
from migrate.folder import Folder

Synced = list[tuple[str, str]]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    """What was synced, in order: a kind and a name; a file that is written has no other name yet."""
    done: Synced = []

    def fsync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        done.append(("folder" if path.is_dir() else "file", path.name))

    monkeypatch.setattr(os, "fsync", fsync)
    return done


def test_a_new_document_is_durable_with_its_name_and_its_folders(
    tmp_path: Path, synced: Synced
) -> None:
    Folder(tmp_path).write("export/target/grants.tf", "grants")
    kinds = [kind for kind, _ in synced]
    assert kinds == ["folder", "folder", "file", "folder"]
    assert [name for _, name in synced][:2] == [tmp_path.name, "export"]
    assert synced[-1] == ("folder", "target")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EINVAL])
def test_a_folder_that_cannot_be_synced_is_left_to_its_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    LOCAL_DISK.sync_folder(tmp_path)


def test_a_name_that_could_not_be_synced_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().is_dir():
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(KmigError, match=r"cannot sync the directory of file .*runbook\.md: Input"):
        Folder(tmp_path).write("runbook.md", "new")
    assert (tmp_path / "runbook.md").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["runbook.md"]


def test_a_write_that_ends_early_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:3]))
    with pytest.raises(OSError, match="No space left"):
        LOCAL_DISK.append(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"con"
