"""The source is asked again by `apply` and `cutover`: what it denies by now is not granted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from migrate.cli.main import main
from migrate.documents.inventory import ClusterInfo
from migrate.folder import INVENTORY, Folder
from migrate.model.cluster import ScramCredential
from migrate.model.rights import SourceView, denied_now
from migrate.ports import Site, Sites, WritableSite
from migrate.steps import CreateAcls, OpenWriteGate, StartCopy
from migrate.wiring import sites as wiring
from tests.estate import Change, acls, exchanged, gone, group, inventory, new, section, topic
from tests.execute.test_crash import stamp
from tests.fakes.memory import MemoryClock, MemoryCluster, MemoryHeads

CONFIG = """
version: 1
name: asked-again
source: {bootstrap_servers: "s:9092", allow_everyone_if_no_acl_found: false}
target: {bootstrap_servers: "t:9092", allow_everyone_if_no_acl_found: false}
sensitivity: [public]
policy: {inventory_days: 366}
replication: {connect: "http://m:8083", principal: "User:copier"}
principals: {"User:CN=reader": "User:reader"}
"""
WORKLOADS = """
workloads:
  - {name: w, kind: producer, owner: team, sensitivity: public, principal: "User:w", writes: [{topic: t}],
     credential: {mechanism: SCRAM-SHA-512, secret: "${env:W}", carry: true},
     switch: {command: {stop: [x], start: [x]}}}
  - {name: r, kind: consumer, owner: team, sensitivity: public, principal: "User:CN=reader", reads: [{topic: t}],
     groups: [g], switch: {command: {stop: [x], start: [x]}}}
shared:
  - {acl: {principal: "User:*"}, decision: replay, because: "reference data is public"}
  - {acl: {principal: "User:w", permission: DENY, operation: DELETE}, decision: drop, because: "it may not anyway"}
leave_behind:
  - {acl: {principal: "User:old"}, because: "retired"}
"""
READ_T = "ALLOW READ on topic t to User:CN=reader"
SOURCE = acls(
    READ_T,
    "ALLOW READ on group g to User:CN=reader",
    "ALLOW WRITE on topic t to User:w",
    "ALLOW READ on topic prefixed u. to User:w",
    "DENY READ on topic u.secret to User:w",
    "DENY DELETE on topic prefixed u. to User:w",
    "ALLOW DESCRIBE on topic prefixed ref. to User:*",
    "ALLOW READ on topic prefixed u. to User:old",
    "DENY READ on topic t to User:old",
    "ALLOW READ on topic * to User:kmig",
)
CARRIED = ScramCredential(user="w", mechanism="SCRAM-SHA-512", iterations=4096)


@dataclass
class Planned:
    """A planned wave beside two clusters in memory, and the real command line."""

    folder: Path
    source: MemoryCluster
    target: MemoryCluster

    def kmig(self, *arguments: str) -> int:
        return main(["-C", str(self.folder), *arguments])

    def look(self) -> None:
        """The inventory of the source as it is now."""
        acl = tuple(sorted(self.source.acl_set, key=str))
        brokers = self.source.brokers()
        made = inventory(
            topics=(topic("t"),),
            groups=(group("g", "t"),),
            acl=acl,
            scram=(CARRIED,),
            cluster=section(ClusterInfo(cluster_id="id-source", brokers=brokers)),
        )
        taken = {"taken_at": datetime.now(UTC)}
        Folder(self.folder).save(INVENTORY, made.model_copy(update=taken))

    def journal(self) -> tuple[str, ...]:
        return tuple(e.event for e in Folder(self.folder).journal().journal.entries)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    secrets = {"${env:W}": "pw"}
    source, target = (MemoryCluster(side, secrets=secrets) for side in ("source", "target"))
    source.acl_set = set(SOURCE)
    source.scram["w", "SCRAM-SHA-512"] = (CARRIED, "pw")
    heads = MemoryHeads()

    @contextmanager
    def both(*_: object, **__: object) -> Iterator[SimpleNamespace]:
        sites = Sites(
            Site("source", source, source, source),
            WritableSite("target", target, target, target, target),
            MemoryClock(),
        )
        yield SimpleNamespace(sites=sites, heads=heads, writes=lambda: len(target.writes))

    monkeypatch.setattr(wiring, "both", both)
    (tmp_path / "kmig.yaml").write_text(CONFIG)
    (tmp_path / "workloads.yaml").write_text(WORKLOADS)
    here = Planned(tmp_path, source, target)
    here.look()
    assert here.kmig("plan") == 0
    return here


TAKEN: dict[str, tuple[Change, str]] = {
    "ALLOW gone, and its principal renamed": (
        gone(READ_T),
        "ALLOW READ on topic t to User:reader: User:CN=reader no longer has an ALLOW for it on the source",
    ),
    "given to somebody who has its new name already": (
        exchanged(READ_T, "ALLOW READ on topic t to User:reader"),
        "User:CN=reader no longer has an ALLOW for it on the source",
    ),
    "a pattern narrowed": (
        exchanged(
            "ALLOW READ on topic prefixed u. to User:w",
            "ALLOW READ on topic prefixed u.a to User:w",
        ),
        "(User:w may READ topic u. from any other host)",
    ),
    "ALLOW to everybody gone": (
        gone("ALLOW DESCRIBE on topic prefixed ref. to User:*"),
        "(any other principal may DESCRIBE topic ref. from any other host)",
    ),
    "DENY of the topic, under the source's name": (
        new("DENY READ on topic t to User:CN=reader"),
        "the source has DENY READ on topic t to User:CN=reader, the target does not",
    ),
    "DENY of a prefix": (new("DENY READ on topic prefixed u.x to User:w"), "prefixed u.x"),
    "DENY of everything": (new("DENY ALL on topic * to User:w"), "DENY ALL on topic * to User:w"),
    "DENY for one host": (new("DENY READ on topic t to User:* from 10.9.9.9"), "from 10.9.9.9"),
    "DENY on a group": (new("DENY READ on group prefixed g to User:CN=reader"), "group prefixed g"),
    "DENY to one of everybody": (
        new("DENY DESCRIBE on topic prefixed ref.x to User:stranger"),
        "(User:stranger may DESCRIBE topic ref.x from any other host)",
    ),
}
SAME: dict[str, Change] = {
    "nothing changed": lambda _: None,
    "another ALLOW gives it": exchanged(READ_T, "ALLOW ALL on topic prefixed t to User:CN=reader"),
    "everybody may": exchanged(READ_T, "ALLOW READ on topic t to User:*"),
    "DENY of what nobody is granted": new("DENY ALTER on topic t to User:*"),
    "DENY of WRITE, which waits for the gate": new("DENY WRITE on topic t to User:w"),
    "ALLOW of WRITE gone, which waits too": exchanged(
        "ALLOW WRITE on topic t to User:w", "ALLOW DESCRIBE on topic t to User:w"
    ),
    "DENY of somebody who stays": new("DENY READ on topic prefixed u. to User:old"),
    "DENY of kmig itself": new("DENY DESCRIBE on topic prefixed ref. to User:kmig"),
    "DENY gone": gone("DENY READ on topic u.secret to User:w"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_apply_grants_nothing_that_the_source_denies_by_now(
    case: str, planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    change, says = TAKEN[case]
    change(planned.source.acl_set)
    assert planned.kmig("apply", "1", "--yes") == 4
    said = capsys.readouterr().err
    assert says in said
    assert "hint: run `kmig inventory`, then `kmig plan`, and read what changed" in said
    assert planned.target.writes == []
    assert planned.journal() == ()
    planned.source.acl_set = set(SOURCE)
    assert planned.kmig("apply", "1", "--yes") == 0


@pytest.mark.parametrize("case", SAME)
def test_apply_goes_by_effect(case: str, planned: Planned) -> None:
    SAME[case](planned.source.acl_set)
    assert planned.kmig("apply", "1", "--yes") == 0


def test_a_deny_that_the_target_has_too_is_no_growth(planned: Planned) -> None:
    deny = new("DENY READ on topic t to User:CN=reader")
    deny(planned.source.acl_set)
    planned.target.acl_set |= set(acls("DENY READ on topic t to User:reader"))
    assert planned.kmig("apply", "1", "--yes") == 0


def test_fences_of_this_migration_deny_nothing(planned: Planned) -> None:
    fence = CreateAcls(
        because="test",
        part="group fence",
        side="source",
        acls=acls("DENY READ on group g to User:CN=reader"),
    )
    planned.source.acl_set |= set(fence.acls)
    assert planned.kmig("apply", "1", "--yes") == 4
    journal = Folder(planned.folder).open_journal(stamp)
    journal.append(event="done", wave=9, stage="cutover", key=fence.key, step=fence)
    assert planned.kmig("apply", "1", "--yes") == 0


def test_a_wave_that_is_prepared_is_asked_about_too(
    planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned.kmig("apply", "1", "--yes") == 0
    assert planned.kmig("apply", "1", "--yes") == 0
    assert "nothing to do" in capsys.readouterr().out
    gone(READ_T)(planned.source.acl_set)
    before = planned.target.writes[:]
    assert planned.kmig("apply", "1", "--yes") == 4
    assert planned.target.writes == before


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("case", ["a pattern narrowed", "DENY of a prefix", "DENY on a group"])
def test_a_new_inventory_and_plan_lead_on(applied: bool, case: str, planned: Planned) -> None:
    if applied:
        assert planned.kmig("apply", "1", "--yes") == 0
    TAKEN[case][0](planned.source.acl_set)
    assert planned.kmig("apply", "1", "--yes") == 4
    planned.look()
    if planned.kmig("plan") == 1:  # it would no longer make what was made
        assert applied
        assert planned.kmig("rollback", "1", "--yes") == 0
        assert planned.kmig("plan") == 0
    assert planned.kmig("apply", "1", "--yes") == 0
    for broker in planned.target.brokers():
        denied = denied_now(
            SourceView(names={"User:CN=reader": "User:reader"}),
            planned.source.acl_set,
            (),
            planned.target.acls(broker.id),
        )
        assert denied == ()


def test_a_user_whom_the_source_deleted_is_not_carried(
    planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    del planned.source.scram["w", "SCRAM-SHA-512"]
    assert planned.kmig("apply", "1", "--yes") == 4
    assert "SCRAM credentials were deleted on the source: User:w" in capsys.readouterr().err
    assert planned.target.writes == []


def replicated(here: Planned) -> None:
    """The wave as `kmig replicate` leaves it."""
    assert here.kmig("apply", "1", "--yes") == 0
    folder = Folder(here.folder)
    journal = folder.open_journal(stamp)
    step = StartCopy(because="test", prefix="p", topics=("t",), config={}, name="copy")
    fields = {"wave": 1, "stage": "replicate"}
    journal.append(event="done", key=step.key, step=step, **fields)
    journal.append(event="end", detail=f"wave {folder.plan().waves[0].work}", **fields)


def test_a_cutover_is_refused_before_anybody_is_stopped(
    planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `apply` granted is asked about again, and what the gate will grant."""
    replicated(planned)
    for taken in (READ_T, "ALLOW WRITE on topic t to User:w"):
        planned.source.acl_set = set(SOURCE) - set(acls(taken))
        before = planned.journal()
        assert planned.kmig("cutover", "1", "--yes") == 4
        assert "no longer has an ALLOW for it on the source" in capsys.readouterr().err
        assert planned.journal() == before
    del planned.source.scram["w", "SCRAM-SHA-512"]
    planned.source.acl_set = set(SOURCE)
    assert planned.kmig("cutover", "1", "--yes") == 4
    assert "SCRAM credentials were deleted on the source: User:w" in capsys.readouterr().err


@pytest.mark.parametrize("moved", ["gate", "end"])
def test_a_cutover_behind_its_gate_does_not_ask_the_source(
    moved: str, planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    """The source may be cleaned up then: a refusal would be a dead end."""
    replicated(planned)
    folder = Folder(planned.folder)
    journal = folder.open_journal(stamp)
    fields = {"wave": 1, "stage": "cutover"}
    if moved == "gate":
        step = OpenWriteGate(because="test", topics=("t",), acls=folder.plan().waves[0].grants)
        journal.append(event="started", key=step.key, step=step, **fields)
    else:
        journal.append(event="end", detail=f"wave {folder.plan().waves[0].work}", **fields)
    planned.source.acl_set.clear()
    planned.kmig("cutover", "1", "--yes")
    assert "the source now denies" not in capsys.readouterr().err
    assert "run" in planned.journal()[-3:]
