"""`kmig review` and `kmig trace --all` beside `kmig assess` on one large estate, from files alone: whole commands.

The estate is that of `bench.plan`; every tenth workload is a connector of one of ten Connect clusters, with a
database behind a reference. The review is the second one: ACLs have changed since the first. Times are medians of
whole processes on one core, ratios those to `kmig assess` in the same run. Processor time says more
on a busy machine.
"""

import argparse
import json
import resource
import statistics
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from bench.plan import seconds_of, write
from migrate.folder import INVENTORY, REVIEWS, Folder
from migrate.model.connector import ConnectCluster, Connector, SecretUse

CLUSTERS, EVERY = 10, 10
COMMANDS = {"assess": ("assess",), "review": ("review",), "trace --all": ("trace", "--all")}


def main() -> None:
    """Measure everything, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--workloads", type=int, default=5_000)
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, given.workloads)
        connected(folder)
        seconds_of(place, "review")
        later(folder)
        taken = [measured(place) for _ in range(given.runs)]
        size = max(path.stat().st_size for path in (folder / REVIEWS).iterdir())
    medians = {name: statistics.median(row[name][0] for row in taken) for name in COMMANDS}
    processor = {name: statistics.median(row[name][1] for row in taken) for name in COMMANDS}
    print(f"{given.workloads:,} workloads; the review's file has {size / 1_000_000:.2f} MB")
    for name, seconds in medians.items():
        print(
            f"kmig {name:12} {seconds:>7.2f} s  {seconds / medians['assess']:>6.2f} of assess"
            f"  processor {processor[name]:>7.2f} s"
        )
    if given.json:
        figures = {f"{name} seconds": seconds for name, seconds in medians.items()}
        figures |= {f"{name} processor seconds": s for name, s in processor.items()}
        figures |= {f"{name} ratio": s / medians["assess"] for name, s in medians.items()}
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def measured(place: str) -> dict[str, tuple[float, float]]:
    """Return wall and processor seconds of each command, in turn: a busy moment meets all of them."""
    found = {}
    for name, words in COMMANDS.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = seconds_of(place, *words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found[name] = (seconds, used)
    return found


def connected(folder: Path) -> None:
    """Make every tenth workload a connector, and give the estate its Connect clusters."""
    people: Any = yaml.load((folder / "workloads.yaml").read_text(), Loader=yaml.CSafeLoader)
    connectors = []
    for number, workload in enumerate(people["workloads"][::EVERY]):
        cluster, name = f"connect-{number % CLUSTERS}", workload["name"]
        kind = "source" if number % 2 else "sink"
        secret, system = f"${{file:/etc/connect/{name}.properties:password}}", f"{name}.db:5432"
        workload |= {"kind": "connector", "connector": f"{cluster}/{name}"}
        workload["external"] = [{"system": system, "secret": secret}]
        use = SecretUse(key="database.password", secrecy="reference", references=(secret,))
        connectors.append(
            Connector(
                **{"name": name, "cluster": cluster, "type": kind, "state": "RUNNING"},
                connector_class="org.example.Connector",
                tasks=("RUNNING",) * (1 + number % 4),
                principals=(workload["principal"],),
                systems=(system,),
                secrets=(use,),
            )
        )
    text = yaml.dump(people, Dumper=yaml.CSafeDumper, default_flow_style=None)
    (folder / "workloads.yaml").write_text(text)
    names = [f"connect-{number}" for number in range(CLUSTERS)]
    clusters = tuple(
        ConnectCluster(name=name, url=f"http://{name}:8083", workers=(f"{name}-0:8083",))
        for name in names
    )
    here = Folder(folder)
    inventory = here.inventory()
    found = {"clusters": clusters, "connectors": tuple(connectors)}
    connect = inventory.connect.model_copy(
        update={"found": inventory.connect.found.model_copy(update=found)}
    )
    here.save(INVENTORY, inventory.model_copy(update={"connect": connect}))


def later(folder: Path) -> None:
    """Take the inventory again after a quarter: a tenth of the ACLs are gone."""
    here = Folder(folder)
    inventory = here.inventory()
    kept = tuple(acl for number, acl in enumerate(inventory.acls.found) if number % 10)
    acls = inventory.acls.model_copy(update={"found": kept})
    moved = {"acls": acls, "taken_at": inventory.taken_at + timedelta(days=91)}
    here.save(INVENTORY, inventory.model_copy(update=moved))


if __name__ == "__main__":
    main()
