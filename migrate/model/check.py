"""The result of a check: pass, unknown or fail, with evidence. A check without evidence never passes."""

from collections.abc import Iterable
from enum import StrEnum

from migrate.model.base import Model


class Verdict(StrEnum):
    """The three results of a check; `unknown` counts neither as a pass nor as a failure."""

    PASS = "pass"
    UNKNOWN = "unknown"
    FAIL = "fail"


class Check(Model):
    """One check with its verdict and evidence."""

    name: str
    verdict: Verdict
    evidence: tuple[str, ...]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict: `fail`, then `unknown`, then `pass`; `unknown` for no checks."""
    distinct = set(verdicts)
    if Verdict.FAIL in distinct:
        return Verdict.FAIL
    if Verdict.UNKNOWN in distinct or not distinct:
        return Verdict.UNKNOWN
    return Verdict.PASS


def judged(name: str, faults: Iterable[str], proof: str, *, at_most: int = 20) -> Check:
    """Return a `fail` with the faults, or a `pass` with the proof; a long list of faults is shortened."""
    listed = list(faults)
    if not listed:
        return Check(name=name, verdict=Verdict.PASS, evidence=(proof,))
    shown = listed[:at_most]
    if len(listed) > at_most:
        shown.append(f"… {len(listed) - at_most} more")
    return Check(name=name, verdict=Verdict.FAIL, evidence=tuple(shown))
