"""All histories on the clusters of one version: those that wait, wait together."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.disposable.worker import Worker
from migrate.rehearse.lab.local.home import Home
from tests.histories import ops
from tests.histories.history import History
from tests.histories.ops import Answer
from tests.live.real import clients, copies, groups, records, rights, topics
from tests.live.real.answering import play
from tests.live.real.play import Real

REGISTERED = (clients, copies, groups, records, rights, topics)
_AT_ONCE = 8
_COPIES_AT_ONCE = 4
_WORKER = "histories"

SHORT = (
    ("log.retention.check.interval.ms", "500"),
    ("log.segment.delete.delay.ms", "500"),
    ("log.initial.task.delay.ms", "500"),
    ("log.cleaner.backoff.ms", "500"),
    ("offsets.retention.minutes", "1"),
    ("offsets.retention.check.interval.ms", "1000"),
    ("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500"),
    ("group.coordinator.rebalance.protocols", "classic,consumer"),
    ("listener.name.client.scram-sha-256.connections.max.reauth.ms", "3000"),
    ("super.users", f"User:admin;User:broker;User:{_WORKER}"),
)
"""What takes Kafka minutes or days shows in seconds."""


@contextmanager
def opened(home: Home, folder: Path) -> Iterator[Real]:
    """A closed source, an open target, and a worker beside it."""
    environ = dict(os.environ)
    with ExitStack() as cleanup:
        made = []
        for name, everyone in (("source", False), ("target", True)):
            spec = ClusterSpec(name, allow_everyone=everyone, reauth_ms=0, extra=SHORT)
            secret = folder / f"{name}.properties"
            cluster = Cluster(spec, home, folder / name, secret, environ)
            cleanup.callback(cluster.stop)
            cluster.start()
            made.append(cluster)
        for cluster in made:
            cluster.wait_ready()
        source, target = made
        worker = _worker(target, folder, environ)
        cleanup.callback(worker.stop)
        yield Real(source, target, worker)


def _worker(target: Cluster, folder: Path, environ: dict[str, str]) -> Worker:
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / f"{_WORKER}.properties").write_text(f"password={_WORKER}\n")
    wire = Wire("target", target.admin_addresses, target.admin_login)
    KafkaWriter(wire).set_password(_WORKER, "SCRAM-SHA-256", _WORKER)
    wire.close()
    worker = Worker(_WORKER, target, _WORKER, secrets, folder / "worker", environ, exactly_once=True)
    worker.start()
    return worker


def copies_too(history: History) -> bool:
    """Whether the worker takes part."""
    return any(isinstance(op, ops.StartCopy) for op, _ in history.turns)


def run(histories: Iterable[History], real: Real) -> dict[str, tuple[Answer, ...] | Exception]:
    """The answers of each history, by its name; those that stop servers come last, one after the other."""
    found: dict[str, tuple[Answer, ...] | Exception] = {}

    def one(number: int, history: History) -> None:
        try:
            found[history.name] = play(history, real, number)
        except Exception as error:
            found[history.name] = error

    numbered = list(enumerate(histories, 1))
    with ThreadPoolExecutor(_AT_ONCE) as pool, ThreadPoolExecutor(_COPIES_AT_ONCE) as copying:
        # the longest first
        brokers = [h for h in numbered if not h[1].alone and not copies_too(h[1])]
        for number, history in sorted(brokers, key=lambda h: -_waits(h[1])):
            pool.submit(one, number, history)
        if any(copies_too(h) for _, h in numbered):
            real.worker.wait_ready()
        for number, history in numbered:
            if copies_too(history) and not history.alone:
                copying.submit(one, number, history)
    for number, history in numbered:
        if history.alone:
            one(number, history)
    return found


def _waits(history: History) -> float:
    return sum(op.seconds for op, _ in history.turns if isinstance(op, ops.Wait | ops.Until))
