"""A job that a scheduler starts: no hook runs for it, it is waited for, and its file is replaced in between."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import KmigError, Refused
from migrate.steps import SwitchClients
from tests.estate import people
from tests.execute import moving
from tests.execute.moving import cut_over, opened, roll_back, world
from tests.execute.test_moving_crash import everywhere, to_the_gate
from tests.fakes.memory_moving import MemoryHooks

ORIGINAL = moving.PEOPLE
FILE = {"path": "old.properties", "target": "old.target"}


@pytest.fixture(autouse=True)
def a_batch_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    raw: list[dict[str, Any]] = [
        w.model_dump(mode="json", exclude_defaults=True) for w in moving.PEOPLE.workloads
    ]
    for entry in raw:
        if entry["name"] == "old":
            entry["switch"] = {"batch": "nightly at 01:00 UTC", "file": FILE}
    monkeypatch.setattr(moving, "PEOPLE", people(*raw))
    monkeypatch.setattr(
        moving, "POLICY", {"quiet_seconds": 0.1, "watch_seconds": 1, "stop_seconds": 1}
    )


def resting(folder: Path) -> Path:
    """The job does not run now."""
    here = world(folder, [])
    here.source.member_set.pop("old", None)
    here.durable()
    return folder


def test_it_is_pointed_at_the_target_and_no_hook_runs_for_it(tmp_path: Path) -> None:
    cut_over(resting(tmp_path), [])
    here = world(tmp_path, [])
    assert "old.properties" in here.files.replacements
    assert here.target.commits["old"]["seen", 0][0] > 0
    switched = [step.workload for _, step in opened(tmp_path, []).journal.standing(SwitchClients)]
    assert "old" not in switched
    assert {"till", "ledger"} <= set(switched)


def test_while_it_runs_the_cutover_waits_and_then_says_who_is_there(tmp_path: Path) -> None:
    with pytest.raises(KmigError, match="1 member in group old"):
        cut_over(tmp_path, [])
    here = world(tmp_path, [])
    assert "old.properties" not in here.files.replacements
    assert not any("old" in str(acl) and acl.permission == "DENY" for acl in here.source.acl_set)
    cut_over(resting(tmp_path), [])


def test_a_rollback_gives_its_file_and_its_commit_back(tmp_path: Path) -> None:
    before = resting(tmp_path)
    kept = world(before, []).source.commits["old"].copy()
    to_the_gate(tmp_path, [])
    roll_back(tmp_path, [])
    here = world(tmp_path, [])
    assert "old.properties" not in here.files.replacements
    assert here.source.commits["old"] == kept


def test_cutover_ends_the_same_wherever_it_was_killed(tmp_path: Path, a_third: Any) -> None:
    def prepared(folder: Path, _: list[int]) -> None:
        resting(folder)

    everywhere(tmp_path, (prepared,), cut_over, 60, a_third)


@pytest.mark.parametrize("hook", [("start", "ledger"), ("start", "old")])
def test_clients_that_a_hook_stopped_are_no_batch_job_before_it_started_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: tuple[str, str]
) -> None:
    def interrupted(self: MemoryHooks, command: Sequence[str], *_: object) -> None:
        if tuple(command) == hook:
            raise KeyboardInterrupt
        self.effect(command, {})

    job = moving.PEOPLE
    monkeypatch.setattr(moving, "PEOPLE", ORIGINAL)
    run = MemoryHooks.run
    monkeypatch.setattr(MemoryHooks, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cut_over(tmp_path, [])
    monkeypatch.setattr(MemoryHooks, "run", run)
    monkeypatch.setattr(moving, "PEOPLE", job)
    with pytest.raises(Refused, match="old is a batch job now, but its stop hook has run"):
        cut_over(tmp_path, [])
    monkeypatch.setattr(moving, "PEOPLE", ORIGINAL)
    cut_over(tmp_path, [])
    monkeypatch.setattr(moving, "PEOPLE", job)
    cut_over(tmp_path, [])  # started by its hook: nothing is left to refuse
    assert world(tmp_path, []).target.member_set["old"] == "old"
