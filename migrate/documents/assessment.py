"""assessment.json: six readiness tests per workload and for the estate, findings, and rights as they could be."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.model.dependency import Restart

Test = Literal["owner", "secret", "authorization", "network", "rotation", "migration"]
TESTS: tuple[Test, ...] = (
    "owner",
    "secret",
    "authorization",
    "network",
    "rotation",
    "migration",
)
"""Connector ownership, secret storage, Kafka authorization, network boundary, rotation, migration."""

Severity = Literal["block", "warn", "unknown", "note"]
"""`block` ends kmig assess with exit 1; `unknown` is what could not be looked at; `note` changes no signal."""


class Blocks(StrEnum):
    """What a finding or a blocker stands in the way of: the whole plan, a wave's next stage, or a green signal."""

    PLAN = "plan"
    WAVE = "wave"
    SIGNAL = "signal"


Signal = Literal["ready", "warning", "unknown"]


class Finding(Model):
    """One rule that one subject breaks. `workload` is empty for what belongs to the estate."""

    rule: str
    test: Test
    severity: Severity
    subject: str
    workload: str = ""
    evidence: str
    remedy: str
    suppressed: str = ""
    until: date | None = None


class Readiness(Model):
    """One workload, or the estate where the name is empty: a signal per test, and the facts that decided it."""

    workload: str
    owner: str = ""
    security_owner: str = ""
    signals: dict[Test, Signal]
    facts: dict[Test, tuple[str, ...]]


class Right(Model):
    """What becomes of one ACL, by its use in the window; `proposed` take its place where it narrows."""

    acl: Acl
    verdict: Literal["keep", "unused", "narrower"]
    proposed: tuple[Acl, ...] = ()
    because: str


class Missing(Model):
    """A use that no ACL allows: it works as a super user, or by an open default, and would end on the target."""

    principal: str
    because: str
    proposed: Acl


class Assessment(Model):
    """The whole file. It is judged as of the inventory's own time, and can be made again from its inputs alone."""

    schema_version: Literal[1] = 1
    digest: str = ""
    as_of: datetime
    inputs: dict[str, str]
    readiness: tuple[Readiness, ...]
    findings: tuple[Finding, ...]
    rights: tuple[Right, ...] = ()
    missing: tuple[Missing, ...] = ()
    restarts: tuple[Restart, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Findings that block and are not suppressed."""
        return tuple(f for f in self.findings if f.severity == "block" and not f.suppressed)
