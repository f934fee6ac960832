"""Documents as text: columns, the answer first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from migrate.documents.plan import STAGES, Placement, Plan, Wave
from migrate.journal import approval
from migrate.journal.progress import BlockedWave, Status, failure, next_command, paused, status_of
from migrate.journal.standing import Journal, waiting
from migrate.journal.trail import lines
from migrate.logs.pace import CopyPace
from migrate.logs.translate import Translation
from migrate.model.words import first_of
from migrate.render.columns import prose, table
from migrate.steps import RevokeCredential

if TYPE_CHECKING:
    from migrate.documents.report import Report
    from migrate.documents.watched import Watched
    from migrate.model.check import Check


_FATES = {
    "workload": "owned",
    "shared": "shared",
    "dropped": "dropped",
    "left_behind": "left behind",
    "internal": "internal",
}


def plan(document: Plan) -> list[str]:
    """Return a line for each wave."""
    rows = [
        (
            f"{wave.number} {wave.name}",
            len(wave.workloads),
            len(wave.copies),
            len(wave.prepare),
            len(wave.withheld),
            tuple(p.workload for p in wave.workloads),
        )
        for wave in document.waves
    ]
    fates: Counter[str] = Counter(account.fate for account in document.accounts)
    counts = {words: fates[fate] for fate, words in _FATES.items()}
    accounted = ", ".join(f"{number:,} {words}" for words, number in counts.items() if number)
    headers = ("wave", "workloads", "copies", "steps", "withheld", "who")
    total = f"accounted for: {len(document.accounts):,} ({accounted})"
    return [*table(rows, headers), *prose(total, *(f"note: {note}" for note in document.notes))]


def why(document: Plan, workload: str) -> list[str] | None:
    """The chain of facts behind a placement, or None when no wave has that workload."""
    for wave in document.waves:
        for placed in wave.workloads:
            if placed.workload == workload:
                head = f"{workload} is in wave {wave.number} ({wave.name}) because"
                return [head, *(f"  {reason}" for reason in placed.reasons)]
    return None


def why_here(placed: Placement) -> str:
    """Return the first three facts behind a placement for a cell, and the command that prints the rest."""
    shown, more = "; ".join(placed.reasons[:3]), len(placed.reasons) - 3
    return f"{shown} … and {more:,} more (kmig plan --why {placed.workload})" if more > 0 else shown


def status(
    document: Plan,
    journal: Journal,
    approvals: tuple[str, ...] = (),
    blocked: Mapping[int, BlockedWave] | None = None,
    changed: Sequence[str] = (),
    watched: str = "",
) -> list[str]:
    """Return waves as rows, stages as columns, what is open, and the next command.

    `changed` are the inputs that changed since the plan was made; `watched` is the last word of `kmig watch`.
    """
    rows = [
        (
            f"{wave.number} {wave.name}",
            *(status_of(journal, wave, stage).value for stage in STAGES),
            len(wave.workloads),
        )
        for wave in document.waves
    ]
    lines = []
    if changed:
        names = " and ".join(changed)
        lines.append(f"open: plan.json is out of date: since it was made, {names} changed")
    for wave in document.waves:
        if wave.not_before and status_of(journal, wave, "cutover") is Status.NOTHING:
            lines.append(f"open: wave {wave.number}: must not move before {wave.not_before}")
        if blocked and wave.number in blocked:
            lines.append(f"open: wave {wave.number}: {_blocked(blocked[wave.number])}")
        if wanted := _unapproved(journal, wave, approvals):
            lines.append(f"open: wave {wave.number}: not approved by its {wanted}")
        if why := failure(journal, wave):
            lines.append(f"open: wave {wave.number}: {why}")
        if status_of(journal, wave, "close") is not Status.DONE:
            lines += [f"open: wave {wave.number}: {one}" for one in _keeping(journal, wave)]
        for role, since in sorted(paused(journal, wave).items()):
            who = "writes" if role == "producers" else role
            lines.append(
                f"open: wave {wave.number}: {who} paused since {since:%Y-%m-%d %H:%M:%S} UTC"
            )
    lines += [watched] if watched else []
    lines.append(
        f"next: {next_command(journal, document, approvals, blocked, stale=bool(changed))}"
    )
    return [*table(rows, ("wave", *STAGES, "workloads")), *prose(*lines)]


def _keeping(journal: Journal, wave: Wave) -> Iterator[str]:
    """Yield why topics still keep everything, in words, and which command looks again."""
    for step in waiting(journal, wave.number):
        first = next(iter(step.waits.values()))[0]
        yield (
            f"no retention yet on {first_of(tuple(step.waits), 3)}: {first}; "
            f"`kmig cutover {wave.number}` looks again, `kmig close {wave.number}` returns it in any case"
        )


def _blocked(wave: BlockedWave) -> str:
    """Return in words which finding blocks a wave, and how many more do."""
    first, *others = wave.findings
    more = f" (and {len(others):,} more)" if others else ""
    return f"blocked by {first.rule}: {first.subject}: {first.evidence}{more}"


def _unapproved(journal: Journal, wave: Wave, approvals: tuple[str, ...]) -> str:
    """Return in words whose approval of a copied wave is missing."""
    if status_of(journal, wave, "replicate") is not Status.DONE:
        return ""
    if status_of(journal, wave, "cutover") is Status.DONE:
        return ""
    return " and its ".join(
        role.replace("_", " ") for role in approval.missing(journal, wave, approvals)
    )


def trail(journal: Journal) -> list[str]:
    """Return a line for each entry of the journal, oldest first."""
    return table(lines(journal), ("when", "who", "wave", "what"))


def maps(digests: Mapping[str, str]) -> list[str]:
    """Return a line for each map's file, with its digest."""
    if not digests:
        return []
    return ["", *table(sorted(digests.items()), ("map of", "SHA-256"))]


def verdicts(found: Iterable[RevokeCredential]) -> list[str]:
    """How dead each old credential is, and by which evidence."""
    rows = [(f"User:{s.user}", s.mechanism, s.verdict, "; ".join(s.evidence)) for s in found]
    return table(rows, ("principal", "revoked", "verdict", "evidence"))


def drill(found: Mapping[str, tuple[str, str]], wanted: Mapping[str, str]) -> list[str]:
    """Each case of a drill: what is expected of it, what came of it, and by which evidence."""
    rows = [(case, wanted[case], verdict, words) for case, (verdict, words) in found.items()]
    return table(rows, ("drill", "expected", "verdict", "evidence"))


def paces(found: Iterable[CopyPace]) -> list[str]:
    """How far each topic's copy is, by Connect's offsets and by reading, and both rates."""
    rows = [
        (
            one.topic,
            f"{one.behind:,}",
            "many" if one.unread is None else f"{one.unread:,}",
            f"{one.produced:,.0f}/s",
            f"{one.copied:,.0f}/s",
            one.fault or "ready",
        )
        for one in found
    ]
    headers = ("topic", "offsets behind", "records unread", "produced", "copied", "")
    return table(rows, headers)


def _shown(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def translations(found: dict[str, tuple[Translation, ...]]) -> list[str]:
    """Per group and partition: where it stood, where it goes on, how that is known, what may be read again."""
    rows = [
        (
            group,
            f"{t.topic}-{t.partition}",
            _shown(t.source),
            f"{t.lag:,}",
            _shown(t.target),
            t.method,
            f"{t.reread:,}",
            t.proof,
        )
        for group, ts in sorted(found.items())
        for t in ts
    ]
    evidence = [t.evidence for _, ts in sorted(found.items()) for t in ts]
    headers = ("group", "partition", "source", "unread", "target", "method", "re-read", "proof")
    return table(rows, headers, evidence)


def positions(found: Iterable[Translation], *, back: bool) -> list[str]:
    """Return a line for each position: where it goes on on the other side, and how that is known."""
    rows = [
        (
            f"{t.topic}-{t.partition}",
            _shown(t.source),
            _shown(t.target),
            t.method,
            f"{t.reread:,}",
            t.proof,
            t.evidence,
        )
        for t in found
    ]
    sides = ("target", "source") if back else ("source", "target")
    return table(rows, ("partition", *sides, "method", "re-read", "proof", "evidence"))


def watched(document: "Watched") -> list[str]:
    """Return one line for each check, its evidence below, and how far the maps are."""
    rows = _rows(document.checks)
    said = f"{document.verdict.value}: {document.reading}"
    return [*table(rows, ("check", "verdict", "evidence")), *prose(said)]


def _rows(checks: "Iterable[Check]") -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    for check in checks:
        first, *rest = check.evidence
        rows.append((check.name, check.verdict.value, first))
        rows += [("", "", line) for line in rest]
    return rows


def report(document: "Report") -> list[str]:
    """Return one line for each check, its evidence below; a check of a probe stands among the probes alone."""
    probed = {f"protocol {outcome.probe}" for outcome in document.probes}
    rows = _rows(check for check in document.checks if check.name not in probed)
    passed = sum(check.verdict.value == "pass" for check in document.checks)
    waves = ", ".join(map(str, document.waves))
    of_waves = f", waves {waves}" if waves else ""
    last = f"{document.verdict.value}: {passed} of {len(document.checks)} checks{of_waves}"
    lines = table(rows, ("check", "verdict", "evidence")) if rows else []
    lines += prose(last)
    if document.probes:
        from migrate.render.probe_table import probes

        lines = [*probes(document.probes), "", *lines]
    if document.translations:
        lines = [*translations(document.translations), "", *lines]
    return lines
