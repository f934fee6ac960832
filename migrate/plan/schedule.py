"""Divide a sensitivity class into sub-waves: pilots first, dates and zones apart, no wave too large.

Workloads that must move together are placed as one. A sub-wave takes what is ready (everything that must move before
it is placed) and alike (a pilot or not; one date; one zone), in the order of names, until it is full; then the next
sub-wave starts. Executed waves stay as they are; the workloads that are left come after them.
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
"""What a sub-wave has in common: 0 for pilots and what must move before them, else 1; the date; the zone."""


@dataclass(frozen=True)
class Slot:
    """The rank of a workload's class, its sub-wave in that class from 1, and why it is not in the one before."""

    rank: int
    number: int
    why: tuple[str, ...] = ()


def slots(
    estate: Estate, coupling: Coupling, moved: frozenset[str] = frozenset()
) -> dict[str, Slot]:
    """Return the slot of each workload that has not moved already."""
    slot_of: dict[str, Slot] = {}
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
            slot_of |= dict.fromkeys(coupling.members[root], slot)
    return slot_of


@dataclass
class _Level:
    """The components of one class while they are placed, each named by its root workload."""

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
        self._pilots = self._pilots_and_before()
        self._ready: dict[_Key, list[str]] = defaultdict(list)
        self._later: list[str] = []
        self._keys: list[_Key] = []

    def fill(self) -> None:
        """Place every component in a sub-wave."""
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
            self._fill_sub_wave(key, current)

    def _fill_sub_wave(self, key: _Key, current: int) -> None:
        """Fill one sub-wave with components of one key; what does not fit waits for the next."""
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
        """Return why a component is not one sub-wave earlier: a constraint, a full wave, or another key."""
        for edge in self._into[root]:
            before = self._root(edge.before)
            if self.number[before] == (current - 1 if edge.strict else current):
                return (edge.fact, *self.why[before])
        if self._full.get(root) == current - 1:
            most = self.estate.config.policy.max_workloads_per_wave
            return (f"the previous wave is full (at most {most} workloads)",)
        apart = _apart(self._keys[current - 2], self._key(root))
        for edge in self._into[root]:
            if self.number[self._root(edge.before)] == current - 1:
                return (
                    edge.fact,
                    apart,
                )  # it became ready only in that sub-wave, which has another key
        return (apart,)

    def _key(self, root: str) -> _Key:
        inside = [self.estate.workloads[name] for name in self.coupling.members[root]]
        zones: Iterable[str] = ()
        if self.estate.config.policy.separate_zones:
            zones = {workload.zone for workload in inside}
        latest = not_before(inside)
        when = latest.isoformat() if latest else ""
        return (0 if root in self._pilots else 1), when, "+".join(sorted(zones))

    def _pilots_and_before(self) -> set[str]:
        """Return the pilots, and what must move before them in their class."""
        pilots = set(self.estate.config.policy.pilots)
        waiting = [r for r in self.roots if pilots & set(self.coupling.members[r])]
        first = set(waiting)
        while waiting:
            for edge in self._into[waiting.pop()]:
                before = self._root(edge.before)
                if before not in first:
                    first.add(before)
                    waiting.append(before)
        return first

    def _root(self, name: str) -> str:
        return self.coupling.component[name]


def _apart(before: _Key, key: _Key) -> str:
    """Return why two keys make two sub-waves, of which `before` comes first."""
    if before[0] != key[0]:
        return "pilots of its class move first"
    if before[1] < key[1]:
        return f"not before {key[1]}: workloads that may move earlier go first"
    if before[1] != key[1]:
        return f"it waits for a workload that moves not before {before[1]}: a wave has one date"
    return f"zones move in separate waves: {before[2] or 'no zone'} before {key[2] or 'no zone'}"


def not_before(workloads: Iterable[Workload]) -> date | None:
    """Return the latest `not_before` of the workloads; past dates count too, so that no wave changes by the day."""
    return max((w.not_before for w in workloads if w.not_before), default=None)


def numbered(slots: Mapping[str, Slot], after: int = 0) -> dict[tuple[int, int], int]:
    """Return the wave number of each rank and sub-wave, counted from `after` + 1."""
    places = sorted({(slot.rank, slot.number) for slot in slots.values()})
    return {place: number for number, place in enumerate(places, after + 1)}
