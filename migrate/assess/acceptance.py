"""Findings that people accept in workloads.yaml, under `suppress`: with a reason, and until a date."""

from datetime import date
from difflib import get_close_matches

from migrate.assess.rule import RULES
from migrate.documents.assessment import Finding
from migrate.documents.workloads import Workloads
from migrate.errors import UsageError
from migrate.estate import Estate


def with_acceptance(finding: Finding, estate: Estate, today: date) -> Finding:
    """Return the finding, with the reason of an acceptance that names it and is still valid on that day."""
    for entry in estate.people.suppress:
        named = entry.rule == finding.rule and entry.subject in ("*", finding.subject)
        if named and today <= entry.until:
            return finding.model_copy(update={"suppressed": entry.because, "until": entry.until})
    return finding


def require_known(people: Workloads) -> None:
    """Raise `UsageError` where `suppress` names a rule that the catalogue does not have: it would accept nothing."""
    for entry in people.suppress:
        if entry.rule not in RULES:
            near = get_close_matches(entry.rule, RULES, n=1)
            meant = f" (did you mean `{near[0]}`?)" if near else ""
            raise UsageError(
                f"workloads.yaml: `suppress` names an unknown rule: `{entry.rule}`{meant}",
                "use a rule id from docs/assess.md",
            )
