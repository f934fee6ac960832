"""Every record of a topic compared on both sides: kmig beside a bare librdkafka consumer that reads both.

`ratio_read` is the bare consumer's seconds over kmig's: it reads both sides read_committed and touches no field.
`peak_mb_…` is the peak memory of the process that compares. Ratios of one run.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from bench.offsets import read_maps
from bench.pair import Pair, sites, started, wire_of

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
        wanted = ("ratio_read", "peak_mb_1m", "peak_mb_10m")
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
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


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
