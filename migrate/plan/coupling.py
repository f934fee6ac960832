"""Which workloads must move before which, and of which class each of them therefore is.

Each topic is copied one way only, so its readers move no later than its writers, and all its writers move together
(one writer at a time). Workloads that share a principal move together. What people wish for counts like a fact. What
depends on itself moves as one; in topological order `rank = max(own class, ranks of what must go before)`: least
sensitive first, nothing pulled ahead.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import chain, pairwise
from typing import NamedTuple

from migrate.estate import Estate


class Edge(NamedTuple):
    """`before` moves no later than `after`, because of a fact; in an earlier wave where it is `strict`."""

    before: str
    after: str
    fact: str
    strict: bool = False


@dataclass(frozen=True)
class Coupling:
    """The workloads of an estate and what binds them."""

    estate: Estate

    @cached_property
    def edges(self) -> list[Edge]:
        """Every constraint between two workloads, in the order of topics, principals and wishes."""
        # only a wish can be said twice
        found = chain(_topics(self.estate), _principals(self.estate))
        return [*found, *dict.fromkeys(_wishes(self.estate))]

    @cached_property
    def component(self) -> dict[str, str]:
        """What each workload moves with, called by the first name of it."""
        ahead: dict[str, set[str]] = {name: set() for name in self.estate.workloads}
        for edge in self.edges:
            ahead[edge.before].add(edge.after)
        return {name: min(some) for some in _strongly_connected(ahead) for name in some}

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """The workloads of each component."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.component):
            found[self.component[name]].append(name)
        return {root: tuple(names) for root, names in sorted(found.items())}

    @cached_property
    def between(self) -> list[Edge]:
        """Constraints between workloads of different components."""
        where = self.component
        return [edge for edge in self.edges if where[edge.before] != where[edge.after]]

    @cached_property
    def rank(self) -> dict[str, int]:
        """The rank of each workload's class, raised to that of everything which must go before it."""
        classes = self.estate.config.sensitivity
        own = {n: classes.index(w.sensitivity) for n, w in self.estate.workloads.items()}
        before: dict[str, set[str]] = {root: set() for root in self.members}
        for edge in self.between:
            before[self.component[edge.after]].add(self.component[edge.before])
        rank: dict[str, int] = {}
        for root in TopologicalSorter(before).static_order():
            inside = (own[name] for name in self.members[root])
            rank[root] = max([*inside, *(rank[earlier] for earlier in before[root])])
        return {name: rank[self.component[name]] for name in own}

    @cached_property
    def _into(self) -> dict[str, list[Edge]]:
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.after].append(edge)
        return found

    def reasons(self, name: str) -> tuple[str, ...]:
        """The shortest chain of facts that put a workload in its class."""
        classes = self.estate.config.sensitivity
        own = self.estate.workloads[name].sensitivity
        first = f"its own sensitivity is {own}, number {classes.index(own) + 1} of {len(classes)}"
        chains: deque[tuple[str, tuple[str, ...]]] = deque([(name, (first,))])
        seen = {name}
        while chains:
            current, facts = chains.popleft()
            sensitivity = self.estate.workloads[current].sensitivity
            if classes.index(sensitivity) == self.rank[name]:
                return facts
            for edge in self._into[current]:
                if self.rank[edge.before] == self.rank[name] and edge.before not in seen:
                    seen.add(edge.before)
                    then = f"{edge.before} is {self.estate.workloads[edge.before].sensitivity}"
                    chains.append((edge.before, (*facts, edge.fact, then)))
        return (first,)

    def contradictions(self) -> Iterator[tuple[Edge, tuple[str, ...]]]:
        """Wishes to move earlier than something that must go before it, each with the facts that forbid it."""
        for edge in self.edges:
            if edge.strict and self.component[edge.before] == self.component[edge.after]:
                yield edge, self._path(edge.after, edge.before)

    def _path(self, start: str, end: str) -> tuple[str, ...]:
        """The shortest chain of facts by which `start` moves no later than `end`."""
        out: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            out[edge.before].append(edge)
        chains: deque[tuple[str, tuple[str, ...]]] = deque([(start, ())])
        seen = {start}
        while chains:
            current, facts = chains.popleft()
            if current == end:
                return facts
            for edge in out[current]:
                if edge.after not in seen:
                    seen.add(edge.after)
                    chains.append((edge.after, (*facts, edge.fact)))
        return ()


def _topics(estate: Estate) -> Iterator[Edge]:
    for topic in estate.moving:
        readers, writers = estate.readers[topic], estate.writers[topic]
        for writer in writers:
            for reader in readers:
                if reader != writer:
                    fact = f"{writer} writes {topic}, which {reader} reads: its readers go first"
                    yield Edge(reader, writer, fact)
        for one, other in _pairs(writers):
            yield Edge(one, other, f"{one} and {other} both write {topic}: one writer at a time")


def _principals(estate: Estate) -> Iterator[Edge]:
    for principal, names in estate.by_principal.items():
        for one, other in _pairs(names):
            yield Edge(one, other, f"{one} and {other} share {principal}")


def _wishes(estate: Estate) -> Iterator[Edge]:
    for name, workload in estate.workloads.items():
        for other in workload.before:
            yield Edge(name, other, f"{name} wishes to move before {other}", strict=True)
        for other in workload.after:
            yield Edge(other, name, f"{name} wishes to move after {other}", strict=True)
        for other in workload.together:
            for one, two in _pairs((name, other)):
                yield Edge(one, two, f"{name} wishes to move together with {other}")


def _pairs(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Neighbours, both ways: enough to hold all of them together."""
    forward = list(pairwise(names))
    return forward + [(other, one) for one, other in forward]


def _strongly_connected(ahead: dict[str, set[str]]) -> Iterator[list[str]]:
    """Components of a graph, in linear time and without recursion (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    done: set[str] = set()
    stack: list[str] = []
    work: list[tuple[str, Iterator[str]]] = []

    def enter(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        work.append((name, iter(sorted(ahead[name]))))

    for start in ahead:
        if start not in index:
            enter(start)
        while work:
            name, rest = work[-1]
            for other in rest:
                if other not in index:
                    enter(other)
                    break
                if other not in done:
                    low[name] = min(low[name], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    found = _down_to(name, stack)
                    done.update(found)
                    yield found


def _down_to(name: str, stack: list[str]) -> list[str]:
    """What lies on the stack from the top to a name, taken off it."""
    found = [stack.pop()]
    while found[-1] != name:
        found.append(stack.pop())
    return found
