"""What was executed stays: a new plan keeps the waves that were cut over, and every step that was carried out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from migrate.documents.plan import Plan, Wave
from migrate.estate import Estate
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal, before_cutover, undoable
from migrate.plan import rule
from migrate.plan.blocked import Blocker
from migrate.plan.coupling import Coupling
from migrate.steps import AdoptCopy, CreateAcls, Gate, StartCopy, Step


def moved(journal: Journal, old: Plan | None) -> tuple[Wave, ...]:
    """Return the waves whose cutover was started and not rolled back, and all waves before them.

    One that failed at its first gates has changed nothing: its wave may still be planned otherwise.
    """
    if old is None:
        return ()
    started = [
        w.number
        for w in old.waves
        if undoable(journal, w.number, "cutover") or status_of(journal, w, "cutover") is Status.DONE
    ]
    return tuple(w for w in old.waves if w.number <= max(started, default=0))


def without_wave(left: Iterable[str]) -> Iterator[Blocker]:
    """Yield what was created on the source after all waves were cut over: nothing would carry it over."""
    for thing in left:
        yield _blocker(
            f"all waves are already cut over, so no wave is left for {thing}",
            "create it on the target by hand, and leave it behind with that reason",
        )


def contradictions(estate: Estate, coupling: Coupling, kept: tuple[Wave, ...]) -> Iterator[Blocker]:
    """Yield what today's files require of waves that were executed already."""
    wave_of = {p.workload: wave.number for wave in kept for p in wave.workloads}
    for name, number in wave_of.items():
        if name not in estate.workloads:
            yield _blocker(
                f"workload {name} moved in wave {number}, but workloads.yaml no longer has it",
                "add it to workloads.yaml again",
            )
        elif not estate.workloads[name].rotation and name in _to_rotate(kept):
            yield _blocker(
                f"wave {number} must still rotate workload {name}, but its `rotation` was removed",
                f"restore it until kmig rotate {number} has run",
            )
    for edge in coupling.edges:
        late = edge.after in wave_of and edge.before not in wave_of
        if late:
            yield _blocker(
                f"{edge.fact}, but {edge.after} already moved in wave {wave_of[edge.after]}",
                f"remove from workloads.yaml what couples {edge.before} to it, or leave the topic behind",
            )


def _to_rotate(kept: tuple[Wave, ...]) -> set[str]:
    return {name for wave in kept for name in wave.rotates}


def unplaced(
    kept: tuple[Wave, ...], owned: Mapping[str, int], groups: Mapping[str, int]
) -> Iterator[Blocker]:
    """Yield topics and groups that would join or leave a wave that has already moved."""
    for wave in kept:
        for name in wave.owns_topics:
            if owned.get(name, wave.number) != wave.number:
                yield _blocker(
                    f"topic {name} moved in wave {wave.number}, but would now belong to wave {owned[name]}",
                    "remove its new reader from workloads.yaml: it reads on the target already",
                )
        for name in sorted(_of(owned, wave) - set(wave.owns_topics)):
            yield _blocker(
                f"topic {name} belongs to wave {wave.number}, but was created after that wave moved",
                "leave it behind with a reason: its workload uses the target already",
            )
        for name in sorted(_of(groups, wave) - set(wave.groups)):
            yield _blocker(
                f"group {name} belongs to wave {wave.number}, but that wave moved without it",
                "its workload uses the target already: take the group off it, delete the group on the source, then "
                "run `kmig inventory`",
            )


def _of(numbers: Mapping[str, int], wave: Wave) -> set[str]:
    return {name for name, number in numbers.items() if number == wave.number}


def undone(journal: Journal, plan: Plan) -> Iterator[Blocker]:
    """Yield what was applied and is missing from the plan: no wave would own it."""
    for number, things in sorted(_applied(journal).items()):
        wave = plan.wave(number)
        planned = {thing for step in wave.prepare for thing in _things(step)} if wave else set()
        planned |= {f"the copy of topic {name}" for name in wave.copies} if wave else set()
        for thing in sorted(things - planned):
            yield _blocker(
                f"wave {number} already applied {thing}, but the new plan does not contain it",
                f"run kmig rollback {number} first, once for each of its stages, or undo the change in your files",
            )


def _applied(journal: Journal) -> dict[int, set[str]]:
    """Return what the stages before the cutover applied and nothing rolled back, by wave."""
    applied: dict[int, set[str]] = defaultdict(set)
    for wave, step in before_cutover(journal):
        applied[wave] |= _things(step)
    return applied


def _things(step: Step) -> set[str]:
    if isinstance(step, StartCopy | AdoptCopy):
        return {f"the copy of topic {name}" for name in step.topics}
    if isinstance(step, CreateAcls):
        # the copier's grants come and go with the copies
        return {str(acl) for acl in step.acls} if step.part != "copier" else set()
    if isinstance(step, Gate):
        return set()
    return {step.key}


def _blocker(subject: str, remedy: str) -> Blocker:
    return rule.CONTRADICTS_JOURNAL.blocker(subject, remedy)
