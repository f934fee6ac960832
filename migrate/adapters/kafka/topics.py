"""Topics of one cluster: the configs set on each, first and end offsets; in full also stable ends and sizes.

`look` keeps what a broker did not say as a fault; `read` raises for it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from kafka.protocol.admin import DescribeConfigsRequest, DescribeLogDirsRequest

from migrate.adapters.kafka import log_offsets, metadata
from migrate.adapters.kafka.answers import batched, code_name, failure, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError
from migrate.model import automq
from migrate.model.cluster import Topic
from migrate.model.record import TopicPartition
from migrate.model.words import count
from migrate.ports.survey import Surveyed

_TOPIC_RESOURCE = 2
_DYNAMIC_TOPIC_CONFIG = 1
_CHUNK = 250

_Sizes = dict[TopicPartition, int]


def read(wire: Wire, names: list[str] | None) -> tuple[Topic, ...]:
    """Topics by name, or every one that the principal may see; offsets are None where no leader is known."""
    rows = metadata.existing(wire.site, wire.call(metadata.request(names)))
    configs = _configs(wire.site, lambda some: map(wire.call, some), [row.name for row in rows])
    rows = [r for r in rows if r.name in configs]
    announced = {broker.id for broker in wire.brokers()}
    leading = {b: t for b, t in metadata.by_leader(rows).items() if b in announced}
    start, end = (
        log_offsets.rows(
            wire.fan_out({b: log_offsets.request(t, what) for b, t in leading.items()}).values()
        )
        for what in (log_offsets.START, log_offsets.END)
    )
    return tuple(_topic(row, configs[row.name], (start, {}, end), {}) for row in rows)


def look(
    wire: Wire, rows: list[Any], starts: Surveyed[log_offsets.Offsets]
) -> Surveyed[tuple[Topic, ...]]:
    """The topics of these metadata rows, in full, with what could not be read of them.

    `starts` were read before. Whoever compares commits with both ends of a log reads the start, then the commits,
    then the end: each only grows, so in any other order a healthy commit seems to lie outside.
    """
    faults: list[str] = []
    configs = _configs(wire.site, wire.ask_any_each, [row.name for row in rows], faults)
    rows = [r for r in rows if r.name in configs]
    leading = metadata.by_leader(rows)
    if leaderless := leading.pop(-1, {}):
        parts = count(sum(map(len, leaderless.values())), "partition")
        faults.append(f"{parts} without a leader, such as {_example(leaderless)}")
    ends = log_offsets.look(wire, leading, (log_offsets.STABLE, log_offsets.END))
    sizes, unsized = _sizes(wire)
    offsets = (starts.found, *ends.found)
    unsaid = {p for some in offsets for p, at in some.items() if at is None and p[0] in configs}
    if unsaid:
        topic, partition = min(unsaid)
        parts = count(len(unsaid), "partition")
        faults.append(f"no offsets of {parts}, such as {topic}-{partition}")
    found = tuple(_topic(row, configs[row.name], offsets, sizes) for row in rows)
    return Surveyed(found, tuple(dict.fromkeys([*faults, *starts.faults, *ends.faults, *unsized])))


def _faults(errors: dict[int, KmigError]) -> list[str]:
    return [error.message for error in errors.values()]


def _example(topics: dict[str, list[int]]) -> str:
    name, indexes = next(iter(topics.items()))
    return f"{name}-{indexes[0]}"


def _configs(
    site: str,
    ask: Callable[[list[Any]], Iterable[Any]],
    names: list[str],
    faults: list[str] | None = None,
) -> dict[str, dict[str, str]]:
    """What is set on each topic that is still there; an error of one is noted among `faults`, or raised."""
    found: dict[str, dict[str, str]] = {}
    resource = DescribeConfigsRequest.DescribeConfigsResource
    requests = [
        DescribeConfigsRequest(
            resources=[
                resource(resource_type=_TOPIC_RESOURCE, resource_name=n, configuration_keys=None)
                for n in some
            ],
            include_synonyms=False,
        )
        for some in batched(names, _CHUNK)
    ]
    for answer in ask(requests):
        for row in answer.results:
            if row.error_code == metadata.UNKNOWN_TOPIC:
                continue  # deleted between the two requests: gone, like one deleted before
            what = f"{site}: describe configs of topic {row.resource_name}"
            if row.error_code and faults is not None:
                faults.append(failure(what, row.error_code, row.error_message).message)
            else:
                require(what, row.error_code, row.error_message)
            found[row.resource_name] = {
                c.name: c.value
                for c in row.configs
                if c.config_source == _DYNAMIC_TOPIC_CONFIG and c.value is not None
            }
    return found


def _sizes(wire: Wire) -> tuple[_Sizes, list[str]]:
    """The largest replica of each partition, in bytes, as the brokers' log directories have it (KIP-113)."""
    request = {b.id: DescribeLogDirsRequest(topics=None) for b in wire.brokers()}
    answers, errors = wire.gather(request)
    sizes: _Sizes = {}
    faults = _faults(errors)
    for broker, answer in answers.items():
        code = getattr(answer, "error_code", 0)
        if code:
            faults.append(failure(f"{wire.site}: sizes on broker {broker}", code).message)
        for folder in answer.results:
            if folder.error_code:
                faults.append(
                    f"{wire.site}: a log directory of broker {broker}: {code_name(folder.error_code)}"
                )
            for topic in folder.topics:
                for p in topic.partitions:
                    place = (topic.name, p.partition_index)
                    if not p.is_future_key:
                        sizes[place] = max(sizes.get(place, 0), p.partition_size)
    return sizes, faults


def _topic(
    row: Any,
    configs: dict[str, str],
    offsets: tuple[log_offsets.Offsets, ...],
    sizes: _Sizes,
) -> Topic:
    start, stable, end = offsets
    name = row.name
    partitions = sorted(row.partitions, key=lambda p: int(p.partition_index))
    places = [(name, p.partition_index) for p in partitions]
    # validated in one go: tens of thousands of partitions built one by one would take most of an inventory's time
    return Topic.model_validate(
        {
            "name": name,
            "id": str(row.topic_id or ""),
            "internal": bool(row.is_internal) or row.name in automq.TOPICS,
            "replication_factor": len(partitions[0].replica_nodes) if partitions else 0,
            "configs": configs,
            "partitions": tuple(
                {
                    "index": place[1],
                    "start": start.get(place),
                    "stable": stable.get(place),
                    "end": end.get(place),
                    "size": sizes.get(place),
                }
                for place in places
            ),
        }
    )
