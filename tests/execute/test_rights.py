"""The source is asked again at the write gate: what it denies by now is not granted, whatever the plan says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate.errors import KmigError, Refused
from migrate.execute.act import state_of
from migrate.execute.run import preview, run
from migrate.journal.standing import StepState, fences
from migrate.model.record import VisibleRecord
from migrate.model.rights import SourceView
from migrate.ports import Sites
from migrate.stages.cutover import cutover
from migrate.steps import CreateAcls, OpenWriteGate
from tests.estate import Change, acls, exchanged, gone, new
from tests.execute.moving import GRANTS, cut_over, directory, opened, roll_back, world


def change_source(folder: Path, *changes: Change) -> None:
    here = world(folder, [])
    for change in changes:
        change(here.source.acl_set)
    here.durable()


def change_at_the_gate(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    """Somebody changes the source's ACLs while clients are stopped: the cutover was begun with everything allowed."""
    aim = OpenWriteGate.aim

    def late(self: OpenWriteGate, sites: Sites) -> OpenWriteGate:
        change(sites.source.reader.acl_set)  # type: ignore[attr-defined]
        return aim(self, sites)

    monkeypatch.setattr(OpenWriteGate, "aim", late)


PAID = "ALLOW WRITE on topic paid to User:till"

REVOKED: dict[str, tuple[Change, str]] = {
    "ALLOW gone": (gone(PAID), "User:till no longer has an ALLOW for it on the source"),
    "ALLOW narrowed to a host": (exchanged(PAID, PAID + " from 10.0.0.1"), "from any other host"),
    "DENY of the topic": (
        new("DENY WRITE on topic paid to User:till"),
        "the source has DENY WRITE on topic paid to User:till, the target does not",
    ),
    "DENY of a prefix": (new("DENY WRITE on topic prefixed pa to User:till"), "prefixed pa"),
    "DENY of everything": (new("DENY ALL on topic * to User:till"), "DENY ALL on topic *"),
    "DENY for one host": (new("DENY WRITE on topic paid to User:till from 10.9.9.9"), "10.9.9.9"),
    "DENY to everybody": (new("DENY WRITE on topic prefixed p to User:*"), "to User:*"),
}
KEPT: dict[str, Change] = {
    "another ALLOW gives it": exchanged(PAID, "ALLOW ALL on topic prefixed pa to User:till"),
    "everybody may": exchanged(PAID, "ALLOW WRITE on topic paid to User:*"),
    "a DENY of something else": new("DENY WRITE on topic other to User:till"),
    "a DENY of somebody else": new("DENY WRITE on topic paid to User:other"),
    "a DENY of another operation": new("DENY DELETE on topic paid to User:till"),
    "a DENY in a group": new("DENY READ on group ledger to User:ledger"),
    "an ALLOW more": new("ALLOW WRITE on topic more to User:till"),
}


@pytest.mark.parametrize("case", REVOKED)
def test_the_gate_grants_nothing_that_the_source_denies_by_now(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After clients stopped and the source was fenced; restored there, the same command goes on."""
    change, says = REVOKED[case]
    before = set(world(tmp_path, []).source.acl_set)
    with monkeypatch.context() as patch:
        change_at_the_gate(patch, change)
        with pytest.raises(KmigError) as refused:
            cut_over(tmp_path, [])
    assert says in refused.value.message
    assert PAID in refused.value.message
    assert "kmig rollback" in refused.value.hint
    here, keys = world(tmp_path, []), [e.key for e in opened(tmp_path, []).journal.entries]
    assert here.target.acl_set.isdisjoint(GRANTS)
    assert "till" not in {p.partition(".")[0] for p in here.files.replacements}
    assert "create_acls topic fence" in keys
    assert "open_write_gate" not in keys
    change_source(tmp_path, change)
    with pytest.raises(Refused, match="the source now denies"):
        cut_over(tmp_path, [])
    assert [e.key for e in opened(tmp_path, []).journal.entries] == keys
    here.source.acl_set = before | fences(opened(tmp_path, []).journal)
    here.durable()
    cut_over(tmp_path, [])
    assert world(tmp_path, []).target.acl_set >= set(GRANTS)


def test_out_of_a_refused_gate_leads_a_rollback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world(tmp_path, [])
    change_at_the_gate(monkeypatch, gone(PAID))
    with pytest.raises(KmigError, match="no longer has an ALLOW for it"):
        cut_over(tmp_path, [])
    change_source(tmp_path, gone(PAID))
    roll_back(tmp_path, [])
    after = world(tmp_path, [])
    assert after.source.acl_set == before.source.acl_set - set(acls(PAID))
    assert after.target.acl_set == before.target.acl_set
    assert set(after.source.member_set) == {"ledger", "old"}


@pytest.mark.parametrize("case", KEPT)
def test_the_gate_goes_by_effect(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_at_the_gate(monkeypatch, KEPT[case])
    cut_over(tmp_path, [])
    assert world(tmp_path, []).target.acl_set >= set(GRANTS)


def test_somebody_elses_deny_is_no_fence_although_it_reads_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made by somebody just before the fence, after the cutover was begun."""
    same = "DENY WRITE on topic paid to User:*"
    aim = CreateAcls.aim

    def late(self: CreateAcls, sites: Sites) -> CreateAcls:
        new(same)(sites.source.reader.acl_set)  # type: ignore[attr-defined]
        return aim(self, sites)

    with monkeypatch.context() as patch:
        patch.setattr(CreateAcls, "aim", late)
        with pytest.raises(KmigError, match="the source has DENY WRITE on topic paid to User:"):
            cut_over(tmp_path, [])
    roll_back(tmp_path, [])
    assert world(tmp_path, []).source.acl_set >= set(acls(same))


def test_fences_of_earlier_waves_are_none_of_the_sources(tmp_path: Path) -> None:
    """A pattern is granted whole with the last of its topics: those before are fenced since their own waves."""
    earlier = CreateAcls(
        because="test",
        part="topic fence",
        side="source",
        acls=acls("DENY WRITE on topic paid to User:*", "DENY READ on group g to User:till"),
    )
    journal = opened(tmp_path, [])
    journal.append(event="done", wave=9, stage="cutover", key=earlier.key, step=earlier)
    change_source(tmp_path, new(*map(str, earlier.acls)))
    state = state_of(directory(tmp_path, []), 1, opened(tmp_path, []).journal)
    stage = cutover(state.move())
    gates = [step for step in preview(stage) if isinstance(step, OpenWriteGate)]
    assert gates[0].source is not None
    assert gates[0].source.fences == acls(
        "DENY WRITE on topic paid to User:*", "DENY WRITE on topic seen to User:*"
    )
    cut_over(tmp_path, [])


def started(gate: OpenWriteGate) -> dict[str, StepState]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return {gate.key: StepState(1, "cutover", gate, "started", at, 1, "")}


def test_a_gate_that_is_half_open_opens_on_only_for_what_the_source_allows(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    gate = OpenWriteGate(because="test", topics=(), acls=GRANTS, source=SourceView())
    begun = started(gate.aim(here.sites()))
    here.target.acl_set.add(GRANTS[0])
    here.source.acl_set.difference_update(GRANTS)
    with pytest.raises(Refused) as refused:
        list(run([gate], here.sites(), begun))
    assert str(GRANTS[1]) in refused.value.message
    assert str(GRANTS[0]) not in refused.value.message
    here.source.acl_set.add(GRANTS[1])
    assert [p.event for p in run([gate], here.sites(), begun)] == ["started", "done"]


def test_a_gate_that_an_earlier_version_began_goes_on(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    gate = OpenWriteGate(because="test", topics=(), acls=GRANTS, source=SourceView())
    begun = started(gate.model_copy(update={"source": None, "before": ()}))
    here.source.acl_set.difference_update(GRANTS)
    assert [p.event for p in run([gate], here.sites(), begun)] == ["started", "done"]


def test_no_producer_starts_while_a_group_has_its_place_outside_the_log(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    gate = OpenWriteGate(because="test", topics=("paid",), acls=GRANTS, groups=("ledger",))
    here.target.logs = {("paid", 0): [VisibleRecord(n, b"%d" % n) for n in range(8)]}
    here.target.begins = {("paid", 0): 6}
    here.target.commits = {"ledger": {("paid", 0): (5, "")}, "other": {("paid", 0): (1, "")}}
    with pytest.raises(Refused, match="group ledger on paid-0 of the target: commit 5 is before"):
        list(run([gate], here.sites(), {}))
    assert here.target.acl_set.isdisjoint(GRANTS)
    here.target.commits["ledger"] = {("paid", 0): (6, "")}
    assert [p.event for p in run([gate], here.sites(), {})] == ["started", "done"]
