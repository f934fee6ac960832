"""Where a stage of a wave stands, from the journal alone."""

from enum import StrEnum

from migrate.documents.journal import Journal
from migrate.documents.plan import Plan, StageName, Wave


class Standing(StrEnum):
    """What status shows in a cell."""

    NOTHING = "–"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


def standing(journal: Journal, wave: Wave, stage: StageName) -> Standing:
    """How far the stage got: `done` only when every planned step was seen done, and none undone since."""
    ended = [
        e.detail
        for e in journal.entries
        if e.event == "end" and (e.wave, e.stage) == (wave.number, stage)
    ]
    events = journal.standing(wave.number, stage)
    if not events and not ended:
        return Standing.NOTHING
    if "failed" in events.values():
        return Standing.FAILED
    if events and all(event == "undone" for event in events.values()):
        return Standing.UNDONE
    pending = any(event in ("started", "undoing", "undone") for event in events.values())
    return Standing.DONE if ended and not pending else Standing.BEGUN


def prepared(journal: Journal, plan: Plan) -> tuple[Wave, ...]:
    """The waves whose stage `prepare` is done."""
    return tuple(w for w in plan.waves if standing(journal, w, "prepare") is Standing.DONE)


def next_command(journal: Journal, plan: Plan) -> str:
    """The next command to type."""
    for wave in plan.waves:
        state = standing(journal, wave, "prepare")
        if state is not Standing.DONE:
            return f"kmig apply {wave.number}"
    return "kmig verify acls"
