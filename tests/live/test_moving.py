"""Live clients moved on real clusters: clean, killed, rolled back, and with every fault that must make it red."""

import json
import signal
import time

import httpx
import pytest

from migrate.audit.pauses import pauses
from migrate.documents.store import Folder
from migrate.steps import CommitOffsets
from tests.estate import acls
from tests.live.arena import Moving

KILLED = -signal.SIGKILL


def translations(moving: Moving) -> dict[tuple[str, str, int], tuple[int | None, int | None, int]]:
    """What was committed: source, target and unread records by group and partition."""
    return {
        (e.step.group, t.topic, t.partition): (t.source, t.target, t.lag)
        for e in Folder(moving.folder).journal().journal.entries
        if e.event == "done" and isinstance(e.step, CommitOffsets)
        for t in e.step.translations
    }


def test_a_wave_moves_and_nothing_is_lost_skipped_or_read_twice(moving: Moving) -> None:
    moving.ready()
    ran = moving.must("cutover", "1", "--yes")
    assert "[consumers paused" in ran.err
    assert "writes paused" in ran.err
    moving.must("verify")
    time.sleep(1)
    found = moving.clean()
    assert found.records > 10_000
    made = translations(moving)
    paid = [source - target for (g, _, _), (source, target, _) in made.items() if g == "ledger"]  # type: ignore[operator]
    assert min(paid) >= 1_000
    assert sum(lag for (g, _, _), (_, _, lag) in made.items() if g == "history") >= 5_000
    report = json.loads((moving.folder / "reports" / "judge.json").read_text())
    assert set(report["pause_seconds"]["1"]) == {"consumers", "writes"}
    assert moving.kmig("cutover", "1", "--yes").code == 0


@pytest.mark.parametrize("fault", ["identity", "timestamp", "no-fence", "write-before-drain"])
def test_a_fault_makes_it_red(moving: Moving, fault: str) -> None:
    moving.ready()
    moving.edit("kmig.yaml", "quiet_seconds: 0.5", "quiet_seconds: 0.5\n  start_seconds: 4.0")
    moving.must("plan")
    ran = moving.driven("faulty_kmig.py", fault, "cutover", "1", "--yes")
    time.sleep(1)
    found = moving.judged(6)
    assert ran.code != 0 or not found.clean, ran.err
    if fault in ("identity", "timestamp", "no-fence"):
        assert not found.clean, found.model_dump_json(indent=1)


def test_mirror_makers_own_group_sync_makes_it_red(moving: Moving) -> None:
    syncs = {
        "emit.offset-syncs.enabled": "true",
        "offset-syncs.topic.location": "target",
        "offset-syncs.topic.replication.factor": "1",
    }
    lines = "".join(f"\n    {key}: '{value}'" for key, value in syncs.items())
    moving.edit("kmig.yaml", "tasks.max: '1'", f"tasks.max: '1'{lines}")
    everything = acls(
        "ALLOW ALL on topic * to User:copier",
        "ALLOW ALL on group * to User:copier",
        "ALLOW ALL on cluster kafka-cluster to User:copier",
    )
    for side in (moving.arena.source, moving.arena.target):
        side.writer.create_acls(everything)
    try:
        moving.ready()
        _checkpoint(moving)
        time.sleep(5)
        moving.wait_ready()
        ran = moving.driven("faulty_kmig.py", "mirror-maker", "cutover", "1", "--yes")
        time.sleep(1)
        found = moving.judged(10)
        assert ran.code != 0 or not found.clean
        assert found.duplicated + found.skipped > 0, ran.err
    finally:
        for side in (moving.arena.source, moving.arena.target):
            side.writer.delete_acls(everything)


def syncs_of(config: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in config.items() if k.startswith("offset-syncs")}


def _checkpoint(moving: Moving) -> None:
    assert moving.here.copier is not None
    url = moving.here.copier.url
    name = httpx.get(f"{url}/connectors", timeout=30).json()[0]
    config = httpx.get(f"{url}/connectors/{name}/config", timeout=30).json()
    kept = {k: v for k, v in config.items() if "cluster" in k or "converter" in k or "policy" in k}
    kept |= {
        "connector.class": "org.apache.kafka.connect.mirror.MirrorCheckpointConnector",
        "groups": "ledger,history",
        "tasks.max": "1",
        **syncs_of(config),
        "checkpoints.topic.replication.factor": "1",
        "emit.checkpoints.interval.seconds": "1",
        "refresh.groups.interval.seconds": "1",
        "sync.group.offsets.enabled": "true",
        "sync.group.offsets.interval.seconds": "1",
    }
    httpx.put(f"{url}/connectors/checkpoint/config", json=kept, timeout=30).raise_for_status()


def test_a_stray_super_user_is_named_with_its_records(moving: Moving) -> None:
    moving.ready()
    ran = moving.driven("killed_kmig.py", "after", "done", "freeze_topics", "cutover", "1", "--yes")
    assert ran.code == KILLED
    end = moving.arena.source.reader.ends(["tiny.seen"])["tiny.seen", 0].end
    moving.arena.source.write("tiny.seen", 7)
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert f"tiny.seen-0 offsets {end} to {end + 6} (7 records)" in ran.err
    assert "written to source after the fence" in ran.err


def test_a_stray_write_after_the_switch_is_no_success(moving: Moving) -> None:
    moving.ready()
    driven = moving.driven(
        "killed_kmig.py", "after", "done", "open_write_gate", "cutover", "1", "--yes"
    )
    assert driven.code == KILLED
    moving.arena.source.write("tiny.paid", 3)
    ran = moving.must("cutover", "1", "--yes", code=1)
    assert "tiny.paid-0 offsets" in ran.err
    assert "(3 records)" in ran.err
    assert not moving.judged(10).clean


POINTS = (
    ("after", "started", "stop_clients history"),
    ("before", "done", "create_acls group fence"),
    ("after", "done", "freeze_topics"),
    ("before", "done", "pause_copy"),
    ("after", "started", "commit_offsets history"),
    ("before", "done", "commit_offsets ledger"),
    ("after", "started", "start_clients ledger"),
    ("before", "done", "open_write_gate"),
    ("after", "started", "start_clients till"),
)


def test_killed_at_nine_points_of_one_cutover(moving: Moving) -> None:
    moving.ready()
    for point in POINTS:
        ran = moving.driven("killed_kmig.py", *point, "cutover", "1", "--yes")
        assert ran.code == KILLED, f"{point}: {ran.err}"
    moving.must("cutover", "1", "--yes")
    moving.must("verify")
    moving.must("audit", "--check")
    moving.clean()


def test_rolled_back_after_consumers_ran_on_target_and_moved_again(moving: Moving) -> None:
    moving.ready()
    ran = moving.driven(
        "killed_kmig.py", "before", "started", "open_write_gate", "cutover", "1", "--yes"
    )
    assert ran.code == KILLED
    time.sleep(2)  # the groups read on target
    for point in (
        ("after", "undoing", "start_clients"),
        ("after", "undoing", "commit_offsets ledger"),
        ("before", "undone", "create_acls topic fence"),
    ):
        killed = moving.driven("killed_kmig.py", *point, "rollback", "1", "--yes")
        assert killed.code == KILLED, killed.err
    back = moving.must("rollback", "1", "--yes")
    assert "of cutover undone" in back.out
    assert not [a for a in moving.arena.source.reader.acls() if a.permission == "DENY"]
    time.sleep(1)
    moving.must("cutover", "1", "--yes")
    moving.clean()
    assert pauses(Folder(moving.folder).journal().journal.entries, 1).writes is not None


def test_past_the_point_of_no_return_rollback_refuses(moving: Moving) -> None:
    moving.ready()
    moving.must("cutover", "1", "--yes")
    ran = moving.must("rollback", "1", "--yes", code=4)
    assert "point of no return" in ran.err
    moving.must("close", "1", "--yes")
    fences = [a for a in moving.arena.source.reader.acls() if a.permission == "DENY"]
    assert len(fences) == 4
    copier = [a for a in moving.arena.target.reader.acls() if a.resource_name.startswith("tiny")]
    assert not [a for a in copier if a.principal == "User:copier"]
    moving.clean()


def test_a_rotation_killed_and_taken_up_again(moving: Moving) -> None:
    moving.ready()
    moving.must("cutover", "1", "--yes")
    for point in (
        ("after", "started", "overlap_credential"),
        ("before", "done", "deliver_secret"),
        ("after", "started", "revoke_credential"),
    ):
        ran = moving.driven("killed_kmig.py", *point, "rotate", "1", "--yes")
        assert ran.code == KILLED, ran.err
    ran = moving.must("rotate", "1", "--yes")
    assert "proven" in ran.out
    assert moving.must("status").out.count("proven") == 1
    users = moving.arena.target.reader.scram_credentials()
    assert [c.mechanism for c in users if c.user == "ledger"] == ["SCRAM-SHA-512"]
    assert not [c for c in users if c.user.startswith("kmig-canary")]
    moving.clean()
