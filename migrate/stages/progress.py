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
    """How far the stage got: `done` when a run saw every step of this very wave there, and nothing came after."""
    found = Standing.NOTHING
    standing_steps: set[str] = set()
    for entry in journal.entries:
        if (entry.wave, entry.stage) != (wave.number, stage):
            continue
        if entry.event in ("started", "done", "undoing"):
            standing_steps.add(entry.key)
            found = Standing.BEGUN
        elif entry.event == "undone":
            standing_steps.discard(entry.key)
            found = Standing.BEGUN if standing_steps else Standing.UNDONE
        elif entry.event in ("failed", "rejected"):
            found = Standing.FAILED
        elif entry.event == "end":
            found = Standing.DONE if wave.digest in entry.detail else Standing.BEGUN
    return found


def prepared(journal: Journal, plan: Plan) -> tuple[Wave, ...]:
    """The waves whose stage `prepare` is done."""
    return tuple(w for w in plan.waves if standing(journal, w, "prepare") is Standing.DONE)


def next_command(journal: Journal, plan: Plan) -> str:
    """The next command to type."""
    for wave in plan.waves:
        state = standing(journal, wave, "prepare")
        if state is not Standing.DONE:
            runs = [
                e.command for e in journal.entries if e.event == "run" and e.wave == wave.number
            ]
            undoing = (
                state in (Standing.BEGUN, Standing.FAILED) and "rollback" in (runs or [""])[-1]
            )
            return runs[-1] if undoing else f"kmig apply {wave.number}"
    return "kmig verify acls"
