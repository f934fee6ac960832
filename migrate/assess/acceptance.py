"""Findings that people accept in workloads.yaml, under `suppress`: with a reason, and until a date."""

from datetime import date
from difflib import get_close_matches

from migrate.assess.rule import RULES
from migrate.documents.assessment import Finding
from migrate.documents.workloads import Workloads
from migrate.errors import UsageError
from migrate.estate import Estate


def marked(finding: Finding, estate: Estate, today: date) -> Finding:
    """Return the finding, with the reason of an acceptance that names it and holds on that day."""
    for one in estate.people.suppress:
        named = one.rule == finding.rule and one.subject in ("*", finding.subject)
        if named and today <= one.until:
            return finding.model_copy(update={"suppressed": one.because, "until": one.until})
    return finding


def require_known(people: Workloads) -> None:
    """Raise `UsageError` where `suppress` names a rule that the catalogue does not have: it would accept nothing."""
    for one in people.suppress:
        if one.rule not in RULES:
            near = get_close_matches(one.rule, RULES, n=1)
            meant = f" (did you mean `{near[0]}`?)" if near else ""
            raise UsageError(
                f"workloads.yaml: `suppress` names an unknown rule: `{one.rule}`{meant}",
                "use a rule of docs/assess.md",
            )
