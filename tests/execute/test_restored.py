"""What topics get back behind the switch: what they had on the source, whatever the target's brokers give."""

import pytest

from migrate.errors import NotAuthorized
from migrate.execute.run import walk
from migrate.model.cluster import Group, Partition, Topic
from migrate.model.record import VisibleRecord
from migrate.ports import Sites
from migrate.stages.stage import Stage
from migrate.steps import AlterTopic, ReturnRetention
from tests.execute.test_steps import sites
from tests.fakes.memory import MemoryCluster
from tests.journal.history import state

TOPIC, PLACE = "paid", ("paid", 0)
WEEK, MONTH = 604_800_000, 2_592_000_000


def copied(records: int = 0, defaults: dict[str, str] | None = None) -> tuple[Sites, MemoryCluster]:
    """A target on which a topic keeps everything, as it was copied."""
    world, target = sites()
    configs = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
    target.topic_set[TOPIC] = Topic(
        name=TOPIC, replication_factor=1, configs=configs, partitions=(Partition(index=0, end=0),)
    )
    target.logs[PLACE] = [VisibleRecord(n, b"%d" % n) for n in range(records)]
    target.defaults = defaults or {}
    return world, target


def altering(**inherited: str) -> AlterTopic:
    keys = {key.replace("_", "."): value for key, value in inherited.items()}
    return AlterTopic(because="test", name=TOPIC, configs={}, inherited=keys)


def returning(
    groups: tuple[str, ...] = (),
    inherited: dict[str, str] | None = None,
    *,
    closing: bool = False,
) -> ReturnRetention:
    keys = inherited or {}
    configs = {k: None for k in ("retention.ms", "retention.bytes") if k not in keys}
    return ReturnRetention(
        because="test",
        topics=(TOPIC,),
        configs=configs,
        inherited=keys,
        groups=groups,
        closing=closing,
    )


def own(target: MemoryCluster) -> dict[str, str]:
    return target.topic_set[TOPIC].configs


def test_what_the_brokers_of_both_sides_give_is_not_set() -> None:
    world, target = copied(defaults={"log.cleanup.policy": "compact"})
    step = altering(cleanup_policy="compact").aim(world)
    assert step.given == {"cleanup.policy": None}
    assert step.apply(world).outcome() == ""
    assert "cleanup.policy" not in own(target)


def test_what_the_targets_brokers_give_otherwise_is_set() -> None:
    world, target = copied()
    step = altering(cleanup_policy="compact").aim(world)
    made = step.apply(world)
    assert own(target)["cleanup.policy"] == "compact"
    assert made.outcome() == "cleanup.policy=compact: the target's brokers give another value"
    made.undo(world)
    assert own(target)["cleanup.policy"] == "delete"


def test_what_the_target_does_not_tell_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    world, target = copied()

    def refuse(_: MemoryCluster) -> dict[str, str]:
        raise NotAuthorized("cannot describe configs", "grant it")

    monkeypatch.setattr(MemoryCluster, "settings", refuse)
    altering(cleanup_policy="delete").aim(world).apply(world)
    assert own(target)["cleanup.policy"] == "delete"


def test_a_step_of_an_earlier_version_goes_on() -> None:
    world, _ = copied()
    earlier = AlterTopic(because="test", name=TOPIC, configs={"retention.ms": None, "a": "1"})
    planned = AlterTopic(because="test", name=TOPIC, configs={"a": "1"}, inherited={"b": "2"})
    assert planned.extending(earlier, world) is earlier
    assert planned.extending(planned.aim(world), world) is None


def test_retention_returns_at_once_where_nobody_is_behind() -> None:
    world, target = copied(10)
    target.commits["ledger"] = {PLACE: (10, "")}
    target.written = 0  # every record is older than any retention
    made = returning(("ledger",)).aim(world).apply(world)
    assert made.settled
    assert own(target) == {"cleanup.policy": "delete"}
    assert made.outcome() == "1 of 1 topic"


@pytest.mark.parametrize(
    ("inherited", "said"),
    [
        ({"retention.ms": str(MONTH)}, "what is older than 30 days would be deleted"),
        ({}, "what is older than 7 days would be deleted"),
        (
            {"retention.ms": "-1", "retention.bytes": "3"},
            "what is before the last 3 bytes would be deleted",
        ),
    ],
)
def test_retention_waits_for_who_would_lose_records(inherited: dict[str, str], said: str) -> None:
    world, target = copied(10)
    target.commits |= {"ledger": {PLACE: (4, "")}, "stranger": {PLACE: (0, "")}}
    target.written = 0
    before = own(target).copy()
    made = returning(("ledger",), inherited).aim(world).apply(world)
    assert not made.settled
    assert made.waits == {TOPIC: (f"group ledger has 6 records of paid-0 to read, and {said}",)}
    assert own(target) == before
    target.commits["ledger"] = {PLACE: (9, "")}
    if "retention.bytes" not in inherited:
        target.commits["ledger"] = {PLACE: (10, "")}
    again = made.again(world).apply(world)
    assert again.settled
    assert own(target) != before
    again.undo(world)
    assert own(target) == before


def test_records_that_are_young_enough_hold_nothing_up() -> None:
    world, target = copied(10)
    target.commits["ledger"] = {PLACE: (4, "")}
    assert returning(("ledger",)).aim(world).apply(world).settled
    assert "retention.ms" not in own(target)


@pytest.mark.parametrize(
    ("own", "brokers", "waits"),
    [
        ("compact", "delete", False),
        ("compact,delete", "delete", True),
        (None, "compact", False),
        (None, "delete", True),
    ],
)
def test_a_topic_that_is_compacted_alone_waits_for_nobody(
    own: str | None, brokers: str, waits: bool
) -> None:
    world, target = copied(10, {"log.cleanup.policy": brokers})
    target.alter_topic(TOPIC, {"cleanup.policy": own})
    target.commits["ledger"] = {PLACE: (4, "")}
    target.written = 0
    assert returning(("ledger",)).aim(world).apply(world).settled is not waits


def test_a_group_that_cannot_be_read_may_be_anywhere() -> None:
    world, target = copied(10)
    target.group_set["ledger"] = Group(
        name="ledger",
        type="classic",
        protocol_type="consumer",
        state="Stable",
        error="UNSTABLE_OFFSET_COMMIT (88)",
    )
    made = returning(("ledger",)).aim(world).apply(world)
    assert made.waits == {TOPIC: ("group ledger cannot be read: UNSTABLE_OFFSET_COMMIT (88)",)}


def test_a_size_that_nobody_tells_is_no_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world, target = copied(10)
    target.commits["ledger"] = {PLACE: (4, "")}
    monkeypatch.setattr(MemoryCluster, "sizes", lambda *_: {PLACE: 0})
    bounded = {"retention.ms": "-1", "retention.bytes": "3"}
    assert not returning(("ledger",), bounded).aim(world).apply(world).settled


def test_a_close_does_not_wait_and_says_what_is_not_read() -> None:
    world, target = copied(10)
    said: list[str] = []
    object.__setattr__(world, "tell", said.append)
    target.commits["ledger"] = {PLACE: (4, "")}
    target.written = 0
    made = returning(("ledger",), closing=True).aim(world).apply(world)
    assert made.settled
    assert "retention.ms" not in own(target)
    assert said == [
        "warning: group ledger has 6 records of paid-0 to read, and what is older than 7 days would be deleted"
    ]


def test_an_open_step_is_asked_again_by_a_rerun() -> None:
    world, target = copied(10)
    target.commits["ledger"] = {PLACE: (4, "")}
    target.written = 0

    def stage() -> Stage:
        yield returning(("ledger",))

    (_, (first,)) = walk(stage(), world, {})
    assert (first.event, first.step.settled) == ("done", False)
    begun = {first.step.key: state(first.step, finished=True)}
    target.commits["ledger"] = {PLACE: (10, "")}
    (*_, (second,)) = walk(stage(), world, begun)
    assert (second.event, second.step.settled) == ("done", True)
    finished = {first.step.key: state(second.step, finished=True)}
    ((third,),) = walk(stage(), world, finished)
    assert third.event == "kept"
