"""One wave of live clients, killed wherever state is written: back, over, rotated, closed, every record counted."""

import re
import signal
import time

from migrate.adapters.clock import SystemClock
from migrate.folder import Folder
from migrate.journal.pauses import pauses
from migrate.model.own_files import SECRETS
from migrate.steps.settle import settle
from tests.estate import acls
from tests.moving.arena import Moving

KILLED = -signal.SIGKILL

BACK = (
    ("after", "undoing", "fence_copier"),
    ("before", "undone", "create_acls topic fence"),
    ("after", "undoing", "start_clients"),
    ("after", "undoing", "commit_offsets ledger"),
)
OVER = (
    ("after", "started", "stop_clients history"),
    ("before", "done", "create_acls consumer group fence"),
    ("after", "started", "commit_offsets history"),
    ("before", "done", "commit_offsets ledger"),
    ("after", "started", "start_clients ledger"),
    ("after", "done", "freeze_topics"),
    ("before", "done", "fence_copier"),
    ("before", "done", "open_write_gate"),
    ("after", "started", "start_clients till"),
    ("before", "done", "pause_copy"),
    ("after", "started", "end_copy"),
)
ROTATED = (
    ("after", "started", "overlap_credential"),
    ("before", "done", "deliver_secret"),
    ("after", "started", "revoke_credential"),
)


def killed(wave: Moving, point: tuple[str, str, str], command: str) -> None:
    ran = wave.driven("killed_kmig.py", *point, command, "1", "--yes")
    assert ran.code == KILLED, f"{point}: {ran.err}"


def test_preflight_passes_and_names_what_a_cutover_would_meet_too_late(wave: Moving) -> None:
    """On real clusters: each of these is found by a cutover behind its first stop."""
    ready = " ".join(wave.must("verify", "preflight", "--wave", "1", code=3).out.split())
    assert "unknown: 27 of 29 checks" in ready
    assert "2 producer ids wrote within 10 s, 1 attributed: till" in ready
    assert "till, ledger, history: never tried from where its clients run" in ready
    source, target = wave.arena.source, wave.arena.target
    source.writer.commit_offsets("newcomer", {("tiny.paid", 0): (1, "")})
    target.writer.commit_offsets("history", {("tiny.paid", 0): (1, "")})
    stray = acls("ALLOW WRITE on topic tiny.paid to User:stray")
    early = acls("ALLOW WRITE on topic tiny.paid to User:till")
    source.writer.create_acls(stray)
    target.writer.create_acls(early)
    settle(SystemClock(), "the ACLs", lambda: source.reader.acls().issuperset(stray))
    settle(SystemClock(), "the ACL", lambda: target.reader.acls().issuperset(early))
    said = " ".join(wave.must("verify", "preflight", "--wave", "1", code=1).out.split())
    assert "group newcomer reads tiny.paid, and moves with no wave up to this one" in said
    assert "group history has committed 1 on tiny.paid-0 of the target, and kmig has not" in said
    assert "User:stray may write to tiny.paid, and no workload up to this wave says so" in said
    assert "User:till may write to tiny.paid on the target already" in said
    source.writer.delete_acls(stray)
    target.writer.delete_acls(early)
    source.writer.delete_offsets("newcomer", [("tiny.paid", 0)])
    target.writer.delete_offsets("history", [("tiny.paid", 0)])
    settle(SystemClock(), "no ACL", lambda: not target.reader.acls().intersection(early))
    settle(SystemClock(), "no ACL", lambda: not source.reader.acls().intersection(stray))
    wave.must("verify", "preflight", "--wave", "1", code=3)


def test_rolled_back_after_consumers_ran_on_target(wave: Moving) -> None:
    killed(wave, ("before", "started", "open_write_gate"), "cutover")
    revoked = acls("DENY WRITE on topic tiny.paid to User:till from 10.9.9.9")
    source = wave.arena.source
    source.writer.create_acls(revoked)
    settle(SystemClock(), "the DENY", lambda: source.reader.acls().issuperset(revoked))
    said = wave.must("cutover", "1", "--yes", code=4).err
    assert f"the source has {revoked[0]}, the target does not" in said
    source.writer.delete_acls(revoked)
    time.sleep(2)  # the groups read on target
    for point in BACK:
        killed(wave, point, "rollback")
    assert "of cutover undone" in wave.must("rollback", "1", "--yes").out
    assert not [a for a in wave.arena.source.reader.acls() if a.permission == "DENY"]


def test_killed_at_many_points_of_a_cutover(wave: Moving) -> None:
    for point in OVER:
        killed(wave, point, "cutover")
    wave.must("cutover", "1", "--yes")
    wave.must("verify")
    wave.must("audit", "--check")
    assert pauses(Folder(wave.folder).journal().journal, 1).writes is not None


def test_past_the_point_of_no_return_rollback_refuses(wave: Moving) -> None:
    wave.must("cutover", "1", "--yes")
    assert "point of no return" in wave.must("rollback", "1", "--yes", code=4).err


def test_a_rotation_killed_and_taken_up_again(wave: Moving) -> None:
    wave.must("cutover", "1", "--yes")
    for point in ROTATED:
        killed(wave, point, "rotate")
    assert "proven" in wave.must("rotate", "1", "--yes").out
    assert wave.must("status").out.count("proven") == 1
    users = wave.arena.target.reader.scram_credentials()
    assert [c.mechanism for c in users if c.user == "ledger"] == ["SCRAM-SHA-512"]
    assert [path.name for path in (wave.folder / SECRETS).iterdir()] == [".gitignore"]


def test_the_drill_table_where_sessions_are_bounded(wave: Moving) -> None:
    ran = wave.must("rotate", "1", "--drill", "--yes")
    cells = (re.split(r"  +", line) for line in ran.out.splitlines())
    rows = {case: rest[:2] for case, *rest in cells}
    assert rows["normal"] == ["proven", "proven"]
    assert rows["old credential left alive"] == ["alive", "alive"]
    assert rows["wrong old secret"] == ["refused", "refused"]
    left = wave.arena.target.reader.scram_credentials()
    assert not [c for c in left if c.user.startswith("kmig-")]
    assert [path.name for path in (wave.folder / SECRETS).iterdir()] == [".gitignore"]


def test_closed_and_not_a_record_missing(wave: Moving) -> None:
    wave.must("cutover", "1", "--yes")
    wave.must("close", "1", "--yes")
    fences = [a for a in wave.arena.source.reader.acls() if a.permission == "DENY"]
    assert len(fences) == 4
    copier = [a for a in wave.arena.target.reader.acls() if a.resource_name.startswith("tiny")]
    assert not [a for a in copier if a.principal == "User:copier"]
    wave.clean()
