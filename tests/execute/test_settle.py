"""Stray writes behind the write gate are settled: found on the target, or given up with the owner's approval."""

from pathlib import Path

import pytest

from migrate.errors import KmigError, Refused, StepFailed
from migrate.execute import later
from migrate.execute.settle import Settled, loss, settle
from migrate.journal import approval
from migrate.journal.progress import next_command
from migrate.model.record import ActiveProducer, VisibleRecord
from tests.execute.moving import World, cut_over, directory, opened, table, world
from tests.execute.test_moving_crash import to_the_gate
from tests.fakes.memory import MemoryCluster

PAID = ("paid", 0)
WHY = "the shop's batch job ran as an administrator"


def strayed(folder: Path, *marks: bytes) -> World:
    """A wave that is cut over, and records that a super user has written to the source since."""
    cut_over(folder, [])
    return stray(folder, *marks)


def stray(folder: Path, *marks: bytes) -> World:
    here = world(folder, [])
    write(here.source, *marks)
    here.durable()
    return here


def write(cluster: MemoryCluster, *marks: bytes) -> None:
    for mark in marks:
        log = cluster.logs[PAID]
        log.append(VisibleRecord(log[-1].offset + 1, mark))


def settled(folder: Path, how: str = "copied") -> Settled:
    return settle(table(folder, []), 1, how, WHY)


def close(folder: Path) -> None:
    later.close(table(folder, []), 1)


def approve(folder: Path, digest: str) -> None:
    journal = opened(folder, [])
    journal.append(event=approval.EVENT, wave=1, key="owner", detail=f"for o; loss {digest}")


def following(folder: Path) -> str:
    made = directory(folder, [])
    return next_command(opened(folder, []).journal, made.plan())


def test_a_close_that_finds_some_leads_to_settle_and_settled_ones_let_it_end(
    tmp_path: Path,
) -> None:
    here = strayed(tmp_path, b"stray/1", b"stray/2")
    with pytest.raises(StepFailed, match=r"paid-0 offsets 79 to 80 \(2 records\)"):
        close(tmp_path)
    assert following(tmp_path) == "kmig settle 1"
    with pytest.raises(StepFailed, match="2 stray records not on the target: paid-0 offset 79"):
        settled(tmp_path)
    here = world(tmp_path, [])
    write(here.target, b"stray/2", b"stray/1")
    here.durable()
    done = settled(tmp_path)
    assert [(s.begin, s.end, s.records) for s in done.step.found] == [(79, 81, 2)]
    assert done.step.because == WHY
    assert following(tmp_path) == "kmig close 1"
    close(tmp_path)


def test_each_record_needs_one_of_its_own(tmp_path: Path) -> None:
    here = strayed(tmp_path, b"alike", b"alike")
    write(here.target, b"alike")
    here.durable()
    with pytest.raises(StepFailed, match="1 stray record not on the target: paid-0 offset 80"):
        settled(tmp_path)


def test_what_was_there_before_the_gate_is_no_copy(tmp_path: Path) -> None:
    strayed(tmp_path, b"38")
    with pytest.raises(StepFailed, match="1 stray record not on the target"):
        settled(tmp_path)


def test_a_loss_needs_the_owners_approval_of_these_records(tmp_path: Path) -> None:
    strayed(tmp_path, b"stray/1")
    with pytest.raises(Refused, match="is not approved") as refused:
        settled(tmp_path, "lost")
    assert "paid-0 offsets 79 to 79 (1 record)" in refused.value.message
    digest = refused.value.hint.rpartition("--loss ")[2].rstrip("`")
    stray(tmp_path, b"stray/2")
    approve(tmp_path, digest)
    with pytest.raises(Refused, match="is not approved") as again:
        settled(tmp_path, "lost")
    approve(tmp_path, again.value.hint.rpartition("--loss ")[2].rstrip("`"))
    done = settled(tmp_path, "lost")
    assert again.value.hint.endswith(f"--loss {loss(done.step)}`")
    close(tmp_path)


def test_a_new_stray_write_is_a_new_finding(tmp_path: Path) -> None:
    here = strayed(tmp_path, b"stray/1")
    write(here.target, b"stray/1")
    here.durable()
    settled(tmp_path)
    stray(tmp_path, b"stray/2")
    with pytest.raises(StepFailed, match=r"paid-0 offsets 80 to 80 \(1 record\)"):
        close(tmp_path)
    assert following(tmp_path) == "kmig settle 1"


def test_what_an_open_transaction_wrote_is_not_settled_unseen(tmp_path: Path) -> None:
    here = strayed(tmp_path, b"stray/1")
    end = here.source.logs[PAID][-1].offset
    here.source.active = [ActiveProducer(topic="paid", partition=0, producer_id=7, start=end)]
    here.durable()
    for how in ("copied", "lost"):
        with pytest.raises(KmigError, match="a transaction is open on paid-0 of the source"):
            settled(tmp_path, how)


def test_nothing_to_settle_and_a_gate_that_is_not_open_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KmigError, match="the write gate of wave 1 is not open"):
        settled(tmp_path)
    cut_over(tmp_path, [])
    with pytest.raises(Refused, match="nothing to settle"):
        settled(tmp_path)


def test_what_the_source_has_lost_behind_the_gate_is_no_stray_write(tmp_path: Path) -> None:
    cut_over(tmp_path, [])
    here = world(tmp_path, [])
    del here.source.logs[PAID][-2:]
    here.durable()
    close(tmp_path)


def test_before_the_gate_it_is_named(tmp_path: Path) -> None:
    to_the_gate(tmp_path, [])
    here = world(tmp_path, [])
    end = here.source.logs[PAID][-1].offset + 1
    del here.source.logs[PAID][-1]
    here.durable()
    with pytest.raises(
        KmigError, match=rf"lost records after the fence: paid-0 ended at {end}, and"
    ):
        cut_over(tmp_path, [])
