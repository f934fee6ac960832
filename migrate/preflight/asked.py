"""What preflight asked, and what it saw: faults, each with what to do about it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from migrate.model.check import Check, judged


class Fault(NamedTuple):
    """What a cutover would meet once its clients are stopped, and what to do about it."""

    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.said}: {self.remedy}"


class Asked(NamedTuple):
    """One question: its name, the faults that were found, and what is proven where there are none."""

    name: str
    faults: tuple[Fault, ...]
    proof: str

    @property
    def check(self) -> Check:
        """The question as a check of a report."""
        return judged(self.name, map(str, self.faults), self.proof)


def asked(name: str, faults: Iterable[Fault], proof: str) -> Asked:
    """Return a question with its answer."""
    return Asked(name, tuple(faults), proof)


def faults(questions: Iterable[Asked]) -> Iterator[Fault]:
    """Yield every fault."""
    for one in questions:
        yield from one.faults
