"""Probes of authorization and quotas."""

from collections.abc import Callable, Iterator

from kafka.protocol.admin import (
    CreateAclsRequest,
    CreateTopicsRequest,
    DeleteTopicsRequest,
    DescribeConfigsRequest,
)
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest
from kafka.protocol.producer import InitProducerIdRequest

from migrate.adapters.kafka import identities, log_offsets
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import creation
from migrate.model.acl import Acl
from migrate.model.met_last import met_last
from migrate.probes import logins
from migrate.probes.clients import ProbeClient
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.records import produced
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import (
    ProbeUnknown,
    Record,
    Sandbox,
    expect,
    until,
)

_RATE = 20_000.0
_TOPIC, _GROUP, _CLUSTER, _TRANSACTION = 29, 30, 31, 53


@with_requests("acls")
def acls(sandbox: Sandbox) -> str:
    """Grant a user a right on a topic, then deny it, and delete both ACLs."""
    topic = sandbox.topic()
    fields = {"principal": f"User:{met_last(sandbox.prefix)}", "operation": "DESCRIBE"}
    grant, denial = (
        Acl(permission=p, resource_type="TOPIC", resource_name=topic, **fields)
        for p in ("ALLOW", "DENY")
    )
    try:
        sandbox.writer.create_acls([grant])
        until("the grant to be listed by every broker", lambda: _listed(sandbox, grant) == {True})
        with logins.user(sandbox) as login:
            _decides(sandbox, login, topic, denial)
    finally:
        sandbox.writer.delete_acls([grant, denial])
    until("the deleted grant to leave every broker", lambda: _listed(sandbox, grant) == {False})
    return "the grant was listed by every broker and worked, the DENY refused, both were deleted"


def _decides(sandbox: Sandbox, login: Login, topic: str, denial: Acl) -> None:
    asker = sandbox.as_user(login)

    def sees() -> bool:
        return _described(asker, topic) == 0

    try:
        until("the granted request to be allowed", sees)
        sandbox.writer.create_acls([denial])
        until("the denied request to be refused", lambda: not sees())
    finally:
        asker.close()


def _described(wire: Wire, topic: str) -> int:
    name = MetadataRequest.MetadataRequestTopic(name=topic, topic_id=None)
    request = MetadataRequest(topics=[name], allow_auto_topic_creation=False)
    return int(wire.call(request).topics[0].error_code)


def _listed(sandbox: Sandbox, grant: Acl) -> set[bool]:
    reader = sandbox.reader
    return {grant in reader.acls(broker.id) for broker in reader.brokers()}


@with_requests("denials")
def denials(sandbox: Sandbox) -> str:
    """Send requests as a user without grants, and compare the error codes."""
    topic = sandbox.topic()
    with logins.user(sandbox) as login:
        stranger = sandbox.as_user(login)
        try:
            # first of all, before requests that would change the target where they are not refused
            if not _described(stranger, topic):
                raise ProbeUnknown(
                    "a user without grants may describe the topic: the authorizer's default is open"
                )
            codes = {
                what: (ask(stranger), wanted) for what, ask, wanted in _requests(topic, sandbox)
            }
        finally:
            stranger.close()
    wrong = [
        f"{what}: {code}, not {wanted}" for what, (code, wanted) in codes.items() if code != wanted
    ]
    expect(not wrong, "; ".join(wrong))
    return f"{len(codes)} requests refused with 29, 30, 31 and 53"


_Ask = Callable[[Wire], int]


def _requests(topic: str, sandbox: Sandbox) -> Iterator[tuple[str, _Ask, int]]:
    new = CreateTopicsRequest.CreatableTopic(
        name=f"{sandbox.prefix}-denied",
        num_partitions=1,
        replication_factor=-1,
        assignments=[],
        configs=[],
    )
    config = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=2, resource_name=topic, configuration_keys=None
    )
    gone = DeleteTopicsRequest.DeleteTopicState(name=topic, topic_id=None)
    leader = sandbox.leader(topic)
    yield "Metadata", lambda w: _described(w, topic), _TOPIC
    yield "Produce", lambda w: produced(w, topic, leader, (-1, -1, -1))[0], _TOPIC
    yield (
        "ListOffsets",
        lambda w: (
            w.call(log_offsets.request({topic: [0]}, log_offsets.END), leader)
            .topics[0]
            .partitions[0]
            .error_code
        ),
        _TOPIC,
    )
    yield (
        "CreateTopics",
        lambda w: (
            w.call(CreateTopicsRequest(topics=[new], timeout_ms=10_000, validate_only=False))
            .topics[0]
            .error_code
        ),
        _TOPIC,
    )
    yield (
        "DeleteTopics",
        lambda w: (
            w.call(DeleteTopicsRequest(topics=[gone], topic_names=[topic], timeout_ms=10_000))
            .responses[0]
            .error_code
        ),
        _TOPIC,
    )
    yield (
        "DescribeConfigs",
        lambda w: w.call(DescribeConfigsRequest(resources=[config])).results[0].error_code,
        _TOPIC,
    )
    yield "FindCoordinator", lambda w: _coordinator(w, sandbox.prefix), _GROUP
    yield "DescribeAcls", lambda w: w.call(identities.all_acls()).error_code, _CLUSTER
    yield (
        "CreateAcls",
        lambda w: w.call(_one_acl(sandbox, topic)).results[0].error_code,
        _CLUSTER,
    )
    yield (
        "InitProducerId",
        lambda w: (
            w.call(
                InitProducerIdRequest(
                    transactional_id=sandbox.prefix, transaction_timeout_ms=60_000
                )
            ).error_code
        ),
        _TRANSACTION,
    )


def _coordinator(wire: Wire, group: str) -> int:
    request = FindCoordinatorRequest(key_type=0, coordinator_keys=[group], min_version=4)
    return int(wire.call(request).coordinators[0].error_code)


def _one_acl(sandbox: Sandbox, topic: str) -> object:
    """Return a request for one ACL on the probe's own topic.

    ALTER on the cluster decides about it too, and it closes no other topic.
    """
    grant = Acl(
        principal=f"User:{sandbox.prefix}",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name=topic,
    )
    return CreateAclsRequest(creations=[creation(grant)])


@through_client("quotas")
def quotas(sandbox: Sandbox, client: ProbeClient) -> str:
    """Set a byte rate, see it listed, and see a producer throttled."""
    assert isinstance(client, Librdkafka)
    topic = sandbox.topic()
    mine = sandbox.settings.login
    entity: dict[str, str | None] = {"client-id": sandbox.prefix}
    if mine is not None:
        entity["user"] = mine.user
    sandbox.writer.set_quota(entity, {"producer_byte_rate": _RATE})
    try:
        until(
            "the quota to be listed",
            lambda: any(q.entity == entity for q in sandbox.reader.quotas()),
        )
        throttled = 0.0

        def slows() -> bool:
            nonlocal throttled
            throttled = max(throttled, client.throttled(topic, [Record(value=b"x" * 20_000)] * 4))
            return throttled > 0

        until("the quota to throttle a producer", slows)
    finally:
        sandbox.writer.set_quota(entity, {"producer_byte_rate": None})
    return f"{_RATE:,.0f} bytes per second: the producer was throttled for {throttled:.1f} s"
