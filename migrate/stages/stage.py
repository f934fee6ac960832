"""A stage as a pure coroutine: it yields a step, and receives the step with its results once it was carried out."""

from collections.abc import Generator
from typing import TypeVar

from migrate.steps import Step

Stage = Generator[Step, Step, None]
"""Steps one after the other, each made from the results of those before it."""

_Step = TypeVar("_Step")


def of_kind(kind: type[_Step], step: object) -> _Step:
    """Return the step that the executor sent back, typed as the kind that was yielded."""
    assert isinstance(step, kind)
    return step
