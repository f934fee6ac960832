"""The files for people beside a plan: runbook, report, and what administrators of a target apply themselves."""

from typing import TYPE_CHECKING

from migrate.cli.session import say
from migrate.documents.assessment import Assessment
from migrate.documents.plan import Plan
from migrate.errors import Broken
from migrate.estate import Estate
from migrate.folder import ASSESSMENT, EXPORT, REPORT, RUNBOOK, Folder
from migrate.journal.standing import Journal

if TYPE_CHECKING:
    from migrate.boundary.view import View
    from migrate.render.boundary_section import Boundaries


def explain(folder: Folder, plan: Plan, estate: Estate, journal: Journal) -> list[str]:
    """Write the files beside a plan; return their names."""
    from migrate.render.runbook import runbook

    folder.write(RUNBOOK, runbook(plan, estate.config.policy.approvals))
    written = [RUNBOOK, report(folder, plan, estate, journal)]
    if plan.profile == "automq-byoc":
        from migrate.render.terraform import exports

        files = {f"{EXPORT}/{name}": text for name, text in exports(plan)}
        for name, text in files.items():
            folder.write(name, text)
        written += files
    return written


def report(folder: Folder, plan: Plan, estate: Estate, journal: Journal) -> str:
    """Write report.html with what was done so far; return its name."""
    from migrate.boundary.view import View
    from migrate.journal.pauses import pauses
    from migrate.render.report_page import Evidence, page

    still = {w.number: pauses(journal, w.number) for w in plan.waves}
    found = Evidence(
        journal,
        _assessment(folder, plan),
        folder.reports(),
        {number: one.model_dump(exclude_none=True) for number, one in still.items()},
        boundaries(View(estate, journal)),
    )
    folder.write(REPORT, page(plan, estate, found))
    return REPORT


def boundaries(view: "View") -> "Boundaries":
    """Return what the pages show of the boundaries of an estate."""
    from migrate.boundary.runtimes import parted
    from migrate.boundary.trace import furthest
    from migrate.render.boundary_section import DETAILED, Boundaries

    reached, traced = furthest(view, DETAILED)
    shared = [(one, parted(view.estate, one)) for one in view.runtimes]
    return Boundaries(reached, traced, shared, view.choices)


def _assessment(folder: Folder, plan: Plan) -> Assessment | None:
    """Return the assessment if it was made from the same files as the plan."""
    try:
        found = folder.assessment() if folder.has(ASSESSMENT) else None
    except Broken as error:
        say(f"warning: report.html has no assessment: {error.message}")
        return None
    if found and any(plan.inputs.get(key) != digest for key, digest in found.inputs.items()):
        say(
            "warning: report.html has no assessment: assessment.json was made from other files; "
            "run `kmig assess`, then `kmig plan`"
        )
        return None
    return found
