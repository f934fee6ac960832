"""Boundaries as text: the four lines that a leak asks for, the page of one credential, and all by their reach."""

from collections.abc import Iterable, Sequence

from migrate.documents.boundary import Boundary, Line, Rights
from migrate.model.words import count, first_of
from migrate.render.columns import prose, table

_TITLES = {
    "accountable": "accountable",
    "issued": "issued",
    "stored": "where it is stored",
    "readers": "who can read it",
    "systems": "systems that it opens",
    "beside": "what the same workers reach",
    "restarts": "what a rotation restarts, in this order",
    "death": "how it dies",
}
_FEW = 4
"""So many names of a kind in one of the four lines: all of them fit one screen."""

_WIDE = 10
"""The width of the first column of the four lines."""


def text(boundaries: Sequence[Boundary], *, leaked: bool) -> list[str]:
    """Return each credential on its page, the four lines first; `leaked`: these alone."""
    lines: list[str] = []
    for boundary in boundaries:
        lines += [*([""] if lines else []), *_head(boundary), "", *_four(boundary)]
        if not leaked:
            lines += _page(boundary)
    return lines


def _head(boundary: Boundary) -> list[str]:
    credential = boundary.credential
    kind = ", ".join(credential.mechanisms) if credential.kind == "kafka" else "outside Kafka"
    known = [line.what for line in boundary.accountable if line.known]
    owners = first_of(known, 3) or "no workload declares it: its owner is unknown"
    return [*prose(f"{credential.name}  {kind}".rstrip()), *prose(owners)]


def _four(boundary: Boundary) -> list[str]:
    return [
        *_line("opens", _opens(boundary)),
        *_line("held by", _some([*boundary.stored, *boundary.readers])),
        *_line("restart", _some(boundary.restarts)),
        *_line("dies", _some(boundary.death)),
    ]


def _line(title: str, facts: Iterable[str]) -> list[str]:
    found: list[str] = []
    for fact in facts:
        head = "" if found else title
        found += prose(f"{head:{_WIDE}}{fact}" if head else f"{'':{_WIDE}}{fact}", hang=_WIDE + 2)
    return found


def _some(lines: Sequence[Line]) -> list[str]:
    """Return the first known facts, how many more there are, and what is unknown."""
    known = list(dict.fromkeys(line.what for line in lines if line.known))
    unknown = list(dict.fromkeys(line.what for line in lines if not line.known))
    found = known[:_FEW]
    if more := len(known) - len(found):
        found.append(f"and {more:,} more")
    return [*found, *([f"unknown: {first_of(unknown, 2)}"] if unknown else [])] or ["–"]


def _opens(boundary: Boundary) -> list[str]:
    found = [_told(side) for side in (boundary.source, boundary.target) if side]
    found += _some(boundary.systems) if boundary.credential.kind == "external" else []
    if through := boundary.reach.through_worker:
        clusters = sorted({name.partition("/")[0] for name in boundary.credential.connectors})
        what = count(through, "more topic or system", "more topics and systems")
        found.append(f"through the workers of Connect {', '.join(clusters)}: {what}")
    return found


def _told(rights: Rights) -> str:
    """Return what is allowed on a side in one sentence: topics first, then groups."""
    if rights.everything:
        return f"on the {rights.side}: everything, {rights.everything}"
    parts = []
    for verb, operation in (("write", "WRITE"), ("read", "READ")):
        topics = rights.topics_for(operation)
        named = f" ({first_of(topics, _FEW)})" if topics else ""
        parts.append(f"{verb} {count(len(topics), 'topic') if topics else 'no topic'}{named}")
    if rights.groups:
        groups = tuple(rights.groups)
        parts.append(f"use {count(len(groups), 'group')} ({first_of(groups, 2)})")
    if rights.cluster:
        parts.append(f"on the cluster {', '.join(rights.cluster)}")
    least = "" if rights.complete else ", at least"
    unknown = "" if rights.complete else f"; unknown: {first_of(rights.unknown, 1)}"
    return f"on the {rights.side}{least}: {'; '.join(parts)}{unknown}"


def _page(boundary: Boundary) -> list[str]:
    lines: list[str] = []
    for name, facts in boundary.sections().items():
        if facts:
            lines += ["", *prose(_TITLES[name]), *_facts(facts)]
        if name == "readers":
            for side in (boundary.source, boundary.target):
                lines += _rights(side) if side else []
    if boundary.advice:
        change = boundary.advice
        less = count(change.less, "topic or system", "topics and systems")
        lines += ["", *prose(f"the change that shrinks its reach most: {change.change} (−{less})")]
        lines += prose(f"  {change.how}")
    return lines


def _facts(facts: Sequence[Line]) -> list[str]:
    return table([("" if f.known else "unknown", f.what, f.evidence) for f in facts], ())


def _rights(rights: Rights) -> list[str]:
    lines = ["", f"what it may do on the {rights.side}"]
    if rights.everything:
        return [*lines, *prose(f"  everything: {rights.everything}")]
    grouped: dict[tuple[str, str], list[str]] = {}
    for kind, allowed in (
        ("topic", rights.topics),
        ("group", rights.groups),
        ("transactional id", rights.transactional_ids),
        ("user", rights.users),
        ("cluster", {"cluster": rights.cluster} if rights.cluster else {}),
    ):
        for name, operations in allowed.items():
            grouped.setdefault((kind, ", ".join(operations)), []).append(name)
    rows = [
        (f"  {kind}", operations, tuple(names)) for (kind, operations), names in grouped.items()
    ]
    lines += table(rows, ()) if rows else ["  nothing that exists"]
    for pattern in rights.patterns:
        lines += prose(f"  names to come: {pattern}", hang=4)
    for why in rights.unknown:
        lines += prose(f"  unknown: {why}", hang=4)
    for acl in rights.evidence:
        lines += prose(f"  by {acl}", hang=4)
    return lines


def overview(boundaries: Sequence[Boundary]) -> list[str]:
    """Return a line for each credential, what reaches furthest first, and the change that shrinks it most."""
    rows, below = [], []
    for boundary in boundaries:
        reach, change = boundary.reach, boundary.advice
        least = "" if reach.certain else "≥ "
        rows.append(
            (
                boundary.credential.name,
                boundary.credential.workloads,
                f"{least}{reach.writes:,}",
                f"{least}{reach.reads:,}",
                f"{reach.systems:,}",
                f"{reach.through_worker:,}",
                reach.beyond or "–",
            )
        )
        below.append(f"{change.change} (−{change.less:,}): {change.how}" if change else "")
    heads = ("credential", "workload", "writes", "reads", "systems", "by its workers", "beyond")
    return [*table(rows, heads, below), *prose(count(len(rows), "credential"))]
