"""Connect and MirrorMaker 2 of a world."""

import re

from migrate.model.acl import Acl
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.histories.simulated.play import NotModelledError, Play, answer

_STOP_SECONDS = 1.0
_READER, _WRITER = "source.user", "target.user"
_MODELLED = {
    "producer.override.compression.type",
    "heartbeats.replication.enabled",
    "refresh.topics.interval.seconds",
}


def _config(
    play: Play, topics: tuple[str, ...], configs: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    own = dict(configs)
    reader, writer = own.pop(_READER, ""), own.pop(_WRITER, "")
    if reader or writer:
        play.connect.principal = f"User:{reader or writer}"
    if writer:
        # a world's copier is one principal on both sides
        play.source.change_acls(add=[_all_topics(writer)], by="admin")
    if strange := own.keys() - _MODELLED:
        raise NotModelledError(f"the copier's {', '.join(sorted(strange))}")
    return {
        "tasks.max": "1",
        "topics": ",".join(map(re.escape, topics)),
        "refresh.topics.interval.seconds": "1",
        **own,
    }


def _all_topics(user: str) -> Acl:
    return Acl(
        principal=f"User:{user}",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name="*",
    )


@answer.register
def _(op: ops.StartCopy, play: Play) -> Answer:
    if op.name in play.connect.connectors:
        raise NotModelledError("the refusal of a connector whose name is taken")
    config = _config(play, op.topics, op.configs)
    play.connect.put(op.name, config, stopped=op.stopped)
    return 201


@answer.register
def _(op: ops.PutCopy, play: Play) -> Answer:
    play.connect.put(op.name, _config(play, op.topics, op.configs), stopped=False)
    return 200


@answer.register
def _(op: ops.StopCopy, play: Play) -> Answer:
    play.connect.stop(op.name)
    play.timeline.advance(_STOP_SECONDS)
    return 204


@answer.register
def _(op: ops.ResumeCopy, play: Play) -> Answer:
    """`Connect.resume` is kmig's request, which restarts failed tasks too: resume alone does not."""
    connector = play.connect.connectors.get(op.name)
    if connector is None:
        return 404
    if connector.state != "RUNNING":
        play.connect.resume(op.name)
    return 202


@answer.register
def _(op: ops.RestartCopy, play: Play) -> Answer:
    play.connect.resume(op.name)
    return 202


@answer.register
def _(op: ops.DeleteCopy, play: Play) -> Answer:
    if op.name not in play.connect.connectors:
        return 404
    play.connect.delete(op.name)
    return 204


@answer.register
def _(op: ops.CopyStatus, play: Play) -> Answer:
    connector = play.connect.connectors.get(op.name)
    if connector is None:
        return 404
    return (connector.state, *sorted({task.state for task in connector.tasks}))


@answer.register
def _(op: ops.Positions, play: Play) -> Answer:
    if op.name not in play.connect.connectors:
        return 404
    own = play.connect.positions[op.name]
    return tuple(f"{topic}-{partition}={at}" for (topic, partition), at in sorted(own.items()))


@answer.register
def _(op: ops.ResetPositions, play: Play) -> Answer:
    if play.connect.connectors[op.name].state != "STOPPED":
        raise NotModelledError("changed offsets of a connector that runs")
    play.connect.lose_positions(op.name)
    return 200


@answer.register
def _(op: ops.KillWorker, play: Play) -> Answer:
    play.connect.kill()
    return OK


@answer.register
def _(op: ops.StartWorker, play: Play) -> Answer:
    play.connect.start()
    play.timeline.advance(5.0)
    return OK
