"""Groups: members of both protocols, commits of members, of nobody, and of transactions."""

import struct
from typing import Any

from kafka.protocol.admin import DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import (
    JoinGroupRequest,
    LeaveGroupRequest,
    OffsetCommitRequest,
    OffsetDeleteRequest,
    OffsetFetchRequest,
    SyncGroupRequest,
)
from kafka.protocol.producer import AddOffsetsToTxnRequest, TxnOffsetCommitRequest

from migrate.adapters.kafka.messages import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupHeartbeatRequest,
)
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Member, Play, named

_MEMBER_ID_REQUIRED = 79
_LEAVES = -1


@answer.register
def _(op: ops.Commit, play: Play) -> Answer:
    if code := play.coordinator(op.group):
        return named(code)
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    row = topic.OffsetCommitRequestPartition(
        partition_index=op.partition,
        committed_offset=op.offset,
        committed_leader_epoch=-1,
        committed_metadata=op.metadata,
    )

    def request() -> Any:
        return OffsetCommitRequest(
            group_id=play.name(op.group),
            generation_id_or_member_epoch=-1,
            member_id="",
            group_instance_id=None,
            topics=[topic(name=play.name(op.topic), partitions=[row])],
            max_version=9,
        )

    return named(next(iter(_codes(play.settled(request, _codes)))))


def _codes(answered: Any) -> set[int]:
    return {p.error_code for row in answered.topics for p in row.partitions}


@answer.register
def _(op: ops.TxCommit, play: Play) -> Answer:
    producer = play.producers[op.by]
    own = {
        "transactional_id": play.name(producer.tx),
        "producer_id": producer.id,
        "producer_epoch": producer.epoch,
        "group_id": play.name(op.group),
        "max_version": 3,
    }
    if code := play.coordinated(lambda: AddOffsetsToTxnRequest(**own)).error_code:
        return named(code)
    topic = TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic
    row = topic.TxnOffsetCommitRequestPartition(
        partition_index=0,
        committed_offset=op.offset,
        committed_leader_epoch=-1,
        committed_metadata="",
    )

    def request() -> Any:
        return TxnOffsetCommitRequest(
            **own,
            generation_id=-1,
            member_id="",
            group_instance_id=None,
            topics=[topic(name=play.name(op.topic), partitions=[row])],
        )

    return named(next(iter(_codes(play.settled(request, _codes)))))


@answer.register
def _(op: ops.Committed, play: Play) -> Answer:
    if code := play.coordinator(op.group):
        return named(code)
    group = OffsetFetchRequest.OffsetFetchRequestGroup

    def request() -> Any:
        return OffsetFetchRequest(
            groups=[group(group_id=play.name(op.group), topics=None)],
            require_stable=op.stable,
            min_version=8,
            max_version=9,
        )

    found = play.settled(request, lambda found: {found.groups[0].error_code}).groups[0]
    rows = [(row.name, p) for row in found.topics for p in row.partitions]
    if code := found.error_code or next((p.error_code for _, p in rows if p.error_code), 0):
        return named(code)
    lines = (
        f"{play.plain(name)}-{p.partition_index}={p.committed_offset}"
        + (f" {p.metadata}" if op.metadata else "")
        for name, p in rows
        if p.committed_offset >= 0
    )
    return tuple(sorted(lines))


@answer.register
def _(op: ops.Groups, play: Play) -> Answer:
    found = play.call(ListGroupsRequest(states_filter=[], types_filter=[]))
    if found.error_code:
        return named(found.error_code)
    rows = ((play.plain(row.group_id), row) for row in found.groups)
    return tuple(
        sorted(
            f"{name} {row.group_state} {row.group_type}" for name, row in rows if name is not None
        )
    )


@answer.register
def _(op: ops.Members, play: Play) -> Answer:
    member = play.members.get(op.group)
    names = [play.name(op.group)]
    request: Any
    if member is not None and member.kind == "consumer":
        request = ConsumerGroupDescribeRequest(group_ids=names, include_authorized_operations=False)
    else:
        request = DescribeGroupsRequest(groups=names, include_authorized_operations=False)
    rows = [row for row in play.call(request).groups if row.group_state or row.error_code]
    # each shard of a 3.9 coordinator answers about every group of the new protocol
    row = next((row for row in rows if not row.error_code), rows[0])
    return named(row.error_code) if row.error_code else len(row.members)


@answer.register
def _(op: ops.Join, play: Play) -> Answer:
    if code := play.coordinator(op.group):
        return named(code)
    return _joined_new(op, play) if op.kind == "consumer" else _joined_classic(op, play)


def _joined_classic(op: ops.Join, play: Play) -> Answer:
    row = JoinGroupRequest.JoinGroupRequestProtocol
    member = ""
    protocol = row(name="range", metadata=_subscription(play.name(op.topic)))

    def request() -> Any:
        return JoinGroupRequest(
            group_id=play.name(op.group),
            session_timeout_ms=int(op.session * 1000),
            rebalance_timeout_ms=30_000,
            member_id=member,
            group_instance_id=None,
            protocol_type="consumer",
            protocols=[protocol],
            reason=None,
        )

    found = play.coordinated(request)
    if found.error_code == _MEMBER_ID_REQUIRED:
        member = found.member_id
        found = play.coordinated(request)
    if found.error_code:
        return named(found.error_code)
    assignment = SyncGroupRequest.SyncGroupRequestAssignment
    sync = SyncGroupRequest(
        group_id=play.name(op.group),
        generation_id=found.generation_id,
        member_id=found.member_id,
        group_instance_id=None,
        protocol_type="consumer",
        protocol_name="range",
        assignments=[
            assignment(member_id=found.member_id, assignment=_assignment(play.name(op.topic)))
        ],
    )
    play.members[op.group] = Member(found.member_id, found.generation_id, "classic")
    return named(play.coordinated(lambda: sync).error_code)


def _subscription(topic: str) -> bytes:
    name = topic.encode()
    return struct.pack(">hih", 0, 1, len(name)) + name + struct.pack(">i", -1)


def _assignment(topic: str) -> bytes:
    name = topic.encode()
    return struct.pack(">hih", 0, 1, len(name)) + name + struct.pack(">iii", 1, 0, -1)


def _joined_new(op: ops.Join, play: Play) -> Answer:
    found = play.coordinated(lambda: _heartbeat(play, op.group, "", 0, [play.name(op.topic)]))
    if found.error_code:
        return named(found.error_code)
    play.members[op.group] = Member(found.member_id, found.member_epoch, "consumer")
    return OK


def _heartbeat(
    play: Play, group: str, member: str, epoch: int, topics: list[str] | None = None
) -> Any:
    return ConsumerGroupHeartbeatRequest(
        group_id=play.name(group),
        member_id=member,
        member_epoch=epoch,
        instance_id=None,
        rack_id=None,
        rebalance_timeout_ms=60_000,
        subscribed_topic_names=topics,
        server_assignor=None,
        topic_partitions=[] if topics else None,
        max_version=0,
    )


@answer.register
def _(op: ops.Leave, play: Play) -> Answer:
    member = play.members.get(op.group)
    if member is None:
        return "NEVER_JOINED"  # what Join answered says why
    if member.kind == "consumer":
        return named(play.call(_heartbeat(play, op.group, member.id, _LEAVES)).error_code)
    row = LeaveGroupRequest.MemberIdentity(member_id=member.id, group_instance_id=None, reason=None)
    return named(
        play.call(LeaveGroupRequest(group_id=play.name(op.group), members=[row])).error_code
    )


@answer.register
def _(op: ops.DeleteGroup, play: Play) -> Answer:
    if code := play.coordinator(op.group):
        return named(code)
    request = DeleteGroupsRequest(groups_names=[play.name(op.group)])
    return named(play.call(request).results[0].error_code)


@answer.register
def _(op: ops.DeleteCommits, play: Play) -> Answer:
    if code := play.coordinator(op.group):
        return named(code)
    topic = OffsetDeleteRequest.OffsetDeleteRequestTopic
    rows = [topic.OffsetDeleteRequestPartition(partition_index=0)]
    request = OffsetDeleteRequest(
        group_id=play.name(op.group), topics=[topic(name=play.name(op.topic), partitions=rows)]
    )
    answered = play.call(request)
    return named(answered.error_code or next(iter(_codes(answered))))
