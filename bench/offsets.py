"""Groups committed on the target: kmig beside the bare requests, and what lag costs. Ratios of one run.

`ratio_bare`: 2,000 groups of five partitions, translated and committed with a journal on disk, beside
FindCoordinator, OffsetFetch, ListOffsets, OffsetCommit and the read-back as raw pipelined requests. `lag_ratio`: one
group behind the fence at lag 1,000,000 and at lag 10. `bytes_per_record`: what memory grows by while the records
behind a map's last checkpoint are read. `reread`: the most records that a group gets again, at any lag, beside those
that it gets again by MirrorMaker's own group sync.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from kafka.protocol.consumer import OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from bench import reread
from bench.pair import Pair, peak, sites, started, wire_of
from bench.replay import _stamped as stamped
from migrate.adapters.kafka import commits, log_offsets, metadata
from migrate.adapters.kafka.heads import KafkaHeadStore
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.execute.journalled import carry_out
from migrate.execute.run import walk
from migrate.journal.file import JournalFile
from migrate.journal.standing import Journal
from migrate.logs.looking import pair
from migrate.logs.mapping import Pace, Pass, mapped
from migrate.model.record import Position, TopicPartition
from migrate.ports import Sites
from migrate.stages.stage import Stage, Together
from migrate.steps import CommitOffsets

GROUPS, PARTITIONS, TOPICS, RECORDS = 2_000, 5, 20, 1_000
DEEP = 1_000_100


def main() -> None:
    """Measure everything, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--grow", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.grow:
        grow(*json.load(sys.stdin))
        return
    with tempfile.TemporaryDirectory() as place, started(Path(place)) as here:
        figures = measured(here, given.runs)
    for name, value in figures.items():
        print(f"{name:24}{value:12,.2f}")
    if given.json:
        wanted = ("ratio_bare", "lag_ratio", "bytes_per_record", "reread")
        print(json.dumps({name: round(figures[name], 2) for name in wanted}))


def measured(here: Pair, runs: int) -> dict[str, float]:
    """Return every figure."""
    chance = random.Random(1)
    names = [f"topic-{number:02}" for number in range(TOPICS)]
    for name in names:
        here.create(name, PARTITIONS)
        here.fill(name, PARTITIONS, RECORDS, 100)
    print(f"{TOPICS * PARTITIONS * RECORDS:,} records on both sides")
    seen = here.sites(here.folder)
    read_maps(seen, names)
    groups = {
        f"group-{number:04}": {
            (names[number % TOPICS], p): (chance.randrange(RECORDS), "") for p in range(PARTITIONS)
        }
        for number in range(GROUPS)
    }
    assert not KafkaWriter(here.wires[0]).commit_groups(groups)
    bare, mine = [], []
    for number in range(runs + 1):
        prefix = f"run-{number}-"
        bare.append(bare_requests(here, groups, prefix))
        mine.append(kmig(here, seen, names, number))
    print("bare", [f"{s:.2f}" for s in bare], "kmig", [f"{s:.2f}" for s in mine])
    figures = {
        "kmig_seconds": statistics.median(mine[1:]),
        "bare_seconds": statistics.median(bare[1:]),
        "ratio_bare": statistics.median(a / b for a, b in zip(mine[1:], bare[1:], strict=True)),
    }
    here.create("deep", 1)
    here.fill("deep", 1, DEEP, 100)
    print(f"{DEEP:,} records in one partition")
    figures["bytes_per_record"] = memory(here)
    read_maps(seen, ["deep"])
    lags: dict[int, list[float]] = {10: [], 1_000_000: []}
    for number in range(runs):
        for lag, took in lags.items():
            took.append(one_group(here, seen, lag, f"lag-{lag}-{number}"))
    print({lag: [f"{s:.3f}" for s in took] for lag, took in lags.items()})
    near, far = (statistics.median(took) for took in lags.values())
    figures |= {"near_seconds": near, "far_seconds": far, "lag_ratio": far / near}
    return {**figures, "reread": read_again(here, seen)}


def read_again(here: Pair, sites: Sites) -> int:
    """Return the most records that a group gets again after kmig has moved it; one that it misses counts as well."""
    stand = reread.synced(here, sites)
    read_maps(sites, ["synced"])
    names = [f"kmig-{lag}" for lag in stand]
    carried(here, sites, steps(sites, names, ["synced"]), "reread")
    mine = {g.name: g.commits[0].offset for g in sites.target.reader.groups(names)}
    most = 0
    for lag, (source, mirrored) in stand.items():
        by_kmig = reread.again(sites, source, mine[f"kmig-{lag}"])
        by_sync = reread.again(sites, source, mirrored)
        print(f"lag {lag:,}: kmig {by_kmig:,} records again, MirrorMaker's group sync {by_sync:,}")
        most = max(most, abs(by_kmig))
    return most


def read_maps(sites: Sites, topics: Sequence[str]) -> None:
    """Make the maps of these topics, as `kmig watch` does."""
    assert sites.maps
    places = sorted(sites.source.reader.ends(topics))
    reading = Pass({}, Pace(sites.clock))
    found = list(mapped(pair(sites, topics), sites.maps, places, reading))
    assert all(one.finished for one in found)


def steps(sites: Sites, groups: Sequence[str], topics: Sequence[str]) -> tuple[CommitOffsets, ...]:
    """Return the steps of a cutover for these groups."""
    ends = sites.source.reader.ends(topics)
    uptos = tuple(
        Position(topic=t, partition=p, offset=e.end) for (t, p), e in sorted(ends.items())
    )
    return tuple(
        CommitOffsets(
            because="the group continues where it stopped",
            group=group,
            uptos=uptos,
            connectors=(),
            reads=(),
            uncommitted="refuse",
        )
        for group in groups
    )


def carried(here: Pair, sites: Sites, made: tuple[CommitOffsets, ...], name: str) -> float:
    """Return the seconds of these steps, journalled as a cutover does."""

    def stage() -> Stage:
        yield Together(made)

    folder = here.folder / name
    folder.mkdir(parents=True)
    journal = JournalFile(folder / "journal.jsonl", Journal(), stamped, LOCAL_DISK)
    heads = KafkaHeadStore(here.wires[1], KafkaWriter(here.wires[1]), name)
    began = time.monotonic()
    acted = carry_out(walk(stage(), sites, {}), journal, 1, "cutover", heads, lambda _: None)
    took = time.monotonic() - began
    assert acted == len(made)
    return took


def kmig(here: Pair, sites: Sites, topics: Sequence[str], number: int) -> float:
    """Return the seconds that kmig takes for all groups; their commits on the target are removed afterwards."""
    groups = [f"group-{n:04}" for n in range(GROUPS)]
    took = carried(here, sites, steps(sites, groups, topics), f"kmig-{number}")
    _forget(
        here, {g.name: [c.place for c in g.commits] for g in sites.target.reader.groups(groups)}
    )
    return took


def _forget(here: Pair, commits: dict[str, list[TopicPartition]]) -> None:
    writer = KafkaWriter(here.wires[1])
    for name, places in commits.items():
        writer.delete_offsets(name, places)


def bare_requests(
    here: Pair, groups: dict[str, dict[TopicPartition, tuple[int, str]]], prefix: str
) -> float:
    """Return the seconds of the requests that nobody can do without, pipelined."""
    source, target = here.wires
    group = OffsetFetchRequest.OffsetFetchRequestGroup
    began = time.monotonic()
    fetched = []
    for wire, names in ((source, list(groups)), (target, [prefix + name for name in groups])):
        wire.call(FindCoordinatorRequest(key_type=0, coordinator_keys=names, min_version=4))
        request = OffsetFetchRequest(
            groups=[group(group_id=name, topics=None) for name in names],
            require_stable=True,
            min_version=8,
            max_version=9,
        )
        fetched.append(request)
        wire.call(request)
        led = metadata.by_leader(
            wire.call(
                metadata.request(sorted({t for own in groups.values() for t, _ in own}))
            ).topics
        )
        for what in (log_offsets.START, log_offsets.STABLE, log_offsets.END):
            for broker, topics in led.items():
                wire.call(log_offsets.request(topics, what), broker)
    requests = [r for name, own in groups.items() for r in commits._requests(prefix + name, own)]
    target.pipelined(target.reachable(), requests)
    target.call(fetched[1])
    took = time.monotonic() - began
    _forget(here, {prefix + name: list(own) for name, own in groups.items()})
    return took


def one_group(here: Pair, sites: Sites, lag: int, name: str) -> float:
    """Return the seconds behind the fence for one group with that lag."""
    here_group = {("deep", 0): (DEEP - lag, "")}
    assert not KafkaWriter(here.wires[0]).commit_groups({name: here_group})
    return carried(here, sites, steps(sites, [name], ["deep"]), name)


def memory(here: Pair) -> float:
    """Return by how many bytes a process grows, for each record that it reads behind an empty map."""
    given = json.dumps([here.client, str(here.folder / "memory")])
    ran = subprocess.run(
        [sys.executable, "-m", "bench.offsets", "--grow"],
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout.split()[-1])


def grow(clients: list[dict[str, str]], folder: str) -> None:
    """Read the map of `deep` from nothing, and print by how many bytes a record this process has grown."""
    place = Path(folder)
    place.mkdir()
    wires = [
        wire_of(side, client) for side, client in zip(("source", "target"), clients, strict=True)
    ]
    seen = sites(wires, clients, place)
    next(seen.source.records.forward(("deep", 0), 0, 1000))
    before = peak()
    read_maps(seen, ["deep"])
    print((peak() - before) / (2 * DEEP))


if __name__ == "__main__":
    main()
