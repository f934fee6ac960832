"""`kmig plan` and `kmig assess` on growing estates, from files alone: whole commands, reading and writing included.

An estate of n workloads has 10 topics, 20 ACLs and 30 coupling edges for each: every workload writes ten topics under
a prefix and reads those of three others that come after it, one of them by its names. Wall times and peak memory are
those of a process for each command; an exponent is that of time from a tenth of the workloads to all of them.
"""

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory, Section, State
from migrate.folder import INVENTORY, Folder
from migrate.model.acl import Acl
from migrate.model.cluster import Broker, Commit, Group, Partition, Topic

CLASSES = ("public", "internal", "confidential", "restricted")
TOPICS, READS, DENIES, LITERALS = 10, 3, 2, 2
SITE = {"bootstrap_servers": "source:9092", "allow_everyone_if_no_acl_found": False}


def main() -> None:
    """Measure everything, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--workloads", type=int, default=5_000)
    given = options.parse_args()
    small, large = given.workloads // 10, given.workloads
    measures = {n: measured(n) for n in (small, large)}
    exponents = {
        what: math.log(measures[large][what] / measures[small][what]) / math.log(large / small)
        for what in ("seconds", "assess_seconds")
    }
    print(
        f"{'workloads':>9} {'topics':>7} {'ACLs':>8} {'plan s':>8} {'peak MB':>8} {'report MB':>9} "
        f"{'assess s':>8}"
    )
    for n, row in measures.items():
        print(
            f"{n:>9,} {n * TOPICS:>7,} {n * 20:>8,} {row['seconds']:>8.2f} {row['peak_mb']:>8.0f} "
            f"{row['report_mb']:>9.2f} {row['assess_seconds']:>8.2f}"
        )
    print(f"time of plan grows with exponent {exponents['seconds']:.2f}")
    print(f"time of assess grows with exponent {exponents['assess_seconds']:.2f}")
    if given.json:
        row = {key: round(value, 2) for key, value in measures[large].items()}
        row["exponent"] = round(exponents["seconds"], 2)
        row["assess_exponent"] = round(exponents["assess_seconds"], 2)
        print(json.dumps(row))


def measured(count: int) -> dict[str, float]:
    """Return seconds, peak memory and the report's size of `kmig plan`, and seconds of `kmig assess`, on one core."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), count)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        seconds = seconds_of(place, "plan")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        assert peak > before, "a smaller process than one before it cannot be told apart"
        report = Path(place) / "report.html"
        size = report.stat().st_size if report.exists() else 0
        assess_seconds = seconds_of(place, "assess")
    return {
        "seconds": seconds,
        "peak_mb": peak / 1024,
        "report_mb": size / 1_000_000,
        "assess_seconds": assess_seconds,
    }


def seconds_of(place: str, *command: str) -> float:
    """Return the wall time of one command on one core."""
    began = time.perf_counter()
    subprocess.run(
        ["taskset", "-c", "0", sys.executable, "-m", "migrate", "-C", place, *command],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def write(place: Path, count: int) -> None:
    """Write the estate as a migration directory."""
    rows, acls, groups = people(count)
    target = {**SITE, "bootstrap_servers": "target:9092"}
    config = {
        "version": 1,
        "name": "bench",
        "source": SITE,
        "target": target,
        "policy": {"max_workloads_per_wave": max(10, count // 20)},
    }
    (place / "kmig.yaml").write_text(yaml.safe_dump(config))
    text = yaml.dump({"workloads": rows}, Dumper=yaml.CSafeDumper, default_flow_style=None)
    (place / "workloads.yaml").write_text(text)
    Folder(place).save(INVENTORY, inventory(count, acls, groups))


def people(count: int) -> tuple[list[dict[str, Any]], list[Acl], list[Group]]:
    """Return workloads, their ACLs and their groups."""
    chance = random.Random(count)
    rows, acls, groups = [], [], []
    for n in range(count):
        name, principal = f"svc-{n:05}", f"User:svc-{n:05}"
        after = range(n + 1, min(n + 60, count))
        read = sorted(chance.sample(after, min(READS, len(after))))
        named, prefixed = read[:1], read[1:]
        literal = [t for other in named for t in topics(other)]
        reads = [{"topic": t} for t in literal] + [{"prefix": prefix(other)} for other in prefixed]
        rows.append(
            {
                "name": name,
                "kind": "service",
                "owner": f"team-{n % 97}",
                "sensitivity": chance.choices(CLASSES, (4, 3, 2, 1))[0],
                "principal": principal,
                "writes": [{"prefix": prefix(n)}],
                "reads": reads,
                "groups": [name],
            }
        )
        acls += rights(principal, name, n, literal, prefixed)
        committed = [t for other in read for t in topics(other)]
        commits = [Commit(topic=t, partition=0, offset=5, start=0, end=10) for t in committed]
        groups.append(
            Group(
                name=name,
                type="classic",
                protocol_type="consumer",
                state="Empty",
                commits=tuple(commits),
            )
        )
    return rows, acls, groups


def rights(principal: str, name: str, n: int, literal: list[str], prefixed: list[int]) -> list[Acl]:
    """Return some twenty ACLs of one workload."""

    def acl(operation: str, resource: str, pattern: str = "LITERAL", **more: str) -> Acl:
        fields = {"permission": "ALLOW", "resource_type": "TOPIC", **more}
        return Acl(
            principal=principal,
            operation=operation,
            resource_name=resource,
            pattern_type=pattern,
            **fields,
        )

    acls = [acl(o, prefix(n), "PREFIXED") for o in ("WRITE", "CREATE", "DESCRIBE_CONFIGS")]
    acls += [acl("READ", name, resource_type="GROUP")]
    acls += [acl("IDEMPOTENT_WRITE", "kafka-cluster", resource_type="CLUSTER")]
    acls += [acl("READ", t) for t in literal] + [
        acl("READ", prefix(o), "PREFIXED") for o in prefixed
    ]
    acls += [acl("DELETE", t, permission="DENY") for t in topics(n)[:DENIES]]
    return acls + [acl("ALTER_CONFIGS", f"{prefix(n)}more-{k}") for k in range(20 - len(acls))]


def inventory(count: int, acls: list[Acl], groups: list[Group]) -> Inventory:
    """Return the inventory of the estate."""

    def whole(found: Any) -> Section[Any]:
        return Section(standing=State.COMPLETE, found=found)

    partition = (Partition(index=0, start=0, end=10, size=1_000),)
    topic_rows = [
        Topic(
            name=t,
            replication_factor=3,
            configs={"retention.ms": "604800000"},
            partitions=partition,
        )
        for n in range(count)
        for t in topics(n)
    ]
    brokers = (Broker(id=1, host="source", port=9092),)
    return Inventory(
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        principal="User:kmig",
        bootstrap_servers="source:9092",
        cluster=whole(ClusterInfo(cluster_id="bench", brokers=brokers)),
        acls=whole(tuple(acls)),
        scram=whole(()),
        quotas=whole(()),
        topics=whole(tuple(topic_rows)),
        groups=whole(tuple(groups)),
        transactions=whole(()),
        producers=whole(()),
        connect=whole(ConnectInfo()),
        dependencies=whole(()),
        registries=whole(()),
        network=whole(()),
    )


def prefix(n: int) -> str:
    """Return the prefix of a workload's topics."""
    return f"team-{n % 97}.svc-{n:05}."


def topics(n: int) -> list[str]:
    """Return the topics that a workload writes."""
    return [f"{prefix(n)}topic-{k}" for k in range(TOPICS)]


if __name__ == "__main__":
    main()
