"""Groups of every type in one cluster, with state, members and committed offsets.

No coordinator is looked up unless a group exists: FindCoordinator alone would create `__consumer_offsets`.
`look` returns what could not be read as faults, for an inventory; `read` raises the first of them, for a stage.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from kafka.protocol.admin import DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka.answers import batched, code_name, failure, require
from migrate.adapters.kafka.coordinator import MOVING, while_coordinator_moves
from migrate.adapters.kafka.messages import (
    ConsumerGroupDescribeRequest,
    ShareGroupDescribeRequest,
    StreamsGroupDescribeRequest,
)
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError
from migrate.model.cluster import Group, Member
from migrate.ports.survey import Surveyed

GROUP = attrgetter("group_id")
"""The group of a row."""

_NO_OFFSET = -1
_UNSTABLE_OFFSET_COMMIT = 88
"""A transaction that holds this commit is still open (KIP-447): repeated, bounded, then the group's error."""

_CHUNK = 20_000
"""Groups in one request; their response has some megabytes."""

_Gather = Callable[[dict[int, Any]], tuple[dict[int, Any], dict[int, KmigError]]]


def read(wire: Wire, names: frozenset[str] | None = None) -> tuple[Group, ...]:
    """Return the groups with their commits: all that are visible, or those of `names`. Log ends are not read."""
    gather: _Gather = lambda requests: (wire.fan_out(requests), {})  # noqa: E731
    listing = _look(wire, gather, names, whole=False)
    for fault in listing.faults:
        raise fault
    return listing.groups


def committed(wire: Wire, names: list[str]) -> dict[str, dict[tuple[str, int], int]]:
    """Return the commits of groups and nothing else: FindCoordinator, and one request to each coordinator."""
    gather: _Gather = lambda requests: (wire.fan_out(requests), {})  # noqa: E731

    def ask() -> _Details:
        details = _Details()
        by_broker = _by_broker(_coordinators(wire, gather, names, details), names)
        for answer in _answers(gather, by_broker, _fetch, details):
            details.fetched |= one_each(answer.groups, GROUP, _commit_code, lambda r: not r.topics)
        return details

    details = while_coordinator_moves(ask, lambda details: details.moving)
    for name in names:
        fetched = details.fetched.get(name)
        code = details.errors.get(name, 0) or (_commit_code(fetched) if fetched else 0)
        require(f"fetch the commits of group {name} on the {wire.site}", code)
    return {
        name: {
            (t.name, p.partition_index): p.committed_offset
            for t in own.topics
            for p in t.partitions
        }
        for name, own in details.fetched.items()
    }


def look(wire: Wire) -> Surveyed[tuple[Group, ...]]:
    """Return every group this principal may see with its commits, and what could not be read."""
    listing = _look(wire, wire.gather, None, whole=True)
    faults = tuple(dict.fromkeys(fault.message for fault in listing.faults))
    return Surveyed(listing.groups, faults)


@dataclass
class _Listing:
    groups: tuple[Group, ...] = ()
    faults: list[KmigError] = field(default_factory=list)


@dataclass
class _Details:
    """Descriptions, commits and FindCoordinator errors by group; and the brokers that did not answer."""

    described: dict[str, Any] = field(default_factory=dict)
    fetched: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    silent: dict[int, KmigError] = field(default_factory=dict)
    unread: dict[str, KmigError] = field(default_factory=dict)

    @property
    def moving(self) -> bool:
        """Whether a coordinator moves or a commit is not stable yet: both pass by themselves."""
        codes = {row.error_code for row in self.described.values()} | set(self.errors.values())
        codes |= {_commit_code(row) for row in self.fetched.values()}
        return bool((MOVING | {_UNSTABLE_OFFSET_COMMIT}) & codes)


def _look(wire: Wire, gather: _Gather, names: frozenset[str] | None, *, whole: bool) -> _Listing:
    """Return the groups; with `whole` also those are described that are listed as empty."""
    answers, silent = gather(
        {b.id: ListGroupsRequest(states_filter=[], types_filter=[]) for b in wire.brokers()}
    )
    faults = list(silent.values())
    for broker, answer in answers.items():
        if answer.error_code:
            what = f"list groups of broker {broker} on the {wire.site}"
            faults.append(failure(what, answer.error_code))
    listed = (row for answer in answers.values() for row in answer.groups)
    wanted = (row for row in listed if names is None or row.group_id in names)
    rows = one_each(wanted, GROUP, blank=gone)
    if not rows:
        return _Listing(faults=faults)
    details = while_coordinator_moves(
        lambda: _details(wire, gather, rows, whole=whole), lambda details: details.moving
    )
    faults += details.silent.values()
    return _Listing(tuple(_group(rows[name], details) for name in sorted(rows)), faults)


def _details(wire: Wire, gather: _Gather, rows: dict[str, Any], *, whole: bool) -> _Details:
    details = _Details()
    coordinators = _coordinators(wire, gather, list(rows), details)
    for kind, request in _DESCRIBE.items():
        names = [n for n, r in rows.items() if _type(r) == kind and (whole or not _empty(r))]
        of_kind = _by_broker(coordinators, names)
        for answer in _answers(gather, of_kind, request, details):
            details.described |= one_each(answer.groups, GROUP, blank=gone)
    # share groups keep no committed offsets (KIP-932)
    with_commits = [name for name, row in rows.items() if _type(row) != "share"]
    for answer in _answers(gather, _by_broker(coordinators, with_commits), _fetch, details):
        details.fetched |= one_each(answer.groups, GROUP, _commit_code, lambda row: not row.topics)
    return details


def _answers(
    gather: _Gather,
    by_broker: dict[int, list[str]],
    request: Callable[[list[str]], Any],
    details: _Details,
) -> list[Any]:
    """Return each coordinator's responses to a request about its groups; note silent brokers in `details`."""
    chunks = {b: [list(c) for c in batched(names, _CHUNK)] for b, names in by_broker.items()}
    received: list[Any] = []
    for turn in range(max(map(len, chunks.values()), default=0)):
        current = {b: c[turn] for b, c in chunks.items() if turn < len(c)}
        answers, silent = gather({b: request(names) for b, names in current.items()})
        received += answers.values()
        details.silent |= silent
        details.unread |= {name: error for b, error in silent.items() for name in current[b]}
    return received


def _coordinators(
    wire: Wire, gather: _Gather, names: list[str], details: _Details
) -> dict[str, int]:
    broker_of: dict[str, int] = {}
    for chunk in batched(names, _CHUNK):
        request = FindCoordinatorRequest(key_type=0, coordinator_keys=list(chunk), min_version=4)
        # an inventory avoids brokers that were silent; a stage must find one again that came back
        ask = wire.ask_any if gather == wire.gather else wire.call
        for name, row in one_each(ask(request).coordinators, attrgetter("key")).items():
            if row.error_code:
                details.errors[name] = row.error_code
            else:
                broker_of[name] = row.node_id
    return broker_of


def _by_broker(coordinators: dict[str, int], names: Iterable[str]) -> dict[int, list[str]]:
    by_broker: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if name in coordinators:
            by_broker[coordinators[name]].append(name)
    return by_broker


def _type(row: Any) -> str:
    return (row.group_type or "classic").lower()


_DESCRIBE: dict[str, Callable[[list[str]], Any]] = {
    "classic": lambda names: DescribeGroupsRequest(
        groups=names, include_authorized_operations=False
    ),
    "consumer": lambda names: ConsumerGroupDescribeRequest(
        group_ids=names, include_authorized_operations=False
    ),
    "share": lambda names: ShareGroupDescribeRequest(
        group_ids=names, include_authorized_operations=False
    ),
    "streams": lambda names: StreamsGroupDescribeRequest(
        group_ids=names, include_authorized_operations=False
    ),
}
"""The describe request of each group type; a group of another type is listed without its members."""


def _fetch(names: list[str]) -> Any:
    group = OffsetFetchRequest.OffsetFetchRequestGroup
    # 8 asks for all groups of a coordinator at once (KIP-709); 10 would name topics by id only
    return OffsetFetchRequest(
        groups=[group(group_id=name, topics=None) for name in names],
        require_stable=True,
        min_version=8,
        max_version=9,
    )


def _empty(row: Any) -> bool:
    """Whether its coordinator lists a group as one without members."""
    return bool(row.group_state == "Empty")


def gone(row: Any) -> bool:
    """Whether a row is what a broker answers that does not keep the group: no state, or `Dead`."""
    return row.group_state in ("", "Dead")


def _commit_code(fetched: Any) -> int:
    """Return the error code of a group's commits: the group's own, or the first of its partitions."""
    codes = [p.error_code for topic in fetched.topics for p in topic.partitions]
    return int(fetched.error_code or next((code for code in codes if code), 0))


def _group(row: Any, details: _Details) -> Group:
    name = row.group_id
    described, fetched = details.described.get(name), details.fetched.get(name)
    code = details.errors.get(name, 0)
    code = code or (described.error_code if described is not None else 0)
    code = code or (_commit_code(fetched) if fetched is not None else 0)
    unread = details.unread.get(name)
    # validated in one go with its commits, of which there may be hundreds of thousands
    return Group.model_validate(
        {
            "name": name,
            "type": _type(row),
            "protocol_type": row.protocol_type,
            "state": row.group_state or (described.group_state if described else ""),
            "members": () if described is None and _empty(row) else _members(described),
            "commits": tuple(_commits_of(fetched)),
            "error": code_name(code) if code else _unread(row, unread),
        }
    )


def _unread(row: Any, silent: KmigError | None) -> str:
    if silent is not None:
        return silent.message
    return "" if _type(row) in _DESCRIBE else f"kmig cannot describe groups of type {_type(row)}"


def _members(described: Any) -> tuple[Member, ...] | None:
    if described is None or described.error_code:
        return None
    return tuple(_member(member) for member in described.members)


def _member(row: Any) -> Member:
    instance = getattr(row, "instance_id", None) or getattr(row, "group_instance_id", None) or ""
    return Member(client_id=row.client_id, host=row.client_host, instance=instance)


def _commits_of(fetched: Any) -> Iterable[dict[str, Any]]:
    if fetched is None:
        return
    for topic in sorted(fetched.topics, key=lambda t: str(t.name)):
        for p in sorted(topic.partitions, key=lambda p: int(p.partition_index)):
            if p.committed_offset != _NO_OFFSET:
                yield {
                    "topic": topic.name,
                    "partition": p.partition_index,
                    "offset": p.committed_offset,
                    "metadata": p.metadata or "",
                }
