"""Many seeds in two processes: played in chunks, whose results are kept, so that an interrupted run goes on."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from migrate.model.base import Model
from migrate.rehearse.worlds.coverage import Catalogue, Reached, reached
from migrate.rehearse.worlds.generate import GENERATION
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from tests import messages
from tests.worlds.seeds import FAILS, Outcome, collect_seldom, outcome

Play = Callable[[int, int], "Results"]
CHUNK = 25
PROCESSES = 2
A_POOL = 32
"""Chunks that the same processes play: they grow, and a pool that replaces its processes may stand still for ever
(CPython issue 115634)."""


class Results(Model):
    """What came of a chunk of seeds: those that broke something, and what all of them reached."""

    first: int
    count: int
    finished: int
    commands: int
    seconds: float
    failing: tuple[Outcome, ...]
    reached: dict[str, dict[str, int]]

    def coverage(self) -> Reached:
        """Return what the chunk's seeds reached."""
        return Reached(self.count, {kind: Counter(c) for kind, c in self.reached.items()})


def chunks(first: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield (first, count) of parts that end at round numbers, so that runs share them."""
    end = first + count
    while first < end:
        size = min(CHUNK - first % CHUNK, end - first)
        yield first, size
        first += size


@cache
def catalogue() -> Catalogue:
    """Return the refusals that docs/troubleshooting.md has entries for."""
    return Catalogue(messages.documented(messages.PAGE.read_text(encoding="utf-8")))


def played(first: int, count: int) -> Results:
    """Play a chunk."""
    began, total, outcomes = time.perf_counter(), Reached(), []

    def look(one: Played) -> None:
        total.add(reached(one, catalogue()))

    for seed in range(first, first + count):
        outcomes.append(outcome(seed, look))
    return Results(
        first=first,
        count=count,
        finished=sum(o.finished for o in outcomes),
        commands=sum(o.commands for o in outcomes),
        seconds=time.perf_counter() - began,
        failing=tuple(o for o in outcomes if o.broken),
        reached={kind: dict(sorted(c.items())) for kind, c in sorted(total.counts.items())},
    )


def all_of(first: int, count: int, kept: Path, play: Play = played) -> Iterator[Results]:
    """Yield the results of each chunk, kept ones first; one at which its process dies is a failure."""
    todo = []
    for chunk in chunks(first, count):
        file = kept / _name(*chunk)
        if file.exists():
            yield Results.model_validate(json.loads(file.read_text(encoding="utf-8")))
        else:
            todo.append(chunk)
    while todo:
        begun = todo[:A_POOL]
        for results in _together(begun, play, PROCESSES):
            begun.remove((results.first, results.count))
            todo.remove((results.first, results.count))
            _keep(kept / _name(results.first, results.count), results)
            yield results
        # a process that dies takes the pool with it: whose fault it was is found by playing alone what was begun
        for chunk in begun[: 2 * PROCESSES]:
            todo.remove(chunk)
            alone = next(_together([chunk], play, 1), None)
            if alone is not None:
                _keep(kept / _name(*chunk), alone)
            yield alone or _died(*chunk)


def _together(some: list[tuple[int, int]], play: Play, processes: int) -> Iterator[Results]:
    """Yield the results of chunks until all are played, or a process dies."""
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, collect_seldom) as pool:
        waiting = [pool.submit(play, *chunk) for chunk in some]
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BrokenProcessPool:
            return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _name(first: int, count: int) -> str:
    return f"{GENERATION}-{first}-{count}.json"


def _keep(file: Path, results: Results) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_text(results.model_dump_json(exclude_defaults=True), encoding="utf-8")
    half.replace(file)


def _died(first: int, count: int) -> Results:
    broken = Broken(FAILS, "", f"a process died in one of the seeds {first} to {first + count - 1}")
    failing = (Outcome(seed=first, broken=(broken,)),)
    return Results(
        first=first, count=count, finished=0, commands=0, seconds=0, failing=failing, reached={}
    )


class Progress:
    """How far a run is, and how long it will take, on standard error."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._chunks, self._seconds = total, 0, 0, 0.0

    def add(self, results: Results) -> None:
        """Show that a chunk is done; one that was kept took its time in an earlier run."""
        self._done += results.count
        self._chunks += 1
        self._seconds += results.seconds
        rate = self.rate()
        left = f"{(self._total - self._done) / rate:.1f} min left" if rate else ""
        line = f"{self._done} of {self._total} seeds, {rate:.0f} a minute, {left}"
        print(f"\r{line:<70}", end="", file=sys.stderr, flush=True)

    def rate(self) -> float:
        """Return how many seeds a minute all processes play together."""
        processes = min(PROCESSES, self._chunks)
        return self._done * 60 * processes / self._seconds if self._seconds else 0.0
