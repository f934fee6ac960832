"""Make an assessment: evaluate every rule, mark accepted findings, derive the signals from the rest."""

from collections import defaultdict
from collections.abc import Mapping

from migrate.assess import (
    authorization,
    least_privilege,
    migration,
    network,
    ownership,
    rotation,
    storage,
)
from migrate.assess.acceptance import with_acceptance
from migrate.assess.scope import Scope
from migrate.boundary.credentials import Credentials
from migrate.boundary.runtimes import runtimes
from migrate.documents.assessment import TESTS, Assessment, Finding, Readiness, Signal, Test
from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.model.dependency import Dependency, Restart

_RANK = {"block": 0, "warn": 1, "unknown": 2, "note": 3}


def assess(
    estate: Estate, inputs: Mapping[str, str], proven: frozenset[str] = frozenset()
) -> Assessment:
    """Return the assessment as of the inventory's time; `proven` are workloads whose rotation was proven."""
    scope = Scope(estate)
    rights, missing = least_privilege.rights(scope), least_privilege.missing(scope)
    shared = runtimes(estate, Credentials(estate))
    findings = [
        *ownership.findings(estate, shared),
        *storage.findings(estate),
        *authorization.findings(scope, rights, missing),
        *network.findings(estate, shared),
        *rotation.findings(estate, proven),
        *migration.findings(estate),
    ]
    today = estate.inventory.taken_at.date()
    judged = with_acceptance(dict.fromkeys(findings), estate.people, today)
    ordered = sorted(judged, key=lambda f: (_RANK[f.severity], f.rule, f.subject, f.workload))
    by_workload: dict[str, list[Finding]] = defaultdict(list)
    for finding in ordered:
        by_workload[finding.workload].append(finding)
    return Assessment(
        as_of=estate.inventory.taken_at,
        inputs=dict(inputs),
        readiness=tuple(
            _readiness(estate, name, by_workload[name]) for name in (*estate.workloads, "")
        ),
        findings=tuple(ordered),
        rights=rights,
        missing=missing,
        restarts=_restarts(estate),
    )


def _readiness(estate: Estate, name: str, mine: list[Finding]) -> Readiness:
    workload = estate.workloads.get(name)
    signals: dict[Test, Signal] = {}
    facts: dict[Test, tuple[str, ...]] = {}
    for test in TESTS:
        about = [f for f in mine if f.test == test and not f.suppressed]
        signals[test] = _signal(about)
        facts[test] = tuple(f"{f.rule}: {f.subject}: {f.evidence}" for f in about)
        if signals[test] == "ready" and (unread := _unread(estate, name, test)):
            signals[test], facts[test] = "unknown", (*facts[test], *unread)
    return Readiness(
        workload=name,
        owner=workload.owner if workload else "",
        security_owner=workload.security_owner if workload else "",
        signals=signals,
        facts=facts,
    )


def _unread(estate: Estate, name: str, test: Test) -> tuple[str, ...]:
    """Return the sections that the test needs and that were not read in full: without them nothing is ready."""
    workload, sections = estate.workloads.get(name), estate.inventory.sections()
    unread = []
    for need in _NEEDS[test]:
        if workload and need == "connect" and not workload.connector:
            continue
        if workload and need == "groups" and not workload.every_group:
            continue
        section = sections.get(need)
        if section is None:
            unread.append(f"section {need} was not read")
        elif section.standing is not State.COMPLETE:
            unread.append(f"section {need} is {section.standing}: {section.error}")
    return tuple(unread)


_NEEDS: dict[Test, tuple[str, ...]] = {
    "owner": ("acls", "groups", "connect"),
    "secret": ("connect",),
    "authorization": ("acls", "observed"),
    "network": ("groups", "connect"),
    "rotation": ("cluster", "scram"),
    "migration": ("cluster", "acls", "scram", "topics", "groups", "transactions", "connect"),
}
"""The inventory sections that each test needs. Exposed secrets are searched only in files that a user names."""


def _signal(findings: list[Finding]) -> Signal:
    severities = {f.severity for f in findings}
    if severities & {"block", "warn"}:
        return "warning"
    return "unknown" if "unknown" in severities else "ready"


def _restarts(estate: Estate) -> tuple[Restart, ...]:
    """Return the inventory's map from secrets to connectors, with the workloads that hold each secret added."""
    holders: dict[str, set[str]] = defaultdict(set)
    for workload in estate.workloads.values():
        for secret in workload.secrets:
            holders[secret].add(workload.name)
    by_secret = {d.secret: d for d in estate.inventory.dependencies.found}
    for dependency in by_secret.values():
        owners = {estate.connector_owner.get(connector, "") for connector in dependency.connectors}
        holders[dependency.secret] |= owners - {""}
    nothing = Dependency(secret="", connectors=(), tasks=0)
    return tuple(
        Restart(
            **{**by_secret.get(secret, nothing).model_dump(), "secret": secret},
            workloads=tuple(sorted(holders[secret])),
        )
        for secret in sorted(holders)
    )
