"""What seeds reached, for the terminal and for docs/worlds.md: counts, and above all what none of them reached."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from migrate.rehearse.worlds.actors import ACTS
from migrate.rehearse.worlds.coverage import STAGES, Reached, pair
from migrate.rehearse.worlds.generate import GENERATION
from migrate.rehearse.worlds.history import Fault
from migrate.steps import Step
from tests import messages

PAGE = Path(__file__).parents[2] / "docs" / "worlds.md"
SECTIONS = (
    *("The migration directory", "Reaching a cluster", "Connect and its REST API", "Planning"),
    *("Before acting on a wave", "Preparing a wave", "Copying topics", "Cutover and rollback"),
    *("Rotation", "Verifying"),
)
"""Whose refusals a whole migration could meet; the others are about files that people write, and other commands."""

OUTCOMES = ("done", "failed", "rejected", "undone")
KINDS = get_args(Fault.model_fields["kind"].annotation)
INTRO = """
# What simulated worlds reach

`make worlds` plays whole migrations in simulated worlds (`migrate/rehearse/worlds/`), one a seed. Estates, clients,
outside actors and faults are drawn, and kmig's promises are judged. This page says what the seeds reached of kmig. It
is written by `python -m tests.worlds seeds COUNT --write`.
"""


def steps() -> tuple[str, ...]:
    """Return every step that kmig can take, by its `op`."""
    classes = get_args(get_args(Step)[0])
    return tuple(sorted(str(c.model_fields["op"].default) for c in classes))


@cache
def refusals() -> dict[str, tuple[str, ...]]:
    """Return the refusals that a whole migration could meet, by their section of docs/troubleshooting.md."""
    parts = re.split(r"^## (.+)$", messages.PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: tuple(messages.documented(sections[name])) for name in SECTIONS}


def gaps(coverage: Reached) -> dict[str, list[str]]:
    """Return what no seed reached, by kind."""
    ran = {item.partition(" ")[0] for item in coverage.of("step")}
    return {
        "step": [op for op in steps() if op not in ran],
        "event": _missing(coverage, "event", ACTS),
        "event × stage": _missing(
            coverage, "event × stage", (pair(e, s) for e in ACTS for s in STAGES)
        ),
        "fault × stage": _missing(
            coverage, "fault × stage", (pair(k, s) for k in KINDS for s in STAGES)
        ),
        "refusal": _missing(coverage, "refusal", (r for some in refusals().values() for r in some)),
    }


def _missing(coverage: Reached, kind: str, items: Iterable[str]) -> list[str]:
    return [item for item in items if item not in coverage.of(kind)]


def lines(coverage: Reached) -> list[str]:
    """Return what a run prints at its end: how much was reached, and the short lists of what was not."""
    found = gaps(coverage)
    totals = {
        "step": len(steps()),
        "event": len(ACTS),
        "event × stage": len(ACTS) * len(STAGES),
        "fault × stage": len(KINDS) * len(STAGES),
        "refusal": sum(map(len, refusals().values())),
    }
    lines = ["", f"reached by {coverage.histories} seeds:"]
    for kind, total in totals.items():
        missing = found[kind]
        some = f"; never: {', '.join(missing)}" if missing and len(missing) <= 12 else ""
        lines.append(f"  {kind:<14} {total - len(missing)} of {total}{some}")
    return lines


def write(coverage: Reached, first: int) -> None:
    """Write docs/worlds.md."""
    PAGE.write_text("\n".join(whole(coverage, first)) + "\n", encoding="utf-8")


def whole(coverage: Reached, first: int) -> Iterator[str]:
    """Yield the lines of the page."""
    found = gaps(coverage)
    yield INTRO.strip()
    yield ""
    last = first + coverage.histories - 1
    yield f"{coverage.histories} seeds of generation {GENERATION}: {first} to {last}. Numbers are seeds."
    yield from _titled("Steps", _matrix(coverage, "step", steps(), OUTCOMES, "{} {}"))
    yield from _titled("Events and the stage that they disturb", _events(coverage))
    faults = _matrix(coverage, "fault × stage", KINDS, STAGES, "{} × {}")
    yield from _titled("What happens to a call of kmig", faults)
    yield from _titled(
        "Checks and gates that passed, each held against the world", _checks(coverage)
    )
    yield from _titled("Refusals that were reached", _refusals(coverage))
    yield from _titled("Refusals that no seed reached", _unreached(found["refusal"]))


def _titled(title: str, body: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from body


def _matrix(
    coverage: Reached, kind: str, rows: Iterable[str], columns: Iterable[str], item: str
) -> Iterator[str]:
    heads = list(columns)
    yield f"| | {' | '.join(heads)} |"
    yield f"|---|{'---:|' * len(heads)}"
    for row in rows:
        counts = [coverage.of(kind)[item.format(row, head)] for head in heads]
        yield f"| {row} | {' | '.join(str(count or '·') for count in counts)} |"


def _events(coverage: Reached) -> Iterator[str]:
    yield from _matrix(coverage, "event × stage", sorted(ACTS), STAGES, "{} × {}")


def _checks(coverage: Reached) -> Iterator[str]:
    yield from ("| check or gate | seeds |", "|---|---:|")
    yield from (f"| {name} | {count} |" for name, count in sorted(coverage.of("check").items()))


def _refusals(coverage: Reached) -> Iterator[str]:
    yield from ("| refusal | seeds |", "|---|---:|")
    found = coverage.of("refusal").most_common()
    yield from (f"| `` {text.replace('|', chr(92) + '|')} `` | {count} |" for text, count in found)
    strange = coverage.of("refusal without an entry")
    if strange:
        yield ""
        yield f"{len(strange)} more have no entry in [Troubleshooting](troubleshooting.md)."


def _unreached(missing: list[str]) -> Iterator[str]:
    yield f"{len(missing)} of those that a whole migration could meet: gaps of the generator, until each is reached."
    for section, all_of_it in refusals().items():
        some = [text for text in all_of_it if text in missing]
        if some:
            yield from ("", f"| {section} |", "|---|")
            yield from (f"| `` {text.replace('|', chr(92) + '|')} `` |" for text in some)
