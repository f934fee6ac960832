"""Two local brokers with equal records in their topics: the target has them in transactions, as copies are."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Producer
from kafka.protocol.admin import CreateTopicsRequest

from bench import estate
from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.adapters.map_files import MapFiles
from migrate.adapters.secrets import Secrets
from migrate.errors import CannotTell
from migrate.ports import Site, Sites, WritableSite
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.local import archives, home, tools

VERSIONS = ("3.9.1", "4.3.1")
_BATCH = 1000
"""Records in a transaction of the copy."""


@dataclass
class Pair:
    """Both brokers, open; `client` are librdkafka's properties of each side."""

    wires: tuple[Wire, Wire]
    client: tuple[dict[str, str], dict[str, str]]
    folder: Path
    clusters: tuple[Cluster, Cluster]

    def create(self, topic: str, partitions: int) -> None:
        """Make a topic on both sides."""
        row = CreateTopicsRequest.CreatableTopic
        config = row.CreatableTopicConfig
        keep = [config(name=k, value="-1") for k in ("retention.ms", "retention.bytes")]
        for wire in self.wires:
            made = row(
                name=topic,
                num_partitions=partitions,
                replication_factor=1,
                assignments=[],
                configs=keep,
            )
            request = CreateTopicsRequest(topics=[made], timeout_ms=30_000, validate_only=False)
            (answer,) = wire.call(request).topics
            assert not answer.error_code, answer
        while not all(_served(wire, topic, partitions) for wire in self.wires):
            time.sleep(0.1)

    def fill(
        self, topic: str, partitions: int, records: int, size: int, *, alike: bool = False
    ) -> None:
        """Write so many records to each partition of both sides."""
        now = int(time.time() * 1000) - 60_000
        value = os.urandom(size)
        for side, client in enumerate(self.client):
            more = {"transactional.id": f"bench-{topic}"} if side else {}
            producer = Producer(
                {**client, **more, "linger.ms": 20, "queue.buffering.max.messages": 500_000}
            )
            if side:
                producer.init_transactions(30)
            for begin in range(0, records, _BATCH):
                if side:
                    producer.begin_transaction()
                for number in range(begin, min(begin + _BATCH, records)):
                    key = b"key" if alike else b"key-%d" % number
                    for partition in range(partitions):
                        while True:
                            try:
                                producer.produce(
                                    topic, value, key, partition, timestamp=now + number
                                )
                                break
                            except BufferError:
                                producer.poll(0.1)
                producer.poll(0)
                if side:
                    producer.commit_transaction(60)
            assert producer.flush(120) == 0

    def sites(self, folder: Path) -> Sites:
        """Return both sides as kmig sees them, with maps in a folder."""
        return sites(self.wires, self.client, folder)


def sites(wires: Sequence[Wire], clients: Sequence[dict[str, str]], folder: Path) -> Sites:
    """Return both sides as kmig sees them, with maps in a folder."""
    maps = MapFiles(folder, LOCAL_DISK)
    key = maps.key()
    secrets = Secrets({}, folder)
    sides = []
    for name, wire, client in zip(("source", "target"), wires, clients, strict=True):
        records = KafkaRecords(name, client["bootstrap.servers"], client, key)
        sides.append((KafkaReader(wire), KafkaLogins(wire, secrets, None, 10.0), records))
    source, target = sides
    return Sites(
        Site("source", *source),
        WritableSite("target", *target, KafkaWriter(wires[1])),
        SystemClock(),
        maps=maps,
    )


def wire_of(side: str, client: dict[str, str]) -> Wire:
    """Return connections to a side by librdkafka's properties of it."""
    addresses = [a.rpartition(":") for a in client["bootstrap.servers"].split(",")]
    login = Login(client["sasl.mechanism"], client["sasl.username"], client["sasl.password"])
    return Wire(side, [(host, int(port)) for host, _, port in addresses], login, timeout=120.0)


def _served(wire: Wire, topic: str, partitions: int) -> bool:
    try:
        return len(KafkaReader(wire).ends([topic])) == partitions
    except CannotTell:
        return False


@contextmanager
def started(folder: Path) -> Iterator[Pair]:
    """Start both brokers."""
    java = tools.find(os.environ)
    clusters = []
    try:
        for side, version in zip(("source", "target"), VERSIONS, strict=True):
            kafka = home.fetch(version, estate.CACHE, java, print)
            archives.ensure(kafka, dict(os.environ), print)
            spec = ClusterSpec(side, heap="1g")
            place = folder / side
            cluster = Cluster(spec, kafka, place, folder / f"{side}.properties", dict(os.environ))
            clusters.append(cluster)
            cluster.start()
        for cluster in clusters:
            cluster.wait_ready()
        clients = (_client(clusters[0]), _client(clusters[1]))
        wires = (wire_of("source", clients[0]), wire_of("target", clients[1]))
        yield Pair(wires, clients, folder, (clusters[0], clusters[1]))
        for wire in wires:
            wire.close()
    finally:
        for cluster in clusters:
            cluster.stop()


def _client(cluster: Cluster) -> dict[str, str]:
    login = cluster.admin_login
    return {
        "bootstrap.servers": ",".join(f"{h}:{p}" for h, p in cluster.admin_addresses),
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
    }


def peak() -> int:
    """Return the most bytes that this process has held; `getrusage` counts those of its parent too."""
    said = Path("/proc/self/status").read_text(encoding="utf-8")
    kilobytes = next(line.split()[1] for line in said.splitlines() if line.startswith("VmHWM"))
    return 1024 * int(kilobytes)
