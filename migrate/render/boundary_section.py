"""The boundaries of an estate as a section of a page: a map, tables, and a page for each credential."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.documents.boundary import (
    CHOICES,
    Boundary,
    BoundaryChoice,
    Line,
    Reached,
    Rights,
)
from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.model.words import count, first_of
from migrate.render.boundary import TITLES, Shared, allowed, four, systems
from migrate.render.boundary_crossings import EVERY_LOGIN, Way, crossings, unplaced
from migrate.render.boundary_map import draw
from migrate.render.boundary_scene import SEVERAL, owner_of, zone_of
from migrate.render.html import Row, TableRows, cut
from migrate.render.inventory import TITLES as SECTIONS

DETAILED = 200
"""So many credentials have a page of their own, those that reach furthest."""

_NAMES, _LINES, _FACTS = 40, 60, 6
"""At most so many names in a cell, lines in a section, and facts of a kind for a leak; `kmig trace NAME` has all."""

_NEEDED = ("cluster", "acls", "scram", "topics", "groups", "connect")
"""Sections of the inventory that boundaries are made from."""


@dataclass(frozen=True)
class Boundaries:
    """What the section is made from: all credentials by their reach, and the boundaries of the first of them."""

    reached: Sequence[Reached] = ()
    traced: Sequence[Boundary] = ()
    runtimes: Sequence[Shared] = ()
    choices: Sequence[BoundaryChoice] = ()


def section(found: Boundaries, estate: Estate) -> Mapping[str, object]:
    """Return what the template `boundaries.html` shows."""
    drawing = draw(found.traced, [one for one, _ in found.runtimes], estate, len(found.reached))
    ways = list(crossings(found.traced, estate))
    return {
        "answers": list(_answers(found, ways, estate)),
        "incomplete": _incomplete(estate),
        "drawing": drawing,
        "classes": estate.config.sensitivity[:4],
        "crossings": cut(ways),
        "credentials": cut(_credential(one, estate) for one in found.reached),
        "runtimes": cut(
            _runtime(one) for one in sorted(found.runtimes, key=lambda one: not one[1])
        ),
        "choices": _choices(found.choices),
        "heads": CHOICES,
        "pages": [_page(one) for one in found.traced],
        "without_page": len(found.reached) - len(found.traced),
    }


def _answers(found: Boundaries, ways: Sequence[Way], estate: Estate) -> Iterator[str]:
    """Yield what a reader wants to know first."""
    several = len({way[0] for way in ways} - {EVERY_LOGIN})
    of = f" of the {len(found.traced):,} that reach furthest"
    more = of if len(found.traced) < len(found.reached) else f" of {len(found.reached):,}"
    yield f"{count(several, 'credential')}{more} have rights in another zone than their own."
    for _, _, how, what, zone in [way for way in ways if way[0] == EVERY_LOGIN][:_FACTS]:
        yield f"Every login {how} {what} ({zone})."
    yield from _without_zone(found, estate)
    shared = [one for one, _ in found.runtimes if zone_of(one.zones) == SEVERAL]
    for runtime in shared[:_FACTS]:
        kind = "Connect cluster" if runtime.kind == "connect" else "Host"
        zones = ", ".join(runtime.zones)
        yield f"{kind} {runtime.name} is one boundary, shared by zones {zones}."
    if len(shared) > _FACTS:
        yield f"{count(len(shared) - _FACTS, 'more runtime')} shared by several zones."
    placed = {name for runtime, _ in found.runtimes for name in runtime.credentials}
    lost = sum(one.credential.name not in placed for one in found.reached)
    if lost:
        yield f"The hosts of {count(lost, 'credential')} are unknown: no client was seen on any."


def _without_zone(found: Boundaries, estate: Estate) -> Iterator[str]:
    """Yield for how many a crossing cannot be told: they, or what they reach, have no zone."""
    logins, targets = unplaced(found.traced, estate)
    parts = [
        count(logins, "credential") if logins else "",
        count(targets, "topic or system", "topics and systems") if targets else "",
    ]
    if some := " and ".join(filter(None, parts)):
        yield f"Unknown whether a zone is crossed: {some} without a zone."


def _incomplete(estate: Estate) -> str:
    sections = estate.inventory.sections()
    return ", ".join(SECTIONS[n] for n in _NEEDED if sections[n].standing is not State.COMPLETE)


def _credential(one: Reached, estate: Estate) -> Row:
    reach, change = one.reach, one.advice
    least = "" if reach.certain else "≥ "
    by_workers = "" if reach.workers_certain else "≥ "
    return (
        one.credential.name,
        first_of(one.credential.workloads, _NAMES) or "none declares it",
        owner_of(one.credential, estate),
        f"{least}{reach.writes:,}",
        f"{least}{reach.reads:,}",
        systems(one.credential, reach),
        f"{by_workers}{reach.through_worker:,}",
        reach.beyond or "–",
        f"{change.change} (−{change.less:,}): {change.how}" if change else "–",
    )


def _runtime(shared: Shared) -> Row:
    runtime, sentences = shared
    kind = "Connect" if runtime.kind == "connect" else "host"
    return (
        f"{kind} {runtime.name}",
        f"{'≥ ' if runtime.unknown else ''}{len(runtime.credentials):,}",
        runtime.lowest or "–",
        runtime.highest or "–",
        ", ".join(runtime.zones) or "–",
        first_of(runtime.systems, _NAMES) or "–",
        "; ".join(sentences) or "–",
        first_of(runtime.unknown, 3) or "–",
    )


def _choices(found: Sequence[BoundaryChoice]) -> TableRows:
    rows: dict[str, dict[str, tuple[str, str]]] = {}
    for one in found:
        rows.setdefault(one.workload, {})[one.choice] = (one.holds, one.because)
    return cut((name, *(row[choice] for choice in CHOICES)) for name, row in rows.items())


def _page(boundary: Boundary) -> Mapping[str, object]:
    """Return the page of one credential: the four lines, then every section."""
    credential = boundary.credential
    kind = ", ".join(credential.mechanisms) if credential.kind == "kafka" else "outside Kafka"
    return {
        "name": credential.name,
        "kind": kind,
        "of": first_of(credential.workloads, 3) or "no workload declares it",
        "four": [
            (title, known[:_FACTS], max(0, len(known) - _FACTS), unknown)
            for title, known, unknown in four(boundary)
        ],
        "sections": [
            (TITLES[name], _lines(lines), _rights(boundary) if name == "readers" else ())
            for name, lines in boundary.sections().items()
        ],
        "advice": boundary.advice,
    }


def _lines(lines: Sequence[Line]) -> TableRows:
    return cut((("" if one.known else "unknown", one.what, one.evidence) for one in lines), _LINES)


def _rights(boundary: Boundary) -> list[tuple[Rights, TableRows, Sequence[tuple[str, TableRows]]]]:
    return [
        (
            side,
            cut(
                ((kind, ops, first_of(names, _NAMES)) for kind, ops, names in allowed(side)), _LINES
            )
            if not side.everything
            else cut(()),
            (
                ("names to come", cut(((one,) for one in side.patterns), _LINES)),
                ("unknown", cut(((one,) for one in side.unknown), _LINES)),
                ("by", cut(((one,) for one in side.evidence), _LINES)),
            ),
        )
        for side in (boundary.source, boundary.target)
        if side
    ]
