"""kmig status."""

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.session import Session, say, session
from migrate.documents.plan import STAGES, Plan
from migrate.errors import KmigError
from migrate.journal.progress import BlockedWave, next_command, status_of, unfinished, waiting
from migrate.journal.standing import Journal
from migrate.model.words import lasting
from migrate.render import tables

if TYPE_CHECKING:
    from migrate.documents.watched import Watched
    from migrate.estate import Estate

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
    changed, blocked = _today(here, plan, journal)
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
    watched = here.folder.watched()
    here.show(
        tables.status(plan, journal, demanded, blocked, changed, _last_word(here, watched)),
        {
            "waves": waves,
            "out_of_date": changed,
            "watch": _watched(watched),
            "next": next_command(journal, plan, demanded, blocked, stale=bool(changed)),
        },
    )


def _last_word(here: Session, last: "Watched | None") -> str:
    if last is None:
        return ""
    age = (here.world.clock().now() - last.made_at).total_seconds()
    return f"watch, {lasting(max(age, 0.0))} ago: {last.verdict.value}: {last.said}"


def _watched(last: "Watched | None") -> dict[str, object] | None:
    if last is None:
        return None
    return {"made_at": last.made_at.isoformat(), "verdict": last.verdict.value, "said": last.said}


def _findings(wave: BlockedWave | None) -> list[dict[str, object]]:
    return [f.model_dump(mode="json", include=_SHOWN) for f in wave.findings] if wave else []


def _today(here: Session, plan: Plan, journal: Journal) -> tuple[list[str], dict[int, BlockedWave]]:
    """Return the plan's inputs that changed since it was made, and the waves that findings block today.

    A file that cannot be read makes both unknown, and is named. Where nothing is left to do, no file is read.
    """
    if not unfinished(journal, plan):
        return [], {}
    from migrate.estate import Estate
    from migrate.plan.inputs import changed

    try:
        estate = Estate(here.folder.config(), here.folder.inventory(), here.folder.workloads())
    except KmigError as error:
        say(
            "note: unknown whether plan.json is out of date, and whether findings block a wave: "
            f"{error.message}"
        )
        return [], {}
    names = changed(plan, estate.config, estate.people, estate.inventory)
    return names, _blocked(here, estate, plan, journal)


def _blocked(
    here: Session, estate: "Estate", plan: Plan, journal: Journal
) -> dict[int, BlockedWave]:
    """Return the waves that findings block today; a rule that no kmig knows makes that unknown, and is named."""
    if not waiting(journal, plan):
        return {}
    from migrate.execute.blocked import blocked_waves

    try:
        return blocked_waves(estate, journal, plan, here.world.clock().now().date())
    except KmigError as error:
        say(f"note: unknown whether findings block a wave: {error.message}")
        return {}
