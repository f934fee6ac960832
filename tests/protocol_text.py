"""docs/protocol.md: every probe explained, several targets side by side, and how AutoMQ differs."""

import re
from collections.abc import Iterable, Mapping

from migrate.model.automq import FACTS
from migrate.model.probe import CLIENTS, Client, Outcome
from migrate.probes.catalogue import CATALOG
from migrate.render.plain import markdown
from migrate.render.wrap import page as page_of

Columns = Mapping[str, Iterable[Outcome]]
"""Outcomes by the target's name."""

_ByProbe = Mapping[str, Mapping[tuple[str, Client], Outcome]]

_ADDRESS = re.compile(r" (?:at )?127\.0\.0\.1:\d+")
"""An address, which differs in each run."""

_WHEN = {"compaction": " (where needed)", "broker-restart": " (`make soak` only)"}
_MARKS = {"pass": "pass", "fail": "**fail**", "unknown": "unknown", "not offered": "not offered"}


def page(intro: str, columns: Columns) -> str:
    """Return the whole page."""
    outcomes_of = {
        name: {(one.probe, one.client): one for one in outcomes}
        for name, outcomes in columns.items()
    }
    parts = [explained(), _beside(outcomes_of), _evidence(outcomes_of), differences()]
    lines = [line for part in parts for line in ("", *part)]
    return page_of([*intro.strip().split("\n"), *lines])


def explained() -> Iterable[str]:
    """Yield the table of every probe: what it asks, and why."""
    yield from ("## What is asked", "")
    yield "| probe | written, then read back | where it fails | counts for | through |"
    yield "|---|---|---|---|---|"
    for one in CATALOG:
        name = f"`{one.name}`" + _WHEN.get(one.name, "")
        need = "kmig itself" if one.need == "kmig" else one.need
        cells = (name, markdown(one.asks), markdown(one.breaks), need, ", ".join(one.clients))
        yield f"| {' | '.join(cells)} |"


def _beside(outcomes_of: _ByProbe) -> Iterable[str]:
    yield from ("## Side by side", "")
    yield f"| probe | through | {' | '.join(outcomes_of)} |"
    yield "|---|---|" + "---|" * len(outcomes_of)
    for one in CATALOG:
        for client in (c for c in CLIENTS if c in one.clients):
            outcomes = [column.get((one.name, client)) for column in outcomes_of.values()]
            if any(outcomes):
                cells = [_MARKS[o.result] if o else "–" for o in outcomes]
                yield f"| `{one.name}` | {client} | {' | '.join(cells)} |"


def _evidence(outcomes_of: _ByProbe) -> Iterable[str]:
    yield from ("## Evidence of what is not a pass, and of the versions offered", "")
    for name, column in outcomes_of.items():
        rows = [o for o in column.values() if o.result != "pass" or o.probe == CATALOG[0].name]
        yield from (f"**{name}**", "")
        for one in rows:
            yield f"- `{one.probe}` through {one.client}: {markdown(_ADDRESS.sub('', one.evidence))}"
        yield ""


def differences() -> Iterable[str]:
    """Yield the table of AutoMQ's differences, and what kmig does about each."""
    yield from ("## AutoMQ", "")
    yield "| it differs | kmig |"
    yield "|---|---|"
    for fact in FACTS:
        yield f"| {markdown(fact.differs)} | {markdown(fact.kmig)} |"
