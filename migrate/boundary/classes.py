"""Sensitivities: of a topic by who writes it, of a system by who uses it; compared as kmig.yaml orders them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from migrate.estate import Estate


@dataclass(frozen=True)
class Classes:
    """The sensitivities of an estate; empty where no workload tells one that is in kmig.yaml."""

    estate: Estate

    @cached_property
    def of_topic(self) -> dict[str, str]:
        """The highest sensitivity of each topic's writers, or of its readers where nobody writes it."""
        estate = self.estate
        found = {}
        for topic in estate.topics:
            names = estate.writers[topic] or estate.readers[topic]
            found[topic] = self.highest(estate.workloads[name].sensitivity for name in names)
        return found

    @cached_property
    def of_system(self) -> dict[str, str]:
        """The highest sensitivity of the workloads that use each outside system."""
        found: dict[str, set[str]] = defaultdict(set)
        for workload in self.estate.workloads.values():
            for external in workload.external:
                found[external.system].add(workload.sensitivity)
            connector = self.estate.connectors.get(workload.connector or "")
            for system in connector.systems if connector else ():
                found[system].add(workload.sensitivity)
        return {system: self.highest(classes) for system, classes in found.items()}

    def highest(self, classes: Iterable[str]) -> str:
        """Return the highest of these sensitivities; empty if none of them is in kmig.yaml."""
        found = set(classes)
        known = [c for c in self.estate.config.sensitivity if c in found]
        return known[-1] if known else ""

    def rank(self, sensitivity: str) -> int:
        """Return the index of a sensitivity in kmig.yaml; -1 if it has none."""
        classes = self.estate.config.sensitivity
        return classes.index(sensitivity) if sensitivity in classes else -1
