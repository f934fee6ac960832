"""Probes of who may do what, and how much of it: ACLs, denials, quotas."""

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
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import creation
from migrate.adapters.probing import logins
from migrate.adapters.probing.clients import ProbeClient
from migrate.adapters.probing.ground import (
    CannotSay,
    Ground,
    Record,
    expect,
    until,
)
from migrate.adapters.probing.librdkafka import Librdkafka
from migrate.adapters.probing.records import produced
from migrate.model.acl import Acl

_RATE = 20_000.0
_TOPIC, _GROUP, _CLUSTER, _TRANSACTION = 29, 30, 31, 53


def acls(ground: Ground) -> str:
    """Made, listed, deleted."""
    grant = Acl(
        principal=f"User:{ground.prefix}",
        permission="ALLOW",
        operation="DESCRIBE",
        resource_type="TOPIC",
        resource_name=ground.prefix,
    )
    ground.writer.create_acls([grant])
    try:
        until("the grant on every broker", lambda: _listed(ground, grant) == {True})
    finally:
        ground.writer.delete_acls([grant])
    until("the grant gone from every broker", lambda: _listed(ground, grant) == {False})
    return "made, listed by every broker, deleted, listed by none"


def _listed(ground: Ground, grant: Acl) -> set[bool]:
    reader = ground.reader
    return {grant in reader.acls(broker.id) for broker in reader.brokers()}


def denials(ground: Ground) -> str:
    """What a user without any grant is told, request by request."""
    topic = ground.topic()
    with logins.user(ground) as login:
        stranger = ground.as_user(login)
        try:
            told = {what: (ask(stranger), wanted) for what, ask, wanted in _asked(topic, ground)}
        finally:
            stranger.close()
    if not any(code for code, _ in told.values()):
        raise CannotSay("nothing was refused: the default is open, or nothing decides")
    wrong = [
        f"{what}: {code}, not {wanted}" for what, (code, wanted) in told.items() if code != wanted
    ]
    expect(not wrong, "; ".join(wrong))
    return f"{len(told)} requests refused with 29, 30, 31 and 53"


_Ask = Callable[[Wire], int]


def _asked(topic: str, ground: Ground) -> Iterator[tuple[str, _Ask, int]]:
    name = MetadataRequest.MetadataRequestTopic(name=topic, topic_id=None)
    new = CreateTopicsRequest.CreatableTopic(
        name=f"{ground.prefix}-denied",
        num_partitions=1,
        replication_factor=-1,
        assignments=[],
        configs=[],
    )
    config = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=2, resource_name=topic, configuration_keys=None
    )
    gone = DeleteTopicsRequest.DeleteTopicState(name=topic, topic_id=None)
    leader = ground.leader(topic)
    yield (
        "Metadata",
        lambda w: (
            w.call(MetadataRequest(topics=[name], allow_auto_topic_creation=False))
            .topics[0]
            .error_code
        ),
        _TOPIC,
    )
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
    yield "FindCoordinator", lambda w: _coordinator(w, ground.prefix), _GROUP
    yield "DescribeAcls", lambda w: w.call(identities.all_acls()).error_code, _CLUSTER
    yield (
        "CreateAcls",
        lambda w: w.call(_one_acl(ground)).results[0].error_code,
        _CLUSTER,
    )
    yield (
        "InitProducerId",
        lambda w: (
            w.call(
                InitProducerIdRequest(transactional_id=ground.prefix, transaction_timeout_ms=60_000)
            ).error_code
        ),
        _TRANSACTION,
    )


def _coordinator(wire: Wire, group: str) -> int:
    request = FindCoordinatorRequest(key_type=0, coordinator_keys=[group], min_version=4)
    return int(wire.call(request).coordinators[0].error_code)


def _one_acl(ground: Ground) -> object:
    grant = Acl(
        principal=f"User:{ground.prefix}",
        permission="ALLOW",
        operation="ALL",
        resource_type="CLUSTER",
        resource_name="kafka-cluster",
    )
    return CreateAclsRequest(creations=[creation(grant)])


def quotas(ground: Ground, client: ProbeClient) -> str:
    """Set, listed, felt."""
    assert isinstance(client, Librdkafka)
    topic = ground.topic()
    mine = ground.settings.login
    entity: dict[str, str | None] = {"client-id": ground.prefix}
    if mine is not None:
        entity["user"] = mine.user
    ground.writer.set_quota(entity, {"producer_byte_rate": _RATE})
    try:
        until(
            "the quota in the list of quotas",
            lambda: any(q.entity == entity for q in ground.reader.quotas()),
        )
        held = 0.0

        def felt() -> bool:
            nonlocal held
            held = max(held, client.throttled(topic, [Record(value=b"x" * 20_000)] * 4))
            return held > 0

        until("the quota to slow a producer down", felt)
    finally:
        ground.writer.set_quota(entity, {"producer_byte_rate": None})
    return f"{_RATE:,.0f} bytes per second: the producer was held back {held:.1f} s"
