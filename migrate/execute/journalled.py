"""The only driver of the executor: each announcement is durable before the executor is asked to go on."""

from collections.abc import Callable, Iterable

from migrate.documents.journal import Journal
from migrate.documents.plan import StageName
from migrate.documents.store import JournalFile
from migrate.execute.run import Begun, Progress
from migrate.steps import Step


def carry_out(
    progress: Iterable[Progress],
    journal: JournalFile,
    wave: int,
    stage: StageName,
    show: Callable[[Progress], None],
) -> int:
    """Drive a run or an undo; returns how many steps were acted on. Raises what a step failed with."""
    acted = 0
    for one in progress:
        if one.event != "kept":
            journal.append(
                event=one.event,
                wave=wave,
                stage=stage,
                key=one.step.key,
                step=one.step,
                detail=one.detail,
            )
        show(one)
        if one.error is not None:
            raise one.error
        acted += one.event in ("done", "undone")
    return acted


def begun(journal: Journal, wave: int, stage: StageName) -> dict[str, Begun]:
    """Steps of a stage that were started and not undone since, by key."""
    found: dict[str, Begun] = {}
    for entry in journal.entries:
        if entry.step is None or (entry.wave, entry.stage) != (wave, stage):
            continue
        if entry.event == "undone":
            found.pop(entry.key, None)
        elif entry.event in ("started", "undoing"):
            found[entry.key] = Begun(entry.step, finished=False)
        elif entry.event == "done":
            found[entry.key] = Begun(entry.step, finished=True)
    return found


def undoable(journal: Journal, wave: int, stage: StageName) -> tuple[Step, ...]:
    """Concrete steps of a stage to undo, in the order they were started."""
    return tuple(one.step for one in begun(journal, wave, stage).values())
