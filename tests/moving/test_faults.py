"""Every fault that must make it red, on a wave of its own: kmig is blind to it, the counting of records is not."""

import signal
import time

import httpx

from migrate.rehearse.records import Judgement
from tests.estate import acls
from tests.moving.arena import Moving

KILLED = -signal.SIGKILL


def faulty(moving: Moving, fault: str) -> Judgement:
    """What is counted when kmig has the fault, and does not notice."""
    moving.ready()
    ran = moving.driven("faulty_kmig.py", fault, "cutover", "1", "--yes")
    assert ran.code == 0, ran.err
    time.sleep(1)
    return moving.judged()


def test_offsets_by_identity_and_by_time_make_it_red(moving: Moving) -> None:
    found = {g.group: g for g in faulty(moving, "offsets").groups}
    assert found["ledger"].skipped.number + found["ledger"].duplicated.number > 0
    assert found["history"].duplicated.number in (3, 6), "three of each partition it has read of"


def test_without_the_fence_records_are_lost(moving: Moving) -> None:
    found = faulty(moving, "no-fence")
    assert found.lost > 0


def test_writing_before_the_drain_makes_it_red(moving: Moving) -> None:
    found = faulty(moving, "write-before-drain")
    assert found.lost + found.reordered > 0


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
        moving.driven("faulty_kmig.py", "mirror-maker", "cutover", "1", "--yes")
        time.sleep(1)
        found = moving.judged()
        assert found.duplicated > 0
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
    assert moving.judged().lost == 3
