"""The guard that keeps a wave with blocking findings from beginning a stage, and what it would refuse now."""

from datetime import date

from migrate.assess.acceptance import require_known
from migrate.assess.blocking import blocked, blocking, command_that_explains
from migrate.documents.plan import Plan, StageName, Wave
from migrate.errors import Refused
from migrate.estate import Estate
from migrate.journal.progress import BlockedWave, waiting, waits
from migrate.journal.standing import Journal
from migrate.model.words import count

_MOST = 5


def require_unblocked(
    estate: Estate, journal: Journal, wave: Wave, stage: StageName, today: date
) -> None:
    """Raise `Refused` if a stage would begin although findings block its wave."""
    if not waits(journal, wave, stage):
        return
    require_known(estate.people)
    findings = blocking(estate, wave, today)
    if not findings:
        return
    shown = [f"  {f.rule}: {f.subject}: {f.evidence}" for f in findings[:_MOST]]
    if len(findings) > _MOST:
        shown.append(f"  and {len(findings) - _MOST:,} more")
    remedies = dict.fromkeys(f"{f.rule}: {f.remedy}" for f in findings)
    raise Refused(
        [f"wave {wave.number} is blocked by {count(len(findings), 'finding')}", *shown],
        f"{'; '.join(remedies)}. Then run `kmig inventory`; or accept it under `suppress` in workloads.yaml, "
        "with `because` and `until`",
    )


def blocked_waves(
    estate: Estate, journal: Journal, plan: Plan, today: date
) -> dict[int, BlockedWave]:
    """Return the waves whose next stage `require_unblocked` would refuse today, by number."""
    require_known(estate.people)
    next_up = waiting(journal, plan)
    findings = blocked(estate, plan, today)
    return {
        number: BlockedWave(mine, command_that_explains(mine))
        for number, mine in findings.items()
        if number in next_up
    }
