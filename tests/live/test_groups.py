"""Groups of the newer protocol, on a real 4.3.1 broker: listed with their type, state and commits (KIP-848)."""

import time

import pytest
from confluent_kafka import Consumer

from migrate.adapters.data import produce
from migrate.model.cluster import Partition, Topic
from tests.live.conftest import Side

NAME, TOPIC = "next-generation", "next.topic"


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_a_live_group_is_read_with_its_type_and_commits(protocol: str, target: Side) -> None:
    one = (Partition(index=0),)
    target.writer.create_topic(Topic(name=TOPIC, replication_factor=1, partitions=one))
    login = target.cluster.admin_login
    bootstrap = ",".join(f"{host}:{port}" for host, port in target.cluster.admin_addresses)
    produce(bootstrap, login, ((TOPIC, 0, b"k", b"v") for _ in range(5)))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
            "group.id": f"{NAME}-{protocol}",
            "group.protocol": protocol,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    try:
        consumer.subscribe([TOPIC])
        read = 0
        deadline = time.monotonic() + 40
        while read < 3:
            assert time.monotonic() < deadline
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                read += 1
                consumer.commit(message, asynchronous=False)
        (group,) = [g for g in target.reader.groups() if g.name == f"{NAME}-{protocol}"]
    finally:
        consumer.close()
    assert (group.type, group.state, group.error) == (protocol, "Stable", "")
    assert [(c.topic, c.partition, c.offset, c.end, c.lag) for c in group.commits] == [
        (TOPIC, 0, 3, 5, 2)
    ]
    members = group.members
    assert members is not None
    assert [(m.client_id, m.host) for m in members] == [("rdkafka", "/127.0.0.1")]
