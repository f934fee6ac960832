"""The only executor: steps in order, each announced before it is made; it stops at the first that fails.

`run` checks all steps before it makes the first; `walk` follows a stage whose steps depend on the results of earlier
ones; `undo` goes back. All three are generators: they pause at `yield started` until the caller has made that line
durable, and act only when resumed. `list()` of them would lose that guarantee, so only `execute.journalled` drives
them.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Literal

from migrate.errors import Indeterminate, KmigError, Refused, Rejected
from migrate.execute.caching_reader import caching
from migrate.journal.standing import StepState
from migrate.ports import Sites
from migrate.stages.stage import Stage
from migrate.steps import Gate, Step


@dataclass(frozen=True)
class Progress:
    """What happened to a step. `kept` is not journalled: the step was done before, and nothing was changed."""

    event: Literal["started", "done", "failed", "rejected", "kept", "undoing", "undone"]
    step: Step
    detail: str = ""
    error: KmigError | None = None


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


def walk(stage: Stage, sites: Sites, begun: Mapping[str, StepState]) -> Iterator[Progress]:
    """Make a stage's steps, each checked when its turn comes.

    A finished step is kept unread: a later step may have superseded its effect. A gate is asked again until the step
    that makes it moot was started, and whenever it did not pass; other steps are checked again if not finished.
    """
    finished = {key: one.step for key, one in begun.items() if one.finished}
    with closing(stage):
        step = next(stage, None)
        while step is not None:
            done = _kept(step, begun, finished, sites)
            if done is not None:
                yield Progress("kept", done, "done before")
            else:
                earlier = begun.get(step.key)
                concrete, _, present = _look(step, sites, earlier)
                ended = yield from _make(concrete, sites, present=present)
                if ended.error is not None:
                    return
                done = ended.step
            try:
                step = stage.send(done)
            except StopIteration:
                return


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
    return step if done is None and not step.NOTED else done


def preview(stage: Stage) -> tuple[Step, ...]:
    """Return the steps of a stage as they are planned; facts that are noted while they are made are missing."""
    steps = []
    with closing(stage), suppress(StopIteration):
        step = next(stage)
        while True:
            steps.append(step)
            step = stage.send(step)
    return tuple(steps)


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
    backwards = tuple(step for step in reversed(tuple(steps)) if not isinstance(step, Gate))
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

    A gate is asked as it is planned now: it changes nothing, so no earlier plan binds it.
    """
    noted = {*planned.NOTED, "because"}
    if planned.model_dump(exclude=noted) == begun.model_dump(exclude=noted):
        return begun
    if isinstance(planned, Gate):
        return planned
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
    except KmigError as error:
        return Progress("failed", step, error.message, error)
