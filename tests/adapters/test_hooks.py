"""Hooks as processes: at once, each over by itself, and none left behind."""

import os
import time
from pathlib import Path

import pytest

from migrate.adapters.hooks import CommandHooks
from migrate.errors import StepFailed
from migrate.ports.moving import HookCall


def shell(text: str, seconds: float = 20.0, **facts: str) -> HookCall:
    return HookCall(("sh", "-c", text), facts, seconds)


def hooks(folder: Path) -> CommandHooks:
    return CommandHooks(folder, {"PATH": os.environ["PATH"]})


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def pid_in(file: Path) -> int:
    deadline = time.monotonic() + 10
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(file.read_text())


def test_two_that_wait_for_each_other_both_end(tmp_path: Path) -> None:
    """One after the other they would not."""
    meet = "touch {0}; while [ ! -e {1} ]; do sleep 0.01; done"
    calls = [shell(meet.format("a", "b")), shell(meet.format("b", "a"))]
    assert sorted(hooks(tmp_path).run_all(calls, 8), key=lambda one: one[0]) == [
        (0, None),
        (1, None),
    ]


def test_two_that_wait_for_each_other_end_in_their_time_where_one_runs_at_a_time(
    tmp_path: Path,
) -> None:
    meet = "touch {0}; while [ ! -e {1} ]; do sleep 0.01; done"
    calls = [shell(meet.format("a", "b"), 0.3), shell(meet.format("b", "a"), 0.3)]
    ended = dict(hooks(tmp_path).run_all(calls, 1))
    assert "did not finish within 0 s and was killed: no output" in str(ended[0])
    assert "was not run: another one failed before it" in str(ended[1])
    assert not (tmp_path / "b").exists()


def test_one_that_fails_lets_the_others_end_and_begins_none(tmp_path: Path) -> None:
    calls = [
        shell("echo no; exit 3"),
        shell("sleep 0.4; touch finished"),
        shell("touch never"),
    ]
    ended = dict(hooks(tmp_path).run_all(calls, 2))
    assert "failed with exit code 3: no" in str(ended[0])
    assert ended[1] is None
    assert "was not run" in str(ended[2])
    assert (tmp_path / "finished").exists()
    assert not (tmp_path / "never").exists()


def test_one_that_hangs_is_killed_with_all_that_it_began_and_quoted(tmp_path: Path) -> None:
    call = shell("sleep 60 & echo $! >pid; echo 'waiting for the database'; wait", 0.5)
    with pytest.raises(StepFailed, match="was killed: waiting for the database"):
        hooks(tmp_path).run(call.command, call.facts, call.seconds)
    assert not alive(pid_in(tmp_path / "pid"))


def test_clients_that_a_hook_leaves_behind_do_not_hold_it_up(tmp_path: Path) -> None:
    began = time.monotonic()
    call = shell("sleep 30 & echo $! >pid")
    hooks(tmp_path).run(call.command, call.facts, call.seconds)
    assert time.monotonic() - began < 10
    pid = pid_in(tmp_path / "pid")
    assert alive(pid)
    os.kill(pid, 9)


def test_whoever_stops_looking_ends_them_all(tmp_path: Path) -> None:
    calls = [shell("true"), shell("echo $$ >pid; sleep 60")]
    running = hooks(tmp_path).run_all(calls, 8)
    assert next(running) == (0, None)
    pid = pid_in(tmp_path / "pid")
    running.close()  # type: ignore[attr-defined]
    assert not alive(pid)


def test_each_is_told_its_own_facts(tmp_path: Path) -> None:
    calls = [shell("echo $WHO >$WHO", WHO=who) for who in ("a", "b")]
    assert all(failed is None for _, failed in hooks(tmp_path).run_all(calls, 8))
    assert [(tmp_path / who).read_text() for who in ("a", "b")] == ["a\n", "b\n"]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("echo stopping; echo state: wiped; echo bye", ""),
        ("echo state: wiped later", "exited with 0 and did not print `state: wiped`: state: wiped"),
        ("true", "exited with 0 and did not print `state: wiped`: no output"),
        ("echo state: wiped; exit 3", "failed with exit code 3: state: wiped"),
    ],
)
def test_a_hook_that_must_say_something_has_failed_without_that_line(
    text: str, ends: str, tmp_path: Path
) -> None:
    call = HookCall(("sh", "-c", text), {}, 20.0, says="state: wiped")
    ((_, failed),) = hooks(tmp_path).run_all([call], 1)
    assert ends in str(failed or "")
    assert bool(failed) is bool(ends)
