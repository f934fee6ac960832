"""Which workloads must move before which, and in which wave each of them therefore is.

Each topic is copied one way only, so its readers move no later than its writers, and all its writers move together
(one writer at a time). Workloads that share a principal move together. Strongly connected workloads are one; in
topological order `wave = max(own class, waves of what must go before)`: least sensitive first, nothing pulled ahead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

from migrate.documents.estate import Estate


@dataclass(frozen=True)
class Edge:
    """`before` moves no later than `after`, because of a fact."""

    before: str
    after: str
    fact: str


def edges(estate: Estate) -> list[Edge]:
    """Every constraint between two workloads, sorted."""
    found: set[tuple[str, str, str]] = set()
    for topic in estate.moving:
        readers, writers = estate.readers[topic], estate.writers[topic]
        for writer in writers:
            for reader in set(readers) - {writer}:
                found.add(
                    (
                        reader,
                        writer,
                        f"{writer} writes {topic}, which {reader} reads: its readers go first",
                    )
                )
        for one, other in _pairs(writers):
            found.add((one, other, f"{one} and {other} both write {topic}: one writer at a time"))
    for principal, names in estate.by_principal.items():
        for one, other in _pairs(names):
            found.add((one, other, f"{one} and {other} share {principal}"))
    return [Edge(*edge) for edge in sorted(found)]


def ranks(estate: Estate, constraints: list[Edge]) -> dict[str, int]:
    """The rank of each workload's class, raised to that of everything which must go before it."""
    own = {n: estate.config.sensitivity.index(w.sensitivity) for n, w in estate.workloads.items()}
    component = _components(own, constraints)
    before: dict[str, set[str]] = {root: set() for root in component.values()}
    for edge in constraints:
        if component[edge.before] != component[edge.after]:
            before[component[edge.after]].add(component[edge.before])
    rank: dict[str, int] = {}
    for root in TopologicalSorter(before).static_order():
        inside = (own[name] for name in component if component[name] == root)
        rank[root] = max([*inside, *(rank[earlier] for earlier in before[root])])
    return {name: rank[component[name]] for name in own}


def reasons(
    estate: Estate, name: str, rank: dict[str, int], constraints: list[Edge]
) -> tuple[str, ...]:
    """The shortest chain of facts that put a workload in its wave."""
    classes = estate.config.sensitivity
    own = estate.workloads[name].sensitivity
    first = f"its own sensitivity is {own}, number {classes.index(own) + 1} of {len(classes)}"
    chains: list[tuple[str, tuple[str, ...]]] = [(name, (first,))]
    seen = {name}
    for current, facts in chains:  # breadth first: the list grows while it is walked
        sensitivity = estate.workloads[current].sensitivity
        if classes.index(sensitivity) == rank[name]:
            return facts
        for edge in constraints:
            binds = edge.after == current and rank[edge.before] == rank[name]
            if binds and edge.before not in seen:
                seen.add(edge.before)
                then = f"{edge.before} is {estate.workloads[edge.before].sensitivity}"
                chains.append((edge.before, (*facts, edge.fact, then)))
    return (first,)


def _pairs(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Neighbours, both ways: enough to hold all of them together."""
    forward = list(pairwise(names))
    return forward + [(other, one) for one, other in forward]


def _components(names: Iterable[str], constraints: list[Edge]) -> dict[str, str]:
    """Each name's strongly connected component, called by its first member."""
    ahead: dict[str, set[str]] = {name: set() for name in names}
    for edge in constraints:
        ahead[edge.before].add(edge.after)
    reached = {name: _reach(name, ahead) for name in ahead}
    return {name: min(other for other in reached[name] if name in reached[other]) for name in ahead}


def _reach(start: str, ahead: dict[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for name in ahead[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen
