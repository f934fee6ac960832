"""From a history that breaks a promise to a smaller one that still does, for people to read.

What goes first is what costs most to read and to play; what stays is ordinary where it can be. A candidate that makes
no sense (a client without its topic) breaks nothing, and is passed over: what is valid is left to planner and world.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from migrate.rehearse.worlds import linked, simpler
from migrate.rehearse.worlds.history import History

MOST_PLAYS = 400
Breaks = Callable[[History], bool]
Pass = Callable[[History], Iterator[History]]


def _whatever(name: str) -> Pass:
    """Return the pass that makes one field of a history simpler by what its type alone says."""

    def simplify(history: History) -> Iterator[History]:
        for value in simpler.values(getattr(history, name)):
            yield history.model_copy(update={name: value})

    return simplify


def _estate(history: History) -> Iterator[History]:
    for estate in simpler.fields(history.estate, leave=("topics", "clients")):
        yield history.model_copy(update={"estate": estate})


def _topics(history: History) -> Iterator[History]:
    for topics in simpler.values(history.estate.topics):
        estate = history.estate.model_copy(update={"topics": topics})
        yield history.model_copy(update={"estate": estate})


PASSES: tuple[Pass, ...] = (
    _whatever("events"),
    _whatever("faults"),
    _whatever("typed"),
    linked.without_clients,
    linked.without_topics,
    linked.pauses,
    _topics,
    linked.clients,
    linked.ordinary_workloads,
    _estate,
    _whatever("policy"),
    _whatever("overrides"),
    _whatever("more"),
)


@dataclass
class Shrinking:
    """The smallest history so far, and what was tried."""

    best: History
    breaks: Breaks
    left: int
    tried: set[str] = field(default_factory=set)

    def run(self) -> History:
        """Return the smallest history that the plays were enough for."""
        self.tried.add(self.best.model_dump_json())
        while self.left:
            before = self.best
            for one in PASSES:
                self._walk(one)
            if self.best == before:
                break
        return self.best

    def _walk(self, one: Pass) -> None:
        """Try each candidate of a pass once; behind one that breaks, what follows is made from it."""
        index = 0
        while self.left:
            candidate = next(islice(one(self.best), index, None), None)
            if candidate is None:
                return
            if not self._smaller(candidate):
                index += 1

    def _smaller(self, candidate: History) -> bool:
        text = candidate.model_dump_json()
        if not self.left or text in self.tried:
            return False
        self.tried.add(text)
        self.left -= 1
        if self.breaks(candidate):
            self.best = candidate
            return True
        return False


def shrink(history: History, breaks: Breaks, most: int = MOST_PLAYS) -> History:
    """Return a smaller history for which `breaks` holds too, after so many plays at most; the same each time."""
    return Shrinking(history, breaks, most).run()
