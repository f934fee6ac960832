"""kmig apply."""

from typing import Annotated

import typer

from migrate.cli.session import agree, fresh_plan, require_actable, say, session, stamp
from migrate.documents.journal import Journal
from migrate.documents.plan import Plan, Wave
from migrate.errors import Refused, UsageError
from migrate.execute.run import Progress
from migrate.model.words import count


def apply(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number in plan.json.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
) -> None:
    """Prepare a wave on the target: topics, credentials, DENY then ALLOW, quotas.

    Twice is once: what is there already is left alone, and no write is sent for it. Off a terminal and without
    --yes it prints what it would do and stops with exit 4.

    Example: kmig apply 1 --yes
    """
    from migrate.cli.sites import both
    from migrate.execute.journalled import begun, carry_out, require_newest, require_same_target
    from migrate.execute.run import run

    here = session(context)
    with here.folder.locked(f"apply {wave}"):
        journal = here.folder.open_journal(stamp)
        plan = fresh_plan(here.folder)
        planned = find(plan, wave)
        _require_earlier(plan, planned, journal.journal)
        require_actable(here.folder, plan)
        for step in planned.prepare:
            say(f"  {step.describe()}")
        agree(f"make {count(len(planned.prepare), 'step')} on target?", yes=yes)
        with both(here.folder, plan) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            fields = {"target": opened.target_id, "wave": wave, "stage": "prepare"}
            journal.append(event="run", command=f"kmig apply {wave}", **fields)
            earlier = begun(journal.journal, wave, "prepare")
            progress = run(planned.prepare, opened.sites, earlier)
            acted = carry_out(progress, journal, wave, "prepare", opened.heads, show)
            writes = opened.target_wire.writes
        journal.append(
            event="end",
            command=f"kmig apply {wave}",
            wave=wave,
            stage="prepare",
            detail=f"wave digest {planned.digest}",
        )
    done = f"{count(acted, 'step')} made" if acted else "nothing to do"
    head = journal.journal.head
    here.show(
        f"wave {wave} prepared: {done}; {count(writes, 'write')} sent to target\njournal head {head}",
        {"wave": wave, "steps_made": acted, "writes_sent": writes, "journal_head": head},
    )


def find(plan: Plan, number: int) -> Wave:
    """The wave of that number; `UsageError` names those that there are."""
    wave = plan.wave(number)
    if wave is None:
        known = ", ".join(str(w.number) for w in plan.waves) or "none"
        raise UsageError(f"no wave {number} in plan.json", f"waves: {known}")
    return wave


def show(progress: Progress) -> None:
    """One line per step on standard error, when it has ended."""
    if progress.event not in ("started", "undoing"):
        say(f"  {progress.event:6} {progress.step.describe()}")


def _require_earlier(plan: Plan, wave: Wave, journal: Journal) -> None:
    from migrate.execute.journalled import undoable
    from migrate.stages.progress import prepared

    if undoable(journal, wave.number, "cutover"):
        raise Refused(
            f"wave {wave.number} is being cut over, or was: its preparation is behind it",
            "`kmig status` names the next command",
        )
    ready = {w.number for w in prepared(journal, plan)}
    for earlier in plan.waves:
        if earlier.number < wave.number and earlier.number not in ready:
            raise Refused(
                f"wave {earlier.number} is not prepared: it brings every DENY, before any ALLOW",
                f"run `kmig apply {earlier.number}` first",
            )
