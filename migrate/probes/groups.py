"""Probes of groups: sharing work, keeping places, and commits that somebody else makes."""

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
    Fault,
    NotOffered,
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
    """One member, two, one again."""
    topic, group = sandbox.topic(partitions=4), f"{sandbox.prefix}-group"
    first = client.member(group, [topic])
    with closing(first):
        alone = until("four partitions for one member", lambda: first.holds(4), _JOIN)
        second = client.member(group, [topic])
        with closing(second):
            shared = lambda: first.holds(2) and second.holds(2)  # noqa: E731
            until("two partitions for each of two members", shared, _JOIN)
            expect(not first.assigned & second.assigned, "one partition is held twice")
        until("four partitions again", lambda: first.holds(4), _JOIN)
        client.write(topic, [Record(value=b"%d" % n) for n in range(20)])
        until("twenty records", lambda: len(first.values) == 20)
        first.commit()
    found = committed(sandbox, group)
    expect(found.get(0) == 20, f"20 records were read of partition 0, and {found.get(0)} committed")
    return (
        f"4, then 2 + 2, then 4 partitions; first assignment after {alone:.1f} s; commit read back"
    )


@through_client("static-member")
def static_member(sandbox: Sandbox, client: ProbeClient) -> str:
    """One of two members goes and comes back."""
    topic, group = sandbox.topic(partitions=4), f"{sandbox.prefix}-group"
    stays = client.member(group, [topic], "stays")
    leaves = client.member(group, [topic], "leaves")
    with closing(stays):
        with closing(leaves):
            both = lambda: stays.holds(2) and leaves.holds(2)  # noqa: E731
            until("two partitions for each of two members", both, _JOIN)
            before, rebalances = leaves.assigned, stays.rebalances
        back = client.member(group, [topic], "leaves")
        with closing(back):
            until("its partitions for the member that came back", lambda: back.holds(2), _JOIN)
            expect(back.assigned == before, "it got other partitions than it had")
            expect(stays.rebalances == rebalances, "the other member was rebalanced")
    _dismiss(sandbox, group, ("stays", "leaves"))
    return "came back to its two partitions; the other member kept its own throughout"


def _dismiss(sandbox: Sandbox, group: str, instances: tuple[str, ...]) -> None:
    """Static members do not leave by themselves."""
    one = LeaveGroupRequest.MemberIdentity
    gone = [one(member_id="", group_instance_id=name, reason="probed") for name in instances]
    request = LeaveGroupRequest(group_id=group, members=gone, min_version=3)
    sandbox.wire.call(request, coordinator.find(sandbox.wire, group))


@through_client("consumer-protocol")
def consumer_protocol(sandbox: Sandbox, client: ProbeClient) -> str:
    """A group whose broker assigns."""
    assert isinstance(client, Librdkafka)
    topic, group = sandbox.topic(partitions=2), f"{sandbox.prefix}-group"
    _require_protocol(sandbox, group)
    client.write(topic, [Record(value=b"%d" % n) for n in range(10)])
    member = client.new_member(group, [topic])
    with closing(member):
        until("two partitions", lambda: member.holds(2), _JOIN)
        until("ten records", lambda: len(member.values) == 10)
        member.commit()
    found = committed(sandbox, group)
    expect(found.get(0) == 10, f"10 records were read of partition 0, and {found.get(0)} committed")
    return "partitions, records and a commit"


def _require_protocol(sandbox: Sandbox, group: str) -> None:
    """A member that nobody knows leaves: refused either way, and with 35 where such groups are switched off."""
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
            "ConsumerGroupHeartbeat is announced, and refused with UNSUPPORTED_VERSION (35)"
        )


@through_client("pattern-subscription")
def pattern_subscription(sandbox: Sandbox, client: ProbeClient) -> str:
    """A topic that is there, and one that comes."""
    first = sandbox.topic("-one")
    member = client.member(f"{sandbox.prefix}-group", [f"^{sandbox.prefix}-.*"])
    with closing(member):
        until("the topic that is there", lambda: member.assigned == {(first, 0)}, _JOIN)
        _settle(member)
        second = sandbox.topic("-two")
        until("the one that came", lambda: member.assigned == {(first, 0), (second, 0)}, _JOIN)
    return "the topic that was there, then the one that came"


def _settle(member: Member) -> None:
    """Wait until an assignment has stood for a second: kafka-python never sees a topic that comes while it joins."""
    changes, since = member.rebalances, time.monotonic()

    def still() -> bool:
        nonlocal changes, since
        if member.rebalances != changes:
            changes, since = member.rebalances, time.monotonic()
        return time.monotonic() - since > _STILL

    until("an assignment that stands", still, _JOIN)


@with_requests("commit-for-empty-group")
def commit_for_empty_group(sandbox: Sandbox) -> str:
    """An administrator's commit."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    sandbox.writer.commit_offsets(group, {(topic, 0): (7, "by an administrator")})
    (found,) = sandbox.reader.groups([group])
    expect(len(found.commits) == 1, f"{len(found.commits)} commits")
    expect(found.commits[0].offset == 7, f"offset {found.commits[0].offset}, not 7")
    said = found.commits[0].metadata
    expect(said == "by an administrator", f"its metadata is {said!r}")
    return "offset 7, with its metadata"


@with_requests("commit-for-active-group")
def commit_for_active_group(sandbox: Sandbox) -> str:
    """The same while a member is there."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    member: Member = Librdkafka(sandbox).member(group, [topic])
    with closing(member):
        until("a partition for the member", lambda: member.holds(1), _JOIN)
        try:
            KafkaWriter(sandbox.wire).commit_offsets(group, {(topic, 0): (7, "")})
        except Refused:
            return "UNKNOWN_MEMBER_ID (25)"
    raise Fault("it was taken, under a running consumer")


@with_requests("delete-offsets")
def delete_offsets(sandbox: Sandbox) -> str:
    """One of two commits goes."""
    topic, group = sandbox.topic(partitions=2), f"{sandbox.prefix}-group"
    sandbox.writer.commit_offsets(group, {(topic, 0): (1, ""), (topic, 1): (2, "")})
    sandbox.writer.delete_offsets(group, [(topic, 0)])
    found = committed(sandbox, group)
    expect(found == {1: 2}, f"committed afterwards: {found}")
    return "the deleted one is gone, the other stays"
