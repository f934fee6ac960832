"""Boundaries as text: the four lines that a leak asks for, the page of one credential, and all by their reach."""

from collections.abc import Sequence

from migrate.documents.boundary import (
    Boundary,
    BoundaryChoice,
    Credential,
    Line,
    Reach,
    Reached,
    Rights,
    Runtime,
)
from migrate.model.words import count, first_of
from migrate.render.columns import WIDTH, columns_of, prose, table

TITLES = {
    "accountable": "accountable",
    "issued": "issued",
    "stored": "where it is stored",
    "readers": "who can read it",
    "systems": "systems that it opens",
    "beside": "what the same workers reach",
    "restarts": "what a rotation restarts, in this order",
    "death": "how it dies",
}
"""The sections of a boundary, in the words of a page."""

_FEW = 4
"""So many topics are named in one of the four lines."""

_WIDE = 10
"""The width of the first column of the four lines."""

_ROOM = 6
"""So many lines each of the four may take at least: with the head, they fit a screen of 30."""

_HELD = "held by"
_SCREEN = 28
"""The lines of a screen, less one for the prompt and one for the age of the inventory."""


def text(boundaries: Sequence[Boundary], *, leaked: bool) -> list[str]:
    """Return each credential on its page, the four lines first; `leaked`: these alone."""
    lines: list[str] = []
    for boundary in boundaries:
        head = [*_head(boundary), ""]
        lines += [*([""] if lines else []), *head, *_four(boundary, len(head))]
        if not leaked:
            lines += _page(boundary)
    return lines


def _head(boundary: Boundary) -> list[str]:
    credential = boundary.credential
    kind = ", ".join(credential.mechanisms) if credential.kind == "kafka" else "outside Kafka"
    known = [line.what for line in boundary.accountable if line.known]
    more = [f"and {len(known) - 2:,} more"] if len(known) > 2 else []
    # a line has commas of its own
    owners = "; ".join([*known[:2], *more]) or "no workload declares it: its owner is unknown"
    return [*_cut(prose(f"{credential.name}  {kind}".rstrip()), 2), *_cut(prose(owners), 3)]


_GRANTS = "with ALTER on the cluster it can give itself every right"

Fact = tuple[str, list[str], str]
"""A title, what is known, and what is unknown."""


def four(boundary: Boundary) -> list[Fact]:
    """Return what a leak asks for: what it opens, who holds it, what to restart, how it dies."""
    return [
        ("opens", *_opens(boundary)),
        (_HELD, *_parted([*boundary.stored, *boundary.readers])),
        ("restart", *_parted(boundary.restarts)),
        ("dies", *_parted(boundary.death)),
    ]


def _four(boundary: Boundary, head: int) -> list[str]:
    """Return the four lines; below a head of so many lines, the holders have the room that the others leave."""
    facts = four(boundary)
    others = sum(len(_line(*fact)) for fact in facts if fact[0] != _HELD)
    room = {_HELD: max(_SCREEN - head - others, _ROOM)}
    return [line for fact in facts for line in _line(*fact, room=room.get(fact[0], _ROOM))]


def _line(title: str, facts: Sequence[str], unknown: str, *, room: int = _ROOM) -> list[str]:
    """Return the facts below each other, as many as there is room for, then what is unknown."""
    last = _cut(_hung(f"unknown: {unknown}"), 2) if unknown else []
    room -= len(last)
    found: list[str] = []
    for number, fact in enumerate(facts):
        lines, left = _hung(fact), len(facts) - number - 1
        if len(found) + len(lines) + bool(left) > room:
            if not found:
                found, left = _cut(lines, room - bool(left)), left - 1
            return _titled(title, [*found, *_hung(f"and {left + 1:,} more"), *last])
        found += lines
    return _titled(title, [*found, *last] or _hung("–"))


def _titled(title: str, lines: list[str]) -> list[str]:
    return [f"{title:{_WIDE}}{lines[0][_WIDE:]}", *lines[1:]]


def _hung(fact: str) -> list[str]:
    return prose(f"{'':{_WIDE}}{fact}", hang=_WIDE + 2)


def _cut(lines: list[str], most: int) -> list[str]:
    """Return at most so many lines; the page below has all of them."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while columns_of(last) > WIDTH - 2:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()} …"]


def _parted(lines: Sequence[Line]) -> tuple[list[str], str]:
    """Return the known facts, each once, and the names of what is unknown."""
    known = list(dict.fromkeys(line.what for line in lines if line.known))
    unknown = list(dict.fromkeys(line.what for line in lines if not line.known))
    return known, first_of(unknown, 2)


def _opens(boundary: Boundary) -> tuple[list[str], str]:
    """Return what it opens; a few systems, what the two sides allow, what its workers reach."""
    sides = [side for side in (boundary.source, boundary.target) if side]
    systems, unknown = _parted(boundary.systems)
    found = [*map(_told, sides), *systems]
    reach = boundary.reach
    if reach.through_worker:
        clusters = boundary.credential.clusters
        least = "" if reach.workers_certain else "at least "
        what = count(reach.through_worker, "more topic or system", "more topics and systems")
        # none are named where its connectors were not read
        workers = f"the workers of Connect {', '.join(clusters)}" if clusters else "its workers"
        found.append(f"through {workers}: {least}{what}")
    elif not reach.workers_certain:
        unknown = "; ".join([*filter(None, [unknown]), "what its workers reach"])
    doubts = [f"{side.side}: {why}" for side in sides for why in side.unknown]
    return found, "; ".join([*filter(None, [unknown]), *doubts])


def _told(rights: Rights) -> str:
    """Return what is allowed on a side in one sentence: topics first, then groups. None is said only if known."""
    if rights.everything:
        return f"on the {rights.side}: everything, {rights.everything}"
    parts = []
    for verb, operation in (("write", "WRITE"), ("read", "READ")):
        topics = rights.topics_for(operation)
        if topics:
            parts.append(f"{verb} {count(len(topics), 'topic')} ({first_of(topics, _FEW)})")
        elif rights.complete:
            parts.append(f"{verb} no topic")
    # a group is used with READ: to join it, and to commit its offsets
    groups = [g for g, some in rights.groups.items() if any(o.split()[0] == "READ" for o in some)]
    if groups:
        parts.append(f"use {count(len(groups), 'group')} ({first_of(groups, 2)})")
    if rights.cluster:
        parts.append(f"on the cluster {', '.join(rights.cluster)}")
    if rights.may_grant:
        parts.append(_GRANTS)
    least = "" if rights.complete or not parts else ", at least"
    return f"on the {rights.side}{least}: {'; '.join(parts) or 'unknown'}"


def _page(boundary: Boundary) -> list[str]:
    lines: list[str] = []
    for name, facts in boundary.sections().items():
        if facts:
            lines += ["", *prose(TITLES[name]), *_facts(facts)]
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
    rows = [(f"  {kind}", operations, names) for kind, operations, names in allowed(rights)]
    if rows or rights.complete:
        lines += table(rows, ()) if rows else ["  nothing that exists"]
    if rights.may_grant:
        lines += prose(f"  {_GRANTS}", hang=4)
    for pattern in rights.patterns:
        lines += prose(f"  names to come: {pattern}", hang=4)
    for why in rights.unknown:
        lines += prose(f"  unknown: {why}", hang=4)
    for acl in rights.evidence:
        lines += prose(f"  by {acl}", hang=4)
    return lines


def allowed(rights: Rights) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the kinds of names on which the same operations are allowed, the operations, and the names."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for kind, some in (
        ("topic", rights.topics),
        ("group", rights.groups),
        ("transactional id", rights.transactional_ids),
        ("user", rights.users),
        ("cluster", {"cluster": rights.cluster} if rights.cluster else {}),
    ):
        for name, operations in some.items():
            grouped.setdefault((kind, ", ".join(operations)), []).append(name)
    return [(kind, operations, tuple(names)) for (kind, operations), names in grouped.items()]


def overview(credentials: Sequence[Reached]) -> list[str]:
    """Return a line for each credential, what reaches furthest first, and the change that shrinks it most."""
    rows, below = [], []
    for one in credentials:
        reach, change = one.reach, one.advice
        least = "" if reach.certain else "≥ "
        by_workers = "" if reach.workers_certain else "≥ "
        rows.append(
            (
                one.credential.name,
                one.credential.workloads,
                f"{least}{reach.writes:,}",
                f"{least}{reach.reads:,}",
                systems(one.credential, reach),
                f"{by_workers}{reach.through_worker:,}",
                reach.beyond or "–",
            )
        )
        below.append(f"{change.change} (−{change.less:,}): {change.how}" if change else "")
    heads = ("credential", "workload", "writes", "reads", "systems", "by its workers", "beyond")
    return [*table(rows, heads, below), *prose(count(len(rows), "credential"))]


def systems(credential: Credential, reach: Reach) -> str:
    """Return how many systems a credential opens; one outside Kafka opens some, though nothing may name it."""
    if credential.kind == "kafka":
        return f"{reach.systems:,}" if reach.certain else f"≥ {reach.systems:,}"
    return f"{reach.systems:,}" if reach.systems else "unknown"


Shared = tuple[Runtime, tuple[str, ...]]
"""A runtime, and the sentences that say who shares it and what to do; none where all are of one class and zone."""


def runtimes(found: Sequence[Shared]) -> list[str]:
    """Return the Connect clusters, and the hosts that are shared: what each can resolve, and what it reaches."""
    shown = [one for one in found if one[0].kind == "connect" or one[1]]
    if not shown:
        return []
    rows, below = [], []
    for runtime, shares in shown:
        least = "≥ " if runtime.unknown else ""
        rows.append(
            (
                f"{'Connect' if runtime.kind == 'connect' else 'host'} {runtime.name}",
                runtime.workers,
                f"{least}{len(runtime.credentials):,}",
                " … ".join(dict.fromkeys(filter(None, (runtime.lowest, runtime.highest)))) or "–",
                runtime.zones,
                runtime.systems,
            )
        )
        below.append("; ".join([*shares, *(f"unknown: {why}" for why in runtime.unknown[:2])]))
    heads = ("runtime", "workers", "credentials", "sensitivity", "zones", "systems")
    hosts = sum(one.kind == "host" for one, _ in found)
    alone = hosts - sum(one.kind == "host" for one, _ in shown)
    rest = [f"{count(alone, 'more host')}, each of one sensitivity and zone"] if alone else []
    return ["", *table(rows, heads, below), *rest]


def chosen(found: Sequence[BoundaryChoice]) -> list[str]:
    """Return which boundaries hold for a workload."""
    rows = [(one.choice, one.holds, one.because) for one in found]
    return (
        ["", *prose(f"boundaries of workload {found[0].workload}"), *table(rows, ())]
        if rows
        else []
    )
