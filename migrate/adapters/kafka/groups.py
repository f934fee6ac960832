"""Groups of one cluster: every type, with state, members and committed offsets.

No coordinator is looked up unless a group exists: the look-up alone would create `__consumer_offsets`.
`look` keeps what a broker did not say as a fault; `read` raises for it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from kafka.protocol.admin import DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka import log_offsets, metadata
from migrate.adapters.kafka.answers import batched, code_name, failure
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
"""Which group a row is about."""

_NO_OFFSET = -1
_UNSTABLE_OFFSET_COMMIT = 88
"""A transaction with this commit is still open (KIP-447): asked again, bounded, and then the group's error."""

_CHUNK = 20_000
"""Groups in one request: answers of some megabytes."""

_Gather = Callable[[dict[int, Any]], tuple[dict[int, Any], dict[int, KmigError]]]


def read(wire: Wire, names: frozenset[str] | None = None) -> tuple[Group, ...]:
    """Every group this principal may see, with committed offsets and the ends beside them; or those of them named.

    Starts stay out: one that is read after a commit may have passed it. They are asked of `log_offsets.ends`.
    """
    found = _look(wire, lambda requests: (wire.fan_out(requests), {}), names)
    for fault in found.faults:
        raise fault
    placed = sorted({commit.topic for group in found.groups for commit in group.commits})
    ends = _ends(wire, placed)
    return tuple(group.beside(ends) for group in found.groups)


def look(wire: Wire) -> Surveyed[tuple[Group, ...]]:
    """Every group this principal may see, with committed offsets, and what could not be read."""
    found = _look(wire, wire.gather, None)
    return Surveyed(found.groups, tuple(dict.fromkeys(fault.message for fault in found.faults)))


@dataclass
class _Found:
    groups: tuple[Group, ...] = ()
    faults: list[KmigError] = field(default_factory=list)


@dataclass
class _Details:
    """Descriptions, commits, and error codes of the look-up, each by group; and who did not answer."""

    described: dict[str, Any] = field(default_factory=dict)
    fetched: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    silent: dict[int, KmigError] = field(default_factory=dict)
    unread: dict[str, KmigError] = field(default_factory=dict)

    @property
    def moving(self) -> bool:
        """Whether a coordinator is on the move, or a commit not stable yet: true only for a moment."""
        codes = {row.error_code for row in self.described.values()} | set(self.errors.values())
        codes |= {_commit_code(row) for row in self.fetched.values()}
        return bool((MOVING | {_UNSTABLE_OFFSET_COMMIT}) & codes)


def _look(wire: Wire, gather: _Gather, names: frozenset[str] | None) -> _Found:
    answers, silent = gather(
        {b.id: ListGroupsRequest(states_filter=[], types_filter=[]) for b in wire.brokers()}
    )
    faults = list(silent.values())
    for broker, answer in answers.items():
        if answer.error_code:
            faults.append(
                failure(f"{wire.site}: list groups of broker {broker}", answer.error_code)
            )
    listed = (row for answer in answers.values() for row in answer.groups)
    mine = (row for row in listed if names is None or row.group_id in names)
    rows = one_each(mine, GROUP, blank=gone)
    if not rows:
        return _Found(faults=faults)
    details = while_coordinator_moves(
        lambda: _details(wire, gather, rows), lambda found: found.moving
    )
    faults += details.silent.values()
    return _Found(tuple(_group(rows[name], details) for name in sorted(rows)), faults)


def _details(wire: Wire, gather: _Gather, rows: dict[str, Any]) -> _Details:
    found = _Details()
    coordinators = _coordinators(wire, gather, list(rows), found)
    for kind, request in _DESCRIBE.items():
        some = _by_broker(coordinators, [n for n, row in rows.items() if _type(row) == kind])
        for answer in _asked(gather, some, request, found):
            found.described |= one_each(answer.groups, GROUP, blank=gone)
    # share groups keep no committed offsets (KIP-932)
    kept = _by_broker(coordinators, [n for n, row in rows.items() if _type(row) != "share"])
    for answer in _asked(gather, kept, _fetch, found):
        found.fetched |= one_each(answer.groups, GROUP, _commit_code, lambda row: not row.topics)
    return found


def _asked(
    gather: _Gather,
    by_broker: dict[int, list[str]],
    request: Callable[[list[str]], Any],
    found: _Details,
) -> list[Any]:
    """The answers to one request of each coordinator about its groups; what is silent is noted."""
    chunks = {b: [list(c) for c in batched(names, _CHUNK)] for b, names in by_broker.items()}
    made: list[Any] = []
    for turn in range(max(map(len, chunks.values()), default=0)):
        some = {b: c[turn] for b, c in chunks.items() if turn < len(c)}
        answers, silent = gather({b: request(names) for b, names in some.items()})
        made += answers.values()
        found.silent |= silent
        found.unread |= {name: error for b, error in silent.items() for name in some[b]}
    return made


def _coordinators(wire: Wire, gather: _Gather, names: list[str], found: _Details) -> dict[str, int]:
    keepers: dict[str, int] = {}
    for some in batched(names, _CHUNK):
        request = FindCoordinatorRequest(key_type=0, coordinator_keys=list(some), min_version=4)
        # a look keeps away from brokers that were silent; a stage must find one again that came back
        ask = wire.ask_any if gather == wire.gather else wire.call
        for name, row in one_each(ask(request).coordinators, attrgetter("key")).items():
            if row.error_code:
                found.errors[name] = row.error_code
            else:
                keepers[name] = row.node_id
    return keepers


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
"""How each type of group is asked about; one of another type is listed without its members."""


def _fetch(names: list[str]) -> Any:
    one = OffsetFetchRequest.OffsetFetchRequestGroup
    # 8 asks for all groups of a coordinator at once (KIP-709); 10 would name topics by id only
    return OffsetFetchRequest(
        groups=[one(group_id=name, topics=None) for name in names],
        require_stable=True,
        min_version=8,
        max_version=9,
    )


def _ends(wire: Wire, names: list[str]) -> dict[tuple[str, int], tuple[int | None, int | None]]:
    if not names:
        return {}
    rows = metadata.existing(wire.site, wire.call(metadata.request(names)))
    announced = {broker.id for broker in wire.brokers()}
    leading = {b: t for b, t in metadata.by_leader(rows).items() if b in announced}
    requests = {b: log_offsets.request(t, log_offsets.END) for b, t in leading.items()}
    ends = log_offsets.rows(wire.fan_out(requests).values())
    return {place: (None, end) for place, end in ends.items()}


def gone(row: Any) -> bool:
    """Whether a row says no more of a group than who does not keep it: it has no state, or is dead."""
    return row.group_state in ("", "Dead")


def _commit_code(fetched: Any) -> int:
    """The error of a group's commits: of the whole, or of the first partition that has one."""
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
            "members": _members(described),
            "commits": tuple(_commits_of(fetched)),
            "error": code_name(code) if code else _unread(row, unread),
        }
    )


def _unread(row: Any, silent: KmigError | None) -> str:
    if silent is not None:
        return silent.message
    return "" if _type(row) in _DESCRIBE else f"no request here describes a {_type(row)} group"


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
