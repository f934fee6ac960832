"""kmig status."""

import typer

from migrate.cli.session import say, session
from migrate.documents.plan import STAGES
from migrate.errors import Broken
from migrate.render import tables
from migrate.stages.progress import next_command, standing


def status(context: typer.Context) -> None:
    """Where the migration stands, from its files alone, and the next command to type.

    Example: kmig status
    """
    here = session(context)
    plan = here.folder.plan()
    read = here.folder.journal()
    if read.fault:
        line, why = read.fault
        raise Broken(f"journal.jsonl: line {line}: {why}", "kmig audit --check")
    if read.torn:
        say("note: the journal's last line is torn; the next command sets it aside")
    waves = [
        {"wave": w.number, "name": w.name}
        | {stage: standing(read.journal, w, stage).value for stage in STAGES}
        for w in plan.waves
    ]
    demanded = here.folder.config().policy.approvals
    here.show(
        tables.status(plan, read.journal, demanded),
        {"waves": waves, "next": next_command(read.journal, plan, demanded)},
    )
