"""Whether a cluster would take topics as they are: it validates them, and creates and changes nothing."""

from collections.abc import Iterable, Iterator
from typing import Any

from kafka.protocol.admin import CreateTopicsRequest, IncrementalAlterConfigsRequest

from migrate.adapters.kafka.answers import batched, code_name
from migrate.adapters.kafka.wire import Wire
from migrate.model.cluster import Topic

_CHUNK = 500
_EXISTS = 36
_SET, _TOPIC_RESOURCE = 0, 2
_REQUEST_MS = 30_000


def trial(wire: Wire, topics: Iterable[Topic]) -> dict[str, str]:
    """Return by topic the broker's reason for refusing it, or which config it would not keep as it is."""
    reasons: dict[str, str] = {}
    existing: list[Topic] = []
    for some in batched(list(topics), _CHUNK):
        by_name = {topic.name: topic for topic in some}
        for result in wire.call(creating(some, validate_only=True)).topics:
            topic = by_name[result.name]
            if result.error_code == _EXISTS:
                existing.append(topic)
            elif result.error_code:
                reasons[topic.name] = _reason(result)
            elif changed := next(_changed(topic, result), ""):
                reasons[topic.name] = changed
    for some in batched(existing, _CHUNK):
        answer = wire.call(_altering(some))
        reasons |= {row.resource_name: _reason(row) for row in answer.responses if row.error_code}
    return reasons


def _reason(row: Any) -> str:
    return f"{row.error_message or 'no reason given'}: {code_name(row.error_code)}"


def _changed(topic: Topic, result: Any) -> Iterator[str]:
    """Yield the configs that the broker would give another value (KIP-525)."""
    told = {config.name: config.value for config in result.configs or ()}
    for key, value in sorted(topic.configs.items()):
        if key in told and told[key] != value:
            yield f"it would have {key}={told[key]}, not {value}"


def creating(topics: Iterable[Topic], *, validate_only: bool) -> Any:
    """Return the CreateTopics request for these topics."""
    row = CreateTopicsRequest.CreatableTopic
    return CreateTopicsRequest(
        topics=[
            row(
                name=topic.name,
                num_partitions=len(topic.partitions),
                replication_factor=topic.replication_factor,
                assignments=[],
                configs=[
                    row.CreatableTopicConfig(name=k, value=v)
                    for k, v in sorted(topic.configs.items())
                ],
            )
            for topic in topics
        ],
        timeout_ms=_REQUEST_MS,
        validate_only=validate_only,
    )


def _altering(topics: Iterable[Topic]) -> Any:
    resource = IncrementalAlterConfigsRequest.AlterConfigsResource
    return IncrementalAlterConfigsRequest(
        resources=[
            resource(
                resource_type=_TOPIC_RESOURCE,
                resource_name=topic.name,
                configs=[
                    resource.AlterableConfig(name=k, config_operation=_SET, value=v)
                    for k, v in sorted(topic.configs.items())
                ],
            )
            for topic in topics
        ],
        validate_only=True,
    )
