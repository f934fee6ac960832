"""The only driver of the executor: each announced step is durable in the journal before the executor continues.

The journal's head is recorded on the target with the first change of a run and after its last. So a command from
another copy of the directory, which lacks these entries, is refused.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

from migrate.errors import CannotTell, KmigError, Refused, StepFailed
from migrate.execute.run import Moment, Progress
from migrate.journal.file import JournalFile
from migrate.journal.standing import Journal, Part
from migrate.ports import HeadStore, JournalHead
from migrate.steps import Gate


def carry_out(
    progress: Iterable[Progress | Moment],
    journal: JournalFile,
    wave: int,
    stage: Part,
    heads: HeadStore,
    show: Callable[[Progress], None],
) -> int:
    """Drive a run or an undo, and return how many steps were acted on; raise the error of a step that failed."""
    acted, recorded = 0, False
    failed: KmigError | None = None
    try:
        for happened in progress:
            events = happened if isinstance(happened, tuple) else (happened,)
            journal.append_all(
                {
                    "event": one.event,
                    "wave": wave,
                    "stage": stage,
                    "key": one.step.key,
                    "step": one.step,
                    "detail": one.detail,
                }
                for one in events
                if one.event != "kept"
            )
            if not recorded and any(one.event in ("started", "undoing") for one in events):
                heads.record(head_of(journal.journal))
                recorded = True
            for one in events:
                show(one)
            acted += sum(
                one.event in ("done", "undone") and not isinstance(one.step, Gate) for one in events
            )
            # others that were announced with it go on to their end
            failed = failed or next((one.error for one in events if one.error is not None), None)
        if failed is not None:
            with suppress(CannotTell):  # the step's error matters more than a failure to record it
                heads.record(head_of(journal.journal))
            raise failed
    except Refused as error:
        if acted:
            # a refusal promises that nothing was changed, but earlier steps of this run were made
            raise StepFailed(error.lines, error.hint) from error
        raise
    if recorded:
        heads.record(head_of(journal.journal))
    return acted


def head_of(journal: Journal) -> JournalHead:
    """Return the journal's number of entries and its last hash."""
    return JournalHead(journal.count, journal.head)
