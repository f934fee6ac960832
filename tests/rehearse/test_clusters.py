"""`kmig clusters` before anything is started; what it starts is used by the test of docs/guide.md."""

import socket
from pathlib import Path

import pytest

from migrate.errors import CannotTell, Refused
from migrate.rehearse import clusters
from migrate.rehearse.lab.disposable.ports import HOST, free


def test_a_folder_that_holds_something_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_require_free_ports", lambda: None)
    (tmp_path / "mine").touch()
    with pytest.raises(Refused, match="is not empty"):
        clusters.run(tmp_path, {}, print)


def test_a_port_in_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, free(1)[0]))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(clusters, "FIRST_PORTS", {"source": port})
        with pytest.raises(CannotTell, match=f"{HOST}:{port}") as caught:
            clusters.run(tmp_path / "new", {}, print)
    assert str(port) in caught.value.hint
    assert not (tmp_path / "new").exists()
