"""MirrorMaker 2 connectors over Connect's REST interface, and the servers that are killed under them."""

import re
from typing import Any

from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play, Side

_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_READER, _WRITER = "source.user", "target.user"
"""Configs of histories: users as which the copier reads the source and writes to the target."""


def _config(
    play: Play, topics: tuple[str, ...], configs: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    own = dict(configs)
    reader, writer = own.pop(_READER, ""), own.pop(_WRITER, "")
    sites = _clients("source.cluster.", play, "source", reader) | _clients(
        "target.cluster.", play, "target", ""
    )
    if writer:
        sites |= _clients("producer.override.", play, "target", writer)
    return _FIXED | sites | {"topics": ",".join(re.escape(play.name(t)) for t in topics)} | own


def _clients(prefix: str, play: Play, side: Side, user: str) -> dict[str, str]:
    """Where a cluster is, and the login there: a user's, or the administrator's."""
    with play.acting(side=side):
        login, cluster = play.login(user), play.cluster
    host, port = cluster.admin_addresses[0]
    module = _SCRAM if user else _PLAIN
    return {
        f"{prefix}bootstrap.servers": cluster.bootstrap if user else f"{host}:{port}",
        f"{prefix}security.protocol": "SASL_PLAINTEXT",
        f"{prefix}sasl.mechanism": login.mechanism,
        f"{prefix}sasl.jaas.config": f'{module} required username="{login.user}"'
        f' password="{login.password}";',
    }


_FIXED = {
    "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
    "tasks.max": "1",
    "source.cluster.alias": "source",
    "target.cluster.alias": "target",
    "topics.exclude": "",
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
}


@answer.register
def _(op: ops.StartCopy, play: Play) -> Answer:
    body: dict[str, Any] = {
        "name": play.name(op.name),
        "config": _config(play, op.topics, op.configs),
    }
    if op.stopped:
        body["initial_state"] = "STOPPED"
    play.connectors.add(body["name"])
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
