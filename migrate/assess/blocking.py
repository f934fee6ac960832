"""What keeps a wave from acting: findings that block `wave` and are not accepted.

They are judged from the files when a stage is about to act, not when the plan was made: a commit beyond its log's
end may have been reset since, or an acceptance may have ended. Only the rules that block `wave` are evaluated:
the other ones take most of an assessment's time.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from migrate.assess import authorization, least_privilege, migration
from migrate.assess.acceptance import with_acceptance
from migrate.assess.rule import RULES
from migrate.assess.scope import Scope
from migrate.documents.assessment import Blocks, Finding
from migrate.documents.plan import Plan, Wave
from migrate.estate import Estate


def blocking(estate: Estate, wave: Wave, today: date) -> tuple[Finding, ...]:
    """Return the findings that block a wave today: those of its workloads, and those of no workload."""
    return _of(wave, _unaccepted(estate, today))


def blocked(
    estate: Estate, plan: Plan, today: date | None = None
) -> dict[int, tuple[Finding, ...]]:
    """Return the findings that block each wave today, or on the inventory's day, by the wave's number."""
    findings = _unaccepted(estate, today or estate.inventory.taken_at.date())
    return {wave.number: mine for wave in plan.waves if (mine := _of(wave, findings))}


def command_that_explains(findings: tuple[Finding, ...]) -> str:
    """Return the command that shows why a wave is blocked and how to go on."""
    return f"kmig assess --why {findings[0].rule}"


def _of(wave: Wave, findings: Mapping[str, list[Finding]]) -> tuple[Finding, ...]:
    names = {"", *(placed.workload for placed in wave.workloads)}
    mine = (one for name in names for one in findings.get(name, ()))
    return tuple(sorted(mine, key=lambda f: (f.rule, f.subject, f.workload, f.evidence)))


def _unaccepted(estate: Estate, today: date) -> Mapping[str, list[Finding]]:
    """Return the findings that block `wave` and are not accepted, by workload."""
    distinct = dict.fromkeys(f for f in _candidates(estate) if RULES[f.rule].blocks is Blocks.WAVE)
    judged = with_acceptance(distinct, estate.people, today)
    found: dict[str, list[Finding]] = {}
    for finding in judged:
        if not finding.suppressed:
            found.setdefault(finding.workload, []).append(finding)
    return found


def _candidates(estate: Estate) -> Iterator[Finding]:
    """Yield every finding of a rule that blocks `wave`, and some others."""
    scope = Scope(estate)
    yield from authorization.unpermitted(scope, least_privilege.missing(scope))
    yield from authorization.undeclared(estate)
    yield from migration.findings(estate)
