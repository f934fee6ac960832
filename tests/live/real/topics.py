"""Topics and their configs."""

from typing import Any

from kafka.protocol.admin import (
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteTopicsRequest,
    DescribeConfigsRequest,
    IncrementalAlterConfigsRequest,
)

from migrate.adapters.kafka import log_offsets, metadata
from tests.histories import ops
from tests.histories.ops import Answer, Configs
from tests.live.real.answering import answer
from tests.live.real.play import Play, named

_MS = 30_000
_TOPIC, _BROKER = 2, 4
_UNKNOWN_TOPIC = 3
_SOURCES = {
    1: "DYNAMIC_TOPIC_CONFIG",
    2: "DYNAMIC_BROKER_CONFIG",
    3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
    4: "STATIC_BROKER_CONFIG",
    5: "DEFAULT_CONFIG",
}


@answer.register
def _(op: ops.CreateTopic, play: Play) -> Answer:
    row = CreateTopicsRequest.CreatableTopic
    config = row.CreatableTopicConfig
    request = CreateTopicsRequest(
        topics=[
            row(
                name=play.name(op.topic),
                num_partitions=op.partitions,
                replication_factor=1,
                assignments=[],
                configs=[config(name=k, value=v) for k, v in op.configs],
            )
        ],
        timeout_ms=_MS,
        validate_only=False,
    )
    code = play.call(request).topics[0].error_code
    if not code:
        _led(play, op.topic, op.partitions)
    return named(code)


def _led(play: Play, topic: str, partitions: int) -> None:
    """Wait until every partition answers: the broker learns of a topic after the controller has answered."""
    asked = {play.name(topic): list(range(partitions))}
    with play.acting(user=""):

        def there() -> bool:
            rows = play.call(log_offsets.request(asked, log_offsets.END)).topics[0].partitions
            return not any(row.error_code for row in rows)

        play.wait(f"topic {topic}", there)


@answer.register
def _(op: ops.DeleteTopic, play: Play) -> Answer:
    name = play.name(op.topic)
    state = DeleteTopicsRequest.DeleteTopicState(name=name, topic_id=None)
    request = DeleteTopicsRequest(topics=[state], topic_names=[name], timeout_ms=_MS)
    code = play.call(request).responses[0].error_code
    if not code:
        with play.acting(user=""):
            play.wait("the topic's end", lambda: _row(play, op.topic).error_code == _UNKNOWN_TOPIC)
    return named(code)


def _row(play: Play, topic: str) -> Any:
    return play.call(metadata.request([play.name(topic)])).topics[0]


@answer.register
def _(op: ops.AddPartitions, play: Play) -> Answer:
    row = CreatePartitionsRequest.CreatePartitionsTopic(
        name=play.name(op.topic), count=op.total, assignments=None
    )
    request = CreatePartitionsRequest(topics=[row], timeout_ms=_MS, validate_only=False)
    code = play.call(request).results[0].error_code
    if not code:
        _led(play, op.topic, op.total)
    return named(code)


@answer.register
def _(op: ops.AlterTopic, play: Play) -> Answer:
    return _alter(play, _TOPIC, play.name(op.topic), op.configs)


@answer.register
def _(op: ops.AlterBrokers, play: Play) -> Answer:
    return _alter(play, _BROKER, "", op.configs)


def _alter(play: Play, kind: int, name: str, configs: Configs) -> Answer:
    resource = IncrementalAlterConfigsRequest.AlterConfigsResource
    rows = [
        resource.AlterableConfig(name=key, config_operation=int(value is None), value=value)
        for key, value in configs
    ]
    request = IncrementalAlterConfigsRequest(
        resources=[resource(resource_type=kind, resource_name=name, configs=rows)],
        validate_only=False,
    )
    code = play.call(request).responses[0].error_code
    if not code:
        with play.acting(user=""):
            play.wait("the config", lambda: _shown(play, kind, name, configs))
    return named(code)


def _shown(play: Play, kind: int, name: str, configs: Configs) -> bool:
    found = {row.name: row for row in _configs(play, kind, name).configs}
    own = 3 if kind == _BROKER else 1
    return all(
        (key in found and found[key].value == value and found[key].config_source == own)
        if value is not None
        else (key not in found or found[key].config_source != own)
        for key, value in configs
    )


def _configs(play: Play, kind: int, name: str) -> Any:
    resource = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=kind, resource_name=name, configuration_keys=None
    )
    return play.call(DescribeConfigsRequest(resources=[resource], include_synonyms=True)).results[0]


@answer.register
def _(op: ops.Config, play: Play) -> Answer:
    found = _configs(play, _TOPIC, play.name(op.topic))
    if found.error_code:
        return named(found.error_code)
    row = next(row for row in found.configs if row.name == op.key)
    return f"{row.value} {_SOURCES[row.config_source]}"


@answer.register
def _(op: ops.Topics, play: Play) -> Answer:
    names = (play.plain(row.name) for row in play.call(metadata.request(None)).topics)
    return tuple(sorted(name for name in names if name is not None))


@answer.register
def _(op: ops.Partitions, play: Play) -> Answer:
    row = _row(play, op.topic)
    return named(row.error_code) if row.error_code else len(row.partitions)


@answer.register
def _(op: ops.TopicId, play: Play) -> Answer:
    row = _row(play, op.topic)
    if row.error_code:
        return named(row.error_code)
    if str(row.topic_id) not in play.ids:
        play.ids.append(str(row.topic_id))
    return play.ids.index(str(row.topic_id)) + 1
