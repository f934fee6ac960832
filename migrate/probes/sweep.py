"""What probes made, removed: this run's, and what runs that were killed left more than an hour ago."""

import time
from collections.abc import Callable, Iterable
from functools import partial

from kafka.protocol.admin import DeleteGroupsRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.errors import KmigError, Unsupported
from migrate.model.permissions import PROBE_PREFIX

_HOUR = 3_600
_NON_EMPTY = 68


def swept(wire: Wire, own: str) -> tuple[str, ...]:
    """Remove everything that is `mine`; returns what could not be removed, or not be looked for."""
    left: list[str] = []
    for kind, things in _made(wire).items():
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


def _made(wire: Wire) -> dict[str, _Things]:
    """By kind: every thing of the target by its name, and how it is removed."""
    reader, writer = KafkaReader(wire), KafkaWriter(wire)
    return {
        "group": lambda: ((g.name, partial(_forget, wire, g.name)) for g in reader.groups()),
        "topic": lambda: ((t.name, partial(writer.delete_topic, t.name)) for t in reader.topics()),
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


def mine(name: str, own: str) -> bool:
    """Whether a name is of the run `own`, or of one that was killed long ago."""
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


def _forget(wire: Wire, group: str) -> None:
    request = DeleteGroupsRequest(groups_names=[group])
    answer = coordinator.while_coordinator_moves(
        lambda: wire.call(request, coordinator.find(wire, group)),
        # a member that was killed is in its group until its session ends
        lambda answer: answer.results[0].error_code in {*coordinator.MOVING, _NON_EMPTY},
    )
    require(f"delete group {group}", answer.results[0].error_code)
