"""The operations that a login is authorized for, decided by the broker's own authorizer (KIP-430).

Asking has no side effect, and the authorizer logs it at TRACE only. A topic that the login may not describe has no
operations.
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
    """Return the authorized operations on each topic, by one request to one broker."""
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
    """Return the authorized operations on each group, by one request to each coordinator.

    A group whose coordinator this login may not find has none.
    """
    wanted = sorted(names)
    if not wanted:
        return {}
    operations: dict[str, frozenset[str]] = dict.fromkeys(wanted, frozenset())
    for broker, some in coordinator.find_each(wire, wanted).items():
        # from version 6 on, a group that does not exist is an error and has no operations (KIP-1043)
        request = {"groups": some, "include_authorized_operations": True, "max_version": 5}
        rows = coordinator.while_coordinator_moves(
            lambda broker=broker, request=request: one_each(  # type: ignore[misc]
                wire.call(DescribeGroupsRequest(**request), broker).groups, GROUP, blank=gone
            ),
            lambda rows: any(row.error_code in coordinator.MOVING for row in rows.values()),
        )
        operations |= {n: _operations(row.authorized_operations) for n, row in rows.items()}
    return operations


def cluster(wire: Wire) -> frozenset[str]:
    """Return the authorized operations on the cluster."""
    answer = wire.call(DescribeClusterRequest(include_cluster_authorized_operations=True))
    return _operations(answer.authorized_operations)


def _operations(codes: Iterable[int] | None) -> frozenset[str]:
    return frozenset(OPERATIONS[code] for code in codes or () if code in OPERATIONS)
