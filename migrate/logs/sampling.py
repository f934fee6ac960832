"""A sample of a copy, for who cannot read all of it: whole blocks of the source, each found again on the target.

Which blocks is decided by a seed, so that another can read the same ones. A block is placed by its records alone, and
only where no other place in its window would do; else it is `unproven`. A sample says nothing of what it has not
read: it is `sampled`, never `equal`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from migrate.logs.looking import Pair
from migrate.logs.mapping import Pace
from migrate.logs.side import WINDOW
from migrate.logs.stretches import EVERY
from migrate.logs.together import RUN
from migrate.model.record import Ends, TopicPartition, VisibleRecord
from migrate.ports import Site

_Said = tuple[tuple[str, ...], tuple[str, ...]]
"""Faults, and what is unproven."""


@dataclass(frozen=True)
class Sampled:
    """What a sample of a partition says: blocks and records that were found again, in order and without a gap.

    `faults` are blocks that are not on the target as they are on the source, `unproven` those that have no place of
    their own there, or are not copied yet, each in words.
    """

    place: TopicPartition
    blocks: int = 0
    records: int = 0
    faults: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """Which part of the blocks is read, and the seed that chooses them."""

    share: float
    seed: str

    def blocks(self, place: TopicPartition, start: int, upto: int) -> Iterator[int]:
        """Yield where the chosen blocks of a partition begin, one at least."""
        numbers = range(start // EVERY, -(-upto // EVERY)) if start < upto else range(0)
        mine = [number for number in numbers if self._drawn(place, number) < self.share]
        yield from (max(start, EVERY * number) for number in mine or numbers[:1])

    def _drawn(self, place: TopicPartition, number: int) -> float:
        named = f"{self.seed} {place[0]} {place[1]} {number}".encode()
        return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest()) / 2**64


def sampled(
    pair: Pair, place: TopicPartition, sample: Sample, copied: int | None, pace: Pace
) -> Sampled:
    """Read the chosen blocks that the copier has passed, and look for each on the target.

    `copied` is the source offset that it reads next, None where nobody tells.
    """
    if place[0] in pair.cleaned:
        why = "a compacted topic has holes that a sample cannot tell from faults: run `kmig verify data`"
        return Sampled(place, unproven=(f"{place[0]}-{place[1]}: {why}",))
    there = pair.target.reader.ends([place[0]])[place]
    source = pair.source.reader.ends([place[0]])[place]
    upto = source.stable if copied is None else min(copied, source.stable)
    found = Sampled(place)
    for begin in sample.blocks(place, source.start, upto):
        end = min((begin // EVERY + 1) * EVERY, upto)
        block, times = _read(pair.source, place, (begin, end), pace)
        if not block:
            continue
        faults, unproven = _found_again(pair, place, (block, times), there, copied, pace)
        where = f"{place[0]}-{place[1]}, source offsets {block[0].offset} to {block[-1].offset}"
        found = replace(
            found,
            blocks=found.blocks + 1,
            records=found.records + (0 if faults or unproven else len(block)),
            faults=(*found.faults, *(f"{where}: {said}" for said in faults)),
            unproven=(*found.unproven, *(f"{where}: {said}" for said in unproven)),
        )
    return found


def _found_again(
    pair: Pair,
    place: TopicPartition,
    block: tuple[Sequence[VisibleRecord], Sequence[int]],
    there: Ends,
    copied: int | None,
    pace: Pace,
) -> _Said:
    """Look for a block around its time, wider and wider; return what is said of it."""
    middle, width = _by_time(pair, place, min(block[1]), there), 2 * EVERY
    while True:
        span = max(there.start, middle - width), min(there.stable, middle + 2 * width)
        target, _ = _read(pair.target, place, span, pace)
        whole = copied is not None and span[1] >= there.stable
        said = _judged(block[0], target, whole=whole)
        if said == ((), ()) or width >= WINDOW or span == (there.start, there.stable):
            return said
        width *= 8


def _by_time(pair: Pair, place: TopicPartition, wanted: int, there: Ends) -> int:
    """Return where the target's records are about as old.

    The broker is not asked by time: it would name the marker of the copier's first transaction, which is as young as
    the copy.
    """
    low, high = there.start, there.stable
    while high - low > EVERY:
        middle = (low + high) // 2
        found = next(
            (
                (chunk.offsets[0], chunk.times[0])
                for chunk in pair.target.records.forward(place, middle, min(high, middle + EVERY))
                if chunk.offsets
            ),
            None,
        )
        if found is None or found[1] >= wanted:
            high = middle
        else:
            low = found[0] + 1
    return low


def _read(
    site: Site, place: TopicPartition, span: tuple[int, int], pace: Pace
) -> tuple[list[VisibleRecord], list[int]]:
    records: list[VisibleRecord] = []
    times: list[int] = []
    for chunk in site.records.forward(place, *span):
        pace.spend(site.name, chunk.size)
        records += map(VisibleRecord, chunk.offsets, chunk.marks)
        times += chunk.times
    return records, times


def _judged(
    block: Sequence[VisibleRecord], target: Sequence[VisibleRecord], *, whole: bool
) -> _Said:
    """Return what is said of a block; nothing where it is whole in its only place.

    `whole` says that the target has nothing behind these records, and that the block was copied.
    """
    marks, there = [one.mark for one in block], [one.mark for one in target]
    places = _places(marks, there)
    if len(places) == 1:
        return (), ()
    if places:
        return (), ("its records are alike, and fit in several places",)
    anchor = next(_anchors(marks, there), None)
    if anchor is None:
        return (), ("none of it was found on the target where its timestamps say",)
    k, i = anchor
    if k:
        return (
            f"it differs before source offset {block[k].offset}, target {target[i].offset}",
        ), ()
    same = next((n for n, (a, b) in enumerate(zip(marks, there[i:], strict=False)) if a != b), None)
    if same is not None:
        return (
            f"it differs from source offset {block[same].offset} on, target {target[i + same].offset}",
        ), ()
    left = f"the target has nothing from source offset {block[len(there) - i].offset} on"
    return ((left,), ()) if whole else ((), (f"{left}, where it was looked for",))


def _places(marks: Sequence[bytes], there: Sequence[bytes]) -> list[int]:
    """Return where these records are, one behind the other: two places at most."""
    size = len(marks)
    first = (i for i, mark in enumerate(there) if mark == marks[0])
    return list(islice((i for i in first if there[i : i + size] == marks), 2))


def _anchors(marks: Sequence[bytes], there: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield parts of a block that have one place only."""
    for k in range(0, len(marks), RUN):
        places = _places(marks[k : k + RUN], there)
        if len(places) == 1:
            yield k, places[0]
