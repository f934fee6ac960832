"""A stage as a pure coroutine: it yields a step, and receives the step with its results once it was carried out."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TypeVar

from migrate.steps import Step


@dataclass(frozen=True)
class Together:
    """Steps of one kind that do not depend on one another: they are looked at, made and proven at once."""

    steps: tuple[Step, ...]


Stage = Generator[Step | Together, Step | Together, None]
"""Steps one after the other, each made from the results of those before it."""

_Step = TypeVar("_Step")


def together(steps: Iterable[Step]) -> Stage:
    """Yield steps of one kind that do not depend on one another."""
    every = tuple(steps)
    if len(every) == 1:
        yield every[0]
    elif every:
        yield Together(every)


def planned(stage: Stage) -> Iterator[tuple[Step, ...]]:
    """Yield the steps as they are planned, those that are made at once together; what is noted by them is missing."""
    with closing(stage), suppress(StopIteration):
        wanted = next(stage)
        while True:
            yield wanted.steps if isinstance(wanted, Together) else (wanted,)
            wanted = stage.send(wanted)


def of_kind(kind: type[_Step], step: object) -> _Step:
    """Return the step that the executor sent back, typed as the kind that was yielded."""
    assert isinstance(step, kind)
    return step


def all_of(kind: type[_Step], together: object) -> tuple[_Step, ...]:
    """Return the steps that the executor sent back for steps that were yielded together."""
    assert isinstance(together, Together)
    return tuple(of_kind(kind, step) for step in together.steps)
