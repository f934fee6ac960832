"""What preflight asked, and what it saw: faults, what nobody can tell, each with what to do about it."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from migrate.errors import CannotTell
from migrate.model.check import Check, Verdict, judged

Risk = Literal["records or rights", "pause"]
"""What may come of it where the answer is unknown: records lost or rights widened, or a longer pause alone."""


class Fault(NamedTuple):
    """What a cutover would meet once its clients are stopped, and what to do about it."""

    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.said}: {self.remedy}"


class Asked(NamedTuple):
    """One question: its name, what was found, and what is proven where nothing was.

    `untold` is what nobody can tell, and `risk` what may come of that.
    """

    name: str
    faults: tuple[Fault, ...]
    proof: str
    untold: tuple[Fault, ...] = ()
    risk: Risk = "pause"

    @property
    def check(self) -> Check:
        """The question as a check of a report."""
        if self.faults or not self.untold:
            return judged(self.name, map(str, (*self.faults, *self.untold)), self.proof)
        at_risk = (
            "records or rights are at risk" if self.risk != "pause" else "the pause is at risk"
        )
        evidence = (*map(str, self.untold), at_risk)
        return Check(name=self.name, verdict=Verdict.UNKNOWN, evidence=evidence)


def asked(name: str, faults: Iterable[Fault], proof: str) -> Asked:
    """Return a question with its answer; where a cluster does not tell it, records or rights are at risk."""
    found: list[Fault] = []
    try:
        found += faults
    except CannotTell as error:
        untold = Fault(error.message, error.hint or "rerun the command")
        return Asked(name, tuple(found), proof, (untold,), "records or rights")
    return Asked(name, tuple(found), proof)


def faults(questions: Iterable[Asked]) -> Iterator[Fault]:
    """Yield every fault."""
    for one in questions:
        yield from one.faults
