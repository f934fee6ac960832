"""The files for people beside a plan: runbook, report, and what administrators of a target apply themselves."""

from migrate.documents.estate import Estate
from migrate.documents.journal import Journal
from migrate.documents.plan import Plan
from migrate.documents.store import ASSESSMENT, EXPORT, REPORT, RUNBOOK, Folder


def explain(folder: Folder, plan: Plan, estate: Estate, journal: Journal) -> list[str]:
    """Write them; returns their names."""
    from migrate.render.runbook import runbook

    folder.write(RUNBOOK, runbook(plan, estate.config.policy.approvals))
    written = [RUNBOOK, report(folder, plan, estate, journal)]
    if plan.profile == "automq-byoc":
        from migrate.render.terraform import exports

        for name, text in exports(plan):
            folder.write(f"{EXPORT}/{name}", text)
            written.append(f"{EXPORT}/{name}")
    return written


def report(folder: Folder, plan: Plan, estate: Estate, journal: Journal) -> str:
    """Write the report anew, with what was done so far; returns its name."""
    from migrate.audit.pauses import pauses
    from migrate.render.report_page import Evidence, page

    assessment = folder.assessment() if folder.has(ASSESSMENT) else None
    if assessment and any(plan.inputs.get(k) != v for k, v in assessment.inputs.items()):
        assessment = None  # of another estate: what it says may not be so
    still = {w.number: pauses(journal.entries, w.number) for w in plan.waves}
    found = Evidence(
        journal,
        assessment,
        folder.reports(),
        {number: one.model_dump(exclude_none=True) for number, one in still.items()},
    )
    folder.write(REPORT, page(plan, estate, found))
    return REPORT
