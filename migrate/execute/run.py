"""The one executor: steps in order, each announced before it is made, stopped at the first that fails.

`run` looks at all steps before the first; `walk` follows a stage whose steps depend on how earlier ones turned out.
All three are generators. They sleep at `yield started` while the caller makes that line durable, and act only when
asked to go on. Somebody who exhausts them with `list()` throws that guarantee away; only `execute.journalled`
drives them.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Literal

from migrate.errors import Indeterminate, KmigError, Refused, Rejected
from migrate.execute.remembered import remembering
from migrate.journal.standing import Life
from migrate.ports import Sites
from migrate.stages.stage import Stage
from migrate.steps import Gate, Step


@dataclass(frozen=True)
class Progress:
    """What happened to a step. `kept` is not journalled: it was there and nothing was done."""

    event: Literal["started", "done", "failed", "rejected", "kept", "undoing", "undone"]
    step: Step
    detail: str = ""
    error: KmigError | None = None


def run(steps: Iterable[Step], sites: Sites, begun: Mapping[str, Life]) -> Iterator[Progress]:
    """Make each step that is not there yet.

    All steps are looked at first: a refusal is raised before anything is changed. `begun` is by key. What a begun
    step was to replace was noted when it was started and is not looked at again: by now the target may show the
    step's own doing. Whether it may still be made is asked again.
    """
    looking = remembering(sites)
    looked = [_look(step, looking, begun.get(step.key)) for step in steps]
    for step, finished, present in looked:
        if present and finished:
            yield Progress("kept", step, "found in place")
        else:
            ended = yield from _make(step, sites, present=present)
            if ended.error is not None:
                return


def walk(stage: Stage, sites: Sites, begun: Mapping[str, Life]) -> Iterator[Progress]:
    """Make a stage's steps, each looked at when its turn has come.

    One that was finished is kept: a later step may have superseded what it made. Gates are asked again until the
    step that makes their answer moot was started, and whenever they were asked and did not answer yes; other steps
    are looked at anew only when they were not finished.
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
    step: Step, begun: Mapping[str, Life], finished: Mapping[str, Step], sites: Sites
) -> Step | None:
    """The step that an earlier run finished, and that needs no second look; another plan of it is refused."""
    done = finished.get(step.key)
    if not isinstance(step, Gate):
        if done is not None and _same(step, done, sites) is not done:
            raise _changed(done)
        return done
    if step.until not in begun or (step.key in begun and done is None):
        return None
    # a rollback that ended half-way forgets answers; what made them moot stands, so they need not be given again
    return step if done is None and not step.NOTED else done


def preview(stage: Stage) -> tuple[Step, ...]:
    """The steps of a stage as far as they can be told beforehand: what they turn out to be is not known yet."""
    steps = []
    with closing(stage), suppress(StopIteration):
        step = next(stage)
        while True:
            steps.append(step)
            step = stage.send(step)
    return tuple(steps)


def _make(step: Step, sites: Sites, *, present: bool) -> Generator[Progress, None, Progress]:
    """Announce and make one step; returns how it ended."""
    if present:
        made = step.apply(sites)
        ended = Progress("done", made, "found in place")
    else:
        yield Progress("started", step)
        ended = _attempt(step, sites)
    yield ended
    return ended


def undo(steps: Iterable[Step], sites: Sites) -> Iterator[Progress]:
    """Undo concrete steps, the last first; what cannot be undone is refused before anything is changed."""
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


def _look(step: Step, sites: Sites, earlier: Life | None) -> tuple[Step, bool, bool]:
    """The concrete step, whether its being there needs no word in the journal, and whether it is there."""
    concrete = _same(step, earlier.step, sites) if earlier else step.aim(sites)
    present = concrete.present(sites)
    if earlier and not present:
        concrete.guard(sites)
        if not earlier.finished:
            concrete = concrete.again(sites)
    return concrete, earlier is None or earlier.finished, present


def _same(planned: Step, begun: Step, sites: Sites) -> Step:
    """The begun step, if the plan still says the same or only adds to it; another plan is refused.

    A gate is asked as it is planned now, but for what it noted.
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
        f"the plan changed after `{begun.describe()}` was started",
        "undo the wave first (kmig rollback), or plan as before",
    )


def _attempt(step: Step, sites: Sites) -> Progress:
    try:
        made = step.apply(sites)
        return Progress("done", made, made.outcome())
    except Indeterminate:
        # neither done nor failed: the journal keeps `started`, and the next run looks
        raise
    except Rejected as error:
        return Progress("rejected", step, error.message, error)
    except KmigError as error:
        return Progress("failed", step, error.message, error)
