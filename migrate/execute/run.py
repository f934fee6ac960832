"""The one executor: steps in order, each announced before it is made, stopped at the first that fails.

`run` and `undo` are generators. They sleep at `yield started` while the caller makes that line durable, and act only
when asked to go on. Somebody who exhausts them with `list()` throws that guarantee away; only `execute.journalled`
drives them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.errors import Indeterminate, KmigError, Refused
from migrate.ports import Sites
from migrate.steps import Step


@dataclass(frozen=True)
class Progress:
    """What happened to a step. `kept` is not journalled: it was there and nothing was done."""

    event: Literal["started", "done", "failed", "kept", "undoing", "undone"]
    step: Step
    detail: str = ""
    error: KmigError | None = None


@dataclass(frozen=True)
class Begun:
    """A step that was started earlier and not undone, as it was aimed then."""

    step: Step
    finished: bool


def run(steps: Iterable[Step], sites: Sites, begun: Mapping[str, Begun]) -> Iterator[Progress]:
    """Make each step that is not there yet.

    `begun` is by key. What a begun step was to replace was noted when it was started, and must not be looked at
    again: by now the target may show the step's own doing.
    """
    for step in steps:
        earlier = begun.get(step.key)
        try:
            concrete = _same(step, earlier.step) if earlier else step.aim(sites)
            if concrete.present(sites):
                unsaid = earlier is not None and not earlier.finished
                yield Progress("done" if unsaid else "kept", concrete, "found in place")
                continue
        except KmigError as error:
            yield Progress("failed", step, error.message, error)
            return
        yield Progress("started", concrete)
        failure = _attempt(concrete, sites)
        if failure is not None:
            yield failure
            return
        yield Progress("done", concrete)


def undo(steps: Iterable[Step], sites: Sites) -> Iterator[Progress]:
    """Undo concrete steps, the last first; stop at the first that cannot be undone."""
    for step in reversed(tuple(steps)):
        yield Progress("undoing", step)
        try:
            step.undo(sites)
        except KmigError as error:
            yield Progress("failed", step, error.message, error)
            return
        yield Progress("undone", step)


def _same(planned: Step, begun: Step) -> Step:
    """The begun step, if the plan still says the same; a plan that contradicts the journal is refused."""
    noted = {"before", "existed"}
    if planned.model_dump(exclude=noted) != begun.model_dump(exclude=noted):
        raise Refused(
            f"the plan changed after `{begun.describe()}` was started",
            "undo the wave first (kmig rollback), or plan as before",
        )
    return begun


def _attempt(step: Step, sites: Sites) -> Progress | None:
    try:
        step.apply(sites)
    except Indeterminate as error:
        # neither done nor failed: the journal keeps `started`, and the next run looks
        raise error
    except KmigError as error:
        return Progress("failed", step, error.message, error)
    return None
