"""What a played history reached of kmig and of the world: steps, refusals, checks, events, and pairs with a stage.

Over many seeds it shows what no seed reaches, which is a gap in the generator.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.oracles import ORACLES
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.world import HOME

HOLE = "…"
STAGES = ("inventory", "plan", "apply", "replicate", "cutover", "rotate", "close", "rollback")
"""The commands that a pair counts for; the others change nothing, and what they pause in belongs to the next one."""


class Catalogue:
    """The refusals that there are, by the fixed words of their messages."""

    def __init__(self, patterns: Iterable[str]) -> None:
        # the longest first: the one with most words of its own
        self.patterns = sorted(set(patterns), key=lambda p: (-len(p.replace(HOLE, "")), p))
        self._compiled = [(_compiled(p), p) for p in self.patterns]
        self._known: dict[str, str] = {}

    def of(self, message: str) -> str:
        """Return the pattern of a message, empty where there is none."""
        if message not in self._known:
            found = (p for compiled, p in self._compiled if compiled.fullmatch(message))
            self._known[message] = next(found, "")
        return self._known[message]


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, pattern.split(HOLE))), re.DOTALL)


@dataclass
class Reached:
    """By kind and item: how many histories reached it."""

    histories: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, found: Iterable[tuple[str, str]]) -> None:
        """Add what one history reached."""
        self.histories += 1
        for kind, item in set(found):
            self.counts.setdefault(kind, Counter())[item] += 1

    def merge(self, other: "Reached") -> None:
        """Add what other histories reached."""
        self.histories += other.histories
        for kind, counts in other.counts.items():
            self.counts.setdefault(kind, Counter()).update(counts)

    def of(self, kind: str) -> Counter[str]:
        """Return what was reached of a kind, and how often."""
        return self.counts.get(kind, Counter())


def reached(played: Played, catalogue: Catalogue) -> set[tuple[str, str]]:
    """Return what a history reached, as kind and item."""
    return {
        *_steps(played),
        *_refusals(played, catalogue),
        *(("check", _check(green.check)) for green in played.greens),
        *_events(played),
        *_faults(played),
    }


def _steps(played: Played) -> Iterator[tuple[str, str]]:
    try:
        lines = played.world.disk.content(HOME / "journal.jsonl").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # torn
        if entry.get("step"):
            yield "step", f"{entry['step']['op']} {entry['event']}"


def _refusals(played: Played, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for ended in (*played.commands, *played.asked):
        message = re.sub(r"^(error|refused): ", "", ended.refusal)
        if message:
            known = catalogue.of(message)
            yield ("refusal", known) if known else ("refusal without an entry", message[:100])


def _check(name: str) -> str:
    if name.startswith("gate "):
        return name
    return next((p for p, _ in ORACLES if name == p or name.startswith(f"{p} ")), name)


def _events(played: Played) -> Iterator[tuple[str, str]]:
    for at, event in played.world.happened:
        yield "event", event.what
        yield "event × stage", pair(event.what, _stage(played, at))


def _stage(played: Played, at: float) -> str:
    """Return the stage whose command ran at a time, or was the next to run."""
    later = (_verb(e) for e in played.commands if e.ended >= at)
    return next((verb for verb in later if verb in STAGES), "afterwards")


def _verb(ended: Ended) -> str:
    return ended.command.split()[0]


def _faults(played: Played) -> Iterator[tuple[str, str]]:
    for fault in played.world.history.faults:
        if fault.command >= len(played.commands):
            continue
        ended = played.commands[fault.command]
        if fault.call <= ended.calls:
            yield "fault", fault.kind
            if _verb(ended) in STAGES:
                yield "fault × stage", pair(fault.kind, _verb(ended))


def pair(what: str, stage: str) -> str:
    """Return the item of something that happened in a stage."""
    return f"{what} × {stage}"
