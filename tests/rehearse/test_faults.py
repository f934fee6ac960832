"""A fault comes when its step begins, and one that never came is no pass."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.errors import KmigError, StepFailed
from migrate.rehearse import faults
from migrate.rehearse.scenario import Fault


class Server:
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self.done.append("resume")


def rehearsal(folder: Path, server: object) -> Any:
    said: list[str] = []
    target = SimpleNamespace(servers=[server])
    return SimpleNamespace(folder=folder, target=target, say=said.append, said=said, copier=None)


FAULT = Fault(at="commit_offsets", freeze_target_seconds=0.05)


def test_it_comes_when_the_step_begins(tmp_path: Path) -> None:
    server = Server()
    here = rehearsal(tmp_path, server)
    with faults.during(here, FAULT):
        time.sleep(0.1)
        assert server.done == []
        (tmp_path / "journal.jsonl").write_text('{"op":"commit_offsets"}\n')
        time.sleep(0.3)
    assert server.done == ["pause", "resume"]
    assert "frozen for 0 s as a step commit_offsets began" in here.said[0]


def test_one_that_was_shorter_than_it_says_fails(tmp_path: Path) -> None:
    server = Server()
    (tmp_path / "journal.jsonl").write_text('{"op":"commit_offsets"}\n')
    failed = pytest.raises(KmigError, match="ended before the target had been frozen for 60 s")
    long = Fault(at="commit_offsets", freeze_target_seconds=60)
    with failed, faults.during(rehearsal(tmp_path, server), long):
        time.sleep(0.2)
    assert server.done == ["pause", "resume"]


def test_one_that_never_came_fails(tmp_path: Path) -> None:
    server = Server()
    failed = pytest.raises(KmigError, match="no step `commit_offsets` began")
    with failed, faults.during(rehearsal(tmp_path, server), FAULT):
        (tmp_path / "journal.jsonl").write_text('{"op":"create_topic"}\n')
    assert server.done == []


def test_one_that_could_not_be_made_fails(tmp_path: Path) -> None:
    class Stubborn(Server):
        def pause(self) -> None:
            raise StepFailed("Docker could not pause it")

    (tmp_path / "journal.jsonl").write_text('{"op":"commit_offsets"}\n')
    failed = pytest.raises(StepFailed, match="could not pause")
    with failed, faults.during(rehearsal(tmp_path, Stubborn()), FAULT):
        time.sleep(0.2)


def test_a_copier_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KmigError, match="no copier"):
        faults.cut_copier(rehearsal(tmp_path, Server()))
