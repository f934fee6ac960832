"""The only driver of the executor: each announcement is durable before the executor is asked to go on.

The journal's head is recorded on the target with the first change of a run and after its last, so that another copy
of the directory, which lacks those entries, is refused there.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

from migrate.errors import CannotTell, Refused, StepFailed
from migrate.execute.run import Progress
from migrate.journal.file import JournalFile
from migrate.journal.standing import Journal, Part
from migrate.ports import HeadStore, JournalHead
from migrate.steps import Gate


def carry_out(
    progress: Iterable[Progress],
    journal: JournalFile,
    wave: int,
    stage: Part,
    heads: HeadStore,
    show: Callable[[Progress], None],
) -> int:
    """Drive a run or an undo; returns how many steps were acted on. Raises what a step failed with."""
    acted, recorded = 0, False
    try:
        for one in progress:
            if one.event != "kept":
                fields = {"key": one.step.key, "step": one.step, "detail": one.detail}
                journal.append(event=one.event, wave=wave, stage=stage, **fields)
            if one.event in ("started", "undoing") and not recorded:
                heads.record(head_of(journal.journal))
                recorded = True
            show(one)
            if one.error is not None:
                with suppress(CannotTell):  # what failed is said, not that its record failed too
                    heads.record(head_of(journal.journal))
                raise one.error
            acted += one.event in ("done", "undone") and not isinstance(one.step, Gate)
    except Refused as error:
        if acted:
            # a refusal promises that nothing was changed, and steps before this one were made
            raise StepFailed(error.lines, error.hint) from error
        raise
    if recorded:
        heads.record(head_of(journal.journal))
    return acted


def head_of(journal: Journal) -> JournalHead:
    """How far the journal goes."""
    return JournalHead(journal.count, journal.head)
