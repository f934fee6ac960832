"""A topic of an earlier wave gets the partitions that its source has got since."""

from pathlib import Path

import pytest

from migrate.errors import Refused
from migrate.model.cluster import Partition, Topic
from migrate.plan.grown import grown
from migrate.steps import CreateTopic, GrowTopic
from tests.execute.moving import WAVE, World, world

STEP = GrowTopic(because="test", name="paid", partitions=3)


def topic(partitions: int, *, led: bool = True) -> Topic:
    each = tuple(Partition(index=n, start=0, end=0 if led else None) for n in range(partitions))
    return Topic(name="paid", replication_factor=1, configs={}, partitions=each)


@pytest.fixture
def here(tmp_path: Path) -> World:
    made = world(tmp_path, [])
    made.target.topic_set["paid"] = topic(2)
    return made


def test_it_grows_once_and_stays_so(here: World) -> None:
    sites = here.sites()
    step = STEP.aim(sites)
    assert not step.present(sites)
    step.apply(sites)
    assert len(here.target.topic_set["paid"].partitions) == 3
    assert step.present(sites)
    step.apply(sites)
    step.undo(sites)
    assert len(here.target.topic_set["paid"].partitions) == 3


def test_a_partition_without_a_leader_is_not_there_yet(here: World) -> None:
    here.target.topic_set["paid"] = topic(3, led=False)
    assert not STEP.present(here.sites())


def test_a_topic_that_is_gone_is_refused(here: World) -> None:
    del here.target.topic_set["paid"]
    with pytest.raises(Refused, match="topic paid does not exist on the target"):
        STEP.aim(here.sites())


def test_more_partitions_continue_it_and_fewer_do_not(here: World) -> None:
    more = STEP.model_copy(update={"partitions": 5})
    assert more.extending(STEP, here.sites()) == more
    assert STEP.extending(more, here.sites()) is None


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ({"paid": 4}, 4),
        ({"paid": 3}, None),
        ({}, None),  # not copied any more
        ({"paid": 4, "other": 9}, 4),
    ],
)
def test_what_an_executed_wave_created_or_grew_is_counted(
    now: dict[str, int], wanted: int | None
) -> None:
    created = CreateTopic(
        because="test", name="paid", partitions=2, replication_factor=1, configs={}
    )
    waves = [WAVE.model_copy(update={"prepare": (created, STEP)})]
    assert [(s.name, s.partitions) for s in grown(waves, now)] == (
        [("paid", wanted)] if wanted else []
    )
