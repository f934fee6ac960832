"""Which workloads must move before which others, and in which sensitivity class each of them moves.

Each topic is copied one way only, so its readers move no later than its writers, and all its writers move together.
Workloads that share a principal move together. `before`, `after` and `together` in workloads.yaml count like facts.
Workloads that depend on each other in a cycle move as one component. In topological order, a component's rank is the
maximum of its own class and the ranks of what must move before it: least sensitive first, nothing pulled ahead.
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
    """The workloads of an estate and the constraints between them."""

    estate: Estate

    @cached_property
    def edges(self) -> list[Edge]:
        """Return every constraint between two workloads: by topics, by principals, by workloads.yaml."""
        # only workloads.yaml can state a constraint twice
        derived = chain(_topics(self.estate), _principals(self.estate))
        return [*derived, *dict.fromkeys(_wishes(self.estate))]

    @cached_property
    def component(self) -> dict[str, str]:
        """Return the component of each workload, named by the first of its workloads."""
        ahead: dict[str, set[str]] = {name: set() for name in self.estate.workloads}
        for edge in self.edges:
            ahead[edge.before].add(edge.after)
        return {name: min(some) for some in _strongly_connected(ahead) for name in some}

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Return the workloads of each component."""
        members: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.component):
            members[self.component[name]].append(name)
        return {root: tuple(names) for root, names in sorted(members.items())}

    @cached_property
    def between(self) -> list[Edge]:
        """Return the constraints between workloads of different components."""
        where = self.component
        return [edge for edge in self.edges if where[edge.before] != where[edge.after]]

    @cached_property
    def rank(self) -> dict[str, int]:
        """Return each workload's rank: that of its class, or the highest of what must move before it."""
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
        into: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            into[edge.after].append(edge)
        return into

    def reasons(self, name: str) -> tuple[str, ...]:
        """Return the shortest chain of facts that put a workload in its class."""
        classes = self.estate.config.sensitivity
        own = self.estate.workloads[name].sensitivity
        first = f"sensitivity {own} ({_place(classes.index(own), len(classes))})"
        chains: deque[tuple[str, tuple[str, ...]]] = deque([(name, (first,))])
        visited = {name}
        while chains:
            current, facts = chains.popleft()
            sensitivity = self.estate.workloads[current].sensitivity
            if classes.index(sensitivity) == self.rank[name]:
                return facts
            for edge in self._into[current]:
                if self.rank[edge.before] == self.rank[name] and edge.before not in visited:
                    visited.add(edge.before)
                    own = f"{edge.before} is {self.estate.workloads[edge.before].sensitivity}"
                    chains.append((edge.before, (*facts, edge.fact, own)))
        return (first,)

    def contradictions(self) -> Iterator[tuple[Edge, tuple[str, ...]]]:
        """Yield each `before` and `after` that other constraints forbid, with the facts that forbid it."""
        for edge in self.edges:
            if edge.strict and self.component[edge.before] == self.component[edge.after]:
                yield edge, self._path(edge.after, edge.before)

    def _path(self, start: str, end: str) -> tuple[str, ...]:
        """Return the shortest chain of facts by which `start` moves no later than `end`."""
        out: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            out[edge.before].append(edge)
        chains: deque[tuple[str, tuple[str, ...]]] = deque([(start, ())])
        visited = {start}
        while chains:
            current, facts = chains.popleft()
            if current == end:
                return facts
            for edge in out[current]:
                if edge.after not in visited:
                    visited.add(edge.after)
                    chains.append((edge.after, (*facts, edge.fact)))
        return ()


def _topics(estate: Estate) -> Iterator[Edge]:
    for topic in estate.moving:
        readers, writers = estate.readers[topic], estate.writers[topic]
        for writer in writers:
            for reader in readers:
                if reader != writer:
                    fact = f"{reader} reads {topic}, which {writer} writes: readers move first"
                    yield Edge(reader, writer, fact)
        for one, other in _pairs(writers):
            yield Edge(
                one, other, f"{one} and {other} both write {topic}: its writers move together"
            )


def _principals(estate: Estate) -> Iterator[Edge]:
    for principal, names in estate.by_principal.items():
        for one, other in _pairs(names):
            yield Edge(one, other, f"{one} and {other} share {principal}: they move together")


def _wishes(estate: Estate) -> Iterator[Edge]:
    for name, workload in estate.workloads.items():
        for other in workload.before:
            yield Edge(name, other, f"{name} is to move before {other}", strict=True)
        for other in workload.after:
            yield Edge(other, name, f"{name} is to move after {other}", strict=True)
        for other in workload.together:
            for one, two in _pairs((name, other)):
                yield Edge(one, two, f"{name} is to move together with {other}")


def _pairs(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return neighbours in both directions: enough to make one component of all the names."""
    forward = list(pairwise(names))
    return forward + [(other, one) for one, other in forward]


def _strongly_connected(ahead: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield the components of a graph, in linear time and without recursion (Tarjan 1972)."""
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
                    component = _pop_down_to(name, stack)
                    done.update(component)
                    yield component


def _pop_down_to(name: str, stack: list[str]) -> list[str]:
    """Remove the names from the top of the stack down to `name`, and return them."""
    popped = [stack.pop()]
    while popped[-1] != name:
        popped.append(stack.pop())
    return popped


def _place(index: int, classes: int) -> str:
    if index in (0, classes - 1):
        which = "lowest" if index == 0 else "highest"
    else:
        which = "2nd" if index == 1 else "3rd" if index == 2 else f"{index + 1}th"
    return f"{which} of {classes}"
