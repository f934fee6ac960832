"""A log with transactions, aborts, markers and holes, and a copier that keeps order, restarts, repeats itself."""

import random
from dataclasses import dataclass

from migrate.model.record import VisibleRecord


@dataclass
class Case:
    """A source log's visible records, its copy's, a commit, and where the source ends."""

    source: list[VisibleRecord]
    target: list[VisibleRecord]
    commit: int
    end: int


def log(chance: random.Random, length: int, kinds: int) -> tuple[list[VisibleRecord], int]:
    """Visible records and the end: every other offset is a marker, an aborted record, or a hole."""
    records: list[VisibleRecord] = []
    offset = chance.choice((0, 0, 7))
    while len(records) < length:
        match chance.random():
            case x if x < 0.15:  # a transaction that is aborted: its records and its marker
                offset += chance.randint(1, 4) + 1
            case x if x < 0.35:  # one that is committed
                for _ in range(chance.randint(1, 4)):
                    records.append(_record(chance, offset, kinds))
                    offset += 1
                offset += 1
            case x if x < 0.4:  # compacted away
                offset += chance.randint(1, 3)
            case _:
                records.append(_record(chance, offset, kinds))
                offset += 1
    return records, offset + chance.choice((0, 0, 1, 3))


def _record(chance: random.Random, offset: int, kinds: int) -> VisibleRecord:
    return VisibleRecord(offset=offset, mark=chance.randrange(kinds).to_bytes(2, "big"))


def copied(
    chance: random.Random, source: list[VisibleRecord], *, exactly_once: bool
) -> list[VisibleRecord]:
    """The copy: markers of the copier's own transactions, restarts that replay, requests that are sent twice."""
    target: list[VisibleRecord] = []
    offset, at = chance.choice((0, 0, 5)), 0
    flushed = 0
    while at < len(source):
        size = chance.randint(1, 5)
        for record in source[at : at + size]:
            target.append(VisibleRecord(offset=offset, mark=record.mark))
            offset += 1
            if not exactly_once and chance.random() < 0.02:
                target.append(VisibleRecord(offset=offset, mark=record.mark))
                offset += 1
        at += size
        if exactly_once:
            offset += 1
            if (
                chance.random() < 0.2
            ):  # a killed worker's transaction: aborted, its offsets are gone
                offset += chance.randint(1, 5)
        elif chance.random() < 0.3:
            flushed = at
        elif chance.random() < 0.1:
            at = flushed
    return target


def case(seed: int, *, small: bool = False) -> Case:
    """One random history; with `small`, one that all offsets can be tried on."""
    chance = random.Random(seed)
    kinds = chance.choice((2, 8, 60_000))
    source, end = log(chance, chance.randint(0, 12 if small else 40), kinds)
    target = copied(chance, source, exactly_once=chance.random() < 0.5)
    return Case(source, target, chance.randint(0, end), end)


def is_subsequence(one: list[bytes], other: list[bytes]) -> bool:
    rest = iter(other)
    return all(mark in rest for mark in one)
