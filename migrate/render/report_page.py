"""report.html: what owners read, discuss and sign. One file that loads nothing; tables repeat what it draws."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.documents.assessment import TESTS, Assessment, Signal, Test
from migrate.documents.plan import STAGES, Plan, Wave
from migrate.estate import Estate
from migrate.journal import approval
from migrate.journal.accepted import accepted
from migrate.journal.progress import next_command, status_of
from migrate.journal.standing import Journal
from migrate.journal.trail import span
from migrate.model.words import count, volume
from migrate.render.boundary_section import Boundaries, section
from migrate.render.html import ROWS, Row, TableRows, cut, template
from migrate.render.tables import why_here
from migrate.render.wave_map import draw


@dataclass(frozen=True)
class Evidence:
    """What was executed, assessed and traced.

    `reports` are files beside the page, `pauses` seconds by wave and role.
    """

    journal: Journal
    assessment: Assessment | None = None
    reports: tuple[str, ...] = ()
    pauses: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    boundaries: Boundaries = field(default_factory=Boundaries)


def page(plan: Plan, estate: Estate, evidence: Evidence) -> str:
    """Return the whole page as HTML."""
    assessment = evidence.assessment
    readiness = assessment.readiness if assessment else ()
    signals = {one.workload: dict(one.signals) for one in readiness}
    return template("report.html").render(
        plan=plan,
        tests=TESTS,
        stages=STAGES,
        glance=_glance(plan, estate, assessment),
        drawing=draw(plan, estate),
        classes=estate.config.sensitivity,
        workloads=_workloads(plan, estate, signals),
        waves=[_wave(plan, wave, evidence) for wave in plan.waves],
        edges=_edges(plan, estate),
        secrets=cut(
            (s.secret, _held(s.workloads), ", ".join(s.connectors), s.after) for s in plan.secrets
        ),
        splits=cut((str(s.acl), _parts(s.parts), s.whole) for s in plan.splits),
        unexpressed=cut((str(u.acl), u.fate, u.because) for u in plan.unexpressed),
        configs=cut(
            (
                f"{c.key}={c.value}",
                c.fate,
                _becomes(c.becomes),
                c.because,
                count(len(c.topics), "topic"),
            )
            for c in plan.topic_configs
        ),
        decided=cut(
            (a.kind, a.name, a.fate.replace("_", " "), a.because)
            for a in plan.accounts
            if a.fate in ("left_behind", "dropped", "shared")
        ),
        boundaries=section(evidence.boundaries, estate),
        findings=_findings(assessment),
        assessed=assessment is not None,
        approvals=_approvals(plan, estate, evidence.journal),
        accepted=cut(
            (str(one.wave), one.what, one.because, f"{one.at:%Y-%m-%d %H:%M} UTC", one.by)
            for one in accepted(evidence.journal)
        ),
        next=next_command(evidence.journal, plan, estate.config.policy.approvals),
        reports=evidence.reports,
        head=evidence.journal.head if evidence.journal.count else "",
    )


def _glance(plan: Plan, estate: Estate, assessment: Assessment | None) -> list[tuple[str, str]]:
    """Return the numbers at the top of the page."""
    topics = [estate.topics[name] for name in estate.moving]
    sizes = [p.size for t in topics for p in t.partitions]
    total = volume(sum(size or 0 for size in sizes)) if None not in sizes else "size unknown"
    kinds = Counter(a.kind for a in plan.accounts)
    blocking = len(assessment.blocking) if assessment else 0
    return [
        ("waves", f"{len(plan.waves):,}"),
        ("workloads", f"{len(estate.workloads):,}"),
        ("topics that move", f"{len(topics):,}, {total}"),
        ("ACLs", f"{kinds['acl']:,}"),
        ("groups", f"{kinds['group']:,}"),
        ("credentials", f"{kinds['credential']:,}"),
        ("connectors", f"{kinds['connector']:,}"),
        ("findings that block", f"{blocking:,}" if assessment else "not assessed"),
    ]


def _workloads(
    plan: Plan, estate: Estate, signals: Mapping[str, Mapping[Test, Signal]]
) -> list[dict[str, object]]:
    """Return a row for each workload: its wave, the reasons, and the six readiness tests."""
    rows: list[dict[str, object]] = []
    for wave in plan.waves:
        for placed in wave.workloads:
            workload = estate.workloads.get(placed.workload)
            row = signals.get(placed.workload, {})
            rows.append(
                {
                    "name": placed.workload,
                    "wave": f"{wave.number} {wave.name}",
                    "kind": workload.kind if workload else "",
                    "sensitivity": workload.sensitivity if workload else "",
                    "zone": workload.zone if workload else "",
                    "owner": placed.owner,
                    "security": workload.security_owner if workload else "",
                    "why": why_here(placed),
                    "signals": [row.get(test, "–") for test in TESTS],
                }
            )
    return rows


def _wave(plan: Plan, wave: Wave, evidence: Evidence) -> dict[str, object]:
    """Return one wave: its size, its gates, and what was executed of it."""
    size = next((v for v in plan.volumes if v.wave == wave.number), None)
    journal = evidence.journal
    timeline = []
    for stage in STAGES:
        times = span(journal, wave.number, stage)
        began, ended = (f"{at:%Y-%m-%d %H:%M:%S}" for at in times[:2]) if times else ("", "")
        who = times[2] if times else ""
        timeline.append((stage, status_of(journal, wave, stage).value, began, ended, who))
    return {
        "wave": wave,
        "size": size,
        "bytes": volume(size.bytes) if size and size.bytes is not None else "size unknown",
        "timeline": timeline,
        "pauses": sorted(evidence.pauses.get(wave.number, {}).items()),
    }


def _edges(plan: Plan, estate: Estate) -> TableRows:
    """Return the topics between workloads, which order the waves; those across several waves first."""
    wave_of = {p.workload: wave.number for wave in plan.waves for p in wave.workloads}
    both = [t for t in estate.moving if estate.writers[t] and estate.readers[t]]
    across = {t for t in both if _across(estate.writers[t] + estate.readers[t], wave_of)}
    ordered = sorted(both, key=lambda topic: (topic not in across, topic))
    return TableRows(
        [
            (
                topic,
                _who(estate.writers[topic], wave_of),
                _who(estate.readers[topic], wave_of),
                "yes" if topic in across else "",
            )
            for topic in ordered[:ROWS]
        ],
        max(0, len(ordered) - ROWS),
    )


def _across(names: tuple[str, ...], wave_of: Mapping[str, int]) -> bool:
    return len({wave_of.get(name, 0) for name in names}) > 1


def _who(names: tuple[str, ...], wave_of: Mapping[str, int]) -> str:
    shown = ", ".join(f"{name} ({wave_of.get(name, '–')})" for name in names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8:,} more"


def _findings(assessment: Assessment | None) -> TableRows:
    order = ("block", "warn", "unknown", "note")
    findings = assessment.findings if assessment else ()
    ordered = sorted(findings, key=lambda f: order.index(f.severity))
    return cut(
        (
            f.severity if not f.suppressed else f"accepted until {f.until}",
            f.rule,
            f.subject,
            f.workload,
            f.evidence,
            f.remedy,
        )
        for f in ordered
    )


def _approvals(plan: Plan, estate: Estate, journal: Journal) -> list[Row]:
    """Return who approved which wave in its present form."""
    return [
        (f"{wave.number} {wave.name}", role.replace("_", " "), f"{e.at:%Y-%m-%d %H:%M} UTC", e.by)
        if (e := approval.given(journal, wave).get(role))
        else (f"{wave.number} {wave.name}", role.replace("_", " "), "not given", "")
        for wave in plan.waves
        for role in estate.config.policy.approvals
    ]


def _held(workloads: Mapping[str, int]) -> str:
    return ", ".join(f"{name} (wave {number})" for name, number in workloads.items())


def _parts(parts: Mapping[int, tuple[str, ...]]) -> str:
    return "; ".join(f"wave {number}: {', '.join(topics)}" for number, topics in parts.items())


def _becomes(becomes: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in becomes.items())
