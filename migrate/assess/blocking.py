"""What keeps a wave from acting: findings of rules that block `wave` and that nobody has accepted.

Judged from the files when a stage is about to act, not when the plan was made: a commit beyond its log's end may be
reset since, or an acceptance may have ended. Only the rules in question are asked; the whole assessment takes minutes
on a large estate.
"""

from collections.abc import Iterator
from datetime import date

from migrate.assess import authorization, least_privilege, migration
from migrate.assess.acceptance import marked
from migrate.assess.rule import RULES
from migrate.assess.scope import Scope
from migrate.documents.assessment import Blocks, Finding
from migrate.documents.plan import Plan, Wave
from migrate.estate import Estate


def blocking(estate: Estate, wave: Wave, today: date) -> tuple[Finding, ...]:
    """Return the findings that a wave has to wait for today: its workloads' own, and those of no workload."""
    return _of(wave, _unaccepted(estate, today))


def blocked(estate: Estate, plan: Plan) -> dict[int, tuple[Finding, ...]]:
    """Return the findings of each wave that has to wait on the inventory's day, by its number."""
    found = _unaccepted(estate, estate.inventory.taken_at.date())
    return {wave.number: mine for wave in plan.waves if (mine := _of(wave, found))}


def way_on(found: tuple[Finding, ...]) -> str:
    """Return the command that leads on from a wave that has to wait."""
    return f"kmig assess --why {found[0].rule}"


def _of(wave: Wave, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    names = {"", *(placed.workload for placed in wave.workloads)}
    return tuple(one for one in found if one.workload in names)


def _unaccepted(estate: Estate, today: date) -> tuple[Finding, ...]:
    asked = dict.fromkeys(f for f in _asked(estate) if RULES[f.rule].blocks is Blocks.WAVE)
    judged = (marked(one, estate, today) for one in asked)
    left = (one for one in judged if not one.suppressed)
    return tuple(sorted(left, key=lambda f: (f.rule, f.subject, f.workload, f.evidence)))


def _asked(estate: Estate) -> Iterator[Finding]:
    """Every finding of a rule that blocks `wave`, others among them."""
    scope = Scope(estate)
    yield from authorization.unpermitted(scope, least_privilege.missing(scope))
    yield from migration.findings(estate)
