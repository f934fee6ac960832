"""The only executor: steps in order, each announced before it is made; it stops at the first that fails.

`run` checks all steps before it makes the first; `walk` follows a stage whose steps depend on the results of earlier
ones; `undo` goes back. All three are generators: they pause at `yield started` until the caller has made that line
durable, and act only when resumed. `list()` of them would lose that guarantee, so only `execute.journalled` drives
them.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from migrate.errors import Indeterminate, KmigError, Refused, Rejected, StepFailed
from migrate.execute.caching_reader import caching
from migrate.journal.standing import StepState
from migrate.ports import Sites
from migrate.stages.stage import Stage, Together, planned
from migrate.steps import Gate, Step


@dataclass(frozen=True)
class Progress:
    """What happened to a step. `kept` is not journalled: the step was done before, and nothing was changed."""

    event: Literal["started", "done", "failed", "rejected", "kept", "undoing", "undone"]
    step: Step
    detail: str = ""
    error: KmigError | None = None


Moment = tuple[Progress, ...]
"""What happened at once, and becomes durable at once."""


def run(steps: Iterable[Step], sites: Sites, begun: Mapping[str, StepState]) -> Iterator[Progress]:
    """Make each step whose effect is not present yet.

    All steps are checked first: a refusal is raised before anything is changed. `begun` is by key. What a begun step
    noted before it was started is not read again, because the target may now show the step's own effect. Whether it
    may still be made is checked again.
    """
    unchanged = caching(sites)
    checked = [_look(step, unchanged, begun.get(step.key)) for step in steps]
    for step, finished, present in checked:
        if present and finished:
            yield Progress("kept", step, "found in place")
        else:
            ended = yield from _make(step, sites, present=present)
            if ended.error is not None:
                return


def walk(stage: Stage, sites: Sites, begun: Mapping[str, StepState]) -> Iterator[Moment]:
    """Make a stage's steps, each checked when its turn comes.

    A finished step is kept unread: a later step may have superseded its effect. A gate is asked again until the step
    that makes it moot was started, and whenever it did not pass; other steps are checked again if not finished.
    """
    finished = {key: one.step for key, one in begun.items() if one.finished}
    with closing(stage):
        wanted = next(stage, None)
        while wanted is not None:
            steps = wanted.steps if isinstance(wanted, Together) else (wanted,)
            done = yield from _at_once(steps, sites, begun, finished)
            if done is None:
                return
            try:
                wanted = stage.send(Together(done) if isinstance(wanted, Together) else done[0])
            except StopIteration:
                return


def _at_once(
    steps: tuple[Step, ...],
    sites: Sites,
    begun: Mapping[str, StepState],
    finished: Mapping[str, Step],
) -> Generator[Moment, None, tuple[Step, ...] | None]:
    """Make steps that do not depend on one another, and return them with their results; None if one failed."""
    made: dict[str, Step] = {}
    for step in steps:
        if (known := _kept(step, begun, finished, sites)) is not None:
            made[step.key] = known
            yield (Progress("kept", known, "done before"),)
    due = [step for step in steps if step.key not in made]
    if len(due) == 1:
        concrete, _, present = _look(due[0], sites, begun.get(due[0].key))
        making = _make(concrete, sites, present=present)
        ended = yield from _moments(making)
        made[due[0].key] = ended.step
        failed = ended.error is not None
    elif due:
        looked = _look_all(due, sites, begun)
        if announced := tuple(Progress("started", step) for step, present in looked if not present):
            yield announced
        failed = False
        for results in _attempt_all(looked, sites):
            yield results
            made |= {one.step.key: one.step for one in results}
            failed |= any(one.error is not None for one in results)
    else:
        failed = False
    return None if failed else tuple(made[step.key] for step in steps)


def _moments(
    making: Generator[Progress, None, Progress],
) -> Generator[Moment, None, Progress]:
    """Yield what happens to one step, each by itself, and return how it ended."""
    while True:
        try:
            event = next(making)
        except StopIteration as over:
            ended: Progress = over.value
            return ended
        yield (event,)


def _look_all(
    due: Sequence[Step], sites: Sites, begun: Mapping[str, StepState]
) -> list[tuple[Step, bool]]:
    """Return each step as it is to be made, and whether it is in place."""
    fresh = [step for step in due if step.key not in begun]
    found: dict[str, tuple[Step, bool]] = {}
    if fresh:
        kind: type[Any] = type(fresh[0])
        found |= {step.key: (step, there) for step, there in kind.look_all(fresh, sites)}
    for step in due:
        if step.key in begun:
            concrete, _, present = _look(step, sites, begun[step.key])
            found[step.key] = concrete, present
    return [found[step.key] for step in due]


def _attempt_all(looked: Sequence[tuple[Step, bool]], sites: Sites) -> Iterator[Moment]:
    """Make all of them, and yield how each ended; what is raised is about all that were announced."""
    steps = [step for step, _ in looked]
    kind: type[Any] = type(steps[0])
    try:
        for results in kind.apply_each(steps, sites):
            yield tuple(_over(looked[number], result) for number, result in results)
    except Indeterminate:
        raise
    except KmigError as error:
        yield (_over(looked[0], error),)


def _over(looked: tuple[Step, bool], result: Step | KmigError) -> Progress:
    step, present = looked
    if isinstance(result, KmigError):
        event: Literal["rejected", "failed"] = (
            "rejected" if isinstance(result, Rejected) else "failed"
        )
        return Progress(event, step, result.message, result)
    return Progress("done", result, "found in place" if present else result.outcome())


def _kept(
    step: Step, begun: Mapping[str, StepState], finished: Mapping[str, Step], sites: Sites
) -> Step | None:
    """Return the step as an earlier run finished it, if it needs no second check; refuse if its plan has changed."""
    done = finished.get(step.key)
    if not isinstance(step, Gate):
        if done is not None and _same(step, done, sites) is not done:
            raise _changed(done)
        return done
    if step.until not in begun or (step.key in begun and done is None):
        return None
    # a rollback that stopped half-way ends the answers of gates; the step that makes them moot still stands
    return step if done is None and (step.LOSABLE or not step.NOTED) else done


def preview(stage: Stage) -> tuple[Step, ...]:
    """Return the steps of a stage as they are planned; facts that are noted while they are made are missing."""
    return tuple(step for group in planned(stage) for step in group)


def _make(step: Step, sites: Sites, *, present: bool) -> Generator[Progress, None, Progress]:
    """Announce and make one step, and return how it ended."""
    if present:
        ended = Progress("done", step.apply(sites), "found in place")
    else:
        yield Progress("started", step)
        ended = _attempt(step, sites)
    yield ended
    return ended


def undo(steps: Iterable[Step], sites: Sites) -> Iterator[Progress]:
    """Undo concrete steps, the last first; refuse before anything is changed if one cannot be undone."""
    backwards = tuple(
        step for step in reversed(tuple(steps)) if not isinstance(step, Gate) or step.returns
    )
    for step in backwards:
        step.guard_undo(sites)
    for step in backwards:
        yield Progress("undoing", step)
        try:
            step.undo(sites)
        except Indeterminate:
            raise
        except KmigError as error:
            yield Progress("failed", step, error.message, error)
            return
        yield Progress("undone", step)


def _look(step: Step, sites: Sites, earlier: StepState | None) -> tuple[Step, bool, bool]:
    """Return the concrete step, whether a step found in place needs no journal entry, and whether it is in place."""
    concrete = _same(step, earlier.step, sites) if earlier else step.aim(sites)
    present = concrete.present(sites)
    if earlier and not present:
        concrete.guard(sites)
        if not earlier.finished:
            concrete = concrete.again(sites)
    return concrete, earlier is None or earlier.finished, present


def _same(planned: Step, begun: Step, sites: Sites) -> Step:
    """Return the begun step if the plan still says the same or only adds to it; refuse a changed plan.

    A gate is asked as it is planned now: it changes nothing, so no earlier plan binds it. What the same gate noted,
    such as ends that must not move, it keeps.
    """
    noted = {*planned.NOTED, "because"}
    alike = planned.model_dump(exclude=noted) == begun.model_dump(exclude=noted)
    if isinstance(planned, Gate):
        kept = {name: getattr(begun, name) for name in planned.NOTED} if alike else {}
        return planned.model_copy(update=kept)
    if alike:
        return begun
    if type(planned) is type(begun):
        extended: Step | None = planned.extending(begun, sites)  # type: ignore[arg-type]
        if extended is not None:
            return extended
    raise _changed(begun)


def _changed(begun: Step) -> Refused:
    return Refused(
        f"the plan changed after this step was started: {begun.describe()}",
        "undo the wave with `kmig rollback`, or restore the earlier input and run `kmig plan`",
    )


def _attempt(step: Step, sites: Sites) -> Progress:
    try:
        made = step.apply(sites)
        return Progress("done", made, made.outcome())
    except Indeterminate:
        # neither done nor failed: the journal keeps `started`, and a rerun checks what happened
        raise
    except Rejected as error:
        return Progress("rejected", step, error.message, error)
    except StepFailed as error:
        noted = error.noted if isinstance(error.noted, type(step)) else step
        return Progress("failed", noted, error.message, error)
    except KmigError as error:
        return Progress("failed", step, error.message, error)
