"""Probes of topics as an administrator changes them."""

import time

from kafka.protocol.admin import CreateTopicsRequest, DeleteRecordsRequest
from kafka.protocol.metadata import MetadataRequest

from migrate.adapters.kafka import topics
from migrate.adapters.kafka.answers import require
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.registry import with_requests
from migrate.probes.sandbox import Record, Sandbox, expect, until

_A_MOMENT = 0.5
_A_SEGMENT = 0.12
_AT_MOST = 30
_CLEANED = 5
"""Times the patience: a cleaner comes by every 15 s by default."""


@with_requests("create-topic")
def create_topic(sandbox: Sandbox) -> str:
    """Create a topic and read back partitions, configs and leaders."""
    wanted = {"retention.ms": "3600000", "cleanup.policy": "delete"}
    name = sandbox.topic(partitions=3, configs=wanted)
    (topic,) = topics.read(sandbox.wire, [name])
    wrong = {k: topic.configs.get(k) for k, v in wanted.items() if topic.configs.get(k) != v}
    expect(not wrong, f"configs read back: {wrong}, not {wanted}")
    more = sorted(set(topic.configs) - set(wanted))
    beside = f"; also set, without a request: {', '.join(more)}" if more else ""
    return f"3 partitions, {topic.replication_factor} replica each, 2 configs{beside}"


@with_requests("incremental-configs")
def incremental_configs(sandbox: Sandbox) -> str:
    """Set one config and return it to its default, and leave another one alone."""
    name = sandbox.topic(configs={"segment.ms": "7200000"})
    sandbox.writer.alter_topic(name, {"retention.ms": "3600000"})
    until(
        "the config that was set to be shown",
        lambda: _configs(sandbox, name).get("retention.ms") == "3600000",
    )
    sandbox.writer.alter_topic(name, {"retention.ms": None})
    until(
        "the config to return to its default", lambda: "retention.ms" not in _configs(sandbox, name)
    )
    left = _configs(sandbox, name).get("segment.ms")
    expect(left == "7200000", f"another config of the topic became {left}, not 7200000")
    return "set, shown, returned to the default; the other config stayed"


def _configs(sandbox: Sandbox, name: str) -> dict[str, str]:
    (found,) = topics.read(sandbox.wire, [name])
    return dict(found.configs)


@with_requests("validate-only")
def validate_only(sandbox: Sandbox) -> str:
    """Validate a topic, and look whether it exists afterwards."""
    name = f"{sandbox.prefix}-dry"
    row = CreateTopicsRequest.CreatableTopic
    request = CreateTopicsRequest(
        topics=[
            row(name=name, num_partitions=1, replication_factor=-1, assignments=[], configs=[])
        ],
        timeout_ms=10_000,
        validate_only=True,
    )
    for result in sandbox.wire.call(request).topics:
        require(f"validate topic {result.name}", result.error_code, result.error_message)
    time.sleep(_A_MOMENT)
    expect(
        not topics.read(sandbox.wire, [name]),
        "the topic was created, though the request had validate_only",
    )
    return "validated, and not created"


@with_requests("topic-ids")
def topic_ids(sandbox: Sandbox) -> str:
    """Create two topics of one name, one after the other, and compare their ids."""
    name = sandbox.topic()
    first = _id(sandbox, name)
    sandbox.writer.delete_topic(name)
    until("the topic to be deleted", lambda: not topics.read(sandbox.wire, [name]))
    second = _id(sandbox, sandbox.topic())
    expect(first != second, f"the recreated topic has the same id {second}")
    return "a recreated topic has another id"


def _id(sandbox: Sandbox, name: str) -> str:
    one = MetadataRequest.MetadataRequestTopic(name=name, topic_id=None)
    request = MetadataRequest(topics=[one], allow_auto_topic_creation=False, min_version=10)
    topic_id = str(sandbox.wire.call(request).topics[0].topic_id or "")
    expect(bool(topic_id.strip("0-")), "the topic has no id")
    return topic_id


@with_requests("compaction")
def compaction(sandbox: Sandbox) -> str:
    """Write many values of two keys, and wait until the broker's cleaner has compacted the closed segments."""
    eager = {
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.01",
        "segment.ms": "100",
        "max.compaction.lag.ms": "1000",
    }
    name, client = sandbox.topic(configs=eager), Librdkafka(sandbox)
    for number in range(20):
        client.write(name, [Record(key, b"%d" % number) for key in (b"a", b"b")])
        time.sleep(_A_SEGMENT)
    client.write(name, [Record(b"last", b"opens the next segment")])

    until("older values to be compacted", lambda: len(client.read(name)) < _AT_MOST, _CLEANED)
    left = client.read(name)
    newest = {record.key: record.value for record in left}
    expect(newest.get(b"a") == newest.get(b"b") == b"19", f"the last values are {newest}")
    return f"41 records became {len(left)}, the last value of every key among them"


@with_requests("delete-records")
def delete_records(sandbox: Sandbox) -> str:
    """Delete records before an offset, and read the log's start and the rest."""
    name = sandbox.topic()
    client = Librdkafka(sandbox)
    client.write(name, [Record(value=b"%d" % n) for n in range(10)])
    row = DeleteRecordsRequest.DeleteRecordsTopic
    part = row.DeleteRecordsPartition(partition_index=0, offset=4)
    request = DeleteRecordsRequest(topics=[row(name=name, partitions=[part])], timeout_ms=10_000)
    answer = sandbox.wire.call(request, sandbox.leader(name))
    require("delete records", answer.topics[0].partitions[0].error_code)
    first = client.offset(name, "earliest")
    expect(first == 4, f"the log begins at offset {first}, not at 4")
    left = client.read(name, begin=4)
    expect(
        [r.value for r in left] == [b"%d" % n for n in range(4, 10)],
        f"{len(left)} records or other ones are left, not the last 6",
    )
    return "4 of 10 deleted, 6 read"
