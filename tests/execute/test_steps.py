"""Every step's whole life, in memory: absent, applied, there, undone, absent, applied again."""

from typing import get_args

import pytest

from migrate.errors import CannotTell, Refused, StepFailed
from migrate.execute.run import preview, run
from migrate.model.cluster import Partition, ScramCredential
from migrate.ports import Site, Sites, WritableSite
from migrate.steps import (
    AdoptCopy,
    AwaitPassed,
    CreateCredential,
    CreateTopic,
    ForgetSecret,
    GrowTopic,
    ResumeCopy,
    SetQuota,
    SettleStrays,
    StartCopy,
    Step,
)
from migrate.steps.settle import settle
from tests.execute import moving
from tests.fakes.memory import MemoryClock, MemoryCluster
from tests.fakes.memory_moving import MemorySecrets
from tests.journal.history import state
from tests.steps_table import ISSUED, ISSUED_USER, SECRET, SOURCE_USER, STEPS


def sites() -> tuple[Sites, MemoryCluster]:
    secrets = {SECRET: "pw"}
    source, target = MemoryCluster("source", secrets=secrets), MemoryCluster(secrets=secrets)
    credential = ScramCredential(user=SOURCE_USER, mechanism="SCRAM-SHA-512", iterations=4096)
    source.scram[SOURCE_USER, "SCRAM-SHA-512"] = (credential, "pw")
    return Sites(
        Site("source", source, source, source),
        WritableSite("target", target, target, target, target),
        MemoryClock(),
        store=MemorySecrets(secrets),
    ), target


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_whole_life(step: Step) -> None:
    world, target = sites()
    aimed = step.aim(world)
    assert not aimed.present(world)
    aimed.apply(world)
    assert aimed.present(world)
    writes = len(target.writes)
    aimed.apply(world)
    assert len(target.writes) == writes, "twice is once"
    aimed.undo(world)
    assert not aimed.present(world)
    aimed.undo(world)
    aimed.apply(world)
    assert aimed.present(world)


def test_every_step_is_in_the_table() -> None:
    union = set(get_args(get_args(Step)[0]))
    played = {type(s) for stage in moving.stages() for s in preview(stage)}
    # played on real clusters only: nothing stays behind in memory, and its Connect has nothing to start
    live = {StartCopy, AdoptCopy, AwaitPassed, ResumeCopy, GrowTopic}
    beside = {ForgetSecret, SettleStrays}
    assert {type(step) for step in STEPS} | played | live | beside == union


def test_undo_leaves_what_was_there_before() -> None:
    for step in STEPS:
        world, _ = sites()
        step.aim(world).apply(world)
        again = step.aim(world)
        again.apply(world)
        again.undo(world)
        assert again.present(world), step.key


def test_an_overwritten_quota_comes_back_exactly() -> None:
    world, target = sites()
    target.set_quota({"user": "life-app"}, {"producer_byte_rate": 7.0, "consumer_byte_rate": 9.0})
    step = next(s for s in STEPS if isinstance(s, SetQuota)).aim(world)
    step.apply(world)
    step.undo(world)
    values = target.quotas()[0].values
    assert values == {"producer_byte_rate": 7.0, "consumer_byte_rate": 9.0}


def test_undo_refuses_a_quota_that_somebody_else_has_moved_since() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, SetQuota)).aim(world)
    step.apply(world)
    target.set_quota({"user": "life-app"}, {"producer_byte_rate": 1.0})
    with pytest.raises(Refused, match="changed after"):
        step.undo(world)


@pytest.mark.parametrize("ends", [(None, None), (5, 5)])
def test_a_topic_whose_partitions_do_not_say_they_are_empty_is_not_deleted(
    ends: tuple[int | None, int | None],
) -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateTopic))
    made = step.aim(world).apply(world)
    parts = tuple(Partition(index=i, start=end, end=end) for i, end in enumerate(ends))
    there = target.topic_set["life.topic"]
    target.topic_set["life.topic"] = there.model_copy(update={"partitions": parts})
    with pytest.raises((Refused, CannotTell)):
        made.undo(world)
    assert "life.topic" in target.topic_set


def test_a_topic_created_anew_by_somebody_is_not_deleted() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateTopic))
    made = step.aim(world).apply(world)
    target.delete_topic("life.topic")
    step.apply(world)
    with pytest.raises(Refused, match="was recreated after kmig created it"):
        made.undo(world)


def test_a_credential_that_somebody_changed_is_not_deleted() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential))
    made = step.aim(world).apply(world)
    credential, _ = target.scram[SOURCE_USER, "SCRAM-SHA-512"]
    target.scram[SOURCE_USER, "SCRAM-SHA-512"] = (credential, "the operator's")
    with pytest.raises(Refused, match="was changed after"):
        made.undo(world)
    assert target.scram


def test_replicas_that_could_not_be_in_sync_are_refused() -> None:
    world, _ = sites()
    step = next(s for s in STEPS if isinstance(s, CreateTopic))
    with pytest.raises(Refused, match=r"needs min\.insync\.replicas 2, and gets only 1 replica"):
        step.model_copy(update={"configs": {"min.insync.replicas": "2"}}).aim(world)


def test_a_topic_with_records_is_neither_taken_over_nor_deleted() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateTopic)).aim(world)
    step.apply(world)
    full = (Partition(index=0, start=0, end=3), Partition(index=1, start=0, end=0))
    target.topic_set["life.topic"] = target.topic_set["life.topic"].model_copy(
        update={"partitions": full}
    )
    with pytest.raises(Refused, match="holds records"):
        step.undo(world)
    with pytest.raises(Refused, match="holds records"):
        step.aim(world)


def there(**change: object) -> tuple[Sites, MemoryCluster, CreateTopic]:
    """A target that has the topic already, not quite as planned."""
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateTopic))
    step.model_copy(update=change).apply(world)
    target.writes.clear()
    return world, target, step


def test_a_topic_with_more_partitions_is_refused() -> None:
    world, _, step = there(partitions=3)
    with pytest.raises(Refused, match="has 3 partitions, the plan 2"):
        step.aim(world)


def test_a_topic_with_fewer_partitions_is_grown_and_stays_so() -> None:
    world, target, step = there(partitions=1)
    aimed = step.aim(world)
    assert not aimed.present(world)
    aimed.apply(world)
    assert target.writes == ["create_partitions life.topic"]
    aimed.undo(world)
    assert len(target.topic_set["life.topic"].partitions) == 2


def test_configs_of_a_topic_that_is_there_are_altered_and_come_back() -> None:
    world, target, step = there(configs={"cleanup.policy": "compact", "segment.ms": "5"})
    aimed = step.aim(world)
    assert aimed.before == {"cleanup.policy": "compact", "retention.ms": None, "segment.ms": "5"}
    aimed.apply(world)
    assert target.topic_set["life.topic"].configs == step.configs
    aimed.undo(world)
    assert target.topic_set["life.topic"].configs == {
        "cleanup.policy": "compact",
        "segment.ms": "5",
    }


def test_configs_that_somebody_moved_since_are_not_overwritten() -> None:
    world, target, step = there(configs={"cleanup.policy": "compact"})
    aimed = step.aim(world)
    aimed.apply(world)
    target.alter_topic("life.topic", {"cleanup.policy": "compact,delete"})
    with pytest.raises(Refused, match=r"changed after kmig set them: cleanup.policy"):
        aimed.undo(world)


def test_a_topic_that_source_has_grown_since_goes_on_while_it_holds_records() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateTopic))
    made = step.aim(world).apply(world)
    full = (Partition(index=0, start=0, end=3), Partition(index=1, start=0, end=0))
    target.topic_set["life.topic"] = target.topic_set["life.topic"].model_copy(
        update={"partitions": full}
    )
    more = step.model_copy(update={"partitions": 5})
    events = [p.event for p in run([more], world, {step.key: state(made, finished=True)})]
    assert events == ["started", "done"]
    assert len(target.topic_set["life.topic"].partitions) == 5


def test_an_authorizer_that_is_off_is_refused_before_anything_is_written() -> None:
    world, target = sites()
    target.authorizer = False
    with pytest.raises(Refused, match="SECURITY_DISABLED"):
        next(run(STEPS, world, {}))
    assert not target.writes


@pytest.mark.parametrize("issued", [False, True])
def test_a_mechanism_that_target_does_not_offer_is_refused_before_it_is_set(issued: bool) -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential) and s.issued is issued)
    target.disabled = (step.mechanism,)
    with pytest.raises(Refused, match="does not offer SCRAM-SHA"):
        next(run([step], world, {}))
    assert not target.writes
    assert ISSUED not in target.secrets


def test_a_credential_of_a_mechanism_that_was_switched_off_can_be_undone() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential) and s.issued)
    aimed = step.aim(world)
    aimed.apply(world)
    target.disabled = (step.mechanism,)
    del target.secrets[ISSUED]
    aimed.undo(world)
    assert not target.scram


def test_an_issued_secret_is_made_once_and_goes_with_its_credential() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential) and s.issued)
    aimed = step.aim(world)
    aimed.apply(world)
    first = target.secrets[ISSUED]
    aimed.apply(world)
    assert target.secrets[ISSUED] == first
    assert target.scram[ISSUED_USER, "SCRAM-SHA-256"][1] == first
    aimed.undo(world)
    assert ISSUED not in target.secrets


def test_a_secret_that_was_there_stays() -> None:
    world, target = sites()
    target.secrets[ISSUED] = "mine"
    step = next(s for s in STEPS if isinstance(s, CreateCredential) and s.issued)
    aimed = step.aim(world)
    aimed.apply(world)
    assert target.scram[ISSUED_USER, "SCRAM-SHA-256"][1] == "mine"
    aimed.undo(world)
    assert target.secrets[ISSUED] == "mine"


def test_an_issued_secret_does_not_replace_another_one() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential) and s.issued)
    step.aim(world).apply(world)
    target.secrets[ISSUED] = "another"
    with pytest.raises(Refused, match="has a different SCRAM-SHA-256 secret on the target"):
        step.aim(world)


def test_a_wrong_secret_is_refused_before_anything_is_written() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential))
    target.secrets[SECRET] = "another"  # the reference now resolves to what the source refuses
    with pytest.raises(Refused, match="not the secret of User:life-app"):
        step.aim(world)
    assert target.writes == []


def test_another_secret_on_the_target_is_not_overwritten() -> None:
    world, target = sites()
    step = next(s for s in STEPS if isinstance(s, CreateCredential))
    credential = ScramCredential(user=SOURCE_USER, mechanism="SCRAM-SHA-512", iterations=4096)
    target.scram[SOURCE_USER, "SCRAM-SHA-512"] = (credential, "another")
    with pytest.raises(Refused, match="has a different"):
        step.aim(world)


def test_a_wait_is_bounded_and_says_what_it_waited_for() -> None:
    clock = MemoryClock()
    asked = []

    def never() -> bool:
        asked.append(clock.monotonic())
        assert len(asked) < 10_000, "it would wait for ever"
        return False

    with pytest.raises(StepFailed, match="not seen on every broker within 30 s: the grant"):
        settle(clock, "the grant", never)
    assert 30 <= clock.monotonic() < 31


def test_what_is_set_on_a_topic_that_is_there_is_cleared_and_comes_back() -> None:
    world, target, step = there(configs={"max.message.bytes": "100", "min.insync.replicas": "1"})
    aimed = step.aim(world)
    aimed.apply(world)
    assert target.topic_set["life.topic"].configs == {**step.configs, "min.insync.replicas": "1"}
    assert aimed.present(world)
    aimed.undo(world)
    left = target.topic_set["life.topic"].configs
    assert left == {"max.message.bytes": "100", "min.insync.replicas": "1"}


def test_a_plan_that_takes_a_config_away_is_another_plan() -> None:
    world, _, step = there(configs={"cleanup.policy": "compact"})
    made = step.aim(world).apply(world)
    fewer = step.model_copy(update={"partitions": 3, "configs": {"retention.ms": "-1"}})
    with pytest.raises(Refused, match="the plan changed"):
        next(run([fewer], world, {step.key: state(made, finished=True)}))
    made.undo(world)
