"""A copy is amended: more topics, other settings, by the same connector, and nothing is copied twice or skipped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.errors import Refused, StepFailed
from migrate.model.cluster import Partition, Topic
from migrate.model.record import VisibleRecord
from migrate.steps import StartCopy
from tests.execute.moving import World, world

FIRST, MORE = ("shop.paid",), ("shop.paid", "shop.sent")


class KilledError(Exception):
    """The process ends here."""


def planned(topics: tuple[str, ...], **settings: str) -> StartCopy:
    patterns = ",".join(topic.replace(".", "\\.") for topic in topics)
    config = {"connector.class": "mm2", "topics": patterns, **settings}
    return StartCopy(because="test", prefix="p", topics=topics, config=config)


def topic(name: str, end: int = 0, of: str = "1") -> Topic:
    partition = Partition(index=0, start=0, end=end)
    return Topic(name=name, id=of, replication_factor=1, configs={}, partitions=(partition,))


@pytest.fixture
def here(tmp_path: Path) -> World:
    made = world(tmp_path, [])
    for cluster in (made.source, made.target):
        for name in MORE:
            cluster.logs[name, 0] = []
            cluster.topic_set[name] = topic(name)
    made.source.logs["shop.sent", 0] = [VisibleRecord(n, b"%d" % n) for n in range(5)]
    return made


def begun(here: World) -> StartCopy:
    """The copy as it was begun."""
    return planned(FIRST).aim(here.sites()).apply(here.sites())


def amended(here: World, step: StartCopy, now: StartCopy) -> StartCopy:
    extended = now.extending(step, here.sites())
    assert extended is not None
    assert not extended.present(here.sites())
    extended.guard(here.sites())
    return extended.apply(here.sites())


def test_a_topic_is_added_under_the_same_name(here: World) -> None:
    first = begun(here)
    here.copy.copied[first.name]["shop.paid", 0] = 7
    now = amended(here, first, planned(MORE))
    assert now.name == first.name
    assert now.before == first.config
    assert now.present(here.sites())
    assert here.copy.connectors[now.name].config["topics"] == "shop\\.paid,shop\\.sent"
    assert here.copy.copied[now.name]["shop.paid", 0] == 7, "what it copies, it goes on with"
    assert len(here.target.logs["shop.sent", 0]) == 5
    again = planned(MORE).extending(now, here.sites())
    assert again is not None
    assert again.present(here.sites())


def test_a_topic_that_comes_back_begins_at_its_start(here: World) -> None:
    """Connect still has an offset of that name: with it, records would be skipped in silence."""
    first = begun(here)
    here.copy.copied[first.name]["shop.sent", 0] = 3
    amended(here, first, planned(MORE))
    assert [r.mark for r in here.target.logs["shop.sent", 0]] == [b"0", b"1", b"2", b"3", b"4"]


def test_an_offset_that_cannot_be_removed_stops_it(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begun(here)
    here.copy.copied[first.name]["shop.sent", 0] = 3
    monkeypatch.setattr(type(here.copy), "forget", lambda *_: None)
    with pytest.raises(StepFailed, match=r"still has offsets of topic shop\.sent"):
        amended(here, first, planned(MORE))
    assert "sent" not in here.copy.connectors[first.name].config["topics"]


def test_another_setting_needs_no_new_copy(here: World) -> None:
    first = begun(here)
    here.copy.copied[first.name]["shop.paid", 0] = 7
    now = amended(here, first, planned(FIRST, **{"tasks.max": "8"}))
    assert (now.name, here.copy.connectors[now.name].config["tasks.max"]) == (first.name, "8")
    assert here.copy.copied[now.name] == {("shop.paid", 0): 7}


def test_a_copy_of_an_earlier_version_is_amended_too(here: World) -> None:
    """Its journal knows no ids beside the name, and its config lacks what kmig has learnt since."""
    first = begun(here)
    written = first.model_dump(include={"op", "because", "prefix", "topics", "config", "name"})
    now = planned(MORE, **{"heartbeats.replication.enabled": "false"})
    made = amended(here, StartCopy.model_validate(written), now)
    assert (made.name, made.began) == (first.name, FIRST)
    assert here.copy.connectors[made.name].config == now.config


def test_a_topic_with_records_on_the_target_is_not_added(here: World) -> None:
    first = begun(here)
    here.target.topic_set["shop.sent"] = topic("shop.sent", end=2)
    with pytest.raises(Refused, match=r"topic shop\.sent on the target is not empty"):
        planned(MORE).extending(first, here.sites())
    del here.target.topic_set["shop.sent"]
    with pytest.raises(Refused, match=r"topic shop\.sent does not exist on the target"):
        planned(MORE).extending(first, here.sites())


def test_a_topic_is_not_taken_out(here: World) -> None:
    both = planned(MORE).aim(here.sites()).apply(here.sites())
    assert planned(FIRST).extending(both, here.sites()) is None


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_topic_created_anew_stops_an_amended_copy_too(here: World, name: str, side: str) -> None:
    now = amended(here, begun(here), planned(MORE))
    getattr(here, side).topic_set[name] = topic(name, of="2")
    assert not now.present(here.sites())
    with pytest.raises(Refused, match="was recreated"):
        now.guard(here.sites())


@pytest.mark.parametrize("after", ["stop", "forget", "put", "resume"])
def test_a_kill_between_two_requests_is_gone_on_from(
    here: World, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """After `resume` the added topic is copied: what is stored of it now must stay."""
    first = begun(here)
    here.copy.copied[first.name]["shop.sent", 0] = 3
    extended = planned(MORE).extending(first, here.sites())
    assert extended is not None
    real: Callable[..., None] = getattr(type(here.copy), after)

    def dies(*given: object, **named: object) -> None:
        real(*given, **named)
        raise KilledError

    with monkeypatch.context() as dying:
        dying.setattr(type(here.copy), after, dies)
        with pytest.raises(KilledError):
            extended.apply(here.sites())
    here.copy.copy(first.name)  # what runs, copies
    if not extended.present(here.sites()):
        extended.apply(here.sites())
    assert extended.present(here.sites())
    here.copy.copy(first.name)
    assert [r.mark for r in here.target.logs["shop.sent", 0]] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_connector_that_somebody_deleted_goes_on_where_it_was(here: World) -> None:
    now = amended(here, begun(here), planned(MORE))
    here.target.topic_set["shop.sent"] = topic("shop.sent", end=5)
    here.copy.delete(now.name)
    now.apply(here.sites())
    assert len(here.target.logs["shop.sent", 0]) == 5


def test_what_a_person_changed_is_put_back(here: World) -> None:
    now = begun(here)
    here.copy.put(now.name, {**now.config, "topics": "other", "tasks.max": "1"})
    assert not now.present(here.sites())
    now.apply(here.sites())
    assert here.copy.connectors[now.name].config == now.config


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        *(("3.9.1", True), ("4.3.1", False), ("4.0.0-SNAPSHOT", False)),
        # Confluent's 7 is Kafka's 3
        *(("7.9.0-ccs", True), ("7.9.0-ce", True), ("8.0.0-ccs", False)),
        *(("", True), ("unknown", True)),
    ],
)
def test_workers_that_copy_heartbeats_unasked(
    here: World, monkeypatch: pytest.MonkeyPatch, version: str, *, refused: bool
) -> None:
    monkeypatch.setattr(type(here.copy), "version", lambda _: version)
    planned(FIRST).aim(here.sites())
    here.source.topic_set["shop.heartbeats"] = topic("shop.heartbeats")
    if refused:
        with pytest.raises(Refused, match=r"their MirrorMaker copies topic shop\.heart"):
            planned(FIRST).aim(here.sites())
    else:
        planned(FIRST).aim(here.sites())
