"""What a rule of an assessment is, and the list of all of them."""

from dataclasses import dataclass, replace

from migrate.documents.assessment import Blocks, Finding, Severity, Test
from migrate.documents.config import Profile


@dataclass(frozen=True)
class Rule:
    """One rule, which makes its findings. docs/assess.md has an entry for each."""

    id: str
    test: Test
    severity: Severity
    remedy: str
    on_automq: str = ""
    blocks: Blocks | None = None

    def towards(self, profile: Profile) -> "Rule":
        """Return the rule with the remedy for a target of this profile."""
        if profile == "apache" or not self.on_automq:
            return self
        return replace(self, remedy=f"{self.remedy}; {self.on_automq}")

    def finding(self, subject: str, evidence: str, workload: str = "", remedy: str = "") -> Finding:
        """Return the finding that a subject breaks the rule; `remedy` names things where the rule's own cannot."""
        return Finding(
            rule=self.id,
            test=self.test,
            severity=self.severity,
            subject=subject,
            workload=workload,
            evidence=evidence,
            remedy=remedy or self.remedy,
        )


def warning(id: str, test: Test, severity: Severity, remedy: str, on_automq: str = "") -> Rule:
    """Add a rule that blocks nothing to the list, and return it."""
    return RULES.setdefault(id, Rule(id, test, severity, remedy, on_automq))


def blocking(id: str, test: Test, blocks: Blocks, remedy: str) -> Rule:
    """Add a rule that blocks something to the list, and return it."""
    return RULES.setdefault(id, Rule(id, test, "block", remedy, blocks=blocks))


RULES: dict[str, Rule] = {}
"""Every rule by its id, in the order of the documentation."""
