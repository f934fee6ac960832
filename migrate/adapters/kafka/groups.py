"""Groups of one cluster: every type, with state, members and committed offsets.

No coordinator is looked up unless a group exists: the look-up alone would create `__consumer_offsets`.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kafka.protocol.admin import DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka import topics
from migrate.adapters.kafka.answers import code_name, require
from migrate.adapters.kafka.coordinator import MOVING, patiently
from migrate.adapters.kafka.topics import Offsets
from migrate.adapters.kafka.wire import Wire
from migrate.model.cluster import Commit, Group, Member

_NO_OFFSET = -1
_UNSTABLE_OFFSET_COMMIT = 88
"""A transaction with this commit is still open (KIP-447): asked again, bounded, and then the group's error."""


def read(wire: Wire, names: frozenset[str] | None = None) -> tuple[Group, ...]:
    """Every group this principal may see, of every type, with committed offsets; or those of them named."""
    listed = [row for row in _listed(wire) if names is None or row.group_id in names]
    if not listed:
        return ()
    described, fetched, errors = patiently(lambda: _details(wire, listed), _moving)
    ends = _ends(wire, fetched)
    return tuple(
        _group(row, described.get(row.group_id), fetched.get(row.group_id), ends, errors)
        for row in sorted(listed, key=lambda r: str(r.group_id))
    )


def _details(
    wire: Wire, listed: list[Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """Descriptions, commits, and error codes of the look-up, each by group."""
    coordinators, errors = _coordinators(wire, [row.group_id for row in listed])
    described = _describe(wire, coordinators, [r for r in listed if _classic(r)])
    # share groups keep no committed offsets (KIP-932)
    with_commits = {r.group_id for r in listed if (r.group_type or "").lower() != "share"}
    keepers = {name: broker for name, broker in coordinators.items() if name in with_commits}
    return described, _commits(wire, keepers), errors


def _listed(wire: Wire) -> list[Any]:
    requests = {b.id: ListGroupsRequest(states_filter=[], types_filter=[]) for b in wire.brokers()}
    rows = []
    for broker, answer in wire.fan_out(requests).items():
        require(f"{wire.site}: list groups of broker {broker}", answer.error_code)
        rows += answer.groups
    return rows


def _coordinators(wire: Wire, names: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    answer = wire.call(FindCoordinatorRequest(key_type=0, coordinator_keys=names, min_version=4))
    found = {row.key: row.node_id for row in answer.coordinators if not row.error_code}
    errors = {row.key: row.error_code for row in answer.coordinators if row.error_code}
    return found, errors


def _describe(wire: Wire, coordinators: dict[str, int], rows: list[Any]) -> dict[str, Any]:
    by_broker = _grouped(coordinators, [row.group_id for row in rows])
    answers = wire.fan_out(
        {
            broker: DescribeGroupsRequest(groups=names, include_authorized_operations=False)
            for broker, names in by_broker.items()
        }
    )
    return {row.group_id: row for answer in answers.values() for row in answer.groups}


def _commits(wire: Wire, coordinators: dict[str, int]) -> dict[str, Any]:
    one = OffsetFetchRequest.OffsetFetchRequestGroup
    answers = wire.fan_out(
        {
            # 8 asks for all groups of a coordinator at once (KIP-709); 10 would name topics by id only
            broker: OffsetFetchRequest(
                groups=[one(group_id=name, topics=None) for name in names],
                require_stable=True,
                min_version=8,
                max_version=9,
            )
            for broker, names in _grouped(coordinators, coordinators).items()
        }
    )
    return {row.group_id: row for answer in answers.values() for row in answer.groups}


def _ends(wire: Wire, fetched: dict[str, Any]) -> Offsets:
    names = sorted({topic.name for row in fetched.values() for topic in row.topics})
    if not names:
        return {}
    return {
        (topic.name, p.index): (p.start, p.end)
        for topic in topics.read(wire, names)
        for p in topic.partitions
    }


def _grouped(coordinators: dict[str, int], names: Iterable[str]) -> dict[int, list[str]]:
    by_broker: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if name in coordinators:
            by_broker[coordinators[name]].append(name)
    return by_broker


def _classic(row: Any) -> bool:
    return (row.group_type or "classic").lower() == "classic"


def _moving(details: tuple[dict[str, Any], dict[str, Any], dict[str, int]]) -> bool:
    described, fetched, errors = details
    codes = {row.error_code for row in described.values()} | set(errors.values())
    codes |= {_commit_code(row) for row in fetched.values()}
    return bool((MOVING | {_UNSTABLE_OFFSET_COMMIT}) & codes)


def _commit_code(fetched: Any) -> int:
    """The error of a group's commits: of the whole, or of the first partition that has one."""
    codes = [p.error_code for topic in fetched.topics for p in topic.partitions]
    return int(fetched.error_code or next((code for code in codes if code), 0))


def _group(
    row: Any,
    described: Any,
    fetched: Any,
    ends: Offsets,
    errors: dict[str, int],
) -> Group:
    code = errors.get(row.group_id, 0)
    code = code or (described.error_code if described is not None else 0)
    code = code or (_commit_code(fetched) if fetched is not None else 0)
    return Group(
        name=row.group_id,
        type=(row.group_type or "classic").lower(),
        protocol_type=row.protocol_type,
        state=row.group_state or (described.group_state if described else ""),
        members=None
        if described is None
        else tuple(Member(client_id=m.client_id, host=m.client_host) for m in described.members),
        commits=tuple(_commits_of(fetched, ends)),
        error=code_name(code) if code else "",
    )


def _commits_of(fetched: Any, ends: Offsets) -> Iterable[Commit]:
    if fetched is None:
        return
    for topic in sorted(fetched.topics, key=lambda t: str(t.name)):
        for p in sorted(topic.partitions, key=lambda p: int(p.partition_index)):
            if p.committed_offset == _NO_OFFSET:
                continue
            start, end = ends.get((topic.name, p.partition_index), (None, None))
            yield Commit(
                topic=topic.name,
                partition=p.partition_index,
                offset=p.committed_offset,
                metadata=p.metadata or "",
                start=start,
                end=end,
            )
