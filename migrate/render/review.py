"""A review on a terminal: what was looked at and why, the four lines of each credential, then every difference."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, repeat

from migrate.documents.boundary import Change, Review, Reviewed
from migrate.model.words import count, first_of
from migrate.render import boundary
from migrate.render.columns import prose, table

_RIGHT = re.compile(
    r"([A-Z_]+(?: from [^ ]+(?:, [^ ]+)*)?) on (topic|group|transactional id|user) (.*)", re.DOTALL
)
"""An operation on a resource, as `Change` has it."""

_FEW = 8
"""So many names in a line of rights that came or went together."""


def text(review: Review) -> list[str]:
    """Return the whole review; the differences stand last, where a terminal ends."""
    return [
        *_head(review),
        "",
        *table([(one.role, one.workload or "–", one.because) for one in review.reviewed], ()),
        *_boundaries(review.reviewed),
        "",
        *_changes(review),
    ]


def _head(review: Review) -> list[str]:
    since = f"since the review of {review.since}" if review.since else "the first review"
    return prose(
        f"review of {review.taken_at:%Y-%m-%d}, as of the inventory of {review.as_of:%Y-%m-%d %H:%M} UTC; {since}"
    )


def _boundaries(reviewed: Sequence[Reviewed]) -> list[str]:
    """Return the four lines of each credential, once for a workload that stands for two roles."""
    workloads = {one.workload: one.boundaries for one in reviewed if one.workload}
    lines: list[str] = []
    for boundaries in workloads.values():
        lines += ["", *boundary.text(boundaries, leaked=True)] if boundaries else []
    return lines


def _changes(review: Review) -> list[str]:
    if review.since is None:
        return prose("nothing to compare with yet: the next review names what changed")
    again = "no cluster was looked at again: run `kmig inventory`"
    same = review.as_of == review.since_as_of
    if not review.changes:
        found = f"nothing changed in the files since {review.since}; {again}"
        return prose(found if same else f"nothing changed since {review.since}")
    lines = prose(f"changed since {review.since}: {len(review.changes):,}")
    lines += prose(again) if same else []
    for title, some in _together(review).items():
        lines += ["", *prose(title), *table(list(_rows(some)), ())]
    return lines


def _together(review: Review) -> dict[str, list[Change]]:
    """Return the differences under their credential; what is the same for several stands once, under all of them."""
    workloads = {one.role: one.workload for one in review.reviewed}
    alike: dict[tuple[str, str, str], dict[str, Change]] = {}
    for change in review.changes:
        head = f"{change.role} {workloads[change.role]}  {change.credential}".rstrip()
        alike.setdefault((change.section, change.before, change.after), {})[head] = change
    found: dict[str, list[Change]] = {}
    for heads in alike.values():
        names = tuple(dict.fromkeys(one.credential for one in heads.values()))
        head, change = next(iter(heads.items()))
        title = f"{len(names)} credentials: {', '.join(names)}" if len(names) > 1 else head
        found.setdefault(title, []).append(change)
    return found


def _rows(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Yield section and text of each line; a section's title stands once."""
    for section, some in groupby(changes, key=lambda change: change.section):
        titles = chain([boundary.TITLES.get(section, section)], repeat(""))
        yield from zip(titles, _lines(list(some)), strict=False)


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    """Yield what went and what came: what became another line together, else all that went before all that came."""
    groups: dict[object, list[Change]] = {}
    for number, change in enumerate(changes):
        pair = change.before and change.after and not change.after.startswith("unknown: ")
        groups.setdefault(
            number if pair else (bool(change.before), change.after * bool(change.before)), []
        ).append(change)
    for group in groups.values():
        yield from (f"− {one}" for one in _merged(change.before for change in group))
        yield from (f"+ {one}" for one in _merged(change.after for change in group))


def _merged(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text once; those of one operation on resources of one kind as one."""
    names: dict[tuple[str, str], list[str]] = {}
    for text in dict.fromkeys(filter(None, texts)):
        found = _RIGHT.fullmatch(text)
        key = (found[1], found[2]) if found else (text, "")
        names.setdefault(key, []).append(found[3] if found else "")
    for (what, kind), some in names.items():
        if not kind:
            yield what
        elif len(some) == 1:
            yield f"{what} on {kind} {some[0]}"
        else:
            yield f"{what} on {count(len(some), kind)}: {first_of(some, _FEW)}"
