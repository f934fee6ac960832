"""How many requests an inventory takes, exactly: none of them is per topic, per group or per principal."""

import pytest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka import groups as module
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource, take
from tests import many_groups

ALWAYS = {
    "DescribeClusterRequest": 1,
    "DescribeConfigsRequest": 2,  # the broker's own, and those of every topic
    "DescribeAclsRequest": 1,
    "DescribeUserScramCredentialsRequest": 1,
    "DescribeClientQuotasRequest": 1,
    "MetadataRequest": 1,
    "ListOffsetsRequest": 4,  # first, last stable, end, and the first of the last 24 hours
    "DescribeLogDirsRequest": 1,
    "FetchRequest": 3,  # three places of each topic
    "ListGroupsRequest": 1,
    "ListTransactionsRequest": 1,
    "DescribeProducersRequest": 1,
}


@pytest.mark.parametrize(("groups", "chunks"), [(0, 0), (1, 1), (20, 1), (21, 2), (65, 4)])
def test_groups_are_asked_about_by_the_chunk(
    monkeypatch: pytest.MonkeyPatch, groups: int, chunks: int
) -> None:
    """The chunk is a thousandth here: 65 groups are asked about as 65,000 are."""
    assert module._CHUNK == 20_000
    monkeypatch.setattr(module, "_CHUNK", 20)
    with many_groups.broker(groups).running() as fake:
        wire = Wire("source", [("127.0.0.1", fake.port)])
        look = InventorySource(
            KafkaSurvey(wire),
            {},
            SystemClock(),
            "User:kmig",
            "x:1",
            DeclaredAuthorizer(("User:kmig",)),
        )
        found = take(look, lambda _: None)
        wire.close()
    assert len(found.groups.found) == groups
    assert {topic.codec for topic in found.topics.found} == {"lz4"}
    assert sum(len(group.commits) for group in found.groups.found) == groups * many_groups.COMMITS
    per_chunk = {
        "FindCoordinatorRequest": chunks,
        "DescribeGroupsRequest": chunks,
        "OffsetFetchRequest": chunks,
    }
    assert wire.requests == ALWAYS | {k: n for k, n in per_chunk.items() if n}
    assert wire.requests.total() <= 30
