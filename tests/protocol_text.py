"""docs/protocol.md: every probe explained, several targets side by side, and what AutoMQ does otherwise."""

import re
from collections.abc import Iterable, Mapping

from migrate.model.automq import FACTS
from migrate.model.probe import CLIENTS, Client, Outcome
from migrate.probes.catalogue import CATALOG
from migrate.render.plain import markdown
from migrate.render.wrap import page as page_of

Columns = Mapping[str, Iterable[Outcome]]
"""What was asked, by the target's name."""

_Found = Mapping[str, Mapping[tuple[str, Client], Outcome]]

_ADDRESS = re.compile(r" (?:at )?127\.0\.0\.1:\d+")
"""Another one in each run."""

_WHEN = {"compaction": " (where needed)", "broker-restart": " (`make soak` only)"}
_MARKS = {"pass": "pass", "fail": "**fail**", "unknown": "unknown", "not offered": "not offered"}


def page(intro: str, columns: Columns) -> str:
    """The whole page."""
    found = {
        name: {(one.probe, one.client): one for one in outcomes}
        for name, outcomes in columns.items()
    }
    parts = [explained(), _beside(found), _faults(found), differences()]
    lines = [line for part in parts for line in ("", *part)]
    return page_of([*intro.strip().split("\n"), *lines])


def explained() -> Iterable[str]:
    """Every probe: what it asks, and why."""
    yield from ("## What is asked", "")
    yield "| probe | written, then read back | where it fails | counts for | through |"
    yield "|---|---|---|---|---|"
    for one in CATALOG:
        name = f"`{one.name}`" + _WHEN.get(one.name, "")
        need = "kmig itself" if one.need == "kmig" else one.need
        cells = (name, markdown(one.asks), markdown(one.breaks), need, ", ".join(one.clients))
        yield f"| {' | '.join(cells)} |"


def _beside(found: _Found) -> Iterable[str]:
    yield from ("## Side by side", "")
    yield f"| probe | through | {' | '.join(found)} |"
    yield "|---|---|" + "---|" * len(found)
    for one in CATALOG:
        for client in (c for c in CLIENTS if c in one.clients):
            asked = [column.get((one.name, client)) for column in found.values()]
            if any(asked):
                cells = [_MARKS[o.result] if o else "–" for o in asked]
                yield f"| `{one.name}` | {client} | {' | '.join(cells)} |"


def _faults(found: _Found) -> Iterable[str]:
    yield from ("## Evidence of what is not a pass, and of the versions offered", "")
    for name, column in found.items():
        rows = [o for o in column.values() if o.result != "pass" or o.probe == CATALOG[0].name]
        yield from (f"**{name}**", "")
        for one in rows:
            yield f"- `{one.probe}` through {one.client}: {markdown(_ADDRESS.sub('', one.evidence))}"
        yield ""


def differences() -> Iterable[str]:
    """What AutoMQ does otherwise, and what kmig does about it."""
    yield from ("## AutoMQ", "")
    yield "| it differs | kmig |"
    yield "|---|---|"
    for fact in FACTS:
        yield f"| {markdown(fact.differs)} | {markdown(fact.kmig)} |"
