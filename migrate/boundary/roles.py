"""Which workloads a review looks at: one for each role, by rule, or as the operator names them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from migrate.boundary.view import View
from migrate.documents.boundary import ROLES, Role
from migrate.documents.inventory import State
from migrate.errors import UsageError
from migrate.model.words import count, first_of

TYPED = "named on the command line"

Chosen = tuple[Role, str, str]
"""A role, its workload or an empty name, and why."""


def chosen(view: View, names: Sequence[str] = ()) -> tuple[Chosen, ...]:
    """Return the workload of each role and why: the one that was typed, or else by rule; equal facts, equal choice.

    A typed workload takes the roles that it fits; raises `UsageError` where it fits none, or two are for one role.
    """
    found = _Candidates(view)
    typed = _assigned(view, found.by_role, tuple(dict.fromkeys(names)))
    return tuple(
        (role, typed[role], TYPED) if role in typed else (role, *found.best(role)) for role in ROLES
    )


def _assigned(
    view: View, by_role: Mapping[Role, Sequence[str]], names: Sequence[str]
) -> dict[Role, str]:
    """Return the typed workload of each role; a name that fits several leaves to others what only they fit."""
    fitting = {name: [role for role in ROLES if name in by_role[role]] for name in names}
    for name, roles in fitting.items():
        if not roles:
            raise _fits_none(view, name)
    taken: dict[Role, str] = {}
    for name in sorted(names, key=lambda one: len(fitting[one])):
        free = [role for role in fitting[name] if role not in taken]
        if not free:
            role = fitting[name][-1]
            raise UsageError(
                f"two workloads are named for one role, {role}: `{taken[role]}` and `{name}`",
                "name one workload for each role",
            )
        taken[free[0]] = name
    for name, roles in fitting.items():
        for role in roles:
            taken.setdefault(role, name)
    return taken


def _fits_none(view: View, name: str) -> UsageError:
    if name in view.estate.workloads:
        return UsageError(
            f"workload `{name}` fits no role of a review: {', '.join(ROLES)}",
            "name a workload whose connector is in the inventory, or a client that writes or reads a topic",
        )
    near = get_close_matches(name, view.estate.workloads, 3)
    return UsageError(
        f"unknown workload: `{name}` is not in workloads.yaml",
        f"did you mean {', '.join(near)}?" if near else "kmig trace --all lists the workloads",
    )


@dataclass(frozen=True)
class _Criterion:
    """One step of a rule: the workloads with the largest measure stay."""

    label: str
    measure: Callable[[str], int]
    shown: Callable[[int], str] = "{:,}".format


@dataclass(frozen=True)
class _Candidates:
    """The workloads that fit each role, and what the rules compare them by."""

    view: View

    @cached_property
    def by_role(self) -> dict[Role, tuple[str, ...]]:
        """Return the workloads of each role, by name."""
        estate = self.view.estate
        types = {
            name: estate.connectors[w.connector].type
            for name, w in estate.workloads.items()
            if w.connector in estate.connectors
        }
        clients = [
            n for n, w in estate.workloads.items() if w.kind != "connector" and not w.connector
        ]
        return {
            "source connector": tuple(name for name, kind in types.items() if kind == "source"),
            "sink connector": tuple(name for name, kind in types.items() if kind == "sink"),
            "busiest producer": tuple(name for name in clients if name in self.written),
            "most regulated consumer": tuple(name for name in clients if name in self.read),
        }

    @cached_property
    def written(self) -> Mapping[str, Sequence[str]]:
        """The topics that each workload writes."""
        return _turned(self.view.estate.writers)

    @cached_property
    def read(self) -> Mapping[str, Sequence[str]]:
        """The topics that each workload reads."""
        return _turned(self.view.estate.readers)

    def best(self, role: Role) -> tuple[str, str]:
        """Return the workload that the rule chooses and why; an empty name where none fits."""
        unread, beside = tuple(self._incomplete(role)), tuple(self._beside(role))
        left: Sequence[str] = self.by_role[role]
        if not left:
            return "", "; ".join((*(unread or (_NOBODY[role],)), *beside))
        reasons = ["the only one"] if len(left) == 1 else []
        for criterion in self._criteria(role):
            most = max(map(criterion.measure, left))
            kept = [name for name in left if criterion.measure(name) == most]
            if len(kept) < len(left):
                reasons.append(f"{criterion.label} ({criterion.shown(most)}) of {len(left):,}")
            left = kept
        if len(left) > 1:
            reasons.append(f"first by name of {len(left):,} alike")
        return min(left), "; ".join((", then ".join(reasons), *unread, *beside))

    def _criteria(self, role: Role) -> tuple[_Criterion, ...]:
        if role == "busiest producer":
            return (self._written_to,)
        classes = self.view.estate.config.sensitivity
        sensitivity = _Criterion(
            "highest sensitivity",
            lambda name: self.view.classes.rank(self.view.estate.workloads[name].sensitivity),
            lambda rank: classes[rank] if rank >= 0 else "not in kmig.yaml",
        )
        if role == "most regulated consumer":
            return sensitivity, _Criterion("most topics of that sensitivity", self._regulated)
        return sensitivity, _Criterion("most tasks", self._tasks)

    def _tasks(self, name: str) -> int:
        estate = self.view.estate
        return len(estate.connectors[estate.workloads[name].connector or ""].tasks)

    def _regulated(self, name: str) -> int:
        own = self.view.estate.workloads[name].sensitivity
        return sum(self.view.classes.of_topic[topic] == own for topic in self.read[name])

    @cached_property
    def _written_to(self) -> _Criterion:
        if self.writes:
            return _Criterion(f"most writes in the {_LOG}", lambda name: self.writes.get(name, 0))
        return _Criterion(
            "most records ever written to its topics",
            lambda name: sum(self.ends[topic][0] for topic in self.written[name]),
        )

    @cached_property
    def writes(self) -> Mapping[str, int]:
        """The writes that brokers allowed each producer; empty unless an authorizer log was read in full.

        Of a principal that workloads share, each has those to the topics that it declares.
        """
        estate = self.view.estate
        observed = estate.inventory.observed
        found: dict[str, int] = defaultdict(int)
        for use in observed.found.uses if observed and observed.standing is State.COMPLETE else ():
            if use.operation != "WRITE" or use.resource_type != "TOPIC":
                continue
            names = estate.by_principal.get(use.principal, ())
            for name in names:
                if len(names) == 1 or name in estate.writers.get(use.resource_name, ()):
                    found[name] += use.allowed
        return {name: writes for name, writes in found.items() if writes}

    @cached_property
    def ends(self) -> Mapping[str, tuple[int, int]]:
        """The sum of each topic's log ends, and how many of them are unknown."""
        return {
            name: (
                sum(partition.end or 0 for partition in topic.partitions),
                sum(partition.end is None for partition in topic.partitions),
            )
            for name, topic in self.view.estate.topics.items()
        }

    def _incomplete(self, role: Role) -> Iterator[str]:
        """Yield the sections that may hold another workload for the role."""
        sections = self.view.estate.inventory.sections()
        for name in _LOOKED_AT[role]:
            if sections[name].standing is not State.COMPLETE:
                yield f"unknown: section {name} is {sections[name].standing.value}"

    def _beside(self, role: Role) -> Iterator[str]:
        """Yield what the rule could not compare: log ends, and connectors without a workload."""
        if role == "busiest producer":
            yield from self._unknown_ends()
        estate = self.view.estate
        without = [
            one.id
            for one in estate.connectors.values()
            if one.type == _TYPES.get(role) and one.id not in estate.connector_owner
        ]
        if without:
            some = count(len(without), f"{role} has", f"{role}s have")
            yield f"{some} no workload: {first_of(sorted(without), 2)}"

    def _unknown_ends(self) -> Iterator[str]:
        topics = {
            topic for name in self.by_role["busiest producer"] for topic in self.written[name]
        }
        unknown = sum(self.ends[topic][1] for topic in topics)
        if unknown and not self.writes:
            yield f"unknown: the log ends of {count(unknown, 'partition')}, counted as 0"


_LOG = "authorizer log"
_TYPES: Mapping[Role, str] = {"source connector": "source", "sink connector": "sink"}
_NOBODY: Mapping[Role, str] = {
    "source connector": "no workload has a source connector in the inventory",
    "sink connector": "no workload has a sink connector in the inventory",
    "busiest producer": "no workload without a connector writes a topic",
    "most regulated consumer": "no workload without a connector reads a topic",
}
_LOOKED_AT: Mapping[Role, tuple[str, ...]] = {
    "source connector": ("connect",),
    "sink connector": ("connect",),
    "busiest producer": ("topics",),
    "most regulated consumer": ("topics", "groups"),
}
"""The sections of the inventory that a choice is made from."""


def _turned(by_topic: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for topic, names in by_topic.items():
        for name in names:
            found[name].append(topic)
    return found
