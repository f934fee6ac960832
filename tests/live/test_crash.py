"""Promise 8 on real clusters: kill -9 at ten points of `apply`, then the same command again: the same end."""

import json
import subprocess
import sys
import time
from pathlib import Path

from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.folder import Folder
from migrate.rehearse.estate import KMIG, KMIG_MECHANISM
from migrate.rehearse.lab.local.process import Process
from migrate.rehearse.setup import Rehearsal
from tests.live.conftest import Migration, Side

ROOT = Path(__file__).parents[2]
POINTS = (2, 3, 6, 4, 9, 13, 7, 5, 4, 2)
"""Journal lines and writes that each run gets to before it is killed; the next one goes on from there."""


def die(migration: Migration, point: int, *arguments: str) -> int:
    command = [sys.executable, "-m", "tests.live.dying_kmig", str(point)]
    ran = subprocess.run(
        [*command, "-C", str(migration.folder), *arguments],
        cwd=ROOT,
        env=migration.environ,
        capture_output=True,
        check=False,
    )
    return ran.returncode


def back(target: Side, stage: Rehearsal) -> None:
    """The broker again; tests before this one deleted users, and it may have forgotten kmig (test_kafka_defects)."""
    target.cluster.servers[0] = target.cluster.launch(1)
    target.cluster.wait_ready()
    target.wire.close()
    password = stage.passwords.by_name[f"{KMIG}-{target.cluster.spec.name}"]
    target.writer.set_password(KMIG, KMIG_MECHANISM, password)


def test_apply_killed_ten_times_ends_as_if_it_never_was(planned: Migration, target: Side) -> None:
    planned.must("apply", "1", "--yes")
    wanted = target.state()
    planned.must("rollback", "1", "--yes")
    for point in POINTS:
        assert die(planned, point, "apply", "1", "--yes") == -9
    assert "wave 1 prepared" in planned.must("apply", "1", "--yes").out
    assert target.state() == wanted
    assert Folder(planned.folder).journal().fault is None
    planned.must("verify", "acls")
    planned.must("audit", "--check")


def test_rollback_ends_the_same_after_a_kill(planned: Migration, target: Side) -> None:
    before = target.state()
    planned.must("apply", "1", "--yes")
    for point in (4, 9, 14):
        assert die(planned, point, "rollback", "1", "--yes") == -9
    planned.must("rollback", "1", "--yes")
    assert target.state() == before


def test_a_torn_journal_resumes(planned: Migration, target: Side) -> None:
    assert die(planned, 9, "apply", "1", "--yes") == -9
    journal = planned.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-25])
    assert "torn" in planned.must("status").err
    planned.must("apply", "1", "--yes")
    assert "set aside a torn last line" in planned.must("audit").out
    planned.must("verify", "acls")


def test_a_broker_that_dies_in_the_middle(
    planned: Migration, target: Side, stage: Rehearsal
) -> None:
    """One of three brokers of the target is killed between two steps; kmig ends, and resumes when it is back."""
    killer = ROOT / "tests" / "live" / "broker_killing_kmig.py"
    victim = target.cluster.servers[0]
    assert isinstance(victim, Process)
    command = [sys.executable, str(killer), str(victim.pid), "9", "-C", str(planned.folder)]
    ran = subprocess.run(
        [*command, "apply", "1", "--yes"],
        cwd=ROOT,
        env=planned.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        assert not victim.alive
        assert ran.returncode in (1, 3), ran.stderr
        assert "error:" in ran.stderr
        assert "Traceback" not in ran.stderr
    finally:
        back(target, stage)
    planned.must("apply", "1", "--yes")
    planned.must("verify", "acls")


def test_a_broker_that_is_down_leaves_apply_saying_so_and_verify_unknown(
    planned: Migration, target: Side, stage: Rehearsal
) -> None:
    victim = target.cluster.servers[0]
    victim.kill()
    target.wire.close()
    try:
        deadline = time.monotonic() + 30
        while 1 not in absent(target):
            assert time.monotonic() < deadline, "the controller never fenced it"
            time.sleep(0.2)
        ran = planned.must("-o", "json", "apply", "1", "--yes")
        assert "not proven on broker 1 of the target, which is down" in ran.err
        assert json.loads(ran.out)["not_proven_on"] == [1]
        told = planned.must("verify", "acls", code=3).said
        assert "brokers 1 of the target are down and cannot be asked" in told
    finally:
        back(target, stage)
    planned.must("verify", "acls")


def absent(target: Side) -> tuple[int, ...]:
    """Asked of a broker that is there."""
    cluster = target.cluster
    wire = Wire("target", cluster.admin_addresses[1:], cluster.admin_login)
    try:
        return KafkaReader(wire).absent_brokers()
    finally:
        wire.close()
