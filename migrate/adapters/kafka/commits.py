"""Offsets committed for many groups at once: pipelined to each coordinator, a request for a group's 1,000 partitions.

No version of OffsetCommit carries several groups.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kafka.protocol.consumer import OffsetCommitRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.answers import MAY_HAVE_HAPPENED, batched, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Indeterminate, KmigError, Refused, StepFailed, Unreachable
from migrate.model.record import TopicPartition

MOST_PARTITIONS = 1000
_UNKNOWN_MEMBER = 25

Offsets = Mapping[TopicPartition, tuple[int, str]]
_Sent = list[tuple[str, Any]]
"""Requests with their groups."""


def commit(wire: Wire, offsets: Mapping[str, Offsets]) -> dict[str, KmigError]:
    """Commit for empty groups, like an administrator: no member and no generation. Return what was refused."""
    left: _Sent = [(g, r) for g, own in offsets.items() for r in _requests(g, own)]
    refused: dict[str, KmigError] = {}

    def send() -> _Sent:
        """Send what is left, and return what a coordinator that moves did not take."""
        nonlocal left
        moving: _Sent = []
        for (group, request), answer in _answered(wire, left):
            try:
                if not coordinator.MOVING.isdisjoint(_codes(answer)):
                    moving.append((group, request))
                else:
                    _require(group, answer)
            except KmigError as error:
                refused.setdefault(group, error)
        left = moving
        return moving

    if coordinator.while_coordinator_moves(send, bool):
        for group, _ in left:
            refused.setdefault(group, _moves(group))
    return refused


def _moves(group: str) -> StepFailed:
    return StepFailed(
        f"cannot commit offsets of group {group}: its coordinator moves, and does not come to rest",
        "wait until the brokers are steady, then rerun the command",
    )


def _answered(wire: Wire, sent: _Sent) -> Iterator[tuple[tuple[str, Any], Any]]:
    by_broker: dict[int, _Sent] = {}
    at = {
        group: broker
        for broker, groups in coordinator.find_each(wire, list(dict(sent))).items()
        for group in groups
    }
    for group, request in sent:
        # a group that may not be described is refused by any broker, in its own words
        by_broker.setdefault(at.get(group, -1), []).append((group, request))
    if -1 in by_broker:
        by_broker.setdefault(wire.reachable(), []).extend(by_broker.pop(-1))
    ask: Callable[[int, _Sent], list[Any]] = lambda broker, own: wire.pipelined(  # noqa: E731
        broker, [request for _, request in own]
    )
    try:
        answers = wire.each(by_broker, ask)
    except Unreachable as error:
        raise Indeterminate(
            f"OffsetCommitRequest was sent to the {wire.site} and not answered: {error.message}",
            MAY_HAVE_HAPPENED,
        ) from error
    for broker, own in by_broker.items():
        yield from zip(own, answers[broker], strict=True)


def _requests(group: str, offsets: Offsets) -> Iterator[Any]:
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    for some in batched(sorted(offsets.items()), MOST_PARTITIONS):
        by_topic: dict[str, list[Any]] = {}
        for (name, index), (offset, metadata) in some:
            by_topic.setdefault(name, []).append(
                topic.OffsetCommitRequestPartition(
                    partition_index=index,
                    committed_offset=offset,
                    # with a leader epoch of another cluster, consumers would look for that leader for ever
                    committed_leader_epoch=-1,
                    committed_metadata=metadata,
                )
            )
        yield OffsetCommitRequest(
            group_id=group,
            generation_id_or_member_epoch=-1,
            member_id="",
            group_instance_id=None,
            topics=[topic(name=name, partitions=rows) for name, rows in by_topic.items()],
            max_version=9,
        )


def _codes(answer: Any) -> set[int]:
    return {p.error_code for topic in answer.topics for p in topic.partitions}


def _require(group: str, answer: Any) -> None:
    for row in answer.topics:
        for partition in row.partitions:
            where = f"commit offsets of group {group} on {row.name}-{partition.partition_index}"
            if partition.error_code == _UNKNOWN_MEMBER:
                raise Refused(
                    f"cannot {where}: the group has members: UNKNOWN_MEMBER_ID (25)",
                    "stop its consumers, then rerun the command",
                )
            require(where, partition.error_code)
