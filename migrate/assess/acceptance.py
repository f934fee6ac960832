"""Findings that people accept in workloads.yaml, under `suppress`: with a reason, and until a date."""

from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from operator import itemgetter

from migrate.assess.rule import RULES
from migrate.documents.assessment import Finding
from migrate.documents.decisions import Suppression
from migrate.documents.workloads import Workloads
from migrate.errors import UsageError
from migrate.model.rights import OF_PREFLIGHT


def with_acceptance(
    findings: Iterable[Finding], people: Workloads, today: date
) -> Iterator[Finding]:
    """Yield each finding, with the reason of the first acceptance that names it and is still valid on that day."""
    valid: dict[tuple[str, str], tuple[int, Suppression]] = {}
    for number, entry in enumerate(people.suppress):
        if today <= entry.until:
            valid.setdefault((entry.rule, entry.subject), (number, entry))
    for finding in findings:
        keys = ((finding.rule, subject) for subject in {finding.subject, "*"})
        naming = [valid[key] for key in keys if key in valid]
        _, first = min(naming, key=itemgetter(0), default=(0, None))
        accepted = {"suppressed": first.because, "until": first.until} if first else {}
        yield finding.model_copy(update=accepted) if accepted else finding


def require_known(people: Workloads) -> None:
    """Raise `UsageError` where `suppress` names a rule that the catalogue does not have: it would accept nothing."""
    for entry in people.suppress:
        if entry.rule not in (*RULES, *OF_PREFLIGHT):
            near = get_close_matches(entry.rule, RULES, n=1)
            meant = f" (did you mean `{near[0]}`?)" if near else ""
            raise UsageError(
                f"workloads.yaml: `suppress` names an unknown rule: `{entry.rule}`{meant}",
                "use a rule id from docs/assess.md",
            )
