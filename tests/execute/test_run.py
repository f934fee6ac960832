"""The executor: each step announced before it is made, stopped at the first failure, `unknown` left unknown."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from migrate.adapters.memory import MemoryCluster, MemoryHeads
from migrate.documents.journal import ROOT, Entry, Journal
from migrate.errors import Indeterminate, Refused, StepFailed
from migrate.execute.journalled import head_of, require_newest
from migrate.execute.run import Begun, run
from migrate.model.acl import Acl
from tests.execute.test_steps import sites
from tests.steps_table import STEPS

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
        ("started", "create_credential"),
        ("done", "create_credential"),
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
    changed = step.model_copy(update={"partitions": 9})
    (only,) = run([changed], world, {step.key: Begun(aimed, finished=True)})
    assert only.event == "failed"
    assert isinstance(only.error, Refused)


def entry_journal(count: int, person: str = "me") -> Journal:
    entries: list[Entry] = []
    for number in range(1, count + 1):
        prev = entries[-1].hash if entries else ROOT
        made = Entry(seq=number, at=NOW, by=person, event="run", prev=prev).sealed()
        entries.append(made)
    return Journal(entries=tuple(entries))


def test_a_copy_that_lacks_what_another_has_done_is_refused() -> None:
    heads = MemoryHeads()
    require_newest(entry_journal(0), heads)
    heads.record(head_of(entry_journal(4)))
    require_newest(entry_journal(4), heads)
    require_newest(entry_journal(6), heads)
    with pytest.raises(Refused, match="target has seen 4 entries"):
        require_newest(entry_journal(3), heads)
    with pytest.raises(Refused, match="not in this directory"):
        require_newest(entry_journal(6, "somebody else"), heads)
