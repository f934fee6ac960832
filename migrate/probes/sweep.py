"""What probes made, removed: this run's, and what runs that were killed left more than an hour ago."""

import time
from collections.abc import Callable, Iterable
from functools import partial

from kafka.protocol.admin import DeleteGroupsRequest, ListGroupsRequest

from migrate.adapters.kafka import coordinator, metadata
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import KmigError, Unsupported
from migrate.model.permissions import PROBE_PREFIX

_HOUR = 3_600
_NON_EMPTY = 68


def swept(wire: Wire, own: str, kinds: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Remove everything that is `mine`, of these kinds or of all; return what could not be listed or removed."""
    left: list[str] = []
    for kind, things in _by_kind(wire).items():
        if kinds and kind not in kinds:
            continue
        try:
            for name, remove in things():
                if mine(name, own):
                    try:
                        remove()
                    except KmigError as error:
                        left.append(f"{kind} {name}: {error.message}")
        except Unsupported:
            continue  # what is not offered was not made
        except KmigError as error:
            left.append(f"{kind}: {error.message}")
    return tuple(left)


_Things = Callable[[], Iterable[tuple[str, Callable[[], None]]]]


def _by_kind(wire: Wire) -> dict[str, _Things]:
    """Return for each kind how its things are listed: the name of each, and what removes it."""
    reader, writer = KafkaReader(wire), KafkaWriter(wire)
    return {
        "group": lambda: ((name, partial(_delete_group, wire, name)) for name in _groups(wire)),
        "topic": lambda: ((name, partial(writer.delete_topic, name)) for name in _topics(wire)),
        "user": lambda: (
            (c.user, partial(writer.delete_scram, c.user, c.mechanism))
            for c in reader.scram_credentials()
        ),
        "quota of": lambda: (
            (
                q.entity.get("client-id") or "",
                partial(writer.set_quota, q.entity, dict.fromkeys(q.values)),
            )
            for q in reader.quotas()
        ),
        "ACL of": lambda: (
            (a.principal.removeprefix("User:"), partial(writer.delete_acls, [a]))
            for a in reader.acls()
        ),
    }


def _topics(wire: Wire) -> list[str]:
    """Return names alone: the principal that probes the source may not read every topic's configs."""
    rows = metadata.existing(wire.site, wire.call(metadata.request(None)))
    return [str(row.name) for row in rows]


def _groups(wire: Wire) -> list[str]:
    """Return names alone: a source may have thousands of groups, and their commits are nothing to a sweep."""
    request = ListGroupsRequest(states_filter=[], types_filter=[])
    answers = wire.fan_out({broker.id: request for broker in wire.brokers()})
    for broker, answer in answers.items():
        require(f"{wire.site}: list groups of broker {broker}", answer.error_code)
    return sorted({row.group_id for answer in answers.values() for row in answer.groups})


def mine(name: str, own: str) -> bool:
    """Return whether a name is of the run `own`, or of one that was killed long ago."""
    if name.startswith(f"{PROBE_PREFIX}stranger-"):
        return True  # of a `verify access` that was killed
    run = name.removeprefix(PROBE_PREFIX).partition("-")[0]
    if run == name or not name.startswith(PROBE_PREFIX):
        return False
    if run == own:
        return True
    try:
        return int(run[:-4], 16) < time.time() - _HOUR
    except ValueError:
        return False


def _delete_group(wire: Wire, group: str) -> None:
    request = DeleteGroupsRequest(groups_names=[group])
    answer = coordinator.while_coordinator_moves(
        lambda: wire.call(request, coordinator.find(wire, group)),
        # a member that was killed is in its group until its session ends
        lambda answer: answer.results[0].error_code in {*coordinator.MOVING, _NON_EMPTY},
    )
    require(f"delete group {group}", answer.results[0].error_code)
