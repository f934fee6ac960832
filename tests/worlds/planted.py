"""The seeds that find faults planted into kmig (`plants.py`).

`python -m tests.worlds.planted [NAME …] [--seeds N] [--from K] [--keep]` plays seeds with a fault planted, until a
judge charges what such a fault leads to, and nothing of that kind to the same seed without it. Exit 1 if a fault is
not found. With `--keep` the history is made small and kept in `planted/`, where `test_planted.py` plays it.
"""

import argparse
import sys
import time
from pathlib import Path

from migrate.rehearse.worlds.generate import GENERATION, generate
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.shrink import shrink
from tests.worlds.kept import Kept, write
from tests.worlds.plants import PLANTED, Planted
from tests.worlds.seeds import watched
from tests.worlds.shrunk import same

SEEDS = 1000
MOST_PLAYS = 200
FOLDER = Path(__file__).parent / "planted"


def charged(history: History, fault: Planted | None = None) -> tuple[Broken, ...]:
    """Return what the judges charge to a history, with a fault planted or none."""
    if fault is None:
        return watched(history)
    with fault.plant():
        return watched(history)


def found(history: History, fault: Planted) -> tuple[Broken, ...]:
    """Return what is charged with the fault, of its kinds, where nothing of that kind is charged without it."""
    with_it = [broken for broken in charged(history, fault) if broken.kind in fault.kinds]
    if not with_it:
        return ()
    kinds = {broken.kind for broken in charged(history)}
    return tuple(broken for broken in with_it if broken.kind not in kinds)


def search(fault: Planted, seeds: range) -> tuple[int, tuple[Broken, ...]] | None:
    """Return the first seed that finds the fault, with what is charged."""
    for seed in seeds:
        if told := found(generate(seed), fault):
            return seed, told
    return None


def keep(fault: Planted, seed: int, wanted: Broken) -> Kept:
    """Return a small history by which a fault is found, and without the fault nothing of that kind."""

    def breaks(history: History) -> bool:
        told = charged(history, fault)
        return any(same(wanted, broken) for broken in told) and wanted.kind not in {
            broken.kind for broken in charged(history)
        }

    small = shrink(generate(seed), breaks, MOST_PLAYS)
    told = next(broken for broken in charged(small, fault) if same(wanted, broken))
    return Kept(seed=seed, generation=GENERATION, kind=told.kind, told=told.told, history=small)


def main() -> int:
    """Search for each fault; return 1 if one is not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.worlds.planted")
    parser.add_argument("names", nargs="*", help=", ".join(fault.name for fault in PLANTED))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    missed = 0
    for fault in PLANTED:
        if asked.names and fault.name not in asked.names:
            continue
        began = time.monotonic()
        seeds = range(asked.first, asked.first + asked.seeds)
        hit = search(fault, seeds)
        seconds = time.monotonic() - began
        missed += hit is None
        if hit is None:
            print(f"{fault.name}: not found by {asked.seeds:,} seeds, {seconds:.0f} s", flush=True)
            continue
        seed, told = hit
        print(
            f"{fault.name}: {seed - asked.first + 1:,} seeds, {seconds:.0f} s: seed {seed}",
            flush=True,
        )
        for broken in told[:3]:
            print(f"  {broken.kind}: {broken.told[:300]}", flush=True)
        if asked.keep:
            write(FOLDER / f"{fault.name}.json", keep(fault, seed, told[0]))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
