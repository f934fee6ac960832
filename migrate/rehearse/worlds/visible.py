"""`migrate.ports.Records` of a simulated cluster: its records as a `read_committed` consumer gets them."""

from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b

from migrate.errors import CannotTell, Expired
from migrate.model.record import Chunk, TopicPartition, VisibleRecord
from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.log import OutOfRange, Stored
from migrate.rehearse.worlds.timeline import timestamp


class WorldRecords:
    """See `migrate.ports.Records`."""

    def __init__(self, cluster: Cluster, calls: Calls) -> None:
        self._cluster = cluster
        self._calls = calls

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        """See `Records`."""
        if not any(begin < end for begin, end in ranges.values()):
            return dict.fromkeys(ranges, ())
        return self._calls.read(f"{self._cluster.side}.visible", lambda: self._visible(ranges))

    def _visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        found: dict[TopicPartition, tuple[VisibleRecord, ...]] = {}
        for (topic, partition), (begin, end) in ranges.items():
            found[topic, partition] = ()
            if begin >= end:
                continue
            side = self._cluster.side
            try:
                log = self._cluster.log(topic, partition)
                read = log.read(begin, end)
                found[topic, partition] = tuple(
                    VisibleRecord(r.offset, digest(mark(r))) for r in read
                )
            except (OutOfRange, BrokerError):
                raise Expired(
                    f"cannot read records of topic {topic} on the {side}: "
                    "Broker: Offset out of range",
                    "check that the brokers answer, and that kmig's principal has READ on the topic",
                ) from None
            if end > log.stable:
                # librdkafka waits for what an open transaction holds back
                self._cluster.timeline.advance(30.0)
                raise CannotTell(
                    f"no record of {topic}-{partition} arrived from the {side} for 30 s",
                    "check that the brokers answer, and that kmig's principal has READ on the topic",
                )
        return found

    def key_check(self) -> str:
        """See `Records`; a world has one key."""
        return "world"

    def forward(
        self,
        place: TopicPartition,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        """See `Records`; here a record's time is no part of its fingerprint."""
        del timeless
        if begin < upto:
            side = f"{self._cluster.side}.forward"
            found = self._calls.read(side, lambda: self._chunk(place, begin, upto, keys=keys))
            yield from (chunk for chunk in (found,) if chunk is not None)

    def near(
        self, ranges: Mapping[TopicPartition, tuple[int, int]], keyed: Container[str]
    ) -> dict[TopicPartition, tuple[Chunk, ...]]:
        """See `Records`."""

        def chunks() -> dict[TopicPartition, tuple[Chunk, ...]]:
            read = {p: self._chunk(p, *span, keys=p[0] in keyed) for p, span in ranges.items()}
            return {p: (chunk,) if chunk else () for p, chunk in read.items()}

        return self._calls.read(f"{self._cluster.side}.near", chunks) if ranges else {}

    def _chunk(self, place: TopicPartition, begin: int, upto: int, *, keys: bool) -> Chunk | None:
        log = self._cluster.log(*place)
        if begin < log.start:
            return None  # it expired since its ends were asked for
        self._visible({place: (begin, upto)})  # what cannot be read is said alike
        read = [(r, r.content) for r in log.read(begin, upto) if r.content is not None]
        epochs = tuple((first, epoch) for epoch, first in log.epochs)
        return Chunk(
            upto,
            [r.offset for r, _ in read],
            [digest(mark(r)) for r, _ in read],
            [timestamp(r.at) for r, _ in read],
            [digest(b"key %d" % c.key) for _, c in read] if keys else (),
            [False] * len(read) if keys else (),
            epochs,
            sum(r.size for r, _ in read),
        )


@lru_cache(maxsize=4096)
def digest(text: bytes) -> bytes:
    """Return a fingerprint of the size that real ones have."""
    return blake2b(text, digest_size=16).digest()


def mark(record: Stored) -> bytes:
    """Return the fingerprint of a record: what its content and its time are, and not which record it is."""
    content = record.content
    assert content is not None
    # records that are alike have one key, as everywhere: it is a part of what they are
    return content.mark + b" %d" % content.key if content.mark else b"%d" % content.number
