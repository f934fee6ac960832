"""kmig status."""

from typing import Annotated

import typer

from migrate.cli.session import Session, say, session
from migrate.documents.plan import STAGES, Plan
from migrate.errors import KmigError
from migrate.journal.progress import BlockedWave, next_command, status_of, waiting
from migrate.journal.standing import Journal
from migrate.render import tables

_SHOWN = {"rule", "subject", "workload", "evidence", "remedy"}


def status(
    context: typer.Context,
    report: Annotated[
        bool, typer.Option("--report", help="Also rewrite report.html, with what was done.")
    ] = False,
) -> None:
    """Show how far each wave is, what is open, and the next command to type. Reads only files.

    Example: kmig status
    Example: kmig status --report
    """
    here = session(context)
    plan = here.folder.plan()
    read = here.folder.journal()
    journal = here.folder.executed(read)
    if read.torn:
        say("note: the journal's last line is torn; the next command sets it aside")
    blocked = _blocked(here, plan, journal)
    waves = [
        {"wave": w.number, "name": w.name}
        | {stage: status_of(journal, w, stage).value for stage in STAGES}
        | {"blocked": _findings(blocked.get(w.number))}
        for w in plan.waves
    ]
    demanded = here.folder.config().policy.approvals
    if report:
        from migrate.cli import explain
        from migrate.estate import Estate

        estate = Estate(here.folder.config(), here.folder.inventory(), here.folder.workloads())
        say(f"wrote {here.folder.path / explain.report(here.folder, plan, estate, journal)}")
    here.show(
        tables.status(plan, journal, demanded, blocked),
        {"waves": waves, "next": next_command(journal, plan, demanded, blocked)},
    )


def _findings(wave: BlockedWave | None) -> list[dict[str, object]]:
    return [f.model_dump(mode="json", include=_SHOWN) for f in wave.findings] if wave else []


def _blocked(here: Session, plan: Plan, journal: Journal) -> dict[int, BlockedWave]:
    """Return the waves that findings block today; a file that cannot be read makes that unknown, and is named."""
    if not waiting(journal, plan):
        return {}
    from migrate.adapters.clock import SystemClock
    from migrate.estate import Estate
    from migrate.execute.blocked import blocked_waves

    try:
        estate = Estate(here.folder.config(), here.folder.inventory(), here.folder.workloads())
        return blocked_waves(estate, journal, plan, SystemClock().now().date())
    except KmigError as error:
        say(f"note: unknown whether findings block a wave: {error.message}")
        return {}
