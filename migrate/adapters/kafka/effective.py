"""What a login may really do, as the broker's own authorizer says it: `authorizedOperations` (KIP-430).

No side effect, and no trace in the authorizer's log above TRACE. A topic that one may not even describe has none.
"""

from collections.abc import Iterable

from kafka.protocol.admin import DescribeClusterRequest, DescribeGroupsRequest
from kafka.protocol.metadata import MetadataRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.groups import GROUP, gone
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire
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
    """Operations on each group, in one request to each coordinator; none where one may not even find that."""
    wanted = sorted(names)
    if not wanted:
        return {}
    found: dict[str, frozenset[str]] = dict.fromkeys(wanted, frozenset())
    for keeper, some in coordinator.find_each(wire, wanted).items():
        # from version 6 on a group that does not exist is an error, and has no operations (KIP-1043)
        request = {"groups": some, "include_authorized_operations": True, "max_version": 5}
        rows = coordinator.while_coordinator_moves(
            lambda keeper=keeper, request=request: one_each(  # type: ignore[misc]
                wire.call(DescribeGroupsRequest(**request), keeper).groups, GROUP, blank=gone
            ),
            lambda rows: any(row.error_code in coordinator.MOVING for row in rows.values()),
        )
        found |= {n: _operations(row.authorized_operations) for n, row in rows.items()}
    return found


def cluster(wire: Wire) -> frozenset[str]:
    """Operations on the cluster."""
    answer = wire.call(DescribeClusterRequest(include_cluster_authorized_operations=True))
    return _operations(answer.authorized_operations)


def _operations(codes: Iterable[int] | None) -> frozenset[str]:
    return frozenset(OPERATIONS[code] for code in codes or () if code in OPERATIONS)
