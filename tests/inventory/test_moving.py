"""Readings of an estate that goes on while it is read: a healthy commit never lies outside its log."""

from typing import Any

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource, take
from migrate.model.cluster import Commit
from tests import many_groups
from tests.fake_broker import FakeBroker
from tests.inventory.test_budget import ALWAYS

EACH = 100
"""Records between two requests."""


def live() -> FakeBroker:
    """One group that has read all there is, and whose topics are purged up to its commit, at every moment.

    Kafka Streams does so with its repartition topics. Whichever reading is older than it may be lies outside.
    """
    fake = many_groups.broker(1)
    offsets, fetched = fake.answers["ListOffsetsRequest"], fake.answers["OffsetFetchRequest"]
    now = 0

    def listed(request: Any) -> Any:
        nonlocal now
        now += EACH
        made = offsets(request)
        for topic in made.topics:
            for partition in topic.partitions:
                partition.offset = now
        return made

    def committed(request: Any) -> Any:
        nonlocal now
        now += EACH
        made = fetched(request)
        for group in made.groups:
            for topic in group.topics:
                topic.partitions[0].committed_offset = now
        return made

    fake.answers |= {"ListOffsetsRequest": listed, "OffsetFetchRequest": committed}
    return fake


def outside(commits: tuple[Commit, ...]) -> list[str]:
    """Commits that seem to lie before the start, or beyond the end."""
    assert len(commits) == many_groups.COMMITS
    return [
        f"{c.topic}: {c.start} {c.offset} {c.end}"
        for c in commits
        if c.end is None or not (c.start or 0) <= c.offset <= c.end
    ]


def test_an_inventory_of_a_live_estate_puts_no_commit_outside_its_log() -> None:
    with live().running() as fake:
        wire = Wire("source", [("127.0.0.1", fake.port)])
        try:
            survey = KafkaSurvey(wire)
            look = InventorySource(
                survey, {}, SystemClock(), "User:kmig", "x:1", DeclaredAuthorizer(("User:kmig",))
            )
            found = take(look, lambda _: None)
        finally:
            wire.close()
    (group,) = found.groups.found
    assert outside(group.commits) == []
    assert all(c.start is not None for c in group.commits)
    for topic in found.topics.found:
        for p in topic.partitions:
            assert sorted([p.start or 0, p.stable or 0, p.end or 0]) == [p.start, p.stable, p.end]
    once = {"FindCoordinatorRequest": 1, "DescribeGroupsRequest": 1, "OffsetFetchRequest": 1}
    assert wire.requests == ALWAYS | once


def test_a_step_that_reads_groups_asks_for_no_end_beside_their_commits() -> None:
    with live().running() as fake:
        wire = Wire("source", [("127.0.0.1", fake.port)])
        try:
            (group,) = KafkaReader(wire).groups()
        finally:
            wire.close()
    assert {commit.end for commit in group.commits} == {None}
    assert not wire.requests["ListOffsetsRequest"]
