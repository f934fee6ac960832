"""Every record of a topic compared on both sides: kmig beside a bare librdkafka consumer that reads both.

`ratio_read` is the bare consumer's seconds over kmig's: it reads both sides read_committed and touches no field.
`peak_mb_…` is the peak memory of the process that compares. `ratio_dask` is the time of two workers of a Dask cluster
over that of two processes, both started and connected. Ratios of one run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import yaml
from confluent_kafka import Consumer, TopicPartition
from distributed import LocalCluster

from bench.offsets import read_maps
from bench.pair import Pair, peak, sites, started, wire_of
from migrate.folder import Folder
from migrate.logs.many import mapped_by_many
from migrate.logs.mapping import Pace, Pass
from migrate.ports import Sites
from migrate.ports.maps import Builders
from migrate.wiring.builders import dask, local
from migrate.wiring.sites import both

MILLION = 1_000_000
PARTITIONS = 4
KINDS = {
    "100 bytes": (100, False),
    "1,000 bytes": (1000, False),
    "100 bytes, keys alike": (100, True),
}


def main() -> None:
    """Measure everything, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--large", action="store_true", help="also 10 million records")
    options.add_argument("--one", choices=("bare", "kmig"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        one(given.one, *json.load(sys.stdin))
        return
    with tempfile.TemporaryDirectory() as place, started(Path(place)) as here:
        figures = measured(here, given.runs, large=given.large)
    for name, value in figures.items():
        print(f"{name:40}{value:12,.2f}")
    if given.json:
        wanted = ("ratio_read", "peak_mb_1m", "peak_mb_10m", "ratio_dask")
        print(json.dumps({name: round(figures[name], 2) for name in wanted if name in figures}))


def measured(here: Pair, runs: int, *, large: bool) -> dict[str, float]:
    """Return every figure."""
    figures: dict[str, float] = {}
    for number, (kind, (size, alike)) in enumerate(KINDS.items()):
        topic = f"data-{number}"
        here.create(topic, PARTITIONS)
        here.fill(topic, PARTITIONS, MILLION // PARTITIONS, size, alike=alike)
        found = compared(here, topic, runs)
        figures[f"ratio_read, {kind}"] = found[0]
        if not number:
            figures["ratio_read"], figures["peak_mb_1m"] = found
    figures["ratio_dask"] = dask_beside_processes(here, "data-0", runs)
    if large:
        here.create("large", PARTITIONS)
        here.fill("large", PARTITIONS, 10 * MILLION // PARTITIONS, 100)
        _, figures["peak_mb_10m"] = compared(here, "large", 1)
    return figures


def compared(here: Pair, topic: str, runs: int) -> tuple[float, float]:
    """Return how fast kmig is beside the bare consumer, and its peak memory in MB."""
    ratios, peaks = [], []
    for number in range(runs):
        bare, _ = apart(here, "bare", topic, number)
        mine, peak = apart(here, "kmig", topic, number)
        print(f"{topic}: bare {bare:.2f} s, kmig {mine:.2f} s, {peak:.0f} MB")
        ratios.append(bare / mine)
        peaks.append(peak)
    return statistics.median(ratios), max(peaks)


def dask_beside_processes(here: Pair, topic: str, runs: int) -> float:
    """Return the time of two Dask workers over that of two processes, for the same maps."""
    folder = directory(here)
    with ExitStack() as stack:
        seen = stack.enter_context(both(Folder(folder), os.environ)).sites
        cluster = stack.enter_context(
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        )
        builders = (
            stack.enter_context(dask(cluster.scheduler_address, folder, seen)),
            stack.enter_context(local(folder, os.environ, seen, 2)),
        )
        ratios = []
        for number in range(runs + 1):
            took = [by_many(folder, seen, builder, topic) for builder in builders]
            print(f"{topic}: two Dask workers {took[0]:.2f} s, two processes {took[1]:.2f} s")
            ratios += [took[0] / took[1]] if number else []  # the first run connects
    return statistics.median(ratios)


def by_many(folder: Path, seen: Sites, builders: Builders, topic: str) -> float:
    """Return the seconds in which these processes make the maps of a topic."""
    for path in (folder / "maps").glob("*.jsonl"):
        path.unlink()
    assert seen.maps
    ends = seen.source.reader.ends([topic])
    uptos = {place: e.stable for place, e in ends.items()}
    began = time.monotonic()
    reading = Pass({}, Pace(seen.clock))
    found = list(mapped_by_many(builders, seen.maps, dict.fromkeys(ends, 1), uptos, reading))
    took = time.monotonic() - began
    assert sum(m.known.last.records[0] > 0 for m in found if m.known.last) == len(ends)
    return took


def directory(here: Pair) -> Path:
    """Write a migration directory from which any process reaches both sides."""
    folder = here.folder / "many"
    folder.mkdir()
    sites = {}
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    for side, client in zip(("source", "target"), here.client, strict=True):
        login = f'username="{client["sasl.username"]}" password="{client["sasl.password"]}"'
        properties = {
            "security.protocol": client["security.protocol"],
            "sasl.mechanism": client["sasl.mechanism"],
            "sasl.jaas.config": f"{module} required {login};",
        }
        path = folder / f"{side}.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        path.chmod(0o600)
        sites[side] = {
            "bootstrap_servers": client["bootstrap.servers"],
            "command_config": path.name,
            "allow_everyone_if_no_acl_found": False,
        }
    config = {"version": 1, "name": "bench", **sites}
    (folder / "kmig.yaml").write_text(yaml.safe_dump(config))
    return folder


def apart(here: Pair, what: str, topic: str, number: int) -> tuple[float, float]:
    """Return the seconds and the peak memory in MB of a process of its own."""
    folder = here.folder / f"{what}-{topic}-{number}"
    ran = subprocess.run(
        [sys.executable, "-m", "bench.data", "--one", what],
        input=json.dumps([here.client, str(folder), topic]),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak = ran.stdout.split()[-2:]
    return float(seconds), float(peak)


def one(what: str, clients: list[dict[str, str]], folder: str, topic: str) -> None:
    """Read both sides, and print the seconds and the peak memory."""
    place = Path(folder)
    place.mkdir(parents=True)
    wires = [
        wire_of(side, client) for side, client in zip(("source", "target"), clients, strict=True)
    ]
    seen = sites(wires, clients, place)
    ends = [site.reader.ends([topic]) for site in (seen.source, seen.target)]
    began = time.monotonic()
    if what == "bare":
        for client, own in zip(clients, ends, strict=True):
            consume(client, {place: e.stable for place, e in own.items()})
    else:
        read_maps(seen, [topic])
    took = time.monotonic() - began
    print(took, peak() / 1024**2)


def consume(client: dict[str, str], uptos: dict[tuple[str, int], int]) -> None:
    """Read a side to its end, and do nothing with it."""
    consumer = Consumer(
        {
            **client,
            "group.id": "bench",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(t, p, 0) for t, p in uptos])
    left = len(uptos)
    while left:
        for message in consumer.consume(10_000, 1.0):
            left -= message.error() is not None
    consumer.close()


if __name__ == "__main__":
    main()
