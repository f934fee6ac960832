"""Probes of groups: shared partitions, static members, patterns, and commits of an administrator."""

import time

from kafka.protocol.consumer import LeaveGroupRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.messages import ConsumerGroupHeartbeatRequest
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import Refused
from migrate.probes.clients import Member, ProbeClient
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import (
    NotOffered,
    ProbeFailed,
    Record,
    Sandbox,
    closing,
    expect,
    until,
)
from migrate.probes.transactions import committed

_JOIN = 2
"""Times the patience for a group to settle: brokers wait for members, and members for heartbeats."""

_STILL = 1.0
_UNSUPPORTED, _LEAVE = 35, -1


@through_client("classic-group")
def classic_group(sandbox: Sandbox, client: ProbeClient) -> str:
    """Join one member, then a second, and let the second leave."""
    topic, group = sandbox.topic(partitions=4), f"{sandbox.prefix}-group"
    first = client.member(group, [topic])
    with closing(first):
        alone = until("four partitions of one member", lambda: first.holds(4), _JOIN)
        second = client.member(group, [topic])
        with closing(second):
            shared = lambda: first.holds(2) and second.holds(2)  # noqa: E731
            until("two partitions of each of two members", shared, _JOIN)
            expect(not first.assigned & second.assigned, "both members have one partition")
        until("four partitions of the member that stayed", lambda: first.holds(4), _JOIN)
        client.write(topic, [Record(value=b"%d" % n) for n in range(20)])
        until("twenty records", lambda: len(first.values) == 20)
        first.commit()
    commits = committed(sandbox, group)
    expect(
        commits.get(0) == 20, f"20 records of partition 0 were read, and {commits.get(0)} committed"
    )
    return (
        f"4, then 2 + 2, then 4 partitions; first assignment after {alone:.1f} s; commit read back"
    )


@through_client("static-member")
def static_member(sandbox: Sandbox, client: ProbeClient) -> str:
    """Let one of two static members leave and come back."""
    topic, group = sandbox.topic(partitions=4), f"{sandbox.prefix}-group"
    stays = client.member(group, [topic], "stays")
    leaves = client.member(group, [topic], "leaves")
    with closing(stays):
        with closing(leaves):
            both = lambda: stays.holds(2) and leaves.holds(2)  # noqa: E731
            until("two partitions of each of two members", both, _JOIN)
            before, rebalances = leaves.assigned, stays.rebalances
        back = client.member(group, [topic], "leaves")
        with closing(back):
            until("two partitions of the member that came back", lambda: back.holds(2), _JOIN)
            expect(back.assigned == before, "the member that came back got other partitions")
            expect(stays.rebalances == rebalances, "the other member was rebalanced")
    _dismiss(sandbox, group, ("stays", "leaves"))
    return "the member that came back kept its two partitions, without a rebalance of the other"


def _dismiss(sandbox: Sandbox, group: str, instances: tuple[str, ...]) -> None:
    """Remove static members, which do not leave when they are closed."""
    identity = LeaveGroupRequest.MemberIdentity
    leaving = [identity(member_id="", group_instance_id=n, reason="probed") for n in instances]
    request = LeaveGroupRequest(group_id=group, members=leaving, min_version=3)
    sandbox.wire.call(request, coordinator.find(sandbox.wire, group))


@through_client("consumer-protocol")
def consumer_protocol(sandbox: Sandbox, client: ProbeClient) -> str:
    """Join a group of the consumer protocol, read and commit."""
    assert isinstance(client, Librdkafka)
    topic, group = sandbox.topic(partitions=2), f"{sandbox.prefix}-group"
    _require_protocol(sandbox, group)
    client.write(topic, [Record(value=b"%d" % n) for n in range(10)])
    member = client.new_member(group, [topic])
    with closing(member):
        until("two partitions", lambda: member.holds(2), _JOIN)
        until("ten records", lambda: len(member.values) == 10)
        member.commit()
    commits = committed(sandbox, group)
    expect(
        commits.get(0) == 10, f"10 records of partition 0 were read, and {commits.get(0)} committed"
    )
    return "two partitions assigned, ten records read, a commit read back"


def _require_protocol(sandbox: Sandbox, group: str) -> None:
    """Raise `NotOffered` where such groups are switched off.

    An unknown member asks to leave: that is refused anyway, and with UNSUPPORTED_VERSION (35) where they are off.
    """
    request = ConsumerGroupHeartbeatRequest(
        group_id=group,
        member_id="nobody",
        member_epoch=_LEAVE,
        instance_id=None,
        rack_id=None,
        rebalance_timeout_ms=-1,
        subscribed_topic_names=None,
        server_assignor=None,
        topic_partitions=None,
    )
    answer = sandbox.wire.call(request, coordinator.find(sandbox.wire, group))
    if answer.error_code == _UNSUPPORTED:
        raise NotOffered(
            "ConsumerGroupHeartbeat is announced, but refused with UNSUPPORTED_VERSION (35)"
        )


@through_client("pattern-subscription")
def pattern_subscription(sandbox: Sandbox, client: ProbeClient) -> str:
    """Subscribe by pattern, and create a second topic that matches."""
    first = sandbox.topic("-one")
    member = client.member(f"{sandbox.prefix}-group", [f"^{sandbox.prefix}-.*"])
    with closing(member):
        until("the topic that existed", lambda: member.assigned == {(first, 0)}, _JOIN)
        _settle(member)
        second = sandbox.topic("-two")
        until(
            "the topic created later", lambda: member.assigned == {(first, 0), (second, 0)}, _JOIN
        )
    return "the topic that existed, then the one created later"


def _settle(member: Member) -> None:
    """Wait until the assignment has not changed for a second.

    kafka-python never sees a topic that is created while it joins.
    """
    changes, since = member.rebalances, time.monotonic()

    def still() -> bool:
        nonlocal changes, since
        if member.rebalances != changes:
            changes, since = member.rebalances, time.monotonic()
        return time.monotonic() - since > _STILL

    until("an assignment that does not change", still, _JOIN)


@with_requests("commit-for-empty-group")
def commit_for_empty_group(sandbox: Sandbox) -> str:
    """Commit for a group without members, and read it back."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    sandbox.writer.commit_offsets(group, {(topic, 0): (7, "by an administrator")})
    (described,) = sandbox.reader.groups([group])
    expect(len(described.commits) == 1, f"the group has {len(described.commits)} commits, not 1")
    (commit,) = described.commits
    expect(commit.offset == 7, f"offset {commit.offset} was read back, not 7")
    written = "by an administrator"
    expect(
        commit.metadata == written, f"metadata {commit.metadata!r} was read back, not {written!r}"
    )
    return "offset 7 was read back with its metadata"


@with_requests("commit-for-active-group")
def commit_for_active_group(sandbox: Sandbox) -> str:
    """Commit for a group that has a member."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    member: Member = Librdkafka(sandbox).member(group, [topic])
    with closing(member):
        until("a partition of the member", lambda: member.holds(1), _JOIN)
        try:
            KafkaWriter(sandbox.wire).commit_offsets(group, {(topic, 0): (7, "")})
        except Refused:
            return "refused with UNKNOWN_MEMBER_ID (25)"
    raise ProbeFailed("the commit was accepted, under a running consumer")


@with_requests("delete-offsets")
def delete_offsets(sandbox: Sandbox) -> str:
    """Delete one of a group's two commits."""
    topic, group = sandbox.topic(partitions=2), f"{sandbox.prefix}-group"
    sandbox.writer.commit_offsets(group, {(topic, 0): (1, ""), (topic, 1): (2, "")})
    sandbox.writer.delete_offsets(group, [(topic, 0)])
    commits = committed(sandbox, group)
    expect(commits == {1: 2}, f"commits afterwards: {commits}, not {{1: 2}}")
    return "the deleted commit is gone, the other one stays"
