"""Topics of one cluster: the configs set on each, first and end offsets; for an inventory also stable ends and sizes.

`look` returns what could not be read as faults, for an inventory; `read` raises the first of them, for a stage.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kafka.protocol.admin import DescribeConfigsRequest, DescribeLogDirsRequest

from migrate.adapters.kafka import log_offsets, metadata
from migrate.adapters.kafka.answers import batched, code_name, failure, require
from migrate.adapters.kafka.wire import Wire
from migrate.errors import CannotTell, KmigError
from migrate.model import automq
from migrate.model.cluster import Topic
from migrate.model.record import TopicPartition
from migrate.model.words import count
from migrate.ports.survey import Surveyed

_TOPIC_RESOURCE = 2
_DYNAMIC_TOPIC_CONFIG = 1
_CHUNK = 250
_DAY_MS = 86_400_000

_Sizes = dict[TopicPartition, int]


def read(wire: Wire, names: list[str] | None) -> tuple[Topic, ...]:
    """Return topics by name, or all that the principal may see; offsets are None where no leader is known."""
    rows = metadata.existing(wire.site, wire.ask_any(metadata.request(names)))
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
    """Return the topics of these metadata rows in full, and what could not be read of them.

    `starts` were read before the commits of groups, and the ends are read now, after them. All three only grow: in
    any other order a healthy commit would seem to lie outside its log.
    """
    faults: list[str] = []
    configs = _configs(wire.site, wire.ask_any_each, [row.name for row in rows], faults)
    rows = [r for r in rows if r.name in configs]
    leading = metadata.by_leader(rows)
    if leaderless := leading.pop(-1, {}):
        parts = count(sum(map(len, leaderless.values())), "partition")
        faults.append(f"{parts} without a leader, such as {_example(leaderless)}")
    today = (int(time.time() * 1000) - _DAY_MS, False)
    ends = log_offsets.look(wire, leading, (log_offsets.STABLE, log_offsets.END, today))
    sizes, unsized = _sizes(wire)
    *ended, since = ends.found
    offsets = (starts.found, *ended)
    unread = {p for some in offsets for p, at in some.items() if at is None and p[0] in configs}
    if unread:
        topic, partition = min(unread)
        parts = count(len(unread), "partition")
        faults.append(f"no offsets of {parts}, such as {topic}-{partition}")
    topics = tuple(_topic(row, configs[row.name], offsets, sizes, since) for row in rows)
    return Surveyed(topics, tuple(dict.fromkeys([*faults, *starts.faults, *ends.faults, *unsized])))


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
    """Return the configs set on each topic that still exists; add errors to `faults`, or raise the first."""
    configs: dict[str, dict[str, str]] = {}
    for answer in ask(_describing(names, None)):
        for row in answer.results:
            if row.error_code == metadata.UNKNOWN_TOPIC:
                continue  # deleted between the two requests: left out, like a topic deleted before
            what = f"describe configs of topic {row.resource_name} on the {site}"
            if row.error_code and faults is not None:
                faults.append(failure(what, row.error_code, row.error_message).message)
            else:
                require(what, row.error_code, row.error_message)
            configs[row.resource_name] = {
                c.name: c.value
                for c in row.configs
                if c.config_source == _DYNAMIC_TOPIC_CONFIG and c.value is not None
            }
    return configs


def effective(wire: Wire, names: list[str], keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the values of these configs that count for each topic that exists, whoever has set them."""
    found: dict[str, dict[str, str]] = {}
    for request in _describing(names, list(keys)):
        for row in wire.ask_any(request).results:
            if row.error_code != metadata.UNKNOWN_TOPIC:
                what = f"describe configs of topic {row.resource_name} on the {wire.site}"
                require(what, row.error_code, row.error_message)
                found[row.resource_name] = {c.name: c.value for c in row.configs if c.value}
    return found


def _describing(names: list[str], keys: list[str] | None) -> list[Any]:
    resource = DescribeConfigsRequest.DescribeConfigsResource
    return [
        DescribeConfigsRequest(
            resources=[
                resource(resource_type=_TOPIC_RESOURCE, resource_name=n, configuration_keys=keys)
                for n in some
            ],
            include_synonyms=False,
        )
        for some in batched(names, _CHUNK)
    ]


def _sizes(wire: Wire) -> tuple[_Sizes, list[str]]:
    """Return the size of each partition's largest replica in bytes (DescribeLogDirs, KIP-113)."""
    request = {b.id: DescribeLogDirsRequest(topics=None) for b in wire.brokers()}
    answers, errors = wire.gather(request)
    sizes: _Sizes = {}
    faults = _faults(errors)
    for broker, answer in answers.items():
        code = getattr(answer, "error_code", 0)
        if code:
            what = f"read sizes on broker {broker} of the {wire.site}"
            faults.append(failure(what, code).message)
        for folder in answer.results:
            if folder.error_code:
                error = code_name(folder.error_code)
                faults.append(
                    f"a log directory of broker {broker} on the {wire.site} is unreadable: {error}"
                )
            for topic in folder.topics:
                for p in topic.partitions:
                    place = (topic.name, p.partition_index)
                    if not p.is_future_key:
                        sizes[place] = max(sizes.get(place, 0), p.partition_size)
    return sizes, faults


def sizes_of(wire: Wire, names: list[str]) -> dict[TopicPartition, int]:
    """Return the size of each partition of these topics; raises where a broker did not tell its own."""
    sizes, faults = _sizes(wire)
    if faults:
        raise CannotTell(
            f"the sizes of logs on the {wire.site} are unknown: {faults[0]}",
            "start the broker, or grant kmig's principal DESCRIBE on the cluster, then rerun the command",
        )
    return {place: size for place, size in sizes.items() if place[0] in names}


def _topic(
    row: Any,
    configs: dict[str, str],
    offsets: tuple[log_offsets.Offsets, ...],
    sizes: _Sizes,
    since: log_offsets.Offsets | None = None,
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
                    "daily": _daily((since or {}).get(place), end.get(place)),
                }
                for place in places
            ),
        }
    )


def _daily(since: int | None, end: int | None) -> int | None:
    """Return the offsets from the first of a time on; ListOffsets answers -1 where there is none."""
    if since is None or end is None:
        return None
    return max(0, end - since) if since >= 0 else 0
