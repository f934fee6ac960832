"""Probes of who may do what: ACLs, denials, SCRAM users, sessions, quotas."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kafka.protocol.admin import (
    CreateAclsRequest,
    CreateTopicsRequest,
    DeleteTopicsRequest,
    DescribeConfigsRequest,
)
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest
from kafka.protocol.producer import InitProducerIdRequest

from migrate.adapters.kafka import identities, log_offsets
from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import creation
from migrate.adapters.probing.clients import Declined, ProbeClient
from migrate.adapters.probing.ground import (
    CannotSay,
    Fault,
    Ground,
    NotOffered,
    Record,
    expect,
    until,
)
from migrate.adapters.probing.librdkafka import Librdkafka
from migrate.adapters.probing.records import produced
from migrate.errors import KmigError, MechanismDisabled, NotAuthenticated, StepFailed, Unreachable
from migrate.model.acl import Acl
from migrate.model.cluster import ScramCredential

_WAITED = 15.0
"""Seconds of a session lifetime that a probe waits out; a longer one is announced and not proven."""

_SLACK = 1.0
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
    with user(ground) as login:
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


@contextmanager
def user(ground: Ground) -> Iterator[Login]:
    """A SCRAM user without any grant, for as long as the block lasts."""
    mine = ground.settings.login
    if mine is None:
        raise CannotSay("kmig does not log in to this listener: there are no users")
    made = Login(_mechanism(ground, mine), ground.prefix, secrets.token_urlsafe(18))
    ground.writer.set_password(made.user, made.mechanism, made.password)
    try:
        _until_listed(ground, made, there=True)
        until("its login on every broker", lambda: _accepted(ground, made))
        yield made
    finally:
        with suppress(KmigError):
            ground.writer.delete_scram(made.user, made.mechanism)


def _mechanism(ground: Ground, mine: Login) -> str:
    """kmig's own mechanism, or a SCRAM one that the listener offers beside it."""
    if mine.mechanism.startswith("SCRAM"):
        return mine.mechanism
    for mechanism in ("SCRAM-SHA-512", "SCRAM-SHA-256"):
        try:
            _login(ground, Login(mechanism, ground.prefix, "nobody's"))
        except NotAuthenticated:
            return mechanism
        except MechanismDisabled:
            continue
    raise NotOffered("the listener offers no SCRAM mechanism")


def _until_listed(ground: Ground, login: Login, *, there: bool) -> None:
    wanted = ScramCredential(user=login.user, mechanism=login.mechanism, iterations=4096)

    def shown() -> bool:
        found = ground.reader.scram_credentials()
        return any((c.user, c.mechanism) == (wanted.user, wanted.mechanism) for c in found)

    what = "the user in the list of users" if there else "the user gone from the list of users"
    until(what, lambda: shown() is there)


def _login(ground: Ground, login: Login) -> None:
    for broker in ground.reader.brokers():
        Connection(Address("target", broker.host, broker.port), login, ground.tls, 5.0).close()


def _accepted(ground: Ground, login: Login) -> bool:
    try:
        _login(ground, login)
    except NotAuthenticated:
        return False
    return True


def scram(ground: Ground) -> str:
    """Made, listed, logged in, refused with another password, deleted, refused."""
    with user(ground) as login:
        wrong = Login(login.mechanism, login.user, secrets.token_urlsafe(18))
        expect(not _accepted(ground, wrong), "another password was accepted")
    _until_listed(ground, login, there=False)
    until("the deleted user refused", lambda: not _accepted(ground, login))
    return (
        f"{login.mechanism}: listed, accepted, refused (58) with another password and once deleted"
    )


def scram_through_client(ground: Ground, client: ProbeClient) -> str:
    """The same login as a client library makes it: it is let in, and told that it may not read."""
    topic = ground.topic()
    with user(ground) as login:
        names = ("sasl.mechanism", "sasl.username", "sasl.password")
        given = dict(zip(names, (login.mechanism, login.user, login.password), strict=True))
        settings = ground.settings.model_copy(
            update={"client": {**ground.settings.client, **given}}
        )
        try:
            type(client)(Ground(settings, ground.probe)).read(topic)
        except Declined as no:
            expect(no.code == _TOPIC or "uthoriz" in str(no), f"logged in, and then: {no}")
            return f"{login.mechanism}: logged in, and refused as a user without grants"
    return f"{login.mechanism}: logged in"


def session_lifetime(ground: Ground) -> str:
    """Announced, and kept to."""
    mine = ground.settings.login
    if mine is None:
        raise CannotSay("kmig does not log in to this listener: there are no sessions")
    broker = ground.reader.brokers()[0]
    session = Connection(Address("target", broker.host, broker.port), mine, ground.tls, 5.0)
    try:
        bound = session.session_lifetime
        if not bound:
            raise CannotSay(
                "no session ends by itself (connections.max.reauth.ms=0): a revocation is proven only after a restart"
            )
        if bound > _WAITED:
            raise CannotSay(f"{bound:.0f} s announced, which is too long to wait for here")
        time.sleep(bound + _SLACK)
        try:
            session.call(identities.all_scram())
        except (Unreachable, StepFailed):
            return f"{bound:.0f} s announced; the session was closed when they had passed"
    finally:
        session.close()
    raise Fault(f"{bound:.0f} s announced, and the session lived on")


def quotas(ground: Ground, client: ProbeClient) -> str:
    """Set, listed, felt."""
    assert isinstance(client, Librdkafka)
    topic = ground.topic()
    mine = ground.settings.login
    entity: dict[str, str | None] = {"client-id": "kmig-probe"}
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
