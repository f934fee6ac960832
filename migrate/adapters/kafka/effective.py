"""What a login may really do, as the broker's own authorizer says it: `authorizedOperations` (KIP-430).

No side effect, and no trace in the authorizer's log above TRACE. A topic that one may not even describe has none.
"""

from collections.abc import Iterable

from kafka.protocol.admin import DescribeClusterRequest, DescribeGroupsRequest
from kafka.protocol.metadata import MetadataRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.wire import Wire
from migrate.errors import NotAuthorized
from migrate.model.acl import OPERATIONS


def topics(wire: Wire, names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Operations on each topic, in one request to one broker."""
    wanted = [MetadataRequest.MetadataRequestTopic(name=n, topic_id=None) for n in names]
    request = MetadataRequest(
        topics=wanted,
        allow_auto_topic_creation=False,
        include_cluster_authorized_operations=False,
        include_topic_authorized_operations=True,
    )
    answer = wire.call(request)
    return {row.name: _operations(row.authorized_operations) for row in answer.topics}


def groups(wire: Wire, names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Operations on each group, asked of its coordinator."""
    return {name: _on_group(wire, name) for name in names}


def _on_group(wire: Wire, name: str) -> frozenset[str]:
    # from version 6 on a group that does not exist is an error, and has no operations (KIP-1043)
    request = {"groups": [name], "include_authorized_operations": True, "max_version": 5}
    try:
        row = coordinator.patiently(
            lambda: wire.call(
                DescribeGroupsRequest(**request), coordinator.find(wire, name)
            ).groups[0],
            lambda row: row.error_code in coordinator.MOVING,
        )
    except NotAuthorized:
        return frozenset()
    return _operations(row.authorized_operations)


def cluster(wire: Wire) -> frozenset[str]:
    """Operations on the cluster."""
    answer = wire.call(DescribeClusterRequest(include_cluster_authorized_operations=True))
    return _operations(answer.authorized_operations)


def _operations(codes: Iterable[int] | None) -> frozenset[str]:
    return frozenset(OPERATIONS[code] for code in codes or () if code in OPERATIONS)
