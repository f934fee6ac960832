"""A history: a fact, what is done, and what each operation is answered with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from tests.histories.ops import Answer, Op

VERSIONS = ("3.9.1", "4.3.1")
Turn = tuple[Op, Answer]
"""An operation and its answer."""


@dataclass(frozen=True)
class History:
    """One fact, asked of every world.

    `differs` replaces answers in one version, by the number of the turn. `only` names the versions that can be asked,
    with the reason in `because`. `defects` are entries of the list of known defects that rest on the fact. A history
    that stops servers or changes what all share is `alone`; one that every copier takes part in, among `copies`.
    """

    name: str
    fact: str
    turns: tuple[Turn, ...]
    users: tuple[str, ...] = ()
    differs: dict[str, dict[int, Answer]] = field(default_factory=dict)
    only: tuple[str, ...] = VERSIONS
    because: str = ""
    defects: tuple[int, ...] = ()
    alone: Literal["", "copies", "all"] = ""

    def expected(self, version: str) -> tuple[Answer, ...]:
        """The answers of one version, in the order of the turns."""
        differs = self.differs.get(version, {})
        return tuple(differs.get(n, answer) for n, (_, answer) in enumerate(self.turns))


def differences(history: History, version: str, answers: Iterable[Answer]) -> list[str]:
    """A line for each answer that is not the table's. Both worlds are compared by this, and by nothing else."""
    got = tuple(answers)
    lines = [
        f"{n}. {op}: {answer!r}, and not {wanted!r}"
        for n, ((op, _), answer, wanted) in enumerate(
            zip(history.turns, got, history.expected(version), strict=False)
        )
        if answer != wanted
    ]
    if len(got) != len(history.turns):
        lines.append(f"{len(got)} answers to {len(history.turns)} operations")
    return lines
