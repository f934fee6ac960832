"""The map of a copied partition: its stretches in order, from the first copied record to the last checkpoint.

It is a file that only grows, a line for each decision. An equal stretch that ends at no checkpoint is continued by a
later line with the same beginning. A line `from` takes back what is known from a place on, because it is no longer
true; another heading takes back all.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from migrate.logs.forward import Begun
from migrate.logs.runs import Runs, extended, flat, unflat
from migrate.logs.stretches import EVERY, GOES_ON, LONGEST, Stretch, Word
from migrate.logs.sums import NOTHING, Sum

VERSION = 1
FAR = 2**63 - 1
"""Behind every offset."""
BEGUN = 3
"""A map with fewer lines has a heading, and nothing was read for it."""


@dataclass(frozen=True)
class Heading:
    """Which logs a map is of: both clusters, the topic's id on each, and the key of its fingerprints.

    `key` is the fingerprint of nothing: another one means another key, and digests that cannot be compared. An id is
    empty where a platform has none.
    """

    topic: str
    partition: int
    clusters: tuple[str, str]
    ids: tuple[str, str]
    key: str

    def line(self) -> str:
        """Return the first line of the map's file."""
        own = {
            "map": VERSION,
            "topic": self.topic,
            "partition": self.partition,
            "clusters": self.clusters,
            "ids": self.ids,
            "key": self.key,
        }
        return json.dumps(own, separators=(",", ":"))


class LogMap:
    """What is known of one copied partition.

    `anew` says that the source's topic was made anew, and the target still has what was copied of the old one.
    `begin` is where the copy began on the source, 0 where nobody knows: the map was begun later than the copy.
    `dropped` says why parts of it were taken back, `seen` when its logs were last read to their ends, in ms, and
    `read_to` up to where: behind the last stretch there was no visible record.
    """

    def __init__(self, heading: Heading, dropped: Iterable[str] = ()) -> None:
        self.heading = heading
        self.stretches: list[Stretch] = []
        self.dropped = list(dropped)
        self.anew = False
        self.begin = 0
        self.seen = 0
        self.read_to = (0, 0)
        self._records = 0

    def add(self, stretches: Iterable[Stretch]) -> None:
        """Add what was read next; a stretch that begins where the last one does replaces it."""
        for one in stretches:
            last = self.last
            if last and (last.source[0], last.target[0]) == (one.source[0], one.target[0]):
                self._remove()
            self.stretches.append(one)
            self._records += one.records[0]

    def under(self, heading: Heading) -> "LogMap":
        """Return an empty map of the logs that took the place of these."""
        made = LogMap(heading, self.dropped)
        same_target = heading.ids[1] == self.heading.ids[1]
        made.anew = same_target and (self.anew or heading.ids[0] != self.heading.ids[0])
        return made

    def drop(self, source: int, target: int, why: str) -> None:
        """Take back what is not true any more: every stretch that reaches beyond one of these offsets."""
        while self.stretches and (
            self.stretches[-1].source[1] > source or self.stretches[-1].target[1] > target
        ):
            self._remove()
        self.read_to = (0, 0)
        self.dropped.append(why)

    @property
    def last(self) -> Stretch | None:
        """Return the last stretch."""
        return self.stretches[-1] if self.stretches else None

    def reaches(self, side: int) -> int:
        """Return up to which offset a side's log is known; behind its last record only where an epoch can tell."""
        last = self.last
        end = (last.source, last.target)[side][1] if last else 0
        return max(end, self.read_to[side]) if self.epoch(side) >= 0 else end

    def epoch(self, side: int) -> int:
        """Return the last leader epoch that is known of a side; -1 for none."""
        known = (one.epochs[side] for one in reversed(self.stretches))
        return next((epoch for epoch in known if epoch >= 0), -1)

    def begun(self) -> Begun:
        """Return where reading goes on."""
        last = self.last
        if last is None:
            return Begun(self.begin)
        goes_on = last.word in GOES_ON and self._records % EVERY and last.records[1] < LONGEST
        return Begun(
            self.reaches(0),
            self.reaches(1),
            self._records,
            last if goes_on else None,
            first=False,
        )

    @property
    def waiting(self) -> dict[bytes, int]:
        """Return the keys of superseded records that were not written again, with the offsets on the target."""
        found: dict[bytes, int] = {}
        for one in self.stretches:
            for key in one.resolved:
                found.pop(key, None)
            found.update(one.opened)
        return found

    def _remove(self) -> None:
        self._records -= self.stretches.pop().records[0]


def line(stretches: Sequence[Stretch]) -> str:
    """Return what one decision adds to the map's file."""
    return json.dumps([_row(one) for one in stretches], separators=(",", ":"))


def drop_line(source: int, target: int, why: str) -> str:
    """Return what takes back a part of the map in its file."""
    return json.dumps({"from": [source, target], "because": why}, separators=(",", ":"))


def begin_line(source: int) -> str:
    """Return what says where the copy began on the source: the target was empty then."""
    return json.dumps({"begin": source}, separators=(",", ":"))


def seen_line(at: int, read_to: tuple[int, int]) -> str:
    """Return what says in the map's file when its logs were read last, in ms, and up to which offset of each.

    Between the last stretch and these offsets there is no visible record.
    """
    return json.dumps({"seen": at, "read": read_to}, separators=(",", ":"))


def read(lines: Iterable[str]) -> LogMap | None:
    """Return the map that a file holds; None for an empty one. Raises `ValueError` for another kind of file."""
    rows = iter(lines)
    first = next(rows, None)
    if first is None:
        return None
    found = LogMap(_heading(dict(json.loads(first))))
    for one in rows:
        row = json.loads(one)
        if isinstance(row, dict):
            if "begin" in row:
                found.begin = row["begin"]
            elif "seen" in row:
                found.seen = row["seen"]
                found.read_to = (row["read"][0], row["read"][1])
            elif "map" in row:
                found = found.under(_heading(row))
            else:
                (source, target), why = row["from"], row["because"]
                found.drop(source, target, why)
        else:
            found.add(map(_stretch, row))
    return found


def last_seen(lines: Sequence[str]) -> int:
    """Return when the logs of a map were last read to their ends, in ms, by the lines of its file; 0 for never."""
    own = next((one for one in reversed(lines) if one.startswith('{"seen"')), None)
    return int(json.loads(own)["seen"]) if own else 0


def digest(maps: Iterable[Sequence[str]]) -> str:
    """Return what identifies maps, by the lines of their files, for the journal."""
    whole = hashlib.sha256()
    for lines in maps:
        whole.update("".join(f"{one}\n" for one in lines).encode())
    return whole.hexdigest()


def found(stretches: Iterable[Stretch]) -> dict[Word, tuple[int, int]]:
    """Return by word how many records were read of each side."""
    ordered = sorted(stretches, key=lambda one: one.word)
    totals = {}
    for word, some in groupby(ordered, key=lambda one: one.word):
        pairs = [one.records for one in some]
        totals[word] = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    return totals


def _heading(row: dict[str, Any]) -> Heading:
    if row.get("map") != VERSION:
        raise ValueError(f"not a map of version {VERSION}")
    clusters, ids = row["clusters"], row["ids"]
    return Heading(
        row["topic"], row["partition"], (clusters[0], clusters[1]), (ids[0], ids[1]), row["key"]
    )


def _row(one: Stretch) -> dict[str, Any]:
    row: dict[str, Any] = {
        "word": one.word,
        "source": one.source,
        "target": one.target,
        "records": one.records,
    }
    if one.epochs != (-1, -1):
        row["epochs"] = one.epochs
    if one.word in GOES_ON:
        row["digest"] = f"{one.sum.digest:x}"
    for side, runs in zip(("at", "there"), one.runs, strict=True):
        # one run without a gap is what the offsets say already
        if len(runs) > 1 or (runs and runs[0][1] > 1):
            begin = (one.source, one.target)[side == "there"][0]
            row[side] = flat(runs, begin)
        elif not runs and one.word == Word.EQUAL:
            row[side] = []
    if one.opened:
        row["opened"] = [[key.hex(), at] for key, at in one.opened]
    if one.resolved:
        row["resolved"] = [key.hex() for key in one.resolved]
    return row


def _stretch(row: dict[str, Any]) -> Stretch:
    source, target, records = row["source"], row["target"], row["records"]
    epochs = row.get("epochs", (-1, -1))
    return Stretch(
        Word(row["word"]),
        (source[0], source[1]),
        (target[0], target[1]),
        (records[0], records[1]),
        Sum(records[0], int(row["digest"], 16)) if "digest" in row else NOTHING,
        (epochs[0], epochs[1]),
        (_runs(row, "at", source), _runs(row, "there", target)),
        tuple((bytes.fromhex(key), at) for key, at in row.get("opened", ())),
        tuple(bytes.fromhex(key) for key in row.get("resolved", ())),
    )


def _runs(row: dict[str, Any], side: str, span: Sequence[int]) -> Runs:
    """Return where an equal stretch's records lie: by its line, or without a gap."""
    if row["word"] != Word.EQUAL:
        return ()
    if side in row:
        return unflat(row[side], span[0])
    return extended((), range(*span)) if span[1] - span[0] == row["records"][0] else ()
