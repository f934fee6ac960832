"""Whether a workload's rights on topics end where its declaration ends: the boundary choice `namespace`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from migrate.boundary.rights import OPEN_DEFAULT
from migrate.documents.boundary import Holds, Rights
from migrate.documents.decisions import TopicSelector
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import STRANGER, grants
from migrate.model.words import count, first_of
from migrate.plan.accounting import matches

_NAMED = 3
_ON_TOPIC, _PREFIX = " on topic ", " on topic prefix "
Answer = tuple[Holds, str]


@dataclass(frozen=True)
class Namespaces:
    """What each workload declares, against the rights of its principal."""

    estate: Estate
    rights: Callable[[str], Rights]

    def answer(self, workload: Workload) -> Answer:
        """Return whether the workload may READ and WRITE only what it declares, now and for names to come."""
        rights = self.rights(workload.principal)
        if rights.everything:
            return "no", f"{workload.principal}: {rights.everything}"
        both = (("READ", workload.reads), ("WRITE", workload.writes))
        if beyond := [text for one in both if (text := self._beyond(workload, rights, *one))]:
            return "no", "; ".join(beyond)
        wide = dict.fromkeys(
            pattern
            for operation, selectors in both
            for pattern in _reaching(rights, operation)
            if pattern not in self._open_patterns and not _within(pattern, workload, selectors)
        )
        if wide:
            shown = first_of(list(wide), _NAMED)
            return "no", f"topics that do not exist yet, beyond its declaration: {shown}"
        for pattern in _reaching(rights, "WRITE"):
            if others := self._written_by_others(pattern, workload):
                return "no", f"{pattern} covers topics of others: {first_of(others, _NAMED)}"
        if not rights.complete:
            return "unknown", first_of(rights.unknown, 1) or "its rights are not known in full"
        besides = ", but those that `shared` opens to everyone" if self._decided else ""
        return "yes", f"READ and WRITE on no topic that it does not declare{besides}"

    def _beyond(
        self,
        workload: Workload,
        rights: Rights,
        operation: str,
        selectors: Iterable[TopicSelector],
    ) -> str:
        """Return the topics on which an operation is allowed beyond what is declared; empty if there are none."""
        declared = {topic for one in selectors for topic in self.estate.selected_by(one)}
        declared.update(self._streams.get(workload.name, ()))
        declared |= self._open[operation]
        topics = [t for t in rights.topics_for(operation) if t not in declared]
        if not topics:
            return ""
        everyone = ", as everyone may" if self._of_anyone[operation].issuperset(topics) else ""
        shown = first_of(topics, _NAMED)
        return f"{operation} on {count(len(topics), 'topic')} not declared{everyone}: {shown}"

    def _written_by_others(self, pattern: str, workload: Workload) -> list[str]:
        """Return topics that a prefix covers and others write, and that the workload does not declare by name."""
        named = {one.topic for one in workload.writes}
        covered = self.estate.topic_names.starting(pattern.partition(_PREFIX)[2])
        return [
            t for t in covered if t not in named and {*self.estate.writers[t]} - {workload.name}
        ]

    @cached_property
    def _of_anyone(self) -> dict[str, frozenset[str]]:
        """The topics that everyone may read and write."""
        rights = self.rights(STRANGER)
        return {one: frozenset(rights.topics_for(one)) for one in ("READ", "WRITE")}

    @cached_property
    def _decided(self) -> tuple[Acl, ...]:
        """The grants on topics to everyone that people decided to keep, under `shared`: no fault of a workload."""
        kept = [d.acl for d in self.estate.people.shared if d.acl and d.decision == "replay"]
        return tuple(
            acl
            for acl in self.estate.inventory.acls.found
            if acl.principal == ANYONE and acl.resource_type == "TOPIC"
            if any(matches(one, acl) for one in kept)
        )

    @cached_property
    def _open(self) -> dict[str, frozenset[str]]:
        """The topics that these grants let everyone read and write."""
        covered = self.estate.topic_names.covered
        return {
            operation: frozenset(
                t for a in self._decided if grants(a, operation) for t in covered(a)
            )
            for operation in ("READ", "WRITE")
        }

    @cached_property
    def _open_patterns(self) -> frozenset[str]:
        return frozenset(
            f"{a.operation}{_PREFIX if a.pattern_type == 'PREFIXED' else _ON_TOPIC}{a.resource_name}"
            for a in self._decided
        )

    @cached_property
    def _streams(self) -> dict[str, list[str]]:
        """The topics that Streams keeps for each workload."""
        found: dict[str, list[str]] = defaultdict(list)
        for topic, name in self.estate.streams_topics.items():
            found[name].append(topic)
        return found


def _reaching(rights: Rights, operation: str) -> list[str]:
    """Return the patterns with which the operation reaches topics that do not exist yet."""
    heads = (f"{operation}{_ON_TOPIC}", f"ALL{_ON_TOPIC}")
    return [p for p in rights.patterns if p.startswith(heads) or p == OPEN_DEFAULT]


def _within(pattern: str, workload: Workload, selectors: Iterable[TopicSelector]) -> bool:
    """Return whether a pattern covers only names that a workload declares, or that Streams makes for it."""
    prefixes = [one.prefix for one in selectors if one.prefix is not None]
    streams = [f"{group}-" for group in workload.groups if workload.kind == "streams"]
    _, prefixed, name = pattern.partition(_PREFIX)
    return bool(prefixed) and name.startswith((*prefixes, *streams))
