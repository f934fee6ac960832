"""What goes wrong in one cutover after another: a clear message, the right exit code, a way back, and then it moves.

All on one wave: at its end every record is counted over all of it.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from confluent_kafka import Producer

from migrate.errors import KmigError
from migrate.folder import Folder
from migrate.rehearse.lab.live_clients import configured
from migrate.steps import CommitOffsets
from tests.estate import acls
from tests.moving.arena import Moving

STOP = "stop: [./switch, stop, ledger]"
POLICY = "quiet_seconds: 0.5"


def replanned(moving: Moving, *edits: tuple[str, str, str]) -> None:
    for name, old, new in edits:
        moving.edit(name, old, new)
    moving.must("plan")


@pytest.fixture
def hook(wave: Moving, request: pytest.FixtureRequest) -> Iterator[str]:
    """Another stop hook of ledger, until the cutover that it spoils was rolled back."""
    replanned(wave, ("workloads.yaml", STOP, f"stop: {request.param}"))
    yield request.param
    wave.must("rollback", "1", "--yes")
    replanned(wave, ("workloads.yaml", f"stop: {request.param}", STOP))


@pytest.fixture(scope="module", autouse=True)
def impatient(wave: Moving) -> None:
    replanned(
        wave,
        ("kmig.yaml", POLICY, f"{POLICY}\n  stop_seconds: 3.0\n  transaction_seconds: 3.0"),
    )


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("[sh, -c, 'echo out of order; exit 7']", "failed with exit code 7: out of order"),
        ("['true']", "1 member in group ledger (ledger@source on"),
    ],
    indirect=["hook"],
)
def test_a_hook_that_fails_is_quoted_and_one_that_does_nothing_found_out(
    wave: Moving, hook: str, said: str
) -> None:
    assert hook
    assert said in wave.must("cutover", "1", "--yes", code=1).err


def test_a_hook_that_hangs_is_ended_and_the_plan_stays_while_a_cutover_is_under_way(
    wave: Moving,
) -> None:
    edits = (
        ("workloads.yaml", STOP, "stop: [sleep, '60']"),
        ("workloads.yaml", "switch:", "switch:\n      seconds: 1.0"),
    )
    replanned(wave, *edits)
    assert "did not finish within 1 s" in wave.must("cutover", "1", "--yes", code=1).err
    replanned(wave, *((name, new, old) for name, old, new in edits))
    assert "the plan changed after" in wave.must("cutover", "1", "--yes", code=4).err
    wave.must("rollback", "1", "--yes")


@contextmanager
def committing_alone(moving: Moving) -> Iterator[None]:
    """A consumer that assigns partitions itself: a member of nothing, and commits."""
    done = threading.Event()

    def commit() -> None:
        offset = 0
        while not done.wait(0.1):
            offset += 1
            with suppress(KmigError):  # refused while the group has members
                both = {("tiny.seen", p): (offset, "") for p in range(2)}
                moving.arena.source.writer.commit_offsets("ledger", both)

    thread = threading.Thread(target=commit)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_consumer_that_assigns_partitions_itself_is_seen_by_its_commits(wave: Moving) -> None:
    with committing_alone(wave):
        said = wave.must("cutover", "1", "--yes", code=1).err
    wave.must("rollback", "1", "--yes")
    # by the first reading of the commits that finds it so
    assert "a group without members still commits" in said or "while kmig translated" in said


def test_a_target_group_that_has_moved_on_is_refused_before_anybody_is_stopped(
    wave: Moving,
) -> None:
    writer = wave.arena.target.writer
    writer.commit_offsets("ledger", {("tiny.paid", 0): (999_999, "")})
    ran = wave.must("cutover", "1", "--yes", code=4)
    assert "group ledger has committed 999999 on tiny.paid-0 of the target" in ran.err
    assert "stop ledger on source   " not in ran.err
    writer.delete_offsets("ledger", [("tiny.paid", 0)])


def test_a_stray_super_user_is_named_with_its_records(wave: Moving) -> None:
    wave.driven("killed_kmig.py", "after", "done", "freeze_topics", "cutover", "1", "--yes")
    end = wave.arena.source.reader.ends(["tiny.seen"])["tiny.seen", 0].end
    wave.arena.source.write("tiny.seen", 7)
    ran = wave.must("cutover", "1", "--yes", code=1)
    assert f"tiny.seen-0 offsets {end} to {end + 6} (7 records)" in ran.err
    assert "written to the source after the fence" in ran.err
    wave.must("rollback", "1", "--yes")


def test_a_failed_task_says_why_and_replicate_starts_it_anew(wave: Moving) -> None:
    target = wave.arena.target
    copiers = {a for a in target.reader.acls() if a.principal == "User:copier"}
    lost = [a for a in copiers if a.resource_name.startswith("tiny")]
    target.writer.delete_acls(lost)
    deadline = time.monotonic() + 60
    while "failed: Caused by" not in (ran := wave.kmig("replicate", "1", "--status")).err:
        assert time.monotonic() < deadline, ran.err
    assert "Caused by: " in ran.err, ran.err
    assert "Authoriz" in ran.err, ran.err
    assert (
        "mend its cause, then run kmig replicate" in wave.must("cutover", "1", "--yes", code=1).err
    )
    target.writer.create_acls(lost)
    wave.must("replicate", "1", "--yes")
    wave.wait_ready()


def test_an_open_transaction_at_the_fence_is_named_and_the_same_command_goes_on(
    wave: Moving,
) -> None:
    config = configured(wave.folder / "clients" / "till.properties", wave.folder)
    producer = Producer({**config, "transactional.id": "till-late"})
    late = acls("ALLOW WRITE on transactional_id till-late to User:till")
    wave.arena.source.writer.create_acls(late)
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce("tiny.paid", b"late/1", partition=0)
    producer.flush(10)
    ran = wave.must("cutover", "1", "--yes", code=1)
    assert "transactions on the source to end: tiny.paid-0: producer" in ran.err
    producer.abort_transaction(20)
    ran = wave.must("cutover", "1", "--yes")
    assert "[writes paused" in ran.err
    assert wave.kmig("cutover", "1", "--yes").code == 0


def test_after_all_of_it_not_a_record_is_missing(wave: Moving) -> None:
    wave.must("cutover", "1", "--yes")
    made = [
        (e.step.group, t)
        for e in Folder(wave.folder).journal().journal.entries
        if e.event == "done" and isinstance(e.step, CommitOffsets)
        for t in e.step.translations
    ]
    paid = [t.source - t.target for g, t in made if g == "ledger" and t.topic == "tiny.paid"]  # type: ignore[operator]
    assert min(paid) >= 1_000
    assert sum(t.lag for g, t in made if g == "history") >= 5_000
    assert wave.clean().records > 10_000
    report = json.loads((wave.folder / "reports" / "judge.json").read_text())
    assert set(report["pause_seconds"]["1"]) == {"consumers", "writes"}


def test_rotation_with_both_slots_in_use_or_a_wrong_old_secret_changes_nothing(
    wave: Moving,
) -> None:
    wave.must("cutover", "1", "--yes")
    writer, reader = wave.arena.target.writer, wave.arena.target.reader
    before = reader.scram_credentials()
    writer.set_password("ledger", "SCRAM-SHA-512", "somebody else's")
    assert "both mechanisms are in use" in wave.must("rotate", "1", "--yes", code=1).err
    writer.delete_scram("ledger", "SCRAM-SHA-512")
    writer.set_password("ledger", "SCRAM-SHA-256", "changed by hand")
    assert "login refused (58)" in wave.must("rotate", "1", "--yes", code=4).err
    assert reader.scram_credentials() == before
