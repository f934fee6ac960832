"""Consumers of librdkafka with its defaults."""

import time

from confluent_kafka import OFFSET_STORED, Consumer, KafkaError, TopicPartition

from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play

_SILENCE = 2.0


@answer.register
def _(op: ops.OpenConsumer, play: Play) -> Answer:
    user = op.user
    login = play.login(user)
    servers = play.cluster.bootstrap if user else "{}:{}".format(*play.cluster.admin_addresses[0])
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "group.id": play.name(op.group),
            "auto.offset.reset": op.reset,
            "allow.auto.create.topics": False,
            "log_level": 0,
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
