"""A stage as a pure coroutine: it yields a step, and gets back what it became when it was made."""

from collections.abc import Generator
from typing import TypeVar

from migrate.steps import Step

Stage = Generator[Step, Step, None]
"""Steps one after the other, each made from how those before it turned out."""

_Step = TypeVar("_Step")


def of_kind(kind: type[_Step], step: object) -> _Step:
    """The step that the executor handed back, which is of the kind that was asked for."""
    assert isinstance(step, kind)
    return step
