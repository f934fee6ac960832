"""The guard between a wave and what an assessment knows of it."""

from datetime import date

from migrate.assess.acceptance import require_known
from migrate.assess.blocking import blocking
from migrate.documents.plan import StageName, Wave
from migrate.errors import Refused
from migrate.estate import Estate
from migrate.journal.standing import Journal, undoable
from migrate.model.words import count

_MOST = 5


def require_unblocked(
    estate: Estate, journal: Journal, wave: Wave, stage: StageName, today: date
) -> None:
    """Raise `Refused` where a stage would begin although findings block its wave.

    A cutover or a rotation of which something stands goes on: its clients may be stopped, and nothing would start
    them. `close` ends what a wave left behind, and waits for no finding.
    """
    clients_may_stand_still = stage in ("cutover", "rotate") and undoable(
        journal, wave.number, stage
    )
    if stage == "close" or clients_may_stand_still:
        return
    require_known(estate.people)
    found = blocking(estate, wave, today)
    if not found:
        return
    shown = [f"  {one.rule}: {one.subject}: {one.evidence}" for one in found[:_MOST]]
    if len(found) > _MOST:
        shown.append(f"  and {len(found) - _MOST} more")
    said = count(len(found), "finding blocks", "findings block")
    remedies = dict.fromkeys(f"{one.rule}: {one.remedy}" for one in found)
    raise Refused(
        [f"{said} wave {wave.number}", *shown],
        f"{'; '.join(remedies)}. Then `kmig inventory`; or accept it under `suppress` in workloads.yaml, "
        "with `because` and `until`",
    )
