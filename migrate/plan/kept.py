"""What was executed stays: a new plan keeps waves that were cut over, and contradicts no step that was made."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from migrate.documents.plan import Plan, Wave
from migrate.estate import Estate
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal, before_cutover
from migrate.plan import rule
from migrate.plan.blocked import Blocker
from migrate.plan.coupling import Coupling
from migrate.steps import CreateAcls, Gate, StartCopy, Step

_NOT_BEGUN = (Status.NOTHING, Status.UNDONE)


def moved(journal: Journal, old: Plan | None) -> tuple[Wave, ...]:
    """Waves whose cutover was begun and not taken back, and all before them."""
    if old is None:
        return ()
    begun = [w.number for w in old.waves if status_of(journal, w, "cutover") not in _NOT_BEGUN]
    return tuple(w for w in old.waves if w.number <= max(begun, default=0))


def homeless(left: Iterable[str]) -> Iterator[Blocker]:
    """What came to source after every wave had moved: nothing would carry it over."""
    for one in left:
        yield _blocker(
            f"every wave has moved, and {one} would go with none",
            "make it on target by hand, and leave it behind here with that reason",
        )


def contradictions(estate: Estate, bound: Coupling, kept: tuple[Wave, ...]) -> Iterator[Blocker]:
    """What an estate of today asks of waves that were executed."""
    wave_of = {p.workload: wave.number for wave in kept for p in wave.workloads}
    for name, number in wave_of.items():
        if name not in estate.workloads:
            yield _blocker(f"workload {name} moved in wave {number}, and is gone", "name it again")
        elif not estate.workloads[name].rotation and name in _to_rotate(kept):
            yield _blocker(
                f"workload {name} is to be rotated by wave {number}, and has no `rotation` any more",
                "keep it until kmig rotate has run",
            )
    for edge in bound.edges:
        late = edge.after in wave_of and edge.before not in wave_of
        if late:
            yield _blocker(
                f"{edge.fact}, but {edge.after} moved in wave {wave_of[edge.after]}",
                f"take from workloads.yaml what binds {edge.before} to it, or leave the topic behind",
            )


def _to_rotate(kept: tuple[Wave, ...]) -> set[str]:
    return {name for wave in kept for name in wave.rotates}


def unplaced(
    kept: tuple[Wave, ...], owned: Mapping[str, int], groups: Mapping[str, int]
) -> Iterator[Blocker]:
    """Topics and groups that waves which moved would have to take in, or to give away."""
    for wave in kept:
        for name in wave.owns_topics:
            if owned.get(name, wave.number) != wave.number:
                yield _blocker(
                    f"topic {name} moved with wave {wave.number}, and would belong to wave {owned[name]} now",
                    "a new reader of it reads on target: take it out of workloads.yaml",
                )
        late = [("topic", t) for t in sorted(_of(owned, wave) - set(wave.owns_topics))]
        late += [("group", g) for g in sorted(_of(groups, wave) - set(wave.groups))]
        for kind, name in late:
            yield _blocker(
                f"{kind} {name} came to source after wave {wave.number}, which it belongs to, had moved",
                "leave it behind with a reason; it is used on target",
            )


def _of(numbers: Mapping[str, int], wave: Wave) -> set[str]:
    return {name for name, number in numbers.items() if number == wave.number}


def unmade(journal: Journal, plan: Plan) -> Iterator[Blocker]:
    """What was made, and the plan would no longer make: it would belong to nobody."""
    for number, things in sorted(_made(journal).items()):
        wave = plan.wave(number)
        planned = {one for step in wave.prepare for one in _things(step)} if wave else set()
        planned |= {f"the copy of topic {name}" for name in wave.copies} if wave else set()
        for thing in sorted(things - planned):
            yield _blocker(
                f"wave {number} made {thing} already, and would not any more",
                f"kmig rollback {number} first, or put back what was changed",
            )


def _made(journal: Journal) -> dict[int, set[str]]:
    """What stands of the stages before the cutover, by wave."""
    found: dict[int, set[str]] = defaultdict(set)
    for wave, step in before_cutover(journal):
        found[wave] |= _things(step)
    return found


def _things(step: Step) -> set[str]:
    if isinstance(step, StartCopy):
        return {f"the copy of topic {name}" for name in step.topics}
    if isinstance(step, CreateAcls):
        # the copier's grants come and go with the copies
        return {str(acl) for acl in step.acls} if step.part != "copier" else set()
    if isinstance(step, Gate):
        return set()
    return {step.key}


def _blocker(subject: str, remedy: str) -> Blocker:
    return rule.CONTRADICTS_JOURNAL.found(subject, remedy)
