"""Within a class, which sub-wave each workload is in: pilots first, dates and zones apart, no wave too large.

Workloads that must move together are placed as one. A sub-wave takes what is ready (everything that must go before
it is placed) and alike (a pilot or not; one date; one zone), in the order of names, until it is full; then the next
begins. Waves that were executed are as they were; what is left comes after them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from heapq import heapify, heappop, heappush

from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.plan.coupling import Coupling, Edge

_Key = tuple[int, str, str]
"""0 for pilots and what must go before them; the date it waits for; the zone, where zones move apart."""


@dataclass(frozen=True)
class Slot:
    """A workload's class by its rank, its sub-wave within it from 1, and why it is not in the one before."""

    rank: int
    number: int
    why: tuple[str, ...] = ()


def slots(
    estate: Estate, coupling: Coupling, moved: frozenset[str] = frozenset()
) -> dict[str, Slot]:
    """The slot of each workload but those that moved already."""
    found: dict[str, Slot] = {}
    by_rank: dict[int, list[str]] = defaultdict(list)
    for root in coupling.members:
        if root not in moved:
            by_rank[coupling.rank[root]].append(root)
    edges: dict[int, list[Edge]] = defaultdict(list)
    for edge in coupling.between:
        if coupling.rank[edge.before] == coupling.rank[edge.after]:
            edges[coupling.rank[edge.after]].append(edge)
    for rank, inside in sorted(by_rank.items()):
        level = _Level(estate, coupling, inside, edges[rank])
        level.fill()
        for root in inside:
            slot = Slot(rank, level.number[root], level.why[root])
            found |= dict.fromkeys(coupling.members[root], slot)
    return found


@dataclass
class _Level:
    """Everything of one class, while it is placed; components go by their roots."""

    estate: Estate
    coupling: Coupling
    roots: list[str]
    edges: list[Edge]
    number: dict[str, int] = field(default_factory=dict)
    why: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inside = set(self.roots)
        self._into: dict[str, list[Edge]] = defaultdict(list)
        self._out: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            before, after = self._root(edge.before), self._root(edge.after)
            if before in inside and after in inside:
                self._into[after].append(edge)
                self._out[before].append(edge)
        self._left = {root: len(self._into[root]) for root in self.roots}
        self._earliest = dict.fromkeys(self.roots, 1)
        self._full: dict[str, int] = {}
        self._pilots = self._led()
        self._ready: dict[_Key, list[str]] = defaultdict(list)
        self._later: list[str] = []
        self._keys: list[_Key] = []

    def fill(self) -> None:
        """Place everything."""
        for root in self.roots:
            if not self._left[root]:
                self._release(root, 1)
        current = 0
        while len(self.number) < len(self.roots):
            current += 1
            waiting, self._later = self._later, []
            for root in waiting:
                self._release(root, current)
            key = min(key for key, heap in self._ready.items() if heap)
            self._keys.append(key)
            self._one(key, current)

    def _one(self, key: _Key, current: int) -> None:
        """One sub-wave of what is alike; what does not fit waits for the next."""
        most, size = self.estate.config.policy.max_workloads_per_wave, 0
        heap, aside = self._ready[key], []
        while heap:
            root = heappop(heap)
            members = len(self.coupling.members[root])
            if most is not None and size and size + members > most:
                aside.append(root)
                self._full[root] = current
                continue
            size += members
            self._place(root, current)
        heap += aside
        heapify(heap)

    def _place(self, root: str, current: int) -> None:
        self.number[root] = current
        self.why[root] = self._why(root, current) if current > 1 else ()
        for edge in self._out[root]:
            after = self._root(edge.after)
            self._left[after] -= 1
            if edge.strict:
                self._earliest[after] = max(self._earliest[after], current + 1)
            if not self._left[after]:
                self._release(after, current)

    def _release(self, root: str, current: int) -> None:
        if self._earliest[root] > current:
            self._later.append(root)
        else:
            heappush(self._ready[self._key(root)], root)

    def _why(self, root: str, current: int) -> tuple[str, ...]:
        """Why not one sub-wave earlier: something must go before it, the wave was full, or it is of another kind."""
        for edge in self._into[root]:
            before = self._root(edge.before)
            if self.number[before] == (current - 1 if edge.strict else current):
                return (edge.fact, *self.why[before])
        if self._full.get(root) == current - 1:
            most = self.estate.config.policy.max_workloads_per_wave
            return (f"the wave before is full: at most {most} workloads",)
        apart = _apart(self._keys[current - 2], self._key(root))
        for edge in self._into[root]:
            if self.number[self._root(edge.before)] == current - 1:
                return edge.fact, apart  # it was ready only then, and is of another kind
        return (apart,)

    def _key(self, root: str) -> _Key:
        inside = [self.estate.workloads[name] for name in self.coupling.members[root]]
        zones: Iterable[str] = ()
        if self.estate.config.policy.separate_zones:
            zones = {workload.zone for workload in inside}
        latest = not_before(inside)
        when = latest.isoformat() if latest else ""
        return (0 if root in self._pilots else 1), when, "+".join(sorted(zones))

    def _led(self) -> set[str]:
        """Pilots, and whatever of their class must go before one."""
        pilots = set(self.estate.config.policy.pilots)
        waiting = [r for r in self.roots if pilots & set(self.coupling.members[r])]
        found = set(waiting)
        while waiting:
            for edge in self._into[waiting.pop()]:
                before = self._root(edge.before)
                if before not in found:
                    found.add(before)
                    waiting.append(before)
        return found

    def _root(self, name: str) -> str:
        return self.coupling.component[name]


def _apart(before: _Key, key: _Key) -> str:
    """Why what has one key is not in the sub-wave of another, which came before."""
    if before[0] != key[0]:
        return "the pilots of its class go first"
    if before[1] < key[1]:
        return f"it is not to move before {key[1]}: what may move earlier goes first"
    if before[1] != key[1]:
        return f"what it waits for is not to move before {before[1]}: a wave has one date"
    return f"zones move apart: {before[2] or 'no zone'} before {key[2] or 'no zone'}"


def not_before(workloads: Iterable[Workload]) -> date | None:
    """The latest date that some of them wait for. A day that has come changes no wave, and no consent."""
    return max((w.not_before for w in workloads if w.not_before), default=None)


def numbered(found: Mapping[str, Slot], after: int = 0) -> dict[tuple[int, int], int]:
    """The wave's number of each rank and sub-wave, following `after`."""
    places = sorted({(slot.rank, slot.number) for slot in found.values()})
    return {place: number for number, place in enumerate(places, after + 1)}
