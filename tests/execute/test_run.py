"""The executor: each step announced before it is made, stopped at the first failure, `unknown` left unknown."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate.errors import Exit, Indeterminate, Refused, Rejected, StepFailed
from migrate.execute.guards import newest_head, same_target
from migrate.execute.journalled import carry_out, head_of
from migrate.execute.run import Progress, run, undo
from migrate.folder import Folder
from migrate.journal.entry import ROOT, Entry, seal
from migrate.journal.standing import Journal, begun, undoable
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from migrate.steps import CreateAcls, CreateCredential
from tests.estate import acls
from tests.execute.test_steps import sites
from tests.fakes.memory import MemoryCluster, MemoryHeads
from tests.journal.history import state
from tests.steps_table import SECRET, SOURCE_USER, STEPS
from tests.test_folder import stamp

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_nothing_is_made_before_the_caller_goes_on() -> None:
    world, target = sites()
    progress = run(STEPS, world, {})
    for step in STEPS:
        assert next(progress).event == "started"
        assert not step.present(world)
        assert next(progress).event == "done"
        assert step.present(world)
    assert list(progress) == []
    assert target.writes


def test_it_stops_at_the_first_step_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    world, target = sites()

    def broken(self: MemoryCluster, acls: Iterable[Acl]) -> None:
        raise StepFailed("create ACL: POLICY_VIOLATION (44)")

    monkeypatch.setattr(MemoryCluster, "create_acls", broken)
    events = [(p.event, p.step.op) for p in run(STEPS, world, {})]
    assert events == [
        ("started", "create_topic"),
        ("done", "create_topic"),
        *[("started", "create_credential"), ("done", "create_credential")] * 2,
        ("started", "create_acls"),
        ("failed", "create_acls"),
    ]
    assert not target.acl_set


def test_a_write_without_an_answer_is_neither_done_nor_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, _ = sites()

    def silent(self: MemoryCluster, topic: object) -> None:
        raise Indeterminate("CreateTopicsRequest was sent to target and not answered")

    monkeypatch.setattr(MemoryCluster, "create_topic", silent)
    progress = run(STEPS[:1], world, {})
    assert next(progress).event == "started"
    with pytest.raises(Indeterminate):
        next(progress)


def test_a_plan_that_contradicts_what_was_begun_is_refused() -> None:
    world, _ = sites()
    step = STEPS[0]
    aimed = step.aim(world)
    aimed.apply(world)
    changed = step.model_copy(update={"partitions": 1})
    with pytest.raises(Refused, match="the plan changed"):
        next(run([changed], world, {step.key: state(aimed, finished=True)}))


def test_a_plan_that_only_adds_acls_goes_on() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateAcls) and s.part == "allow")
    earlier = step.aim(world)
    earlier.apply(world)
    foreign, new = acls("ALLOW READ on topic x to User:a", "ALLOW READ on topic y to User:a")
    target.create_acls([foreign])
    more = step.model_copy(update={"acls": (*step.acls, foreign, new)})
    progress = list(run([more], world, {step.key: state(earlier, finished=True)}))
    assert [p.event for p in progress] == ["started", "done"]
    assert progress[-1].step.model_dump()["before"] == (foreign.model_dump(),)
    progress[-1].step.undo(world)
    assert target.acl_set == {foreign}


def test_a_refusal_comes_before_anything_is_changed() -> None:
    world, target = sites()
    target.secrets[SECRET] = "wrong"  # the second step's secret
    with pytest.raises(Refused):
        list(run(STEPS, world, {}))
    assert target.writes == []


def test_a_step_that_was_made_and_changed_by_somebody_is_not_made_again() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential))
    aimed = step.aim(world)
    aimed.apply(world)
    credential, _ = target.scram[SOURCE_USER, "SCRAM-SHA-512"]
    target.scram[SOURCE_USER, "SCRAM-SHA-512"] = (credential, "the operator's")
    with pytest.raises(Refused, match="has a different"):
        list(run([step], world, {step.key: state(aimed, finished=True)}))
    assert target.scram[SOURCE_USER, "SCRAM-SHA-512"][1] == "the operator's"


def test_a_resumed_credential_is_proven_on_the_source_again() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential))
    aimed = step.aim(world)
    target.secrets[SECRET] = "changed after the crash"
    with pytest.raises(Refused, match="not the secret"):
        list(run([step], world, {step.key: state(aimed, finished=False)}))


def test_what_the_broker_rejected_is_looked_at_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator then makes the topic by hand: it is theirs, and undo leaves it."""
    world, _ = sites()
    journal = Folder(tmp_path).open_journal(stamp)

    def broken(self: MemoryCluster, topic: Topic) -> None:
        raise Rejected("create topic life.topic: POLICY_VIOLATION (44)")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryCluster, "create_topic", broken)
        with pytest.raises(Rejected):
            carry_out(
                run(STEPS[:1], world, {}), journal, 1, "prepare", MemoryHeads(), lambda _: None
            )
    assert journal.journal.entries[-1].event == "rejected"
    STEPS[0].aim(world).apply(world)
    again = run(STEPS[:1], world, begun(journal.journal, 1, "prepare"))
    carry_out(again, journal, 1, "prepare", MemoryHeads(), lambda _: None)
    assert undoable(journal.journal, 1, "prepare") == ()


def test_a_refusal_after_a_change_is_a_failure_and_not_a_refusal(tmp_path: Path) -> None:
    world, target = sites()
    journal = Folder(tmp_path).open_journal(stamp)
    carry_out(run(STEPS[:2], world, {}), journal, 1, "prepare", MemoryHeads(), lambda _: None)
    full = (Partition(index=0, start=0, end=3), Partition(index=1, start=0, end=0))
    there = target.topic_set["life.topic"]
    target.topic_set["life.topic"] = there.model_copy(update={"partitions": full})
    steps = undoable(journal.journal, 1, "prepare")
    writes = len(target.writes)
    with pytest.raises(Refused, match="holds records"):
        carry_out(undo(steps, world), journal, 1, "prepare", MemoryHeads(), lambda _: None)
    assert len(target.writes) == writes, "all are looked at before the first is undone"
    # somebody writes into the topic while the others are being undone
    target.topic_set["life.topic"] = there
    progress = undo(steps, world)

    def meanwhile() -> Iterator[Progress]:
        for one in progress:
            yield one
            if one.event == "undone":
                target.topic_set["life.topic"] = there.model_copy(update={"partitions": full})

    with pytest.raises(StepFailed, match="holds records") as failed:
        carry_out(meanwhile(), journal, 1, "prepare", MemoryHeads(), lambda _: None)
    assert failed.value.exit is Exit.FAILED


def test_a_refused_apply_records_nothing_on_the_target(tmp_path: Path) -> None:
    world, target = sites()
    target.secrets[SECRET] = "wrong"
    heads = MemoryHeads()
    journal = Folder(tmp_path).open_journal(stamp)
    with pytest.raises(Refused):
        carry_out(run(STEPS, world, {}), journal, 1, "prepare", heads, lambda _: None)
    assert heads.head is None


def test_another_target_than_the_journals_is_refused() -> None:
    entry = Entry(seq=1, at=NOW, by="me", event="run", target="cluster-a", prev=ROOT)
    journal = Journal(entries=(entry,))
    same_target(journal, "cluster-a")
    with pytest.raises(
        Refused, match="target is cluster cluster-b, but the journal is about cluster cluster-a"
    ):
        same_target(journal, "cluster-b")


def entry_journal(count: int, person: str = "me") -> Journal:
    entries: list[Entry] = []
    for number in range(1, count + 1):
        prev = entries[-1].hash if entries else ROOT
        made, _ = seal(Entry(seq=number, at=NOW, by=person, event="run", prev=prev))
        entries.append(made)
    return Journal(entries=tuple(entries))


def test_a_copy_that_lacks_what_another_has_done_is_refused() -> None:
    heads = MemoryHeads()
    newest_head(entry_journal(0), heads)
    heads.record(head_of(entry_journal(4)))
    newest_head(entry_journal(4), heads)
    newest_head(entry_journal(6), heads)
    with pytest.raises(Refused, match="target recorded 4 entries"):
        newest_head(entry_journal(3), heads)
    with pytest.raises(Refused, match="not in this directory"):
        newest_head(entry_journal(6, "somebody else"), heads)


def test_looks_share_their_reads_and_acting_reads_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    world, target = sites()
    steps = [step for step in STEPS if isinstance(step, CreateAcls)]
    asked: list[int | None] = []
    told = MemoryCluster.acls

    def acls(self: MemoryCluster, broker: int | None = None) -> frozenset[Acl]:
        asked.append(broker)
        return told(self, broker)

    monkeypatch.setattr(MemoryCluster, "acls", acls)
    brokers = len(target.brokers())
    list(run(steps, world, {}))
    # one look for all steps; then for each step what is missing, and the proof
    assert len(asked) == brokers + len(steps) * 2 * brokers
    asked.clear()
    list(run(steps, world, {}))
    assert len(asked) == brokers
