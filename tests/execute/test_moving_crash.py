"""Promise 8 for the later stages: SIGKILL at every point of `cutover`, `rollback`, `rotate` and `close`, in memory.

The process is really killed: before a line is durable, after it, and between two writes of one step.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from migrate.steps import CommitOffsets, OpenWriteGate, RevokeCredential
from tests.execute import moving
from tests.execute.moving import closed, cut_over, opened, roll_back, rotated, world
from tests.execute.test_crash import killed, points

Command = Callable[[Path, list[int]], None]


@pytest.fixture(autouse=True)
def no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed process wrote outlives it without fsync; a thousand of them take a third of the time."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def state(folder: Path) -> object:
    """What both sides and the clients hold; which hooks ran how often is the hooks' own affair."""
    here = world(folder, [])
    scram = sorted(here.target.scram)
    return (
        here.source.acl_set,
        here.target.acl_set,
        here.source.commits,
        {g: c for g, c in here.target.commits.items() if c},
        here.source.member_set,
        here.target.member_set,
        here.target.topic_set,
        {n: c.state for n, c in here.copy.connectors.items()},
        here.files.replacements,
        here.files.before,
        scram,
        sorted(here.secrets.values),
    )


def fresh(folder: Path) -> Path:
    folder.mkdir()
    return folder


def to_the_gate(folder: Path, countdown: list[int]) -> None:
    """A cutover that stops before its point of no return."""

    def refuse(self: OpenWriteGate, sites: object) -> OpenWriteGate:
        raise KeyboardInterrupt

    kept, OpenWriteGate.aim = OpenWriteGate.aim, refuse  # type: ignore[method-assign]
    try:
        cut_over(folder, countdown)
    except KeyboardInterrupt:
        pass
    finally:
        OpenWriteGate.aim = kept  # type: ignore[method-assign]


def all_of(total: int) -> Iterable[int]:
    return range(1, total + 1)


def everywhere(
    tmp_path: Path,
    before: tuple[Command, ...],
    command: Command,
    least: int,
    chosen: Callable[[int], Iterable[int]] = all_of,
) -> None:
    """Killed at each of its points and typed again, the command ends as if it had never been killed."""
    ready = fresh(tmp_path / "ready")
    for one in before:
        one(ready, [])
    whole = shutil.copytree(ready, tmp_path / "whole")
    total = points(command, whole)
    expected, answered = state(whole), ended(whole)
    assert total > least
    for point in chosen(total):
        folder = shutil.copytree(ready, tmp_path / str(point))
        assert killed(command, folder, point)
        command(folder, [])
        assert state(folder) == expected, f"killed at point {point}"
        assert ended(folder) == answered, f"killed at point {point}"


def ended(folder: Path) -> set[tuple[str, str]]:
    """Which steps were made or undone, and which gates were answered, as the journal says."""
    entries = opened(folder, []).journal.entries
    return {(e.event, e.key) for e in entries if e.event in ("done", "undone")}


def test_cutover_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    everywhere(tmp_path, (), cut_over, 80)


def test_rollback_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    everywhere(tmp_path, (to_the_gate,), roll_back, 40)


@pytest.mark.parametrize("owned", [("paid",), ()], ids=["a topic stays", "consumers only"])
def test_whatever_part_of_the_topics_stays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owned: tuple[str, ...],
    a_third: Callable[[int], Iterable[int]],
) -> None:
    """The copy of `seen`, or of both, goes on: groups are placed while it runs, and it rests when topics leave."""
    wave, workloads = moving.owning(*owned)
    monkeypatch.setattr(moving, "WAVE", wave)
    monkeypatch.setattr(moving, "PEOPLE", workloads)
    everywhere(fresh(tmp_path / "over"), (), cut_over, 40, a_third)
    done = opened(tmp_path / "over" / "whole", []).journal.entries
    keys = [e.key for e in done if e.event == "done"]
    passed, placed = keys.index("await_passed consumers"), keys.index("commit_offsets old")
    assert passed < placed < keys.index("start_clients old")
    if owned:
        fenced, opened_at = keys.index("fence_copier"), keys.index("open_write_gate")
        assert fenced < opened_at < keys.index("pause_copy") < keys.index("resume_copy")
    else:
        assert "pause_copy" not in keys
    assert ("freeze_topics" in keys) == ("open_write_gate" in keys) == bool(owned)
    back = to_the_gate if owned else cut_over
    everywhere(fresh(tmp_path / "back"), (back,), roll_back, 20, a_third)
    before, after = world(fresh(tmp_path / "new"), []), world(tmp_path / "back" / "whole", [])
    assert after.source.acl_set == before.source.acl_set
    assert [c.state for c in after.copy.connectors.values()] == ["RUNNING"]


def test_rotate_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    everywhere(tmp_path, (cut_over,), rotated, 20)
    journal = opened(tmp_path / "whole", []).journal
    proofs = [
        e.step
        for e in journal.entries
        if isinstance(e.step, RevokeCredential) and e.event == "done"
    ]
    assert [p.verdict for p in proofs] == ["proven"]


def test_close_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    everywhere(tmp_path, (cut_over,), closed, 10)
    assert world(tmp_path / "whole", []).files.before == set()


def test_a_rollback_brings_back_what_was_there_with_what_was_read_since(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "one")
    world(folder, []).durable()
    before = world(folder, [])
    to_the_gate(folder, [])
    roll_back(folder, [])
    after = world(folder, [])
    assert after.source.acl_set == before.source.acl_set
    assert after.target.acl_set == before.target.acl_set
    assert after.source.member_set == before.source.member_set
    # `old` has read everything on target, and the source's commit says so; `ledger` had nothing left to read
    assert {g: dict(c) for g, c in after.source.commits.items()} == {
        "ledger": {("paid", 0): (79, "kept")},
        "old": {("seen", 0): (49, "")},
    }
    assert not any(after.target.commits.values())
    assert after.files.replacements == {}


def test_a_rollback_after_a_kill_at_any_point_before_the_gate_brings_everything_back(
    tmp_path: Path, a_third: Callable[[int], Iterable[int]]
) -> None:
    counted = fresh(tmp_path / "counted")
    total = points(to_the_gate, counted)
    before = world(fresh(tmp_path / "before"), [])
    assert total > 60
    for point in a_third(total):
        folder = fresh(tmp_path / str(point))
        world(folder, []).durable()
        assert killed(to_the_gate, folder, point)
        roll_back(folder, [])
        after = world(folder, [])
        where = f"killed at point {point}"
        assert after.source.acl_set == before.source.acl_set, where
        assert after.target.acl_set == before.target.acl_set, where
        assert after.source.member_set == before.source.member_set, where
        assert after.target.member_set == {}, where
        assert not any(after.target.commits.values()), where
        assert after.files.replacements == {}, where
        assert [c.state for c in after.copy.connectors.values()] == ["RUNNING"], where
        read = {g: next(iter(c.values()))[0] for g, c in after.source.commits.items()}
        # where they stood, or after what they have read on target since
        assert read["ledger"] == 79, where
        assert read["old"] in (12, 49), where


def test_a_partition_of_which_nothing_was_read_keeps_its_place(tmp_path: Path) -> None:
    """Where records expired before they were copied, a place on the target has several on the way back."""
    folder = fresh(tmp_path / "one")
    here = world(folder, [])
    here.source.logs["paid", 0] = here.source.logs["paid", 0][30:]
    here.source.begins["paid", 0] = 60
    here.source.commits["old"] = {("seen", 0): (12, ""), ("paid", 0): (50, "kept")}
    here.durable()
    to_the_gate(folder, [])
    here = world(folder, [])
    stands = next(
        t.target
        for e in opened(folder, []).journal.entries
        if isinstance(e.step, CommitOffsets) and e.event == "done" and e.step.group == "old"
        for t in e.step.translations
        if t.topic == "paid"
    )
    here.target.commits["old"]["paid", 0] = (stands or 0, "")
    here.durable()
    roll_back(folder, [])
    assert world(folder, []).source.commits["old"] == {
        ("seen", 0): (49, ""),
        ("paid", 0): (50, "kept"),
    }
