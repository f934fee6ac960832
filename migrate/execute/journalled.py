"""The only driver of the executor: each announcement is durable before the executor is asked to go on.

The journal's head is recorded on the target with the first change of a run and after its last, so that another copy
of the directory, which lacks those entries, is refused there.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal

from migrate.documents.plan import StageName
from migrate.errors import CannotTell, Refused, StepFailed
from migrate.execute.run import Begun, Progress
from migrate.journal.entries import Journal
from migrate.journal.file import JournalFile
from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import Head, Heads
from migrate.steps import CreateAcls, Gate, Step

Part = StageName | Literal["drill", "prune"]
"""A stage, or what is done beside them."""


def carry_out(
    progress: Iterable[Progress],
    journal: JournalFile,
    wave: int,
    stage: Part,
    heads: Heads,
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
            raise StepFailed(error.message, error.hint) from error
        raise
    if recorded:
        heads.record(head_of(journal.journal))
    return acted


def head_of(journal: Journal) -> Head:
    """How far the journal goes."""
    return Head(len(journal.entries), journal.head)


def require_same_target(journal: Journal, cluster_id: str) -> None:
    """Refuse to act on another target than the journal is about: what it says was made was made there."""
    other = next((e.target for e in journal.entries if e.target not in ("", cluster_id)), None)
    if other is not None:
        raise Refused(
            f"target is cluster {cluster_id}; the journal is about {other}",
            "correct kmig.yaml, or begin another migration in a directory of its own",
        )


def require_newest(journal: Journal, heads: Heads) -> None:
    """Refuse to act from a copy of the directory that lacks what another one has done."""
    newest = heads.recorded()
    if newest is None:
        return
    known = (
        journal.entries[newest.entries - 1].hash if newest.entries <= len(journal.entries) else ""
    )
    if newest.entries and known != newest.hash:
        raise Refused(
            f"target has seen {count(newest.entries, 'entry', 'entries')} of this migration's journal, "
            f"the last of them {newest.hash[:12]}…, which is not in this directory",
            "another copy of the directory acted since: go on there, or bring its journal here",
        )


def begun(journal: Journal, wave: int, stage: Part) -> dict[str, Begun]:
    """Steps of a stage that were started and not undone or rejected since, by key."""
    found: dict[str, Begun] = {}
    for entry in journal.entries:
        if entry.step is None or (entry.wave, entry.stage) != (wave, stage):
            continue
        if entry.event == "undoing":  # what gates answered was about a world that is being undone
            found = {k: b for k, b in found.items() if not isinstance(b.step, Gate)}
        if entry.event in ("undone", "rejected"):
            found.pop(entry.key, None)
        elif entry.event in ("started", "undoing"):
            found[entry.key] = Begun(entry.step, finished=False)
        elif entry.event == "done":
            found[entry.key] = Begun(entry.step, finished=entry.step.settled)
    return found


def fences(journal: Journal) -> frozenset[Acl]:
    """ACLs that this migration put onto the source and has not taken away: no part of the estate that moves."""
    return created(journal, "source")


def created(journal: Journal, side: Literal["source", "target"]) -> frozenset[Acl]:
    """ACLs that steps of this migration created on a side, and did not undo."""
    standing: dict[tuple[int, str], frozenset[Acl]] = {}
    for entry in journal.entries:
        if isinstance(entry.step, CreateAcls) and entry.step.side == side:
            key = (entry.wave, entry.key)
            made = frozenset(entry.step.acls) - frozenset(entry.step.before or ())
            standing[key] = frozenset() if entry.event in ("undone", "rejected") else made
    return frozenset().union(*standing.values())


def undoable(journal: Journal, wave: int, stage: Part) -> tuple[Step, ...]:
    """Concrete steps of a stage to undo, in the order they were started."""
    found = (one.step for one in begun(journal, wave, stage).values())
    return tuple(step for step in found if not isinstance(step, Gate))
