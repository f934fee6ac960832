"""The effective rights of each workload on both sides: asked with its own login, here or by an access script."""

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
class WorkloadAccess:
    """The rights of one workload on each side, or `why` they are unknown.

    `cut_over`: the source is fenced for it. `host` is where an access script (`kmig probe`) ran; empty if kmig asked.
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
        """Return the questions without an answer: they prove nothing."""
        for name, side in (("source", self.source), ("target", self.target)):
            if side is not None:
                missing = (
                    *(f"topic {t}" for t in self.asked.topics if t not in side.topics),
                    *(f"group {g}" for g in self.asked.groups if g not in side.groups),
                    *(
                        f"transactional id {i}"
                        for i in self.asked.transactional_ids
                        if i not in side.describes
                    ),
                )
                yield from (f"the {name} gave no answer about {item}" for item in missing)


@dataclass(frozen=True)
class ScriptResults:
    """Results of access scripts by workload; they count for these clusters, if later than the last change there."""

    results: Mapping[str, Probed]
    source_id: str
    target_id: str
    since: datetime | None = None

    def fill(self, access: WorkloadAccess) -> WorkloadAccess | None:
        """Return the rights that the workload's access script has found, or None if there is no result."""
        result = self.results.get(access.workload.name)
        if result is None:
            return None
        target, source = result.sides.get("target"), result.sides.get("source")
        if target is None or target.cluster_id != self.target_id:
            return replace(access, why="the access script's result is about another target")
        if source is not None and source.cluster_id != self.source_id:
            return replace(access, why="the access script's result is about another source")
        if self.since is not None and result.asked_at < self.since:
            when = f"{result.asked_at:%Y-%m-%d %H:%M:%S}"
            why = f"the access script ran at {when}, before the last change on the target"
            return replace(access, why=why)
        on_source = source.effective if source and not access.cut_over else None
        return replace(access, source=on_source, target=target.effective, host=target.from_host)


def gather(
    plan: Plan,
    waves: Iterable[Wave],
    people: Workloads,
    cut_over: frozenset[int],
    sides: tuple[Access, Access],
    results: ScriptResults | None = None,
) -> Iterator[WorkloadAccess]:
    """Yield the access of every workload of these waves: from its script's result, or asked here with its login."""
    declared = {w.name: w for w in people.workloads}
    waves = tuple(waves)
    for wave in waves:
        for placed in wave.workloads:
            if workload := declared.get(placed.workload):
                name = plan.principals.get(workload.principal, workload.principal)
                asked = about(plan, waves, workload)
                access = WorkloadAccess(workload, name, wave.number in cut_over, asked=asked)
                scripted = results.fill(access) if results else None
                yield scripted or _asked_here(access, asked, sides)


def about(plan: Plan, waves: Iterable[Wave], workload: Workload) -> AccessQuestion:
    """Return what a workload is asked about: all topics and groups of these waves, and its own transactional ids."""
    waves = tuple(waves)
    topics = tuple(sorted({t for wave in waves for t in wave.copies}))
    groups = tuple(sorted({g for wave in waves for g in wave.groups}))
    # an undeclared transactional id belongs to the workload whose ACL covers it
    owned = {
        a.item for a in plan.accounts if (a.kind, a.owner) == ("transactional_id", workload.name)
    }
    return AccessQuestion(topics, groups, tuple(sorted({*workload.transactional_ids, *owned})))


def mechanism_place(workload: Workload) -> Reference | None:
    """Return where a rotation writes the mechanism beside the secret."""
    if workload.rotation is None:
        return None
    deliver = workload.rotation.deliver
    return parse(f"${{file:{deliver.file}:{deliver.mechanism_key}}}")


def _asked_here(
    access: WorkloadAccess, asked: AccessQuestion, sides: tuple[Access, Access]
) -> WorkloadAccess:
    workload = access.workload
    secret = parse(workload.credential.secret) if workload.credential else None
    if workload.credential is None or secret is None:
        return replace(access, why="it has no SCRAM credential to log in with")
    mechanism: str = workload.credential.mechanism
    place = mechanism_place(workload)
    on_target = sides[1].mechanism(place, mechanism) if place else mechanism
    try:
        target = sides[1].of(access.target_name.partition(":")[2], on_target, secret, asked)
        source = None
        if not access.cut_over and not workload.credential.issue:
            source = sides[0].of(workload.principal.partition(":")[2], mechanism, secret, asked)
    except KmigError as error:
        return replace(access, why=error.message)
    return replace(access, source=source, target=target)
