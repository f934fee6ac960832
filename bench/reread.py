"""Records that consumers get a second time after a move: kmig's offsets beside MirrorMaker's own group sync.

Both of one copy: a real MirrorMaker 2 copies a topic written in transactions, and syncs one set of groups; kmig
commits for another set, with the same positions on the source.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from os import environ
from typing import Any

import httpx
from confluent_kafka import Producer

from bench.pair import Pair
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.acl import Acl
from migrate.ports import Site, Sites
from migrate.rehearse.lab.disposable.worker import Worker

LAGS = (0, 10, 1_000, 100_000)
_RECORDS, _BATCH = 150_000, 100
_PLACE = ("synced", 0)
_USER, _MECHANISM = "mover", "SCRAM-SHA-256"
_EVERYTHING = {"TOPIC": "*", "GROUP": "*", "TRANSACTIONAL_ID": "*", "CLUSTER": "kafka-cluster"}
_MIRROR = "org.apache.kafka.connect.mirror."
_PATIENCE_SECONDS, _STILL_SECONDS = 180.0, 10.0


def synced(here: Pair, seen: Sites) -> dict[int, tuple[int, int]]:
    """Return by lag where the groups stand on the source, and where MirrorMaker's sync has put them on the target."""
    here.create(_PLACE[0], 1)
    _fill(here)
    stand = {lag: _behind(seen.source, lag) for lag in LAGS}
    for kind in ("mirror", "kmig"):
        wanted = {f"{kind}-{lag}": {_PLACE: (at, "")} for lag, at in stand.items()}
        assert not KafkaWriter(here.wires[0]).commit_groups(wanted)
    with ExitStack() as cleanup:
        worker = _worker(here)
        worker.start()
        cleanup.callback(worker.stop)
        worker.wait_ready()
        for name, config in _connectors(here).items():
            url = f"{worker.url}/connectors/{name}/config"
            httpx.put(url, json=config, timeout=60).raise_for_status()
        end = _visible(seen.source, 0)
        _until(lambda: _visible(seen.target, 0) == end)
        left = _still(lambda: _commits(seen.target))
    return {lag: (at, left.get(f"mirror-{lag}", 0)) for lag, at in stand.items()}


def again(seen: Sites, source: int, target: int) -> int:
    """Return how many records a group gets again that moves from one offset to the other; below 0 it misses some."""
    return _visible(seen.target, target) - _visible(seen.source, source)


def _fill(here: Pair) -> None:
    """Write in transactions, of which some are aborted: offsets of the copy are other ones."""
    producer = Producer({**here.client[0], "transactional.id": "bench-synced", "linger.ms": 20})
    producer.init_transactions(60)
    for begin in range(0, _RECORDS, _BATCH):
        producer.begin_transaction()
        for number in range(begin, begin + _BATCH):
            producer.produce(_PLACE[0], b"%d" % number, partition=0)
        if begin % (10 * _BATCH):
            producer.commit_transaction(60)
        else:
            producer.abort_transaction(60)


def _behind(site: Site, lag: int) -> int:
    """Return the offset before so many visible records of the source's end."""
    end = site.reader.ends([_PLACE[0]])[_PLACE]
    offsets = [o for chunk in site.records.forward(_PLACE, 0, end.stable) for o in chunk.offsets]
    return offsets[-lag] if lag else end.stable


def _visible(site: Site, begin: int) -> int:
    end = site.reader.ends([_PLACE[0]])[_PLACE].stable
    return sum(len(c.offsets) for c in site.records.forward(_PLACE, begin, end))


def _commits(site: Site) -> dict[str, int]:
    return {g.name: c.offset for g in site.reader.groups() for c in g.commits if c.place == _PLACE}


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(1)


def _still(read: Callable[[], dict[str, int]]) -> dict[str, int]:
    """Return what does not change any more."""
    found, since = read(), time.monotonic()
    while time.monotonic() - since < _STILL_SECONDS:
        time.sleep(1)
        now = read()
        if now != found:
            found, since = now, time.monotonic()
    return found


def _worker(here: Pair) -> Worker:
    """Return a worker, and let its user do everything on both sides."""
    folder = here.folder / "worker"
    folder.mkdir()
    (folder / f"{_USER}.properties").write_text(f"password={_USER}\n")
    for wire in here.wires:
        writer = KafkaWriter(wire)
        writer.set_password(_USER, _MECHANISM, _USER)
        writer.create_acls(
            Acl(
                principal=f"User:{_USER}",
                host="*",
                operation="ALL",
                permission="ALLOW",
                resource_type=kind,
                resource_name=name,
                pattern_type="LITERAL",
            )
            for kind, name in _EVERYTHING.items()
        )
    return Worker(
        "bench", here.clusters[1], _USER, folder, folder, dict(environ), exactly_once=True
    )


def _connectors(here: Pair) -> dict[str, dict[str, Any]]:
    sides: dict[str, str] = {}
    for side, cluster in zip(("source", "target"), here.clusters, strict=True):
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        jaas = f'{module} required username="{_USER}" password="{_USER}";'
        sides |= {
            f"{side}.cluster.alias": side,
            f"{side}.cluster.bootstrap.servers": cluster.inside,
            f"{side}.cluster.security.protocol": "SASL_PLAINTEXT",
            f"{side}.cluster.sasl.mechanism": _MECHANISM,
            f"{side}.cluster.sasl.jaas.config": jaas,
        }
    shared = {
        **sides,
        "replication.policy.class": f"{_MIRROR}IdentityReplicationPolicy",
        "offset-syncs.topic.location": "target",
        "offset-syncs.topic.replication.factor": "1",
        "tasks.max": "1",
    }
    bytes_as_they_are = "org.apache.kafka.connect.converters.ByteArrayConverter"
    copying = {
        "connector.class": f"{_MIRROR}MirrorSourceConnector",
        "topics": _PLACE[0],
        "key.converter": bytes_as_they_are,
        "value.converter": bytes_as_they_are,
        "consumer.isolation.level": "read_committed",
        "consumer.auto.offset.reset": "earliest",
        "exactly.once.support": "required",
        "sync.topic.configs.enabled": "false",
        "sync.topic.acls.enabled": "false",
    }
    checkpoints = {
        "connector.class": f"{_MIRROR}MirrorCheckpointConnector",
        "groups": "mirror-.*",
        "checkpoints.topic.replication.factor": "1",
        "emit.checkpoints.interval.seconds": "1",
        "refresh.groups.interval.seconds": "1",
        "sync.group.offsets.enabled": "true",
        "sync.group.offsets.interval.seconds": "1",
    }
    return {"copy": {**shared, **copying}, "checkpoints": {**shared, **checkpoints}}
