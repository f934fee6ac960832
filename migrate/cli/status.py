"""kmig status."""

from typing import Annotated

import typer

from migrate.cli.session import say, session
from migrate.documents.plan import STAGES
from migrate.journal.progress import next_command, status_of
from migrate.render import tables


def status(
    context: typer.Context,
    report: Annotated[
        bool, typer.Option("--report", help="Also write report.html anew, with what was done.")
    ] = False,
) -> None:
    """Where the migration stands, from its files alone, and the next command to type.

    Example: kmig status
    Example: kmig status --report
    """
    here = session(context)
    plan = here.folder.plan()
    read = here.folder.journal()
    journal = here.folder.executed(read)
    if read.torn:
        say("note: the journal's last line is torn; the next command sets it aside")
    waves = [
        {"wave": w.number, "name": w.name}
        | {stage: status_of(journal, w, stage).value for stage in STAGES}
        for w in plan.waves
    ]
    demanded = here.folder.config().policy.approvals
    if report:
        from migrate.cli import explain
        from migrate.estate import Estate

        estate = Estate(here.folder.config(), here.folder.inventory(), here.folder.workloads())
        say(f"wrote {here.folder.path / explain.report(here.folder, plan, estate, journal)}")
    here.show(
        tables.status(plan, journal, demanded),
        {"waves": waves, "next": next_command(journal, plan, demanded)},
    )
