"""The states of a wave, and which command leads from one to another: as histories that are played show it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from migrate.documents.plan import STAGES, Plan, Wave
from migrate.journal.entry import Entry
from migrate.journal.progress import Status, paused, status_of
from migrate.journal.standing import Journal
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.play import play
from migrate.rehearse.worlds.world import HOME, World
from migrate.steps import OpenWriteGate
from tests.worlds import typed

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
INTRO = """
# From one state of a wave to another

Which command leads where, as {count} simulated migrations have shown it, each with its own estate, faults and people.
It is written by `python -m tests.worlds states COUNT`. A test demands that commands lead from each state to `closed`.
What stays as it is is left out: a gate that refuses, a command typed twice.

"Back" is a wave that was taken back whole. Writes are paused from the stop of the first producer to the start of the
last; the gate is the write gate.
"""
BEGIN, CLOSED = "planned", "closed"


class Move(NamedTuple):
    """A state, what was typed, and the state after it."""

    before: str
    command: str
    after: str


def state(journal: Journal, wave: Wave) -> str:
    """Return the state of a wave in words."""
    known = {stage: status_of(journal, wave, stage) for stage in STAGES}
    reached = [stage for stage in STAGES if known[stage] is not Status.NOTHING]
    if not reached:
        return BEGIN
    last = reached[-1]
    if last == "close" and known[last] is Status.DONE:
        return CLOSED
    if all(known[stage] in (Status.UNDONE, Status.NOTHING) for stage in STAGES):
        return "back"
    said = f"{last} {known[last]}"
    if still := paused(journal, wave):
        said += f", {' and '.join(_WHO[role] for role in sorted(still))} paused"
    if last == "cutover" and known[last] is not Status.DONE:
        gated = any(s.wave == wave.number for s, _ in journal.standing(OpenWriteGate))
        said += ", gate begun" if gated else ""
    return said


_WHO = {"consumers": "consumers", "producers": "writes"}


def _states(world: World) -> dict[int, str]:
    """Return each wave's state, by the files themselves: nobody notices that they are looked at."""
    known, said = (world.disk.present(str(HOME / name)) for name in ("plan.json", "journal.jsonl"))
    try:
        plan = Plan.model_validate_json(known or b"")
        entries = [Entry.model_validate_json(line) for line in (said or b"").splitlines()]
    except ValueError:
        return {}  # none yet, or torn
    journal = Journal(entries=tuple(entries))
    return {wave.number: state(journal, wave) for wave in plan.waves}


def moves(seeds: Iterable[int]) -> Counter[Move]:
    """Play seeds, and count what led where."""
    found = Counter[Move]()

    def run(world: World, command: str) -> Ended:
        before = _states(world)
        ended = typed.run(world, command)
        verb, *rest = command.split()
        number = int(rest[0]) if rest and rest[0].isdigit() else 0
        after = _states(world)
        if number in before and number in after and "-o" not in rest:
            found[Move(before[number], f"kmig {verb}", after[number])] += 1
        return ended

    for seed in seeds:
        play(generate(seed), run)
    return found


def stuck(found: Iterable[Move]) -> list[str]:
    """Return the states from which no commands lead to `closed`."""
    edges = list(found)
    leading, more = {CLOSED}, True
    while more:
        more = False
        for move in edges:
            if move.after in leading and move.before not in leading:
                leading.add(move.before)
                more = True
    every = {move.before for move in edges} | {move.after for move in edges}
    return sorted(every - leading)


def lines(found: Counter[Move], count: int) -> Iterator[str]:
    """Yield the page."""
    yield from INTRO.format(count=f"{count:,}").strip().splitlines()
    yield from ("", "| state | command | leads to |", "|---|---|---|")
    for before in sorted({move.before for move in found}):
        commands = sorted({m.command for m in found if m.before == before})
        for command in commands:
            after = sorted({m.after for m in found if (m.before, m.command) == (before, command)})
            others = [one for one in after if one != before]
            if others:
                yield f"| {before} | `{command}` | {'; '.join(others)} |"


def read() -> list[Move]:
    """Return the moves of the page."""
    rows = re.findall(r"^\| (.+?) \| `(kmig \w+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return [
        Move(before, command, one) for before, command, after in rows for one in after.split("; ")
    ]


def write(count: int) -> None:
    """Play so many seeds, and write the page."""
    PAGE.write_text("\n".join(lines(moves(range(count)), count)) + "\n", encoding="utf-8")
