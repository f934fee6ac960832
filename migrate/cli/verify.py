"""kmig verify."""

from typing import Annotated

import typer

from migrate.cli.session import fresh_plan, say, session
from migrate.documents.report import Report
from migrate.documents.store import REPORTS
from migrate.errors import Broken, CannotTell, KmigError, UsageError
from migrate.model.check import Verdict
from migrate.render import tables

KNOWN = ("acls",)


def verify(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(help=f"What to verify: {', '.join(KNOWN)}. All by default."),
    ] = None,
) -> None:
    """Compare what the source grants, what the plan says, and what every broker of the target has.

    Exit 1 when a check says no, 3 when it cannot tell. The report is kept under reports/.

    Example: kmig verify acls
    """
    here = session(context)
    unknown = [name for name in what or KNOWN if name not in KNOWN]
    if unknown:
        raise UsageError(
            f"cannot verify `{unknown[0]}`", f"this version verifies {', '.join(KNOWN)}"
        )
    from migrate.checks import acls
    from migrate.cli.sites import both
    from migrate.execute.journalled import require_newest
    from migrate.stages.progress import prepared

    plan = fresh_plan(here.folder)
    read = here.folder.journal()
    if read.fault:
        line, why = read.fault
        raise Broken(f"journal.jsonl: line {line}: {why}", "kmig audit --check")
    waves = prepared(read.journal, plan)
    with both(here.folder, plan) as opened:
        require_newest(read.journal, opened.heads)
        sites = opened.sites
        checks = acls.judge(plan, waves, acls.gather(sites.source, sites.target))
        moment = sites.clock.now()
    report = Report(
        name="acls", made_at=moment, waves=tuple(w.number for w in waves), checks=checks
    )
    name = f"{REPORTS}/{moment:%Y%m%dT%H%M%S.%f}-acls.json"
    sealed = here.folder.save(name, report)
    here.show(tables.report(sealed), sealed)
    say(f"wrote {here.folder.path / name}")
    if sealed.verdict is Verdict.FAIL:
        raise KmigError("the target is not as planned")
    if sealed.verdict is Verdict.UNKNOWN:
        raise CannotTell("nothing was proven")
