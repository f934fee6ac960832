"""Which topics there are, who leads their partitions, and how brokers are set. No request here can create a topic."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kafka.protocol.admin import DescribeConfigsRequest
from kafka.protocol.metadata import MetadataRequest

from migrate.adapters.kafka.answers import failure, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import CannotTell

UNKNOWN_TOPIC = 3
_BROKER_RESOURCE = 4

ByLeader = dict[int, dict[str, list[int]]]
"""Broker id to topic to partition indexes."""


def request(names: Iterable[str] | None) -> Any:
    """Metadata of topics by name, or of all that the principal may see."""
    wanted = None
    if names is not None:
        wanted = [MetadataRequest.MetadataRequestTopic(name=n, topic_id=None) for n in names]
    return MetadataRequest(
        topics=wanted,
        allow_auto_topic_creation=False,
        include_cluster_authorized_operations=False,
        include_topic_authorized_operations=False,
    )


def broker_configs(broker: int, keys: list[str] | None = None) -> Any:
    """A broker's configuration, to be asked of itself; without keys all of it."""
    one = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=_BROKER_RESOURCE, resource_name=str(broker), configuration_keys=keys
    )
    return DescribeConfigsRequest(resources=[one], include_synonyms=False)


def existing(site: str, answer: Any) -> list[Any]:
    """The topics of an answer that exist, in the order of their names; raises for one with another error."""
    found = []
    for row in answer.topics:
        if row.error_code == UNKNOWN_TOPIC:
            continue
        require(f"{site}: describe topic {row.name}", row.error_code)
        found.append(row)
    return sorted(found, key=lambda row: str(row.name))


def described(site: str, answer: Any) -> tuple[list[Any], list[str]]:
    """The topics of an answer that exist, and what was said of those that could not be described."""
    rows, faults = [], []
    for row in sorted(answer.topics, key=lambda one: str(one.name)):
        if row.error_code and row.error_code != UNKNOWN_TOPIC:
            faults.append(failure(f"{site}: describe topic {row.name}", row.error_code).message)
        elif not row.error_code:
            rows.append(row)
    return rows, faults


def absent_brokers(wire: Wire) -> tuple[int, ...]:
    """Ids that replicas name and the listener does not announce, now and not as first seen."""
    return absent(wire.call(request(None)))


def absent(answer: Any) -> tuple[int, ...]:
    """The same, of an answer about every topic."""
    holding = {node for row in answer.topics for p in row.partitions for node in p.replica_nodes}
    return tuple(sorted(holding - {broker.node_id for broker in answer.brokers}))


def by_leader(topic_rows: Iterable[Any]) -> ByLeader:
    """Partitions by who leads them; -1 stands for nobody."""
    found: ByLeader = defaultdict(lambda: defaultdict(list))
    for row in topic_rows:
        for p in row.partitions:
            found[p.leader_id][row.name].append(p.partition_index)
    return found


def leaders(wire: Wire, names: Iterable[str]) -> ByLeader:
    """The same for topics by name; raises when one has an error, or a partition no leader."""
    wanted = sorted(set(names))
    answer = wire.call(request(wanted)).topics if wanted else ()
    for row in answer:
        require(f"{wire.site}: describe topic {row.name}", row.error_code)
        for p in row.partitions:
            if p.leader_id < 0:
                raise CannotTell(f"{wire.site}: {row.name}-{p.partition_index} has no leader now")
    return by_leader(answer)
