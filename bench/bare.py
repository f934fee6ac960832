"""The requests of an inventory, sent one after the other and only decoded: no inventory can be faster.

Run as a process of its own: `python bench/bare.py HOST:PORT USER PASSWORD MECHANISM`.
"""

import sys

from kafka.protocol.admin import (
    DescribeConfigsRequest,
    DescribeGroupsRequest,
    DescribeLogDirsRequest,
    ListGroupsRequest,
    ListTransactionsRequest,
)
from kafka.protocol.consumer import OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka import identities, log_offsets, metadata
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire

CHUNK = 1_000


def main() -> None:
    """Send the requests, and print how many they were."""
    address, user, password, mechanism = sys.argv[1:]
    host, _, port = address.rpartition(":")
    wire = Wire("bare", [(host, int(port))], Login(mechanism, user, password), timeout=60.0)
    wire.brokers()
    topics = wire.call(metadata.request(None)).topics
    for request in (identities.all_acls(), identities.all_scram(), identities.all_quotas()):
        wire.call(request)
    resource = DescribeConfigsRequest.DescribeConfigsResource
    for begin in range(0, len(topics), CHUNK):
        rows = [
            resource(resource_type=2, resource_name=t.name, configuration_keys=None)
            for t in topics[begin : begin + CHUNK]
        ]
        wire.call(DescribeConfigsRequest(resources=rows, include_synonyms=False))
    for broker, led in metadata.by_leader(topics).items():
        for what in (log_offsets.START, log_offsets.STABLE, log_offsets.END):
            wire.call(log_offsets.request(led, what), broker)
        wire.call(log_offsets.producers_request(led), broker)
    wire.call(DescribeLogDirsRequest(topics=None))
    listed = wire.call(ListGroupsRequest(states_filter=[], types_filter=[])).groups
    names = [row.group_id for row in listed]
    wire.call(FindCoordinatorRequest(key_type=0, coordinator_keys=names, min_version=4))
    wire.call(DescribeGroupsRequest(groups=names, include_authorized_operations=False))
    group = OffsetFetchRequest.OffsetFetchRequestGroup
    groups = [group(group_id=name, topics=None) for name in names]
    wire.call(OffsetFetchRequest(groups=groups, require_stable=True, min_version=8, max_version=9))
    wire.call(ListTransactionsRequest(state_filters=[], producer_id_filters=[]))
    print(wire.requests.total())


if __name__ == "__main__":
    main()
