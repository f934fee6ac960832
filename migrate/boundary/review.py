"""The quarterly look: a workload for each role, its credentials' boundaries, and what changed since the last one."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from migrate.boundary import changes as boundaries
from migrate.boundary.roles import chosen
from migrate.boundary.trace import trace
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Change, Review, Reviewed, Role
from migrate.documents.inventory import State


def review(view: View, names: Sequence[str], last: Review | None, now: datetime) -> Review:
    """Return the boundaries of the chosen workloads, and every difference from the last review."""
    traced: dict[str, tuple[Boundary, ...]] = {"": ()}
    looked = []
    for role, workload, because in chosen(view, names):
        if workload not in traced:
            credentials = view.credentials.by_workload.get(workload, ())
            traced[workload] = tuple(trace(view, credential) for credential in credentials)
        looked.append(
            Reviewed(role=role, workload=workload, because=because, boundaries=traced[workload])
        )
    inventory = view.estate.inventory
    return Review(
        taken_at=now,
        as_of=inventory.taken_at,
        inventory=inventory.steady_digest,
        reviewed=tuple(looked),
        since=last.taken_at.date() if last else None,
        since_as_of=last.as_of if last else None,
        changes=tuple(_changes(view, looked, last)) if last else (),
    )


def _changes(view: View, looked: Sequence[Reviewed], last: Review) -> Iterator[Change]:
    """Yield the other choices, and what changed about each workload that both looked at, once."""
    before = {one.role: one for one in last.reviewed}
    boundaries_of = {one.workload: one.boundaries for one in last.reviewed if one.workload}
    for one in looked:
        was = before.get(one.role)
        if was and was.workload != one.workload:
            yield _other_choice(view, was, one)
        if one.workload in boundaries_of:
            yield from _of_workload(view, one, boundaries_of.pop(one.workload))


def _other_choice(view: View, was: Reviewed, now: Reviewed) -> Change:
    gone = was.workload and was.workload not in view.estate.workloads
    after = f"; {was.workload} is gone from workloads.yaml" if gone else ""
    return Change(
        role=now.role,
        credential="",
        section="choice",
        what="chosen workload",
        before=_choice(was),
        after=f"{_choice(now)}{after}",
    )


def _choice(one: Reviewed) -> str:
    return f"{one.workload}: {one.because}" if one.workload else one.because


def _of_workload(view: View, one: Reviewed, before: Sequence[Boundary]) -> Iterator[Change]:
    """Yield the credentials that came and went, and what changed in each that stayed."""
    was = {boundary.credential.name: boundary for boundary in before}
    now = {boundary.credential.name: boundary for boundary in one.boundaries}
    used = f"used by workload {one.workload}"
    for name in dict.fromkeys((*now, *was)):
        if name not in now:
            yield _credential(one.role, name, used, (used, _unread(view, was[name])))
        elif name not in was:
            yield _credential(one.role, name, used, ("", used))
        else:
            yield from boundaries.changes(view, one.role, was[name], now[name])


def _credential(role: Role, name: str, what: str, pair: tuple[str, str]) -> Change:
    before, after = pair
    return Change(
        role=role, credential=name, section="credential", what=what, before=before, after=after
    )


def _unread(view: View, boundary: Boundary) -> str:
    """Return why it is unknown whether a credential is gone; empty where its connectors were all read."""
    connect = view.estate.inventory.connect
    if not boundary.credential.connectors or connect.standing is State.COMPLETE:
        return ""
    return f"unknown: section connect is {connect.standing.value}"
