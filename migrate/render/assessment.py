"""An assessment as text: signals per workload, blocking findings in full, the others counted by rule."""

from collections import Counter

from migrate.documents.assessment import TESTS, Assessment, Blocks, Finding, Readiness, Test
from migrate.model.words import count
from migrate.render.columns import prose, table

_TITLES = {"block": "blocks", "warn": "warns", "unknown": "unknown", "note": "notes"}
_MOST = 5

_Places = set[tuple[str, Test]]


def text(document: Assessment, *, everything: bool) -> list[str]:
    """Return a line for each workload that is not ready, then the findings; with `everything` also the ready ones."""
    rows = [r for r in document.readiness if r.workload]
    listed = [r for r in rows if everything or set(r.signals.values()) != {"ready"}]
    blocked = {(f.workload, f.test) for f in document.blocking}
    lines = table([_row(r, blocked) for r in listed], ("workload", *TESTS))
    if hidden := len(rows) - len(listed):
        lines.append(f"… {hidden} more, ready in every test (kmig assess --all)")
    (estate,) = (r for r in document.readiness if not r.workload)
    signals = ", ".join(f"{test} {_signal('', test, estate, blocked)}" for test in TESTS)
    lines += [*prose(f"the estate itself: {signals}"), ""]
    lines += _findings(document)
    if document.rights or document.missing:
        verdicts = Counter(right.verdict for right in document.rights)
        use = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
        lines += prose(f"rights by use: {use or 'none'}, {len(document.missing)} missing")
    return lines


def _row(readiness: Readiness, blocked: _Places) -> tuple[str, ...]:
    name = readiness.workload
    return (name, *(_signal(name, test, readiness, blocked) for test in TESTS))


def _signal(name: str, test: Test, readiness: Readiness, blocked: _Places) -> str:
    """Return the signal, in capitals where a finding of its test blocks."""
    signal = readiness.signals[test]
    return signal.upper() if (name, test) in blocked else signal


def _findings(document: Assessment) -> list[str]:
    lines: list[str] = []
    counted = Counter(f.severity for f in document.findings if not f.suppressed)
    if document.blocking:
        lines.append(f"blocks {len(document.blocking)}")
        by_rule: dict[str, list[Finding]] = {}
        for finding in document.blocking:
            by_rule.setdefault(finding.rule, []).append(finding)
        lines += table([row for findings in by_rule.values() for row in _rule(findings)], ())
    rest = [f"{_TITLES[s]} {counted[s]}" for s in ("warn", "unknown", "note") if counted[s]]
    suppressed = sum(bool(f.suppressed) for f in document.findings)
    if suppressed:
        rest.append(f"accepted {suppressed}")
    rules = Counter(f.rule for f in document.findings if not f.suppressed and f.severity != "block")
    lines.append(" · ".join(rest) or "no findings")
    lines += [f"  {number:>5}  {rule}" for rule, number in sorted(rules.items())]
    return lines


def _rule(findings: list[Finding]) -> list[tuple[str, str]]:
    some = [(f"  {f.rule}", f"{f.subject}: {f.evidence}") for f in findings[:_MOST]]
    if len(findings) > _MOST:
        some.append(
            ("", f"and {len(findings) - _MOST:,} more (kmig assess --why {findings[0].rule})")
        )
    return [*some, ("", f"remedy: {findings[0].remedy}")]


def why(document: Assessment, rule: str, blocks: Blocks | None = None) -> list[str]:
    """Return every finding of one rule, its remedy, what it blocks, and how to accept it."""
    findings = [f for f in document.findings if f.rule == rule]
    if not findings:
        return [f"{rule}: no findings"]
    rows = [(f.workload or "–", f.subject, f.evidence, _until(f)) for f in findings]
    head = ("workload", "subject", "evidence", "")
    lines = [*table(rows, head), *_remedies(findings)]
    lines += [f"blocks: {blocks}"] if blocks else []
    if blocks is Blocks.WAVE:
        entry = f'{{rule: {rule}, subject: "…", because: "…", until: YYYY-MM-DD}}'
        lines += prose(f"accept: write `{entry}` under `suppress` in workloads.yaml")
    return [*lines, f"docs/assess.md#{rule}"]


def _remedies(findings: list[Finding]) -> list[str]:
    """Return the remedy that all findings have, or that of each of the first subjects."""
    remedies = {f.remedy: f.subject for f in reversed(findings)}
    if len(remedies) == 1:
        return prose(f"remedy: {findings[0].remedy}")
    each = list(reversed(remedies.items()))
    lines = [line for r, subject in each[:_MOST] for line in prose(f"remedy for {subject}: {r}")]
    more = len(each) - _MOST
    return (
        [*lines, f"and {count(more, 'more remedy', 'more remedies')} (-o json)"]
        if more > 0
        else lines
    )


def _until(finding: Finding) -> str:
    return f"accepted until {finding.until}: {finding.suppressed}" if finding.suppressed else ""


def blocked(document: Assessment) -> str:
    """Return in one line why the command fails."""
    rules = Counter(f.rule for f in document.blocking)
    counted = ", ".join(f"{rule} {number}" for rule, number in sorted(rules.items()))
    return f"{count(len(document.blocking), 'finding blocks', 'findings block')}: {counted}"
