"""Consumers and producers of librdkafka with its defaults."""

import time
from collections.abc import Callable

import confluent_kafka
from confluent_kafka import (
    OFFSET_STORED,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play, Sender

_SILENCE = 2.0
_SECONDS = 20.0


def _client(play: Play, user: str) -> dict[str, object]:
    """Where the cluster is, and the login there: a user's, or the administrator's."""
    login = play.login(user)
    admin = "{}:{}".format(*play.cluster.admin_addresses[0])
    return {
        "bootstrap.servers": play.cluster.bootstrap if user else admin,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
        "allow.auto.create.topics": False,
        "log_level": 0,
    }


@answer.register
def _(op: ops.OpenConsumer, play: Play) -> Answer:
    consumer = Consumer(
        {
            **_client(play, op.user),
            "group.id": play.name(op.group),
            "auto.offset.reset": op.reset,
        }
    )
    play.consumers[op.name] = consumer
    if op.assign:
        consumer.assign([TopicPartition(play.name(op.topic), 0, OFFSET_STORED)])
    else:
        consumer.subscribe([play.name(op.topic)])
    return OK


@answer.register
def _(op: ops.Poll, play: Play) -> Answer:
    values: list[str] = []
    # a member gets nothing before it has joined, which takes a broker some seconds
    last = time.monotonic() + 3.0
    while time.monotonic() < last + _SILENCE:
        message = play.consumers[op.name].poll(0.1)
        if message is None:
            continue
        last = time.monotonic()
        error = message.error()
        if error is None:
            values.append(f"{message.offset()}:{(message.value() or b'').decode()}")
        elif error.code() != KafkaError._PARTITION_EOF:
            return str(error.name())
    return tuple(values)


@answer.register
def _(op: ops.CloseConsumer, play: Play) -> Answer:
    play.consumers.pop(op.name).close()
    return OK


@answer.register
def _(op: ops.OpenProducer, play: Play) -> Answer:
    config = {k: v for k, v in _client(play, op.user).items() if k != "allow.auto.create.topics"}
    name = {"transactional.id": play.name(op.tx)} if op.tx else {}
    sender = Sender(confluent_kafka.Producer({**config, **name}), transactional=bool(op.tx))
    play.senders[op.name] = sender
    return _said(lambda: sender.producer.init_transactions(_SECONDS)) if op.tx else OK


@answer.register
def _(op: ops.Send, play: Play) -> Answer:
    sender = play.senders[op.name]
    told: list[Answer] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        told.append(int(message.offset()) if error is None else str(error.name()))

    if sender.transactional and not sender.open:
        sender.producer.begin_transaction()
        sender.open = True
    topic = play.name(op.topic)
    said = _said(
        lambda: sender.producer.produce(topic, op.value, partition=0, on_delivery=delivered)
    )
    sender.producer.flush(_SECONDS)
    return told[0] if told else said


@answer.register
def _(op: ops.EndSent, play: Play) -> Answer:
    sender = play.senders[op.name]
    end = sender.producer.commit_transaction if op.commit else sender.producer.abort_transaction
    said = _said(lambda: end(_SECONDS))
    sender.open = sender.open and said != OK
    return said


def _said(act: Callable[[], object]) -> Answer:
    try:
        act()
    except KafkaException as error:
        return str(error.args[0].name())
    return OK
