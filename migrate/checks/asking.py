"""Asking as each workload: what it is asked about, on which side, and what was told by whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from migrate.documents.plan import Plan, Wave
from migrate.documents.probed import Probed
from migrate.documents.workloads import Workload, Workloads
from migrate.errors import KmigError
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.reference import Reference, parse
from migrate.ports import Access

_NOTHING = AccessQuestion((), ())


@dataclass(frozen=True)
class Told:
    """What one workload was told on each side, or why it was not; `cut_over` says that source is fenced for it.

    `host` is where it was asked from, where that is known: not from here, but by `kmig probe`.
    """

    workload: Workload
    target_name: str
    cut_over: bool
    source: EffectiveAccess | None = None
    target: EffectiveAccess | None = None
    why: str = ""
    host: str = ""
    asked: AccessQuestion = _NOTHING

    @property
    def unanswered(self) -> Iterator[str]:
        """What was to be asked, and has no answer: it is proof of nothing."""
        for name, side in (("source", self.source), ("target", self.target)):
            if side is not None:
                about = (
                    *(f"topic {t}" for t in self.asked.topics if t not in side.topics),
                    *(f"group {g}" for g in self.asked.groups if g not in side.groups),
                    *(
                        f"transactional id {i}"
                        for i in self.asked.transactional_ids
                        if i not in side.describes
                    ),
                )
                yield from (f"{one} was not answered by {name}" for one in about)


@dataclass(frozen=True)
class Elsewhere:
    """Results of `kmig probe` by workload; they hold of these clusters, and since the last change on target."""

    results: Mapping[str, Probed]
    source_id: str
    target_id: str
    since: datetime | None = None

    def told(self, told: Told) -> Told | None:
        """What the workload was told on its own host, or nothing where nobody asked there."""
        found = self.results.get(told.workload.name)
        if found is None:
            return None
        target, source = found.sides.get("target"), found.sides.get("source")
        if target is None or target.cluster_id != self.target_id:
            return replace(told, why="the result that was given is not about this target")
        if source is not None and source.cluster_id != self.source_id:
            return replace(told, why="the result that was given is not about this source")
        if self.since is not None and found.asked_at < self.since:
            when = f"{found.asked_at:%Y-%m-%d %H:%M:%S}"
            return replace(told, why=f"the result is of {when}, before the last change on target")
        was = source.effective if source and not told.cut_over else None
        return replace(told, source=was, target=target.effective, host=target.from_host)


def gather(
    plan: Plan,
    waves: Iterable[Wave],
    people: Workloads,
    cut_over: frozenset[int],
    sides: tuple[Access, Access],
    elsewhere: Elsewhere | None = None,
) -> Iterator[Told]:
    """Ask as every workload of these waves that logs in with SCRAM; some were asked elsewhere."""
    entries = {w.name: w for w in people.workloads}
    waves = tuple(waves)
    for wave in waves:
        for placed in wave.workloads:
            if one := entries.get(placed.workload):
                name = plan.principals.get(one.principal, one.principal)
                asked = about(plan, waves, one)
                told = Told(one, name, wave.number in cut_over, asked=asked)
                there = elsewhere.told(told) if elsewhere else None
                yield there or _asked(told, asked, sides)


def about(plan: Plan, waves: Iterable[Wave], one: Workload) -> AccessQuestion:
    """What a workload is asked about: everything of these waves, whoever it belongs to; its transactional ids."""
    waves = tuple(waves)
    topics = tuple(sorted({t for wave in waves for t in wave.copies}))
    groups = tuple(sorted({g for wave in waves for g in wave.groups}))
    # one that nobody declared belongs to whose ACL covers it
    owned = {a.item for a in plan.accounts if (a.kind, a.owner) == ("transactional_id", one.name)}
    return AccessQuestion(topics, groups, tuple(sorted({*one.transactional_ids, *owned})))


def mechanism_place(one: Workload) -> Reference | None:
    """Where a rotation writes the mechanism beside the secret."""
    if one.rotation is None:
        return None
    return parse(f"${{file:{one.rotation.deliver.file}:{one.rotation.deliver.mechanism_key}}}")


def _asked(told: Told, asked: AccessQuestion, sides: tuple[Access, Access]) -> Told:
    one = told.workload
    secret = parse(one.credential.secret) if one.credential else None
    if one.credential is None or secret is None:
        return replace(told, why="it has no SCRAM credential to log in with")
    mechanism: str = one.credential.mechanism
    place = mechanism_place(one)
    now = sides[1].mechanism(place, mechanism) if place else mechanism
    try:
        target = sides[1].of(told.target_name.partition(":")[2], now, secret, asked)
        source = None
        if not told.cut_over and not one.credential.issue:
            source = sides[0].of(one.principal.partition(":")[2], mechanism, secret, asked)
    except KmigError as error:
        return replace(told, why=error.message)
    return replace(told, source=source, target=target)
