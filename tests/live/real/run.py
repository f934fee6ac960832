"""All histories on the clusters of one version: those that wait, wait together."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
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
from tests.live.real import clients, copies, groups, records, rights, servers, topics
from tests.live.real.answering import answer, played
from tests.live.real.play import Play, Real

REGISTERED = (clients, copies, groups, records, rights, servers, topics)
_AT_ONCE = 8
_COPIES_AT_ONCE = 5
_WORKER = "histories"
_QUICK_SECONDS = 10.0
_SOON = 30.0

Answers = dict[str, tuple[Answer, ...] | Exception]
"""Of each history by its name; or what kept it from being played."""

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
def opened(home: Home, folder: Path, *, copier: bool = True) -> Iterator[Real]:
    """A closed source, an open target, and a worker beside it, which is started with `copier`."""
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
        if copier:
            worker.start()
            cleanup.callback(worker.stop)
        real = Real(source, target, worker)
        _with_coordinators(real)
        yield real


def _with_coordinators(real: Real) -> None:
    """Kafka makes its own topics at the first look for a coordinator, and clients see errors until they are led."""
    play = Play(real, "first.")
    answer(ops.CreateTopic("t"), play)
    answer(ops.Commit("g", "t", 0), play)
    answer(ops.Transact("t", ("a",)), play)
    play.close()


def _worker(target: Cluster, folder: Path, environ: dict[str, str]) -> Worker:
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / f"{_WORKER}.properties").write_text(f"password={_WORKER}\n")
    wire = Wire("target", target.admin_addresses, target.admin_login)
    KafkaWriter(wire).set_password(_WORKER, "SCRAM-SHA-256", _WORKER)
    wire.close()
    return Worker(_WORKER, target, _WORKER, secrets, folder / "worker", environ, exactly_once=True)


def copies_too(history: History) -> bool:
    """Whether the worker takes part."""
    return any(isinstance(op, ops.StartCopy) for op, _ in history.turns)


def quick(history: History) -> bool:
    """Whether brokers alone answer within some seconds."""
    return not (history.alone or copies_too(history)) and _waits(history) < _QUICK_SECONDS


def run(histories: Iterable[History], real: Real) -> Answers:
    """The answers of each history, by its name; those that stop servers come last, one after the other."""
    found: Answers = {}

    def one(number: int, history: History) -> None:
        began = time.monotonic()
        try:
            found[history.name] = played(history, real, number)
        except Exception as error:
            found[history.name] = error
        real.took[history.name] = time.monotonic() - began

    numbered = list(enumerate(histories, 1))
    shared = [h for h in numbered if not h[1].alone]
    copies_of = [h for h in shared if copies_too(h[1])]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # the longest first
        for number, history in sorted(shared, key=lambda h: -_waits(h[1])):
            if not copies_too(history):
                pool.submit(one, number, history)
        if any(copies_too(history) for _, history in numbered):
            real.worker.wait_ready()
        with ThreadPoolExecutor(_COPIES_AT_ONCE) as copying:
            for number, history in copies_of:
                copying.submit(one, number, history)
        _in_turn(one, numbered, "copies")
    _in_turn(one, numbered, "all")
    return found


def _in_turn(
    one: Callable[[int, History], None], numbered: Iterable[tuple[int, History]], alone: str
) -> None:
    for number, history in numbered:
        if history.alone == alone:
            one(number, history)


def _waits(history: History) -> float:
    """Seconds that a history takes at least; what it waits for comes soon, unless it says that it may take longer."""
    waits = [op.seconds for op, _ in history.turns if isinstance(op, ops.Wait)]
    return sum(waits) + sum(
        op.seconds - _SOON
        for op, _ in history.turns
        if isinstance(op, ops.Until) and op.seconds > _SOON
    )
