"""Servers that are killed."""

from pathlib import Path

from kafka.record.memory_records import MemoryRecords

from migrate.adapters.kafka import log_offsets, metadata
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play


@answer.register
def _(op: ops.KillWorker, play: Play) -> Answer:
    play.real.worker.stop()
    return OK


@answer.register
def _(op: ops.StartWorker, play: Play) -> Answer:
    play.real.worker.start()
    play.real.worker.wait_ready()
    return OK


@answer.register
def _(op: ops.KillBroker, play: Play) -> Answer:
    _kill(play)
    _start(play)
    return OK


@answer.register
def _(op: ops.LoseTail, play: Play) -> Answer:
    _kill(play)
    _shorten(play.cluster.folder / "broker-1" / "data" / f"{play.name(op.topic)}-0")
    _start(play)
    return OK


def _kill(play: Play) -> None:
    for server in play.cluster.servers:
        server.kill()
    for session in play.sessions.values():
        session.close()
    play.sessions.clear()


def _start(play: Play) -> None:
    play.cluster.servers[:] = [play.cluster.launch(1)]
    play.cluster.wait_ready()
    play.wait("a leader of every partition", lambda: _led(play))


def _led(play: Play) -> bool:
    """Whether the broker answers for the history's partitions: it leads them a moment after it answers at all."""
    rows = play.call(metadata.request(None)).topics
    own = {row.name: [0] for row in rows if play.plain(row.name) is not None}
    found = play.call(log_offsets.request(own, log_offsets.END)).topics
    return bool(own) and not any(p.error_code for row in found for p in row.partitions)


def _shorten(log: Path) -> None:
    """Cut the last batch off the log's only segment; what was derived from it the broker makes anew."""
    (segment,) = log.glob("*.log")
    whole = segment.read_bytes()
    last = list(MemoryRecords(whole))[-1].size_in_bytes
    segment.write_bytes(whole[:-last])
    for pattern in ("*.index", "*.timeindex", "*.snapshot"):
        for derived in log.glob(pattern):
            derived.unlink()
