"""A stage as a pure coroutine: it yields a step, and gets back what it became when it was made."""

from collections.abc import Generator

from migrate.steps import Step

Stage = Generator[Step, Step, None]
"""Steps one after the other, each made from how those before it turned out."""
