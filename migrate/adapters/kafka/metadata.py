"""Topics, the leaders of their partitions, and broker configs. No request here can create a topic."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kafka.protocol.admin import DescribeConfigsRequest
from kafka.protocol.metadata import MetadataRequest

from migrate.adapters.kafka.answers import failure, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Passing

UNKNOWN_TOPIC = 3
_BROKER_RESOURCE = 4

ByLeader = dict[int, dict[str, list[int]]]
"""Broker id to topic to partition indexes."""


def request(names: Iterable[str] | None) -> Any:
    """Return the Metadata request for topics by name, or for all that the principal may see."""
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
    """Return the request for a broker's configs, to be sent to that broker; without keys for all of them."""
    resource = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=_BROKER_RESOURCE, resource_name=str(broker), configuration_keys=keys
    )
    return DescribeConfigsRequest(resources=[resource], include_synonyms=False)


def existing(site: str, answer: Any) -> list[Any]:
    """Return the rows of the topics that exist, ordered by name; raises for a topic with any other error."""
    rows = []
    for row in answer.topics:
        if row.error_code == UNKNOWN_TOPIC:
            continue
        require(f"describe topic {row.name} on the {site}", row.error_code)
        rows.append(row)
    return sorted(rows, key=lambda row: str(row.name))


def described(site: str, answer: Any) -> tuple[list[Any], list[str]]:
    """Return the rows of the topics that exist, and the errors of topics that could not be described."""
    rows, faults = [], []
    for row in sorted(answer.topics, key=lambda topic: str(topic.name)):
        if row.error_code and row.error_code != UNKNOWN_TOPIC:
            what = f"describe topic {row.name} on the {site}"
            faults.append(failure(what, row.error_code).message)
        elif not row.error_code:
            rows.append(row)
    return rows, faults


def absent_brokers(wire: Wire) -> tuple[int, ...]:
    """Ask which broker ids hold replicas and are not announced by the listener now."""
    return absent(wire.ask_any(request(None)))


def absent(answer: Any) -> tuple[int, ...]:
    """Return the ids that hold replicas and are not announced, from a response about every topic."""
    holding = {node for row in answer.topics for p in row.partitions for node in p.replica_nodes}
    return tuple(sorted(holding - {broker.node_id for broker in answer.brokers}))


def by_leader(topic_rows: Iterable[Any]) -> ByLeader:
    """Return the partitions by the id of their leader; -1 stands for no leader."""
    partitions: ByLeader = defaultdict(lambda: defaultdict(list))
    for row in topic_rows:
        for p in row.partitions:
            partitions[p.leader_id][row.name].append(p.partition_index)
    return partitions


def leaders(wire: Wire, names: Iterable[str]) -> ByLeader:
    """Ask for the leaders of topics by name; raises when a topic has an error or a partition no leader."""
    wanted = sorted(set(names))
    answer = wire.ask_any(request(wanted)).topics if wanted else ()
    for row in answer:
        require(f"describe topic {row.name} on the {wire.site}", row.error_code)
        for p in row.partitions:
            if p.leader_id < 0:
                raise Passing(
                    f"partition {row.name}-{p.partition_index} on the {wire.site} has no leader",
                    "start the brokers that hold its replicas, then rerun the command",
                )
    return by_leader(answer)


def ids(wire: Wire, names: Iterable[str]) -> dict[str, str]:
    """Return the ids of those topics that exist; empty ones from a broker that knows no ids."""
    wanted = sorted(set(names))
    rows = existing(wire.site, wire.ask_any(request(wanted))) if wanted else []
    return {row.name: str(row.topic_id or "") for row in rows}
