"""MirrorMaker 2 connectors over Connect's REST interface, and the servers that are killed under them."""

import re
import time
from typing import Any

from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play

_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_COPIER = "source.user"
"""A config of histories: the user that the copier reads the source as, instead of the administrator."""


def _config(
    play: Play, topics: tuple[str, ...], configs: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    source, target = play.real.source, play.real.target
    own = dict(configs)
    user = own.pop(_COPIER, "")
    admin = source.admin_login
    login = (
        f'{_SCRAM} required username="{play.name(user)}" password="{user}";'
        if user
        else f'{_LOGIN} required username="{admin.user}" password="{admin.password}";'
    )
    host, port = source.admin_addresses[0]
    there = target.admin_login
    return {
        "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
        "tasks.max": "1",
        "source.cluster.alias": "source",
        "target.cluster.alias": "target",
        "topics": ",".join(re.escape(play.name(topic)) for topic in topics),
        "topics.exclude": "",
        "source.cluster.bootstrap.servers": source.bootstrap if user else f"{host}:{port}",
        "source.cluster.security.protocol": "SASL_PLAINTEXT",
        "source.cluster.sasl.mechanism": "SCRAM-SHA-512" if user else "PLAIN",
        "source.cluster.sasl.jaas.config": login,
        "target.cluster.bootstrap.servers": "{}:{}".format(*target.admin_addresses[0]),
        "target.cluster.security.protocol": "SASL_PLAINTEXT",
        "target.cluster.sasl.mechanism": "PLAIN",
        "target.cluster.sasl.jaas.config": f'{_LOGIN} required username="{there.user}"'
        f' password="{there.password}";',
        "key.converter": _BYTES,
        "value.converter": _BYTES,
        "header.converter": _BYTES,
        "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
        "replication.factor": "-1",
        "sync.topic.configs.enabled": "false",
        "sync.topic.acls.enabled": "false",
        "emit.offset-syncs.enabled": "false",
        "refresh.topics.interval.seconds": "1",
        "errors.tolerance": "none",
        "exactly.once.support": "required",
        "transaction.boundary": "poll",
        "source.consumer.isolation.level": "read_committed",
        "source.consumer.auto.offset.reset": "earliest",
        "source.consumer.fetch.max.wait.ms": "250",
        **own,
    }


@answer.register
def _(op: ops.StartCopy, play: Play) -> Answer:
    body: dict[str, Any] = {
        "name": play.name(op.name),
        "config": _config(play, op.topics, op.configs),
    }
    if op.stopped:
        body["initial_state"] = "STOPPED"
    return play.rest("POST", "/connectors", body).status_code


@answer.register
def _(op: ops.PutCopy, play: Play) -> Answer:
    config = _config(play, op.topics, op.configs)
    return play.rest("PUT", f"/connectors/{play.name(op.name)}/config", config).status_code


@answer.register
def _(op: ops.StopCopy, play: Play) -> Answer:
    code = play.rest("PUT", f"/connectors/{play.name(op.name)}/stop").status_code
    if code == 204:
        play.wait("the stop", lambda: _status(play, op.name) == ("STOPPED",))
    return code


def _status(play: Play, name: str) -> Answer:
    found = play.rest("GET", f"/connectors/{play.name(name)}/status")
    if found.is_error:
        return found.status_code
    body = found.json()
    return (body["connector"]["state"], *sorted({task["state"] for task in body["tasks"]}))


@answer.register
def _(op: ops.CopyStatus, play: Play) -> Answer:
    return _status(play, op.name)


@answer.register
def _(op: ops.PauseCopy, play: Play) -> Answer:
    return play.rest("PUT", f"/connectors/{play.name(op.name)}/pause").status_code


@answer.register
def _(op: ops.ResumeCopy, play: Play) -> Answer:
    return play.rest("PUT", f"/connectors/{play.name(op.name)}/resume").status_code


@answer.register
def _(op: ops.RestartCopy, play: Play) -> Answer:
    path = f"/connectors/{play.name(op.name)}/restart?includeTasks=true&onlyFailed=true"
    return play.rest("POST", path).status_code


@answer.register
def _(op: ops.DeleteCopy, play: Play) -> Answer:
    code = play.rest("DELETE", f"/connectors/{play.name(op.name)}").status_code
    if code == 204:
        play.wait("the connector's end", lambda: _status(play, op.name) == 404)
    return code


@answer.register
def _(op: ops.Positions, play: Play) -> Answer:
    found = play.rest("GET", f"/connectors/{play.name(op.name)}/offsets")
    if found.is_error:
        return found.status_code
    rows = [(row["partition"], row["offset"]) for row in found.json()["offsets"]]
    return tuple(
        sorted(
            f"{play.plain(at['topic'])}-{at['partition']}={offset['offset']}"
            for at, offset in rows
            if offset
        )
    )


@answer.register
def _(op: ops.SetPosition, play: Play) -> Answer:
    at = {"cluster": "source", "topic": play.name(op.topic), "partition": op.partition}
    body = {"offsets": [{"partition": at, "offset": {"offset": op.offset}}]}
    return play.rest("PATCH", f"/connectors/{play.name(op.name)}/offsets", body).status_code


@answer.register
def _(op: ops.ResetPositions, play: Play) -> Answer:
    return play.rest("DELETE", f"/connectors/{play.name(op.name)}/offsets").status_code


@answer.register
def _(op: ops.KillWorker, play: Play) -> Answer:
    play.real.worker.stop()
    return OK


@answer.register
def _(op: ops.StartWorker, play: Play) -> Answer:
    play.real.worker.start()
    play.real.worker.wait_ready()
    return OK


def _killed(play: Play) -> None:
    for server in play.cluster.servers:
        server.kill()
    for session in play.sessions.values():
        session.close()
    play.sessions.clear()


def _started(play: Play) -> None:
    play.cluster.servers[:] = [play.cluster.launch(1)]
    play.cluster.wait_ready()
    time.sleep(1.0)  # leaders of partitions are elected a moment after the node answers


@answer.register
def _(op: ops.KillBroker, play: Play) -> Answer:
    _killed(play)
    _started(play)
    return OK
