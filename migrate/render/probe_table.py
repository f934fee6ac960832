"""Probes of `kmig verify protocol` for a terminal: passes in a table, then each failure as a block.

Failures stand last, beside the verdict, where a person who scrolls up meets them first. Each fact is printed once.
Long evidence is cut with a count: the report and `-o json` have all of it.
"""

from collections.abc import Iterable

from migrate.model.probe import Outcome
from migrate.model.words import first_of
from migrate.probes.catalogue import CATALOG
from migrate.render.columns import prose, table

_ROW, _BLOCK = 200, 600
"""Characters of evidence: of what passed, and of what did not."""


_EFFECTS = {one.name: one.breaks for one in CATALOG}


def probes(outcomes: Iterable[Outcome]) -> list[str]:
    """Return a row for each probe and client that passed, and a block for each that did not."""
    listed = list(outcomes)
    rows = [
        (one.probe, one.client, f"{one.seconds:.1f}", _cut(one.evidence, _ROW))
        for one in listed
        if one.result == "pass"
    ]
    lines = table(rows, ("passed", "through", "seconds", "evidence")) if rows else []
    for one in listed:
        if one.result != "pass":
            lines += ["", *_block(one)] if lines else _block(one)
    return lines


def _block(one: Outcome) -> list[str]:
    facts = [("target", one.evidence)]
    if one.source_result is not None:
        facts.append(("source", f"{one.source_result}: {one.source_evidence}"))
    elif one.source_evidence:
        facts.append(("source", f"not asked: {one.source_evidence}"))
    facts += [
        ("needed by", first_of(one.needed_by, 3) or "no workload: not counted"),
        ("effect", _EFFECTS.get(one.probe, "unknown")),
    ]
    head = f"{one.result}: {one.probe} through {one.client}, {one.seconds:.1f} s"
    return [*prose(head), *table([("", name, _cut(text, _BLOCK)) for name, text in facts], ())]


def _cut(text: str, characters: int) -> str:
    more = len(text) - characters
    return f"{text[:characters]}… and {more:,} more characters (-o json)" if more > 0 else text
