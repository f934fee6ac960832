"""Workloads as far as facts go, before a person has named their owners."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Drafted:
    """A workload as far as facts go; `mechanisms` are those of its SCRAM users, `asks` its open questions by key."""

    name: str
    principal: str
    kind: str
    sensitivity: str
    reads: tuple[tuple[str, str], ...] = ()
    writes: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    transactional_ids: tuple[str, ...] = ()
    connector: str = ""
    mechanisms: tuple[str, ...] = ()
    asks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Draft:
    """New workloads, workloads whose principal is gone from the source, and questions about no one workload."""

    new: tuple[Drafted, ...] = ()
    gone: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
