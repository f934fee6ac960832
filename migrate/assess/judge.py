"""Facts into an assessment: every rule asked, findings suppressed as people wrote, signals from what is left."""

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
from migrate.assess.acceptance import marked
from migrate.assess.scope import Scope
from migrate.documents.assessment import TESTS, Assessment, Finding, Readiness, Signal, Test
from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.model.dependency import Dependency, Restart

_RANK = {"block": 0, "warn": 1, "unknown": 2, "note": 3}


def assess(
    estate: Estate, inputs: Mapping[str, str], proven: frozenset[str] = frozenset()
) -> Assessment:
    """The assessment, as of the inventory's time; `proven` are workloads whose rotation was proven."""
    scope = Scope(estate)
    rights, missing = least_privilege.rights(scope), least_privilege.missing(scope)
    found = [
        *ownership.findings(estate),
        *storage.findings(estate),
        *authorization.findings(scope, rights, missing),
        *network.findings(estate),
        *rotation.findings(estate, proven),
        *migration.findings(estate),
    ]
    judged = [marked(one, estate, estate.inventory.taken_at.date()) for one in dict.fromkeys(found)]
    ordered = sorted(judged, key=lambda f: (_RANK[f.severity], f.rule, f.subject, f.workload))
    return Assessment(
        as_of=estate.inventory.taken_at,
        inputs=dict(inputs),
        readiness=(
            *(_readiness(estate, name, ordered) for name in estate.workloads),
            _readiness(estate, "", ordered),
        ),
        findings=tuple(ordered),
        rights=rights,
        missing=missing,
        restarts=_restarts(estate),
    )


def _readiness(estate: Estate, name: str, findings: list[Finding]) -> Readiness:
    mine = [f for f in findings if f.workload == name]
    workload = estate.workloads.get(name)
    signals: dict[Test, Signal] = {}
    facts: dict[Test, tuple[str, ...]] = {}
    for test in TESTS:
        about = [f for f in mine if f.test == test and not f.suppressed]
        signals[test] = _signal(about)
        facts[test] = tuple(f"{f.rule}: {f.subject}: {f.evidence}" for f in about)
        if signals[test] == "ready" and (unseen := _unseen(estate, name, test)):
            signals[test], facts[test] = "unknown", (*facts[test], *unseen)
    return Readiness(
        workload=name,
        owner=workload.owner if workload else "",
        security_owner=workload.security_owner if workload else "",
        signals=signals,
        facts=facts,
    )


def _unseen(estate: Estate, name: str, test: Test) -> tuple[str, ...]:
    """What the test goes by and could not be looked at: without it nothing is ready."""
    workload, sections = estate.workloads.get(name), estate.inventory.sections()
    found = []
    for need in _NEEDS[test]:
        if workload and need == "connect" and not workload.connector:
            continue
        if workload and need == "groups" and not workload.every_group:
            continue
        section = sections.get(need)
        if section is None:
            found.append(f"{need}: not looked for")
        elif section.standing is not State.COMPLETE:
            found.append(f"section {need} is {section.standing}: {section.error}")
    return tuple(found)


_NEEDS: dict[Test, tuple[str, ...]] = {
    "owner": ("acls", "groups", "connect"),
    "secret": ("connect",),
    "authorization": ("acls", "observed"),
    "network": ("groups", "connect"),
    "rotation": ("cluster", "scram"),
    "migration": ("cluster", "acls", "scram", "topics", "groups", "transactions", "connect"),
}
"""The sections that each test goes by. Hidden copies are looked for where somebody names files."""


def _signal(findings: list[Finding]) -> Signal:
    severities = {f.severity for f in findings}
    if severities & {"block", "warn"}:
        return "warning"
    return "unknown" if "unknown" in severities else "ready"


def _restarts(estate: Estate) -> tuple[Restart, ...]:
    """The inventory's map, with the workloads that hold each secret beside the connectors."""
    held: dict[str, set[str]] = defaultdict(set)
    for workload in estate.workloads.values():
        for secret in workload.secrets:
            held[secret].add(workload.name)
    found = {d.secret: d for d in estate.inventory.dependencies.found}
    for one in found.values():
        owners = {estate.connector_owner.get(connector, "") for connector in one.connectors}
        held[one.secret] |= owners - {""}
    nothing = Dependency(secret="", connectors=(), tasks=0)
    return tuple(
        Restart(
            **{**found.get(secret, nothing).model_dump(), "secret": secret},
            workloads=tuple(sorted(held[secret])),
        )
        for secret in sorted(held)
    )
