"""Whether a workload's rights on topics end where its declaration ends: the boundary choice `namespace`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from migrate.documents.boundary import Holds, NamesToCome, Rights
from migrate.documents.decisions import TopicSelector
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import STRANGER, grants
from migrate.model.words import count, first_of
from migrate.plan.accounting import matches

_NAMED = 3
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
            shown = first_of(list(map(str, wide)), _NAMED)
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

    def _written_by_others(self, pattern: NamesToCome, workload: Workload) -> list[str]:
        """Return topics that a prefix covers and others write, and that the workload does not declare by name."""
        named = {one.topic for one in workload.writes}
        covered = self.estate.topic_names.starting(pattern.prefix)
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
    def _open_patterns(self) -> frozenset[NamesToCome]:
        return frozenset(
            NamesToCome(
                operation=acl.operation,
                resource_type="TOPIC",
                prefix=acl.resource_name if acl.pattern_type == "PREFIXED" else "",
            )
            for acl in self._decided
            if acl.pattern_type == "PREFIXED" or acl.resource_name == "*"
        )

    @cached_property
    def _streams(self) -> dict[str, list[str]]:
        """The topics that Streams keeps for each workload."""
        found: dict[str, list[str]] = defaultdict(list)
        for topic, name in self.estate.streams_topics.items():
            found[name].append(topic)
        return found


def _reaching(rights: Rights, operation: str) -> list[NamesToCome]:
    """Return the patterns with which the operation reaches topics that do not exist yet."""
    return [
        one
        for one in rights.patterns
        if one.operation in (operation, "ALL") and one.resource_type in ("TOPIC", "")
    ]


def _within(pattern: NamesToCome, workload: Workload, selectors: Iterable[TopicSelector]) -> bool:
    """Return whether a pattern covers only names that a workload declares, or that Streams makes for it."""
    prefixes = [one.prefix for one in selectors if one.prefix is not None]
    streams = [f"{group}-" for group in workload.groups if workload.kind == "streams"]
    return bool(pattern.prefix) and pattern.prefix.startswith((*prefixes, *streams))
